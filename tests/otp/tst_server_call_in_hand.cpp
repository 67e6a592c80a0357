// A server's call that is in its hand while its callback runs: kills, requests of sys.h, callers
// that die or give up meanwhile. The caller hears once, and hears the truth.
#include "scenarios.h"
#include "support/deeds_and_events.h"

#include <grove/otp/call.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

#include <array>
#include <atomic>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// What the callback does.
enum class Deed { Answers, AnswersItself, AnswersLater, Waits, Raises, Stops, AnswersAndStops };
constexpr std::array kDeeds{"answers", "answers by itself", "answers later", "waits", "exits",
                            "stops",   "answers and stops"};
/// What happens before it returns or waits.
enum class Meanwhile { Nothing, Kill, Death, GivingUp, Suspension, GetState, Hold, GetStatus };
constexpr std::array kEvents{"nothing",          "server killed", "caller dies", "caller gives up",
                             "server suspended", "sys:get_state", "sys:suspend", "sys:get_status"};

struct Case {
    Deed deed = Deed::Answers;
    Meanwhile event = Meanwhile::Nothing;
};
Case running;
Pid director;
Simulation* simulation = nullptr; // none: on real schedulers
From inHand;                      // of the call that is answered later
std::atomic<bool> hasHappened{false};

class Busy final : public otp::GenServer<Busy> {
public:
    struct State {
        int calls = 0;
        GROVE_MAP_FIELDS(State, calls)
    };
    /// The second one and those after it.
    struct Again {
        using Reply = int;
        GROVE_FIELDS(Again)
    };
    struct Wait {
        using Reply = int;
        GROVE_FIELDS(Wait)
    };
    using Calls = Messages<Again, Wait>;

    static State init() { return {}; }
    int handleCall(Again) { return 9; }
    Task<Reply<int>> handleCall(Wait, From from) {
        letItHappen(from);
        co_await sleep(1ms);
        co_return 1;
    }
    Reply<Term> handleCall(const Term&, From from) {
        letItHappen(from);
        switch (running.deed) {
        case Deed::AnswersItself:
            otp::reply(from, Term(1));
            return Reply<Term>::noReply();
        case Deed::AnswersLater:
            return Reply<Term>::noReply();
        case Deed::Raises:
            grove::exit(atom("over"));
        case Deed::Stops:
            return Reply<Term>::stop(atom("over"));
        case Deed::AnswersAndStops:
            return Reply<Term>(Term(1)).thenStop(atom("over"));
        case Deed::Answers:
        case Deed::Waits:
            break;
        }
        return Term(1);
    }
    void handleCast(const Term&) { otp::reply(inHand, Term(1)); }

private:
    /// Without an await: the call stays in hand.
    void letItHappen(const From& from) {
        ++state().calls;
        inHand = from;
        send(director, atom("taken"));
        while (!hasHappened.load(std::memory_order_acquire)) {
            if (simulation != nullptr)
                simulation->hold(1ms);
        }
    }
};

Term termOf(const CallResult& result) {
    if (result.isReply())
        return result.term();
    return result.isDown() ? tuple(atom("down"), result.reason()) : Term(atoms::timeout);
}

/// Calls twice: what is left of the first call would show in the second one.
Task<> ask(Pid server, Duration limit) {
    Payload question =
        running.deed == Deed::Waits ? Payload(Busy::Wait{}) : Payload(Term(atom("question")));
    const CallResult first = co_await request(server, std::move(question), limit);
    send(director, tuple(atom("heard"), termOf(first)));
    const CallResult second = co_await request(server, Payload(Busy::Again{}));
    send(director, tuple(atom("then"), termOf(second)));
    check(co_await isSilent());
}

/// Asks what sys.h offers. Tells what came of it.
Task<> askSystem(Pid server) {
    send(director, atom("asks"));
    const auto body = [](Pid whom) -> Task<Term> {
        if (running.event == Meanwhile::GetState)
            co_return co_await otp::sys::getState(whom);
        if (running.event == Meanwhile::GetStatus) {
            const Term status = co_await otp::sys::getStatus(whom);
            co_return Term(status.isTagged(atom("status"), 4) ? atoms::ok : atoms::error);
        }
        co_await otp::sys::suspend(whom);
        co_await otp::sys::resume(whom);
        co_return atoms::ok;
    };
    const Attempt<Term> got = co_await attempt(body(server));
    send(director, tuple(atom("system"), got ? *got : Term(atoms::none)));
}

Task<Term> heard(Atom what) {
    const Message told = co_await receive(
        on([what](const Message& message) { return message.term().isTagged(what, 2); }));
    co_return told.term().element(1);
}
Task<> said(Atom what) {
    static_cast<void>(co_await receive(
        on([what](const Message& message) { return message.term().isAtom(what); })));
}

bool isOfSystem(Meanwhile event) {
    return event == Meanwhile::GetState || event == Meanwhile::Hold ||
           event == Meanwhile::GetStatus;
}

/// Why the server ends; nothing: it does not.
std::optional<Term> endOf(const Case& which) {
    if (which.deed == Deed::Raises || which.deed == Deed::Stops ||
        which.deed == Deed::AnswersAndStops)
        return Term(atom("over"));
    return which.event == Meanwhile::Kill ? std::optional(Term(atoms::killed)) : std::nullopt;
}
/// What the caller hears of its call.
Term outcomeOf(const Case& which) {
    if (which.event == Meanwhile::GivingUp)
        return atoms::timeout;
    if (which.deed == Deed::Answers || which.deed == Deed::AnswersItself ||
        which.deed == Deed::AnswersAndStops)
        return 1;
    const std::optional<Term> end = endOf(which);
    return end ? tuple(atom("down"), *end) : Term(1);
}

Task<> happen(Pid server, Pid caller) {
    switch (running.event) {
    case Meanwhile::Nothing:
        break;
    case Meanwhile::Kill:
        exit(server, atoms::kill);
        break;
    case Meanwhile::Death:
        co_await killAndAwaitDown(caller);
        break;
    case Meanwhile::GivingUp:
        checkEqual(co_await heard(atom("heard")), outcomeOf(running));
        break;
    case Meanwhile::Suspension:
        suspendProcess(server);
        break;
    case Meanwhile::GetState:
    case Meanwhile::Hold:
    case Meanwhile::GetStatus:
        spawnLink(askSystem, server);
        co_await said(atom("asks"));
        break;
    }
}

/// What a request of sys.h is answered that came during the call.
Term systemAnswer() {
    if (endOf(running))
        return atoms::none;
    return running.event == Meanwhile::GetState ? toTerm(Busy::State{1}) : Term(atoms::ok);
}

Task<> direct() {
    director = self();
    hasHappened.store(false, std::memory_order_relaxed);
    const Pid server = (co_await Busy::start()).pid();
    const Spawned caller =
        spawnMonitor(ask, server, running.event == Meanwhile::GivingUp ? Duration(1ms) : kInfinity);
    co_await said(atom("taken"));
    co_await happen(server, caller.pid);
    const Ref watch = monitor(server);
    hasHappened.store(true, std::memory_order_release);
    if (running.event == Meanwhile::Suspension && !endOf(running)) {
        check(co_await isAlive(server));
        resumeProcess(server);
    }
    if (running.deed == Deed::AnswersLater && !endOf(running))
        otp::cast(server, Term(atom("answer")));
    if (running.event != Meanwhile::Death) {
        if (running.event != Meanwhile::GivingUp)
            checkEqual(co_await heard(atom("heard")), outcomeOf(running));
        const Term then = co_await heard(atom("then"));
        check(endOf(running) ? then.isTagged(atom("down"), 2) : then.toInt() == 9);
        checkEqual((co_await receive(on<Down>(caller.monitor))).reason, atoms::normal);
    }
    if (isOfSystem(running.event))
        checkEqual(co_await heard(atom("system")), systemAnswer());
    if (endOf(running)) {
        checkEqual((co_await receive(on<Down>(watch))).reason, *endOf(running));
        co_return;
    }
    const auto info = co_await processInfo(server);
    check(std::get<ProcessInfo>(info).monitoredBy == std::vector{self()});
    checkEqual(co_await otp::sys::getState(server), toTerm(Busy::State{1}));
    co_await otp::stop(server);
}

/// All cases, one after the other.
Task<> directAll() {
    for (std::size_t deed = 0; deed < kDeeds.size(); ++deed) {
        for (std::size_t event = 0; event < kEvents.size(); ++event) {
            running = {static_cast<Deed>(deed), static_cast<Meanwhile>(event)};
            const Spawned one = spawnMonitor(direct);
            const Down down = co_await receive(on<Down>(one.monitor));
            if (!down.reason.isAtom(atoms::normal))
                error(tuple(Term(kDeeds[deed]), Term(kEvents[event]), down.reason));
        }
    }
}

} // namespace

class tst_ServerCallInHand : public QObject {
    Q_OBJECT

private slots:
    void theCallerHearsOnceAndTheTruth_data() { addPairs(kDeeds, kEvents); }
    void theCallerHearsOnceAndTheTruth() {
        QFETCH(int, deed);
        QFETCH(int, event);
        running = {static_cast<Deed>(deed), static_cast<Meanwhile>(event)};
        GROVE_SIMULATED(direct, {}, &simulation);
    }

    void onRealSchedulersToo() {
        const std::string fault = onThreads(directAll);
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_ServerCallInHand)
#include "tst_server_call_in_hand.moc"
