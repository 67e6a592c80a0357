// Behaviours by terms on real schedulers, two of them and then every process on its own thread: a
// server, machines of both callback modes, and a supervisor whose code changes.
#include "script_server.h"
#include "supervisor_terms.h"

#include <grove/otp/call.h>
#include <grove/otp/sys.h>
#include <grove/otp/term_statem.h>

#include <utility>

using namespace grove;
using namespace grove::test;
using otp::TermStatem;
using otp::TermSupervisor;

namespace {

constexpr int kClients = 4;

/// Runs `client` that many times at once, and waits for all of them.
Task<> runClients(Task<> (*client)(Pid listener, Pid server), Pid server) {
    std::vector<Ref> watches;
    for (int i = 0; i < kClients; ++i)
        watches.push_back(spawnMonitor(client, self(), server).monitor);
    for (const Ref watch : watches)
        checkEqual((co_await receive(on<Down>(watch))).reason, atoms::normal);
}

// -- a server: some calls are answered by others, some late, some with what follows

Task<> asksMuch(Pid, Pid server) {
    for (int i = 0; i < 50; ++i) {
        const Term mine = tuple(self(), i);
        checkEqual(co_await otp::call(server, mine), tuple(atoms::reply, mine));
        checkEqual(co_await otp::call(server, tuple(atoms::continue_, mine)), atoms::ok);
        if (i % 10 == 0)
            checkEqual(co_await otp::call(server, tuple(atom("later"), mine)), mine);
    }
}

// -- a machine: on for a moment after each flip; who flips meanwhile waits

constexpr int kFlips = 30;

Term flipped(const Term& type, const Term& data) {
    return tuple(atom("next_state"), atom("on"), Term(data.toInt() + 1),
                 list({tuple(atoms::reply, type.element(1), data),
                       tuple(atom("state_timeout"), 0, atom("off"))}));
}
Term whileOn(const Term& type, const Term& data) {
    if (type.isAtom(atom("state_timeout")))
        return tuple(atom("next_state"), atom("off"), data);
    return tuple(atom("keep_state_and_data"), list({atom("postpone")}));
}
TermStatem::Callbacks toggle(otp::statem::CallbackMode::Kind kind) {
    otp::TermStatemCallbacks callbacks{.init = [](const Term& first) { return first; }};
    callbacks.mode = {.kind = kind};
    if (kind == otp::statem::CallbackMode::StateFunctions)
        callbacks.states = {{atom("off"), [](const Term& type, const Term&,
                                             const Term& data) { return flipped(type, data); }},
                            {atom("on"), [](const Term& type, const Term&, const Term& data) {
                                 return whileOn(type, data);
                             }}};
    else
        callbacks.handleEvent = [](const Term& type, const Term&, const Term& state,
                                   const Term& data) {
            return state.isAtom(atom("off")) ? flipped(type, data) : whileOn(type, data);
        };
    return std::make_shared<const otp::TermStatemCallbacks>(std::move(callbacks));
}

Task<> flipsMuch(Pid, Pid machine) {
    std::int64_t before = -1;
    for (int i = 0; i < kFlips; ++i) {
        const Term count = co_await TermStatem::call(machine, Term(atom("flip")));
        check(count.toInt() > before);
        before = count.toInt();
    }
}

template <otp::statem::CallbackMode::Kind kind> Task<> isFlippedByMany() {
    const Pid machine =
        (co_await TermStatem::start(toggle(kind), tuple(atoms::ok, atom("off"), 0))).pid();
    co_await runClients(flipsMuch, machine);
    checkEqual((co_await otp::sys::getState(machine)).element(1), kClients * kFlips);
}

// -- a supervisor, simple_one_for_one

constexpr int kChildren = 20;

/// Starts children; kills every other one, which comes back, and stops the rest.
Task<> startsAndKills(Pid, Pid tree) {
    for (int i = 0; i < kChildren; ++i) {
        const Term answer =
            co_await TermSupervisor::startChild(tree, list({self(), atom("c"), atom("plain")}));
        const Pid child = co_await isUp("c");
        checkEqual(answer, tuple(atoms::ok, child));
        if (i % 2 == 0) {
            exit(child, atoms::kill);
            check(co_await isUp("c") != child);
        } else {
            checkEqual(co_await TermSupervisor::terminateChild(tree, child), atoms::ok);
        }
    }
}

/// Two specifications in turn, by which children are started alike.
TermSupervisor::Callbacks inTurn(std::shared_ptr<std::atomic<int>> asked) {
    return std::make_shared<const otp::TermSupervisorCallbacks>(otp::TermSupervisorCallbacks{
        kModule, [asked = std::move(asked)](const Term&) {
            const char* const id = ++*asked % 2 == 0 ? "a" : "b";
            return initOf(map({{atom("strategy"), kSimple}, {atom("intensity"), 1'000'000}}),
                          list({specOf(id, startOf("start", Term::nil()))}));
        }});
}

Task<> changesCode(Pid, Pid tree) {
    for (int i = 0; i < 20; ++i) {
        co_await otp::sys::suspend(tree);
        check((co_await otp::sys::changeCode(tree, atom("old"), atom("extra"))).has_value());
        co_await otp::sys::resume(tree);
    }
}

Task<> childrenComeAndGo() {
    addStartFunctions();
    setTrapExit(TrapExit::Yes);
    const auto asked = std::make_shared<std::atomic<int>>(0);
    const Pid tree = (co_await TermSupervisor::startLink({}, inTurn(asked), Term::nil())).pid();
    const Spawned changer = spawnMonitor(changesCode, self(), tree);
    co_await runClients(startsAndKills, tree);
    checkEqual((co_await receive(on<Down>(changer.monitor))).reason, atoms::normal);
    check(*asked == 21);
    const int left = kClients * kChildren / 2;
    checkEqual(
        co_await TermSupervisor::countChildren(tree),
        list({tag("specs", 1), tag("active", left), tag("supervisors", 0), tag("workers", left)}));
    co_await stopTree(tree);
}

} // namespace

class tst_TermsThreads : public QObject {
    Q_OBJECT
private slots:
    void run_data() {
        using Mode = otp::statem::CallbackMode;
        QTest::addColumn<int>("index");
        QTest::newRow("a server") << 0;
        QTest::newRow("a machine with one function") << 1;
        QTest::newRow("a machine with a function for each state") << 2;
        QTest::newRow("S-064 S-069 a supervisor") << 3;
        s_bodies = {+[]() -> Task<> {
                        const Pid server = (co_await Script::start(self(), Term(atoms::ok))).pid();
                        co_await runClients(asksMuch, server);
                        checkEqual(*(co_await otp::sys::getState(server)).mapFind(atom("count")),
                                   kClients * (50 + 50 + 5));
                    },
                    isFlippedByMany<Mode::HandleEventFunction>,
                    isFlippedByMany<Mode::StateFunctions>, childrenComeAndGo};
    }
    void run() {
        QFETCH(int, index);
        const std::string fault = onThreads(s_bodies.at(static_cast<std::size_t>(index)), 2);
        QVERIFY2(fault.empty(), fault.c_str());
    }

private:
    static inline std::vector<Task<> (*)()> s_bodies;
};

QTEST_GUILESS_MAIN(tst_TermsThreads)
#include "tst_terms_threads.moc"
