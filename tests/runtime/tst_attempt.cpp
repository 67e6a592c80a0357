#include "support/sim_fixture.h"

#include <grove/runtime/attempt.h>

#include <QTest>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using patterns::_;
using patterns::bind;
using patterns::tuple_;

namespace {

Task<int> answers() {
    co_await sleep(1ms);
    co_return 42;
}
Task<int> throwsNotFound() {
    co_await sleep(1ms);
    throwTerm(tuple("not_found"_atom, 7));
}
Task<int> raisesBadValue() {
    co_await sleep(1ms);
    error(atoms::badarg);
}
Task<> tellsLater(Pid whom, std::string what) {
    co_await sleep(1ms);
    send(whom, atom(what));
}

/// An "after" part that waits, then says this to whoever made it.
auto told(std::string what) {
    return [me = self(), what = std::move(what)] { return tellsLater(me, what); };
}

/// The functions that a stack names, innermost first.
std::string functionsOf(Term stack) {
    std::string names;
    for (; stack.isCons(); stack = stack.tail())
        names += std::string(stack.head().element(0).asBinary().value_or("?")) + '\n';
    return names;
}

} // namespace

/// Erlang's `try … catch … after`.
class tst_Attempt : public QObject {
    Q_OBJECT

private slots:
    void clausesCatchByClassAndPattern() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto thrown = co_await attempt(throwsNotFound());
            std::int64_t key = 0;
            check(!thrown.has_value());
            check(!caughtAs(thrown.error(), ErrorClass::Error, _));
            check(!caughtAs(thrown.error(), ErrorClass::Throw, tuple_("found"_atom, bind(key))));
            check(caughtAs(thrown.error(), ErrorClass::Throw, tuple_("not_found"_atom, bind(key))));
            check(key == 7);
            const auto raised = co_await attempt(raisesBadValue());
            check(caughtAs(raised.error(), ErrorClass::Error, atoms::badarg));
            const auto left = attempt([] { exit("bye"_atom); });
            check(caughtAs(left.error(), ErrorClass::Exit, "bye"_atom));
            const auto foreign = attempt([] { throw std::runtime_error("disk"); });
            check(caughtAs(foreign.error(), ErrorClass::Error,
                           tuple_("cxx_exception"_atom, _, "disk")));
        });
    }
    void theAfterPartRunsWhicheverWayTheBodyEnds() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto good = co_await attempt(answers(), told("after_value"));
            check(good == 42);
            checkEqual((co_await receive(any())).term(), "after_value"_atom);
            const auto bad = co_await attempt(throwsNotFound(), told("after_throw"));
            check(caughtAs(bad.error(), ErrorClass::Throw, tuple_("not_found"_atom, 7)));
            checkEqual((co_await receive(any())).term(), "after_throw"_atom);
        });
    }
    void theAfterPartOfAFunctionRunsToo() {
        int ran = 0;
        QVERIFY(attempt([] { return 1; }, [&] { ++ran; }) == 1);
        const auto plain = attempt([] { error("no"_atom); }, [&] { ++ran; });
        QVERIFY(caughtAs(plain.error(), ErrorClass::Error, "no"_atom));
        QCOMPARE(ran, 2);
    }
    void whatTheAfterPartRaisesReplacesTheEnd() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto got = co_await attempt([]() -> Task<int> {
                const auto inner =
                    co_await attempt(raisesBadValue(), [] { error("cleanup"_atom); });
                co_return inner.value_or(0);
            }());
            check(caughtAs(got.error(), ErrorClass::Error, "cleanup"_atom));
        });
    }
    void whatNoClauseFitsGoesOnWithItsStack() {
        GROVE_EVERYWHERE([]() -> Task<> {
            std::string first;
            const auto outer = co_await attempt([](std::string* seen) -> Task<> {
                const auto got = co_await attempt(raisesBadValue());
                *seen = functionsOf(got.error().stack);
                raise(got.error());
            }(&first));
            check(caughtAs(outer.error(), ErrorClass::Error, atoms::badarg));
            check(first.find("raisesBadValue") != std::string::npos);
            check(functionsOf(outer.error().stack) == first);
            // The next error has a stack of its own again.
            const auto next = co_await attempt(throwsNotFound());
            check(functionsOf(next.error().stack).find("raisesBadValue") == std::string::npos);
            check(functionsOf(next.error().stack).find("throwsNotFound") != std::string::npos);
        });
    }
    void uncaughtItEndsTheProcessWithTheFirstStack() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto spawned = spawnMonitor([]() -> Task<> {
                const auto got = co_await attempt(raisesBadValue());
                raise(got.error());
            });
            const Down down = co_await receive(on<Down>(spawned.monitor));
            Term stack;
            check(match(down.reason, tuple_(atoms::badarg, bind(stack))));
            check(
                functionsOf(stack).starts_with("Task<int> (anonymous namespace)::raisesBadValue") ||
                functionsOf(stack).find("raisesBadValue") != std::string::npos);
        });
    }
    void aKillRunsNoAfterPart() {
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto spawned = spawnMonitor(
                [](Pid watcher) -> Task<> {
                    const auto end = [](Pid whom) -> Task<> {
                        send(whom, "ready"_atom);
                        co_await receive(any());
                    };
                    static_cast<void>(
                        co_await attempt(end(watcher), [watcher] { send(watcher, "after"_atom); }));
                },
                self());
            checkEqual((co_await receive(any())).term(), "ready"_atom);
            exit(spawned.pid, atoms::kill);
            const Down down = co_await receive(on<Down>(spawned.monitor));
            checkEqual(down.reason, atoms::killed);
            const auto more = co_await receive(any(), after(0ms));
            check(std::holds_alternative<Timeout>(more));
        });
    }
};

QTEST_GUILESS_MAIN(tst_Attempt)
#include "tst_attempt.moc"
