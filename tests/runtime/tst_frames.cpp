#include "support/sim_fixture.h"

#include <QTest>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

using namespace grove;
using namespace grove::test;

namespace {

/// Whoever moves it makes a coroutine, and drops it.
struct MakesATask {
    MakesATask() = default;
    MakesATask(MakesATask&&) noexcept {
        const auto small = []() -> Task<> { co_return; };
        const Task<> dropped = small();
    }
};

/// Its frame holds more than 4,000 bytes. It waits in that frame, not in idle()'s: it has one frame
/// before its first turn and afterwards, whenever somebody asks.
template <class Other> Task<> holdsMuch(std::array<char, 4'000> much, Other) {
    co_await receive(on([](const Message&) { return false; }));
    asm volatile("" : : "r"(much.data()) : "memory"); // else an optimizer leaves it out
}
template <class Other> Task<std::uint64_t> memoryOfMuch() {
    const Pid peer = spawn(holdsMuch<Other>, std::array<char, 4'000>{}, Other());
    auto info = co_await processInfo(peer);
    co_return std::get<ProcessInfo>(info).row.memoryBytes;
}

} // namespace

/// What a coroutine's frame counts for, and how deep frames may lie.
class tst_Frames : public QObject {
    Q_OBJECT

private slots:
    void aFrameCountsWithItsOwnSize() {
        GROVE_EVERYWHERE([]() -> Task<> {
            struct Empty {};
            const std::uint64_t plain = co_await memoryOfMuch<Empty>();
            const std::uint64_t other = co_await memoryOfMuch<MakesATask>();
            check(plain > 4'000 && other >= plain && other < plain + 100);
        });
    }

    void aFrameThatLiesInItsCallersCountsNothing() {
        // As the compiler does it: no operator new, and the promise lies over what was there.
        using Promise = grove::detail::TaskPromise<int>;
        alignas(16) std::array<std::byte, sizeof(Promise) + 16> frame;
        frame.fill(std::byte{0xAB});
        Promise* const promise = std::construct_at(reinterpret_cast<Promise*>(&frame[16]));
        QCOMPARE(promise->frameBytes, 0U);
        std::destroy_at(promise);
    }

    void deepAwaitChainIsASystemLimit() {
        GROVE_SIMULATED(
            []() -> Task<> {
                struct Deep {
                    static Task<int> go(int depth) {
                        if (depth == 0) {
                            co_await yield();
                            co_return 0;
                        }
                        co_return 1 + co_await go(depth - 1);
                    }
                };
                check(co_await Deep::go(9'000) == 9'000);
                const auto tooDeep = co_await attempt(Deep::go(20'000));
                check(!tooDeep);
                checkEqual(tooDeep.error().term, atoms::systemLimit);
            },
            SimulationOptions{});
    }

    void killedInADeepChainDestroysItAll() {
        GROVE_SIMULATED([]() -> Task<> {
            struct Deep {
                static Task<int> go(int depth) {
                    if (depth == 0) {
                        co_await receive(on([](const Message&) { return false; }));
                        co_return 0;
                    }
                    co_return 1 + co_await go(depth - 1);
                }
            };
            const Pid peer = spawn([]() -> Task<> { co_await Deep::go(9'990); });
            co_await yield();
            checkEqual(co_await killAndAwaitDown(peer), atoms::killed);
        });
    }
};

QTEST_APPLESS_MAIN(tst_Frames)
#include "tst_frames.moc"
