// A server handles what has come at once without waiting in between. Nobody can tell.

#include "scenarios.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

#include <array>

using namespace grove;
using namespace grove::test;

namespace {

constexpr int kBurst = 5'000; // more than two turns

/// Takes numbers, and ends where their order is broken or when it is told to.
class Meter final : public otp::GenServer<Meter> {
public:
    struct Put {
        int number = 0;
        GROVE_FIELDS(Put, number)
    };
    struct Last {
        using Reply = int;
        GROVE_FIELDS(Last)
    };
    using Calls = Messages<Last>;
    using Casts = Messages<Put>;
    struct State {
        int last = 0;
        GROVE_MAP_FIELDS(State, last)
    };

    void handleCast(Put put) {
        if (put.number != state().last + 1)
            grove::error(tuple(atom("after"), state().last));
        state().last = put.number;
    }
    Next handleCast(const Term& how) {
        return how.isAtom(atoms::stop) ? Next::stop(Term(state().last)) : Next::noReply();
    }
    Next handleInfo(const Term&) { return Next::noReply().timeout(Duration::zero()); }
    Next handleTimeout() { return Next::stop(tuple(atoms::timeout, state().last)); }
    int handleCall(Last) { return state().last; }
};

void putAll(Pid server, int first, int last) {
    for (int number = first; number <= last; ++number)
        otp::cast(server, Meter::Put{number});
}

/// In order, and counted one by one.
Task<> isHandledInOrder() {
    const Pid server = (co_await Meter::start()).pid();
    const ProcessRow before = std::get<ProcessInfo>(co_await processInfo(server)).row;
    putAll(server, 1, kBurst);
    check(co_await otp::call(server, Meter::Last{}) == kBurst);
    const ProcessRow after = std::get<ProcessInfo>(co_await processInfo(server)).row;
    check(after.received - before.received >= kBurst + 1);
    check(after.mailboxLength == 0);
}

/// A request of sys.h in the middle of what has come acts in its place.
Task<> isInterruptedBySystemRequests() {
    const Pid server = (co_await Meter::start()).pid();
    putAll(server, 1, 100);
    co_await otp::sys::suspend(server);
    putAll(server, 101, 200);
    checkEqual(*(co_await otp::sys::getState(server)).mapFind(atom("last")), 100);
    co_await otp::sys::resume(server);
    check(co_await otp::call(server, Meter::Last{}) == 200);
}

/// What ends the server ends it in its place; the rest is not handled.
Task<> endsInItsPlace() {
    for (const bool raises : {false, true}) {
        const Pid server = (co_await Meter::start()).pid();
        const Ref ref = monitor(server);
        putAll(server, 1, 50);
        if (raises)
            otp::cast(server, Meter::Put{50});
        else
            otp::cast(server, atoms::stop);
        putAll(server, 51, 100);
        const Term reason = (co_await receive(on<Down>(ref))).reason;
        checkEqual(raises ? reason.element(0) : reason,
                   raises ? tuple(atom("after"), 50) : Term(50));
    }
}

/// A timeout that a callback asks for begins anew with each message; at its end it comes up.
Task<> timesOutWhenAllIsHandled() {
    const Pid server = (co_await Meter::start()).pid();
    const Ref ref = monitor(server);
    co_await otp::sys::suspend(server);
    send(server, atom("soon"));
    putAll(server, 1, 50);
    send(server, atom("soon"));
    co_await otp::sys::resume(server);
    checkEqual((co_await receive(on<Down>(ref))).reason, tuple(atoms::timeout, 50));
}

/// A kill that has come ends it, whatever waits.
Task<> isKilled() {
    const Pid server = (co_await Meter::start()).pid();
    putAll(server, 1, kBurst);
    checkEqual(co_await killAndAwaitDown(server), atoms::killed);
}

/// What comes over a server in the middle of a callback that waits for nothing.
enum class Deed : std::uint8_t { KillsItself, EndsItself, TakesInAKill, TakesInASuspension };
constexpr std::array kDeeds{"kills itself", "ends itself", "takes in a kill",
                            "takes in a suspension"};
int doing = 0; // a Deed

/// Does that with the first message, and tells of each of the others.
class Doer final : public otp::GenServer<Doer> {
public:
    struct Do {
        int deed = 0;
        GROVE_FIELDS(Do, deed)
    };
    struct Tell {
        GROVE_FIELDS(Tell)
    };
    using Casts = Messages<Do, Tell>;
    struct State {
        Pid listener;
        GROVE_MAP_FIELDS(State, listener)
    };

    static State init(Pid listener) { return {listener}; }
    void handleCast(Do what) {
        switch (static_cast<Deed>(what.deed)) {
        case Deed::KillsItself:
            exit(self(), atoms::kill);
            return;
        case Deed::EndsItself:
            exit(self(), atom("over"));
            return;
        case Deed::TakesInAKill:
            Runtime::current().exit(self(), atoms::kill);
            break;
        case Deed::TakesInASuspension:
            Runtime::current().suspendProcess(self());
            break;
        }
        setTrapExit(TrapExit::Yes);
        exit(self(), atom("look")); // takes in what came before
    }
    void handleCast(Tell) { send(state().listener, atom("handled")); }
    void handleInfo(const Exit& exit) { checkEqual(exit.reason, atom("look")); }
};

/// None of what waits is handled before that has acted.
Task<> actsBeforeTheNext() {
    constexpr int kMore = 10;
    // A server that nobody has linked to ends by its own exit signals, as its own parent.
    const Pid server = (co_await Doer::startLink(self())).pid();
    unlink(server);
    const Ref ref = monitor(server);
    otp::cast(server, Doer::Do{doing});
    for (int i = 0; i < kMore; ++i)
        otp::cast(server, Doer::Tell{});
    if (static_cast<Deed>(doing) != Deed::TakesInASuspension) {
        const bool isOver = static_cast<Deed>(doing) == Deed::EndsItself;
        checkEqual((co_await receive(on<Down>(ref))).reason, isOver ? atom("over") : atoms::killed);
        check(co_await isSilent());
        co_return;
    }
    ProcessRow row;
    do
        row = std::get<ProcessInfo>(co_await processInfo(server)).row;
    while (row.status != ProcessStatus::Suspended);
    check(row.mailboxLength == kMore + 1);
    check(co_await isSilent());
    Runtime::current().resumeProcess(server);
    for (int i = 0; i < kMore; ++i)
        checkEqual(co_await nextMessage(), atom("handled"));
    co_await otp::stop(server);
}

} // namespace

class tst_GenServerBursts : public QObject {
    Q_OBJECT
private slots:
    void aBurstIsHandledInOrder() { GROVE_EVERYWHERE(isHandledInOrder); }
    void aSystemRequestInItActsInItsPlace() { GROVE_EVERYWHERE(isInterruptedBySystemRequests); }
    void whatEndsTheServerEndsItInItsPlace() { GROVE_EVERYWHERE(endsInItsPlace); }
    void aTimeoutComesUpWhenAllIsHandled() { GROVE_EVERYWHERE(timesOutWhenAllIsHandled); }
    void aKillEndsIt() { GROVE_EVERYWHERE(isKilled); }
    void whatACallbackTakesInActsBeforeTheNext_data() {
        QTest::addColumn<int>("deed");
        for (std::size_t deed = 0; deed < kDeeds.size(); ++deed)
            QTest::newRow(kDeeds[deed]) << static_cast<int>(deed);
    }
    void whatACallbackTakesInActsBeforeTheNext() {
        QFETCH(int, deed);
        doing = deed;
        GROVE_EVERYWHERE(actsBeforeTheNext);
    }
    void aBurstGivesUpItsTurn();
};

/// Somebody finds it between two turns, if not with every order in which processes run.
void tst_GenServerBursts::aBurstGivesUpItsTurn() {
    static int s_found = 0; // by one thread
    GROVE_SIMULATED(+[]() -> Task<> {
        const Pid server = (co_await Meter::start()).pid();
        putAll(server, 1, kBurst);
        for (std::uint32_t left = kBurst; left > 0;) {
            left = std::get<ProcessInfo>(co_await processInfo(server)).row.mailboxLength;
            s_found += left > 0 && left < kBurst ? 1 : 0;
        }
    });
    QVERIFY(s_found > 0);
}

QTEST_GUILESS_MAIN(tst_GenServerBursts)
#include "tst_gen_server_bursts.moc"
