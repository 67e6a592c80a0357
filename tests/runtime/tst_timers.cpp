#include "peers.h"
#include "support/sim_fixture.h"

#include <grove/runtime/timers.h>

#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

struct Pong {
    int number;
    std::string text;
    GROVE_FIELDS(Pong, number, text)
};

} // namespace

/// Messages that are sent later.
class tst_Timers : public QObject {
    Q_OBJECT

private slots:
    void timersSendAndCancel() { // T-006, T-007, T-008, T-021
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref bare = sendAfter(5ms, self(), "bare"_atom);
            checkEqual(co_await next(), "bare"_atom);
            check(!cancelTimer(bare));
            check(!readTimer(bare));
            const Ref wrapped = grove::startTimer(5ms, self(), "inner"_atom);
            checkEqual(co_await next(), tuple(atoms::timeout, wrapped, "inner"_atom));
            const Ref late = sendAfter(1h, self(), "late"_atom);
            const auto left = readTimer(late);
            check(left.has_value() && *left > 59min && *left <= 1h);
            const auto cancelled = cancelTimer(late);
            check(cancelled.has_value() && cancelled->left() > 59min && cancelled->left() <= 1h);
            check(!cancelTimer(late));
            check(!cancelTimer(makeRef()));
            // Also while the scheduler that keeps it has not taken it out yet.
            for (int i = 0; i < 20; ++i) {
                const Ref another = sendAfter(1h, self(), "late"_atom);
                check(readTimer(another).has_value() && cancelTimer(another).has_value());
                check(!readTimer(another));
            }
            const auto negative = attempt([] { sendAfter(-1ms, self(), 1); }); // T-010
            checkEqual(negative.error().term, atoms::badarg);
        });
    }

    void cancellingMayAnswerByAMessage() { // T-009
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref timer = sendAfter(1h, self(), "late"_atom);
            cancelTimerAsync(timer);
            const Term told = co_await next();
            check(told.isTagged("cancel_timer"_atom, 3));
            checkEqual(told.element(1), timer);
            check(told.element(2).toInt() > 59 * 60'000 && told.element(2).toInt() <= 3'600'000);
            cancelTimerAsync(timer);
            checkEqual(co_await next(), tuple("cancel_timer"_atom, timer, atoms::false_));
            const Ref other = sendAfter(5ms, self(), "late"_atom);
            cancelTimerAsync(other, CancelInfo::No);
            const auto more = co_await receive(any(), after(20ms));
            check(more.index() == 1);
        });
    }

    void aTimerMayBeSetToAMoment() { // T-013
        GROVE_EVERYWHERE([]() -> Task<> {
            const Instant begin = now();
            const Ref wrapped = startTimerAt(begin + 5ms, self(), "then"_atom);
            sendAt(begin - 1s, self(), "passed"_atom);
            checkEqual(co_await next(), "passed"_atom);
            checkEqual(co_await next(), tuple(atoms::timeout, wrapped, "then"_atom));
            check(now() - begin >= 5ms);
        });
    }

    void aDelayBeyondAllTimeIsBadarg() { // T-010
        GROVE_EVERYWHERE([]() -> Task<> {
            const auto endless = attempt([] { sendAfter(kInfinity, self(), 1); });
            checkEqual(endless.error().term, atoms::badarg);
            co_return;
        });
    }

    void aFreshReferenceCostsTheSameHoweverLongTheMailbox() { // T-019
        // Counted in messages that are looked at, not in time.
        GROVE_SIMULATED(
            []() -> Task<> {
                for (int i = 0; i < 50'000; ++i)
                    send(self(), tuple("old"_atom, i));
                static_cast<void>(
                    co_await receive(on([](const Term&) { return false; }), after(0s)));
                static int looked = 0;
                looked = 0;
                const Pid watched = spawn(idle);
                for (int i = 0; i < 100; ++i) {
                    const Ref made = makeRef();
                    const Ref address = alias();
                    const Ref watch = monitor(watched);
                    send(self(), tuple("wanted"_atom, made));
                    send(address, tuple("wanted"_atom, address));
                    for (const Ref ref : {made, address}) {
                        const auto isIt = [ref](const Term& term) {
                            ++looked;
                            return term.isTagged("wanted"_atom, 2) &&
                                   equalsExact(term.element(1), Term(ref));
                        };
                        static_cast<void>(co_await receive(on(ref, isIt)));
                    }
                    const auto none = co_await receive(on(watch,
                                                          [](const Term&) {
                                                              ++looked;
                                                              return false;
                                                          }),
                                                       after(0s));
                    check(none.index() == 1);
                    demonitor(watch);
                }
                check(looked <= 500);
            },
            SimulationOptions{});
    }

    void timerToANameIsLookedUpWhenItFires() { // T-011, T-012
        GROVE_EVERYWHERE([]() -> Task<> {
            sendAfter(1ms, "timer_nobody"_atom, "lost"_atom);
            sendAfter(5ms, "timer_target"_atom, "found"_atom);
            check(registerName("timer_target"_atom, self()).has_value());
            checkEqual(co_await next(), "found"_atom);
        });
    }

    void timersNeverFireEarlyAndInOrder() { // T-014, T-015
        GROVE_EVERYWHERE([]() -> Task<> {
            // Between two of them the system may let others run for longer than they differ by.
            struct Timer {
                int ms = 0;
                Instant earliest{};
                Instant latest{};
            };
            std::vector<Timer> timers;
            for (const int ms : {7, 1, 4, 2, 9}) {
                const Duration span = std::chrono::milliseconds(ms);
                const Instant earliest = now() + span;
                sendAfter(span, self(), ms);
                timers.push_back({.ms = ms, .earliest = earliest, .latest = now() + span});
            }
            while (!timers.empty()) {
                const auto got = std::ranges::find(timers, (co_await next()).toInt(), &Timer::ms);
                check(got != timers.end() && now() >= got->earliest);
                for (const Timer& other : timers)
                    check(got->earliest <= other.latest);
                timers.erase(got);
            }
            send(self(), "queued"_atom);
            sendAfter(0ms, self(), "zero"_atom);
            checkEqual(co_await next(), "queued"_atom);
            checkEqual(co_await next(), "zero"_atom);
        });
    }

    void timerOutlivesItsCreator() { // T-016
        GROVE_EVERYWHERE([]() -> Task<> {
            spawn(
                [](Pid to) -> Task<> {
                    sendAfter(3ms, to, "posthumous"_atom);
                    co_return;
                },
                self());
            checkEqual(co_await next(), "posthumous"_atom);
        });
    }

    void intervalTicksWithoutDriftUntilCancelled() { // T-017
        GROVE_SIMULATED(
            []() -> Task<> {
                const Instant begin = now();
                const Ref ticks = sendInterval(10ms, self(), "tick"_atom);
                for (int i = 1; i <= 20; ++i) {
                    checkEqual(co_await next(), "tick"_atom);
                    check(now() - begin >= i * 10ms && now() - begin < i * 10ms + 2ms);
                }
                check(cancelTimer(ticks).has_value());
                const auto more = co_await receive(any(), after(100ms));
                check(more.index() == 1);
            },
            SimulationOptions{});
    }

    /// Timers come up at whole milliseconds: each tick of one and a half comes a little late or
    /// not, and the next counts from when it was due.
    void ticksThatComeLateDoNotShiftTheNext() { // T-017
        GROVE_SIMULATED(
            []() -> Task<> {
                const Instant begin = now();
                const Ref ticks = sendInterval(1500us, self(), "tick"_atom);
                for (int i = 1; i <= 20; ++i) {
                    checkEqual(co_await next(), "tick"_atom);
                    check(now() - begin >= i * 1500us && now() - begin < i * 1500us + 1ms);
                }
                check(cancelTimer(ticks).has_value());
            },
            SimulationOptions{});
    }

    void intervalSendsDescribedValuesToo() { // T-017
        GROVE_EVERYWHERE([]() -> Task<> {
            const Ref ticks = sendInterval(1ms, self(), Pong{7, "tock"});
            for (int tick = 0; tick < 3; ++tick) {
                const Pong pong = co_await receive(on<Pong>());
                check(pong.number == 7 && pong.text == "tock");
            }
            check(cancelTimer(ticks).has_value());
            const auto function = attempt([] {
                sendInterval(1ms, self(), Callable{[] {}, std::source_location::current()});
            });
            checkEqual(function.error().term, atoms::badarg);
        });
    }

    void intervalEndsWithItsReceiver() { // T-017
        GROVE_EVERYWHERE([]() -> Task<> {
            const Pid peer = spawn(idle);
            const Ref ticks = sendInterval(1ms, peer, "tick"_atom);
            co_await killAndAwaitDown(peer);
            co_await sleep(
                10ms); // virtual under simulation; elsewhere only gives it time to notice
            check(!readTimer(ticks));
        });
    }
};

QTEST_APPLESS_MAIN(tst_Timers)
#include "tst_timers.moc"
