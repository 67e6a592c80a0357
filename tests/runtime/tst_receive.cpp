#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/call.h>
#include <grove/runtime/timers.h>
#include <grove/term/match.h>

#include <QTest>

#include <string>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

struct Ping {
    int number;
    GROVE_FIELDS(Ping, number)
};
struct Pong {
    int number;
    std::string text;
    GROVE_FIELDS(Pong, number, text)
};

/// Answers Ping with Pong; a term call `stop` ends it without an answer; `later` is answered by
/// somebody else; `never` not at all.
Task<> server() {
    for (;;) {
        Message message = co_await receive(
            on([](const Message& each) { return each.kind() == MessageKind::Call; }));
        const From from = message.from();
        if (const Ping* ping = message.get<Ping>())
            reply(from, Pong{ping->number, "pong"});
        else if (message.payload().term().isAtom("stop"_atom))
            grove::exit("stopped"_atom);
        else if (message.payload().term().isAtom("later"_atom))
            spawn(
                [](From whom) -> Task<> {
                    co_await yield();
                    reply(whom, "from elsewhere"_atom);
                },
                from);
    }
}

Pong longPong(int number) {
    return {.number = number, .text = std::string(100, 'x')};
}

Task<> tellsNumbers(Pid listener) {
    for (;;) {
        const Pong pong = co_await receive(on<Pong>());
        send(listener, pong.number);
    }
}

/// Takes messages from everywhere a message may lie when it matches.
Task<> takeFromEverywhere(Pid waiting, int number) {
    send(waiting, longPong(number)); // the only one that has come to one that waits
    checkEqual(co_await next(), number);

    send(self(), longPong(number)); // fetched with another one
    send(self(), Ping{number});
    auto got = co_await receive(on<Ping>(), on<Pong>(), after(5s));
    check(std::get<Pong>(got).text.size() == 100);
    check((co_await receive(on<Ping>())).number == number);

    send(self(), longPong(number)); // skipped earlier
    check((co_await receive(on([](const Term&) { return false; }), after(0s))).index() == 1);
    const Message skipped = co_await receive(any());
    check(skipped.get<Pong>()->number == number);

    send(self(), tuple("pong"_atom, number, std::string(100, 'y'))); // and converted
    check((co_await receive(on<Pong>())).text[0] == 'y');

    send(self(), longPong(number)); // and not looked at
    co_await receive(any());

    send(self(), longPong(number)); // it stays where it is
    bool hasRaised = false;
    try {
        co_await receive(on([](const Message&) -> bool { grove::error("no"_atom); }));
    } catch (const Raised&) {
        hasRaised = true;
    }
    check(hasRaised);
    check((co_await receive(on<Pong>())).text.size() == 100);
}

} // namespace

/// Receive, names and calls.
class tst_Receive : public QObject {
    Q_OBJECT

private slots:
    void takesTheFirstThatMatchesAndLeavesTheRest() { // T-001, T-005
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 10; ++i)
                send(self(), i);
            const auto odd = [](const Term& term) { return term.toInt() % 2 == 1; };
            for (int i = 1; i < 10; i += 2) {
                const Message message = co_await receive(on(odd));
                checkEqual(message.term(), i);
            }
            send(self(), 10);
            for (int i = 0; i <= 10; i += 2)
                checkEqual(co_await next(), i);
        });
    }

    void typedAlternativesGiveAVariantInOrder() {
        GROVE_EVERYWHERE([]() -> Task<> {
            send(self(), Ping{1});
            send(self(), Pong{2, "two"});
            send(self(), tuple("ping"_atom, 3)); // the term form of the same type
            for (int i = 0; i < 3; ++i) {
                auto got = co_await receive(on<Pong>(), on<Ping>(), after(5s));
                if (const auto* pong = std::get_if<Pong>(&got))
                    check(pong->number == 2 && pong->text == "two" && i == 1);
                else
                    check(std::get<Ping>(got).number == (i == 0 ? 1 : 3));
            }
        });
    }

    void whatIsTakenIsWholeAndLeavesNothingBehind() {
        GROVE_SIMULATED(
            []() -> Task<> {
                const Pid waiting = spawn(tellsNumbers, self());
                for (int i = 0; i < 3; ++i)
                    co_await takeFromEverywhere(waiting, i);
                const std::size_t before = memoryStatistics().bytesInUse();
                for (int i = 0; i < 100; ++i)
                    co_await takeFromEverywhere(waiting, i);
                checkEqual(static_cast<std::int64_t>(memoryStatistics().bytesInUse()),
                           static_cast<std::int64_t>(before));
                co_await killAndAwaitDown(waiting);
            },
            SimulationOptions{});
    }

    void whatIsTakenIsWholeOnThreadsToo() {
        const std::string fault = onThreads([]() -> Task<> {
            const Pid waiting = spawn(tellsNumbers, self());
            for (int i = 0; i < 100; ++i)
                co_await takeFromEverywhere(waiting, i);
            co_await killAndAwaitDown(waiting);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void conditionOnAType() {
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 5; ++i)
                send(self(), Ping{i});
            const Ping three =
                co_await receive(on<Ping>([](const Ping& ping) { return ping.number == 3; }));
            check(three.number == 3);
            const Ping zero = co_await receive(on<Ping>());
            check(zero.number == 0);
        });
    }

    void patternsMatchTerms() {
        GROVE_EVERYWHERE([]() -> Task<> {
            using namespace grove::patterns;
            send(self(), tuple("other"_atom, 1));
            send(self(), tuple("add"_atom, 7, "milk"));
            const Message message =
                co_await receive(on(tuple_("add"_atom, grove::patterns::_, "milk")));
            checkEqual(message.term().element(1), 7);
            checkEqual(co_await next(), tuple("other"_atom, 1));
        });
    }

    void afterZeroLooksOnce() { // T-002
        GROVE_EVERYWHERE([]() -> Task<> {
            auto got = co_await receive(any(), after(0s));
            check(got.index() == 1);
            send(self(), 1);
            send(self(), 2);
            auto second =
                co_await receive(on([](const Term& term) { return term.toInt() == 2; }), after(0s));
            check(second.index() == 0);
        });
    }

    void limitCountsFromTheBeginning() { // T-003
        GROVE_SIMULATED(
            []() -> Task<> {
                const Instant begin = now();
                for (int i = 1; i <= 9; ++i)
                    sendAfter(i * 10ms, self(), "other"_atom);
                const auto got = co_await receive(
                    on([](const Term& term) { return term.isAtom("wanted"_atom); }), after(50ms));
                check(got.index() == 1);
                check(now() - begin >= 50ms && now() - begin <= 52ms);
            },
            SimulationOptions{});
    }

    void anEarlierReceivesLimitIsNotALaterOnes() { // T-003
        GROVE_SIMULATED(
            []() -> Task<> {
                for (const auto& [first, second] :
                     {std::pair{50ms, 100ms}, std::pair{100ms, 20ms}}) {
                    sendAfter(10ms, self(), 1);
                    check((co_await receive(any(), after(first))).index() == 0);
                    const Instant begin = now();
                    check((co_await receive(any(), after(second))).index() == 1);
                    check(now() - begin >= second && now() - begin <= second + 2ms);
                }
            },
            SimulationOptions{});
    }

    void badLimitsAreTimeoutValue() { // T-004
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto tooLong =
                attempt([] { static_cast<void>(receive(any(), after(kReceiveLimitMax + 1ms))); });
            checkEqual(tooLong.error().term, "timeout_value"_atom);
            static_cast<void>(receive(any(), after(kReceiveLimitMax)));
            const auto got = attempt([] { static_cast<void>(receive(any(), after(-1ms))); });
            check(!got);
            checkEqual(got.error().term, "timeout_value"_atom);
            co_return;
        });
    }

    void sleepZeroYields() { // T-018
        GROVE_EVERYWHERE([]() -> Task<> {
            co_await sleep(0s);
            const Instant begin = now();
            co_await sleep(3ms);
            check(now() - begin >= 3ms);
        });
    }

    void freshReferenceIsFoundBehindMany() { // T-019
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 3'000; ++i)
                send(self(), i);
            static_cast<void>(co_await receive(on([](const Term&) { return false; }), after(0s)));
            const Pid peer = spawn(server);
            for (int i = 0; i < 200; ++i) {
                const Ref ref = sendRequest(peer, Ping{i});
                CallResult answer = co_await receive(on<ReplyTo>(ref));
                check(answer.reply().get<Pong>()->number == i);
            }
            for (int i = 0; i < 3'000; ++i)
                checkEqual(co_await next(), i);
        });
    }

    void skippedMessagesKeepTheirPages() {
        GROVE_SIMULATED(
            []() -> Task<> {
                const Pid peer = spawn(
                    [](Pid to) -> Task<> {
                        // Skips everything, takes every third, then waits.
                        static_cast<void>(co_await receive(
                            on([](const Term& term) { return term.isAtom("go"_atom); })));
                        for (int i = 0; i < 1'000; ++i)
                            static_cast<void>(co_await receive(on([i](const Term& term) {
                                return term.isSmallInteger() && term.toInt() == 3 * i;
                            })));
                        send(to, "ready"_atom);
                        co_await idle();
                    },
                    self());
                for (int i = 0; i < 3'000; ++i)
                    send(peer, i);
                send(peer, "go"_atom);
                checkEqual(co_await next(), "ready"_atom);
                const auto asked = co_await mailboxPage(peer, 1'000, 10, kInfinity);
                const auto& page = std::get<MailboxPage>(asked);
                check(page.length == 2'000 && page.messages.size() == 10);
                for (std::size_t i = 0; i < 10; ++i) {
                    const auto position = static_cast<int>(1'000 + i);
                    checkEqual(page.messages[i].term, position / 2 * 3 + position % 2 + 1);
                }
            },
            SimulationOptions{});
    }

    void callsAreAnswered() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(server);
            for (int i = 0; i < 50; ++i) {
                CallResult answer = co_await request(peer, Ping{i});
                Result<Pong> pong = std::move(answer).takeReply().take<Pong>();
                check(pong.has_value() && pong->number == i);
            }
            CallResult elsewhere = co_await request(peer, "later"_atom);
            checkEqual(elsewhere.term(), "from elsewhere"_atom);
            const auto info = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(info).monitoredBy.empty());
        });
    }

    void deathOfTheServerAnswersItsCallers() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(server);
            const Ref taken = sendRequest(peer, "never"_atom);
            const Ref queued = sendRequest(peer, "never"_atom);
            CallResult stopped = co_await request(peer, "stop"_atom);
            checkEqual(stopped.reason(), "stopped"_atom);
            CallResult first = co_await receive(on<ReplyTo>(taken));
            CallResult second = co_await receive(on<ReplyTo>(queued));
            checkEqual(first.reason(), "stopped"_atom);
            checkEqual(second.reason(), "stopped"_atom);
            CallResult gone = co_await request(peer, Ping{1});
            checkEqual(gone.reason(), atoms::noproc);
            CallResult nobody = co_await request("call_nobody"_atom, Ping{1});
            checkEqual(nobody.reason(), atoms::noproc);
        });
    }

    void lateRepliesNeverArrive() { // L-033
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid slow = spawn([]() -> Task<> {
                Message message = co_await receive(any());
                const From from = message.from();
                static_cast<void>(co_await receive(any())); // told when to answer, too late
                reply(from, "late"_atom);
                reply(from, "twice"_atom);
                send(from.caller, "answered"_atom);
            });
            const CallResult none = co_await request(slow, "question"_atom, 2ms);
            check(none.isTimeout());
            send(slow, "now"_atom);
            checkEqual(co_await next(), "answered"_atom);
            const auto more = co_await receive(any(), after(0s));
            check(more.index() == 1);
        });
    }

    void callToOneselfIsCallingSelf() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto called = co_await attempt(
                []() -> Task<> { static_cast<void>(co_await request(self(), 1)); }());
            check(!called && called.error().errorClass == ErrorClass::Exit);
            checkEqual(called.error().term, atoms::callingSelf);
        });
    }

    void aDeadCallersCallIsForgotten() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(server);
            const Pid caller = spawn(
                [](Pid to, Pid whom) -> Task<> {
                    send(to, "calling"_atom);
                    static_cast<void>(co_await request(whom, "never"_atom));
                },
                self(), peer);
            checkEqual(co_await next(), "calling"_atom);
            co_await killAndAwaitDown(caller);
            const auto info = co_await processInfo(peer, kInfinity);
            check(std::get<ProcessInfo>(info).monitoredBy.empty());
        });
    }

    void namesAreUnique() { // N-001, N-002, N-003, N-004, N-006
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            check(registerName("n_one"_atom, peer).has_value());
            check(whereis("n_one"_atom) == peer);
            check(registerName("n_one"_atom, self()).error().code == atoms::badarg);
            check(registerName("n_two"_atom, peer).error().code == atoms::badarg);
            check(!registerName(atoms::undefined, self()).has_value());
            const std::vector<Atom> all = registered();
            check(std::ranges::find(all, "n_one"_atom) != all.end());
            check(unregisterName("n_one"_atom).has_value());
            check(!whereis("n_one"_atom));
            check(unregisterName("n_one"_atom).error().code == atoms::badarg);
            check(co_await isAlive(peer));
            check(registerName("n_two"_atom, peer).has_value());
            co_await killAndAwaitDown(peer);
            check(!registerName("n_three"_atom, peer).has_value());
        });
    }

    void nameIsFreeWhenTheDeathIsHeardOf() { // N-005
        GROVE_EVERYWHERE([]() -> Task<> {
            for (int i = 0; i < 30; ++i) {
                const Pid peer = spawn(idle);
                check(registerName("n_five"_atom, peer).has_value());
                co_await killAndAwaitDown(peer);
                check(!whereis("n_five"_atom));
                const Pid other = spawn(idle);
                check(registerName("n_five"_atom, other).has_value());
                co_await killAndAwaitDown(other);
            }
        });
    }
};

QTEST_APPLESS_MAIN(tst_Receive)
#include "tst_receive.moc"
