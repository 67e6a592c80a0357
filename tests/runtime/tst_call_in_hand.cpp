// A call that has come alone is in its server's hand until the turn that has taken it is over:
// only then does the caller stand among those who hear of the server's end. Whatever happens to
// the two in that turn, the caller hears once, and hears the truth.
#include "support/deeds_and_events.h"
#include "support/sim_fixture.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/call.h>
#include <grove/runtime/info.h>

#include <QTest>

#include <algorithm>
#include <array>
#include <atomic>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// What becomes of the call.
enum class Deed {
    Answers,
    AnswersTwice,
    AnswersAfterAYield,
    AnswersAfterASleep,
    AnswersAfterAMessage,
    AnswersAfterBlocking,
    AnswersAfterHibernation,
    AnswersAfterItsOwnCall,
    Returns,
    Raises,
    EndsItself,
};
constexpr std::array kDeeds{"answers",
                            "answers twice",
                            "answers after a yield",
                            "answers after a sleep",
                            "after a message",
                            "after blocking",
                            "after hibernation",
                            "after a call of its own",
                            "returns unanswered",
                            "raises",
                            "sends itself an exit signal"};

/// What happens while it is in hand.
enum class Meanwhile {
    Nothing,
    ServerIsKilled,
    ServerGetsAnExit,
    CallerDies,
    CallerGivesUp,
    ServerIsSuspended,
    ServerIsInspected,
    AnotherCalls,
    AnotherAnswers,
};
constexpr std::array kEvents{"nothing",          "server killed",   "server gets an exit signal",
                             "caller dies",      "caller gives up", "server suspended",
                             "server inspected", "another call",    "somebody else answers"};

/// Whether the server has a block for links and watchers before it is called.
enum class Watched : bool { No, Yes };

struct Case {
    Deed deed = Deed::Answers;
    Meanwhile event = Meanwhile::Nothing;
    Watched watched = Watched::No;
};
Case running;
Simulation* simulation = nullptr; // none: on real schedulers
From inHand;                      // of the latest call that was taken
std::atomic<bool> hasHappened{false};

bool isGoOn(const Message& message) {
    return message.kind() == MessageKind::Plain && message.term().isAtom("go on"_atom);
}

Task<> answersOnce() {
    const Message question = co_await receive(any());
    reply(question.from(), Payload(Term(0)));
}

/// Without an await: the call stays in hand.
void letItHappen(Pid director) {
    send(director, "taken"_atom);
    while (!hasHappened.load(std::memory_order_acquire)) {
        if (simulation != nullptr)
            simulation->hold(1ms);
    }
}

Task<> serve(Pid director) {
    const Pid helper = running.deed == Deed::AnswersAfterItsOwnCall ? spawn(answersOnce) : Pid();
    send(director, "ready"_atom);
    const Message question = co_await receive(any());
    const From from = inHand = question.from();
    letItHappen(director);
    switch (running.deed) {
    case Deed::Answers:
        break;
    case Deed::AnswersTwice:
        reply(from, Payload(Term(1)));
        reply(from, Payload(Term(2)));
        break;
    case Deed::AnswersAfterAYield:
        co_await yield();
        break;
    case Deed::AnswersAfterASleep:
        co_await sleep(1ms);
        break;
    case Deed::AnswersAfterAMessage:
        static_cast<void>(co_await receive(on(isGoOn)));
        break;
    case Deed::AnswersAfterBlocking:
        co_await blocking([] {});
        break;
    case Deed::AnswersAfterHibernation:
        co_await hibernate();
        break;
    case Deed::AnswersAfterItsOwnCall:
        check((co_await request(helper, "anything"_atom)).isReply());
        break;
    case Deed::Returns:
        co_return;
    case Deed::Raises:
        grove::exit("over"_atom);
    case Deed::EndsItself:
        exit(self(), "over"_atom);
        co_await yield();
    }
    reply(from, Payload(Term(1)));
    for (;;) {
        const Message next = co_await receive(any());
        if (next.kind() == MessageKind::Call)
            reply(next.from(), Payload(Term(9)));
    }
}

Term termOf(const CallResult& result) {
    if (result.isReply())
        return result.term();
    return result.isDown() ? tuple("down"_atom, result.reason()) : Term(atoms::timeout);
}

/// Calls twice: what is left of the first call would show in the second one.
Task<> ask(Pid director, Pid server, Duration limit) {
    send(director, "asks"_atom);
    const CallResult first = co_await request(server, "question"_atom, limit);
    send(director, tuple("heard"_atom, self(), termOf(first)));
    const CallResult second = co_await request(server, "again"_atom);
    send(director, tuple("then"_atom, self(), termOf(second)));
    check((co_await receive(any(), after(0s))).index() == 1);
}

Task<> inspect(Pid director, Pid server, Pid caller) {
    send(director, "asks"_atom);
    const auto info = co_await processInfo(server);
    std::ptrdiff_t times = -1;
    if (const auto* found = std::get_if<ProcessInfo>(&info))
        times = std::ranges::count(found->monitoredBy, caller);
    send(director, tuple("times"_atom, self(), static_cast<int>(times)));
}

Task<Term> heard(Atom what, Pid from) {
    const Message told = co_await receive(on([what, from](const Message& message) {
        const Term term = message.term();
        return term.isTagged(what, 3) && term.element(1).toPid() == from;
    }));
    co_return told.term().element(2);
}
Task<> said(Atom what) {
    static_cast<void>(co_await receive(
        on([what](const Message& message) { return message.term().isAtom(what); })));
}

bool endsInItsTurn(Deed deed) {
    return deed == Deed::Returns || deed == Deed::Raises;
}
bool answersInItsTurn(Deed deed) {
    return deed == Deed::Answers || deed == Deed::AnswersTwice;
}

/// Why the server ends; nothing: it does not.
std::optional<Term> endOf(const Case& which) {
    if (which.deed == Deed::Returns)
        return Term(atoms::normal);
    if (which.deed == Deed::Raises)
        return Term("over"_atom);
    if (which.event == Meanwhile::ServerIsKilled)
        return Term(atoms::killed);
    if (which.event == Meanwhile::ServerGetsAnExit)
        return Term("boo"_atom);
    if (which.deed == Deed::EndsItself)
        return Term("over"_atom);
    return std::nullopt;
}

/// What the caller hears of its call.
Term outcomeOf(const Case& which) {
    if (which.event == Meanwhile::CallerGivesUp)
        return atoms::timeout;
    if (which.event == Meanwhile::AnotherAnswers)
        return 5;
    const std::optional<Term> end = endOf(which);
    return !end || answersInItsTurn(which.deed) ? Term(1) : tuple("down"_atom, *end);
}

/// Returns: who else takes part.
Task<Pid> happen(Pid server, Pid caller) {
    Pid other;
    switch (running.event) {
    case Meanwhile::Nothing:
        break;
    case Meanwhile::ServerIsKilled:
        exit(server, atoms::kill);
        break;
    case Meanwhile::ServerGetsAnExit:
        exit(server, "boo"_atom);
        break;
    case Meanwhile::CallerDies:
        co_await killAndAwaitDown(caller);
        break;
    case Meanwhile::CallerGivesUp:
        checkEqual(co_await heard("heard"_atom, caller), outcomeOf(running));
        break;
    case Meanwhile::ServerIsSuspended:
        suspendProcess(server);
        break;
    case Meanwhile::ServerIsInspected:
        other = spawnLink(inspect, self(), server, caller);
        co_await said("asks"_atom);
        break;
    case Meanwhile::AnotherCalls:
        other = spawnLink(ask, self(), server, kInfinity);
        co_await said("asks"_atom);
        break;
    case Meanwhile::AnotherAnswers:
        reply(inHand, Payload(Term(5)));
        break;
    }
    co_return other;
}

Task<> checkSecondCall(Pid caller) {
    const Term then = co_await heard("then"_atom, caller);
    if (endOf(running))
        check(then.isTagged("down"_atom, 2));
    else
        checkEqual(then, 9);
}

Task<> checkWhatIsLeft(Pid server) {
    if (endOf(running)) {
        co_await awaitDown(server);
        check(std::holds_alternative<NoProcess>(co_await processInfo(server)));
        co_return;
    }
    const auto info = co_await processInfo(server);
    std::vector<Pid> watchers;
    if (running.watched == Watched::Yes)
        watchers.push_back(self());
    check(std::get<ProcessInfo>(info).monitoredBy == watchers);
    co_await killAndAwaitDown(server);
}

Task<> direct() {
    hasHappened.store(false, std::memory_order_relaxed);
    const SpawnOptions options{.monitor = running.watched == Watched::Yes};
    const Spawned server = spawnOpt(options, serve, self());
    co_await said("ready"_atom);
    const Spawned caller =
        spawnMonitor(ask, self(), server.pid,
                     running.event == Meanwhile::CallerGivesUp ? Duration(1ms) : kInfinity);
    co_await said("asks"_atom);
    co_await said("taken"_atom);
    const Pid other = co_await happen(server.pid, caller.pid);
    hasHappened.store(true, std::memory_order_release);
    if (running.event == Meanwhile::ServerIsSuspended && !endsInItsTurn(running.deed)) {
        check(co_await isAlive(server.pid) || endOf(running));
        if (!endOf(running))
            resumeProcess(server.pid);
    }
    if (!endOf(running) && (running.deed == Deed::AnswersAfterAMessage ||
                            running.deed == Deed::AnswersAfterHibernation))
        send(server.pid, "go on"_atom);
    if (running.event != Meanwhile::CallerDies) {
        if (running.event != Meanwhile::CallerGivesUp)
            checkEqual(co_await heard("heard"_atom, caller.pid), outcomeOf(running));
        co_await checkSecondCall(caller.pid);
        checkEqual((co_await receive(on<Down>(caller.monitor))).reason, atoms::normal);
    }
    if (running.event == Meanwhile::AnotherCalls) {
        const Term first = co_await heard("heard"_atom, other);
        check(endOf(running) ? first.isTagged("down"_atom, 2) : first.toInt() == 9);
        co_await checkSecondCall(other);
    }
    if (running.event == Meanwhile::ServerIsInspected) {
        const std::int64_t times = (co_await heard("times"_atom, other)).toInt();
        // On threads the question may come when all is over, or together with the second call.
        if (simulation == nullptr)
            check(endOf(running) || times == 0 || times == 1);
        else if (answersInItsTurn(running.deed))
            check(times == 0);
        else if (!endOf(running))
            check(times == 1);
    }
    if (running.watched == Watched::Yes && endOf(running))
        checkEqual((co_await receive(on<Down>(server.monitor))).reason, *endOf(running));
    co_await checkWhatIsLeft(server.pid);
}

/// Waits with its call until it is told to go on; then it answers and ends.
Task<> servesLate(Pid director) {
    const Message question = co_await receive(any());
    inHand = question.from();
    send(director, "taken"_atom);
    static_cast<void>(co_await receive(on(isGoOn)));
    reply(question.from(), Payload(Term(1)));
}

/// All cases, one after the other.
Task<> directAll() {
    for (std::size_t deed = 0; deed < kDeeds.size(); ++deed) {
        for (std::size_t event = 0; event < kEvents.size(); ++event) {
            for (const Watched watched : {Watched::No, Watched::Yes}) {
                running = {static_cast<Deed>(deed), static_cast<Meanwhile>(event), watched};
                const Spawned director = spawnMonitor(direct);
                const Down down = co_await receive(on<Down>(director.monitor));
                if (!down.reason.isAtom(atoms::normal))
                    error(tuple(Term(kDeeds[deed]), Term(kEvents[event]), down.reason));
            }
        }
    }
}

} // namespace

class tst_CallInHand : public QObject {
    Q_OBJECT

private slots:
    void theCallerHearsOnceAndTheTruth_data() { addPairs(kDeeds, kEvents); }
    void theCallerHearsOnceAndTheTruth() {
        QFETCH(int, deed);
        QFETCH(int, event);
        for (const Watched watched : {Watched::No, Watched::Yes}) {
            running = {static_cast<Deed>(deed), static_cast<Meanwhile>(event), watched};
            GROVE_SIMULATED(direct, {}, &simulation);
        }
    }

    /// All three outcomes lie there when the caller is looked after next.
    void theFirstOutcomeOfACallCounts() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Spawned server = spawnMonitor(servesLate, self());
            const auto caller = [](Pid listener, Pid whom) -> Task<> {
                const CallResult first = co_await request(whom, "question"_atom, kInfinity);
                send(listener, tuple("heard"_atom, self(), termOf(first)));
            };
            const Pid asks = spawn(caller, self(), server.pid);
            co_await said("taken"_atom);
            suspendProcess(asks);
            reply(inHand, Payload(Term(5)));
            send(server.pid, "go on"_atom);
            checkEqual((co_await receive(on<Down>(server.monitor))).reason, atoms::normal);
            resumeProcess(asks);
            checkEqual(co_await heard("heard"_atom, asks), 5);
        });
    }

    void onRealSchedulersToo() {
        const std::string fault = onThreads(directAll);
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_APPLESS_MAIN(tst_CallInHand)
#include "tst_call_in_hand.moc"
