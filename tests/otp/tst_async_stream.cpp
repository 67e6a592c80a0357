#include "children.h"

#include <grove/otp/async_stream.h>

#include <numeric>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::asyncStream;
using otp::OnTaskTimeout;
using otp::StreamLink;
using otp::StreamOrder;

namespace {

/// Takes so many milliseconds.
Task<int> sleeps(int milliseconds) {
    co_await sleep(std::chrono::milliseconds(milliseconds));
    co_return milliseconds;
}
/// A negative one fails.
Task<int> maybeFails(int number) {
    if (number < 0)
        exit(atom("boo"));
    return sleeps(number);
}
/// Tells a listener that it runs, and when it is done.
Task<Term> tells(Pid listener) {
    send(listener, tuple(atom("runs"), self()));
    co_await sleep(1h);
    co_return Term(1);
}
std::vector<int> upTo(int last) {
    std::vector<int> numbers(static_cast<std::size_t>(last));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}
template <class A, class R> Task<std::vector<R>> allOf(otp::AsyncStream<A, R>* stream) {
    std::vector<R> results;
    while (auto result = co_await stream->next())
        results.push_back(result->value());
    co_return results;
}
Task<> consumes(Pid listener, int how) {
    auto stream = asyncStream(std::vector<int>{1, how}, maybeFails, {.maxConcurrency = 2});
    send(listener, tuple(atom("got"), (co_await stream.next())->value()));
    static_cast<void>(co_await stream.next());
    send(listener, atom("survived"));
}

const Scenario kScenarios[] = {
    {"K-019 results in the order given, or as they come",
     +[]() -> Task<> {
         const std::vector<int> pauses{30, 10, 20};
         auto given = asyncStream(pauses, sleeps, {.maxConcurrency = 3});
         check(co_await allOf(&given) == pauses);
         auto quick =
             asyncStream(pauses, sleeps, {.maxConcurrency = 3, .order = StreamOrder::AsCompleted});
         check(co_await allOf(&quick) == std::vector<int>{10, 20, 30});
         auto none = asyncStream(std::vector<int>{}, sleeps);
         check(!co_await none.next());
         check(co_await isSilent());
     }},
    {"K-019 never more tasks at a time than allowed",
     +[]() -> Task<> {
         const Instant before = now();
         auto two = asyncStream(std::vector<int>(6, 100), sleeps, {.maxConcurrency = 2});
         check((co_await allOf(&two)).size() == 6);
         check(now() - before >= 300ms && now() - before < 350ms);
     }},
    {"K-020 a task that takes too long ends the consumer, or is killed alone",
     +[]() -> Task<> {
         auto strict = asyncStream(std::vector<int>{1, 60'000}, sleeps,
                                   {.maxConcurrency = 2, .timeout = 100ms});
         check((co_await strict.next())->value() == 1);
         checkEqual(caughtTerm(co_await attempt(strict.next())),
                    tuple(atoms::timeout,
                          tuple(atom("Elixir.Task.Supervised"), atom("stream"), list({100}))));
         auto lenient = asyncStream(
             std::vector<int>{60'000, 2}, sleeps,
             {.maxConcurrency = 2, .timeout = 100ms, .onTimeout = OnTaskTimeout::KillTask});
         checkEqual((co_await lenient.next())->error(), atoms::timeout);
         check((co_await lenient.next())->value() == 2);
         check(!co_await lenient.next());
         check(co_await isSilent());
         const Instant before = now();
         auto usual = asyncStream(std::vector<int>{60'000}, sleeps);
         check(!co_await attempt(usual.next()));
         check(now() - before >= 5s && now() - before < 6s);
     }},
    {"K-021 a failure ends a linked consumer, unless it traps exits",
     +[]() -> Task<> {
         const Pid plain = spawn(consumes, self(), -1);
         const Term end = co_await awaitDown(plain);
         checkEqual(end, atom("boo"));
         static_cast<void>(co_await receive(any(), after(0s)));

         setTrapExit(TrapExit::Yes);
         auto trapped = asyncStream(std::vector<int>{-1, 5}, maybeFails, {.maxConcurrency = 2});
         checkEqual((co_await trapped.next())->error(), atom("boo"));
         check((co_await trapped.next())->value() == 5);
         check(co_await isSilent());

         setTrapExit(TrapExit::No);
         auto free = asyncStream(std::vector<int>{-1, 5}, maybeFails,
                                 {.maxConcurrency = 2, .link = StreamLink::No});
         checkEqual((co_await free.next())->error(), atom("boo"));
         check((co_await free.next())->value() == 5);
         check(co_await isSilent());
     }},
    {"K-022 a failure can be told with the number of its input",
     +[]() -> Task<> {
         auto stream = asyncStream(std::vector<int>{5, -1}, maybeFails,
                                   {.order = StreamOrder::AsCompleted, .link = StreamLink::No});
         bool hasFailed = false;
         while (auto got = co_await stream.nextNumbered()) {
             check(got->second.has_value() == (got->first == 0));
             hasFailed = hasFailed || !got->second;
         }
         check(hasFailed);
     }},
    {"K-023 nothing runs before the first result is asked for, nothing after the last",
     +[]() -> Task<> {
         setTrapExit(TrapExit::Yes);
         auto stream = asyncStream(
             std::vector<Pid>(3, self()), tells,
             {.maxConcurrency = 2, .timeout = 100ms, .onTimeout = OnTaskTimeout::KillTask});
         co_await staysQuiet();
         check(!(co_await stream.next())->has_value());
         std::vector<Pid> running;
         while (true) {
             auto got =
                 co_await receive(on([](const Term& term) { return term.isTuple(2); }), after(0s));
             if (got.index() == 1)
                 break;
             running.push_back(std::get<Message>(got).term().element(1).toPid());
         }
         check(running.size() >= 2);
         co_await stream.stop();
         for (const Pid each : running)
             check(!co_await isAlive(each));
         check(!co_await stream.next());
         check(co_await isSilent());
     }},
    {"K-024 at least one task must be allowed",
     +[]() -> Task<> {
         auto stream = asyncStream(upTo(3), sleeps, {.maxConcurrency = 0});
         checkEqual(caughtTerm(co_await attempt(stream.next())).element(0), atoms::badarg);
     }},
};

/// Many at once, in both orders.
Task<> manyAtOnce() {
    for (const auto order : {StreamOrder::AsGiven, StreamOrder::AsCompleted}) {
        auto stream = asyncStream(upTo(100), +[](int n) -> Task<int> { co_return n; },
                                  {.maxConcurrency = 7, .order = order});
        const std::vector<int> got = co_await allOf(&stream);
        check(std::accumulate(got.begin(), got.end(), 0) == 5050);
        check(order == StreamOrder::AsCompleted || got == upTo(100));
    }
    check(co_await isSilent());
}

} // namespace

class tst_AsyncStream : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void allResultsArrive() { GROVE_EVERYWHERE(manyAtOnce); }
};

QTEST_GUILESS_MAIN(tst_AsyncStream)
#include "tst_async_stream.moc"
