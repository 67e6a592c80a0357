// What tables give back.
#include "ets_support.h"

#include <grove/runtime/epoch.h>
#include <grove/runtime/limbo.h>
#include <grove/term/alloc.h>

#include <atomic>
#include <thread>

using namespace grove;
using namespace grove::test;

namespace {

std::size_t largeBytes() {
    return memoryStatistics().largeBytesInUse;
}

constexpr std::size_t kLineBytes = 64;
constexpr int kRows = 16'000; // 4,096 lines
constexpr std::size_t kArrayBytes = 4'096 * kLineBytes;

Task<> fills(Term table) {
    for (int row = 0; row < kRows; ++row) {
        ets::insert(table, tuple(row, row));
        if (row % 1'000 == 0)
            co_await yield();
    }
}

/// Single inserts take nothing out but the arrays they have outgrown: those must not wait for what
/// is taken out next.
Task<> onlyTheLastArrayIsLeft() {
    const std::size_t before = largeBytes();
    const Term table = tableOf("[public]");
    co_await fills(table);
    check(largeBytes() >= before + kArrayBytes);
    check(largeBytes() < before + kArrayBytes * 5 / 4);
    ets::deleteTable(table);
}

std::atomic<bool> s_looks{false};
std::atomic<bool> s_mayEnd{false};

/// The same while somebody else looks all the time: then it comes back when he has done.
Task<> arraysComeBackWhenNobodyLooks() {
    const std::size_t before = largeBytes();
    const Term table = tableOf("[public]");
    s_looks = false;
    s_mayEnd = false;
    std::thread looker([] {
        const runtime::Pin pin;
        s_looks = true;
        while (!s_mayEnd)
            std::this_thread::yield();
    });
    while (!s_looks)
        std::this_thread::yield();
    co_await fills(table);
    check(largeBytes() >= before + kArrayBytes * 7 / 4);
    s_mayEnd = true;
    looker.join();
    // No further change: a scheduler that looks up does it.
    while (largeBytes() >= before + kArrayBytes * 5 / 4)
        co_await yield();
    ets::deleteTable(table);
}

} // namespace

class tst_EtsMemory : public QObject {
    Q_OBJECT
private slots:
    void onlyTheLastArrayIsLeft() {
        Runtime runtime({.schedulers = 1});
        const std::string fault = runIn(runtime, ::onlyTheLastArrayIsLeft, "1 scheduler");
        QVERIFY2(fault.empty(), fault.c_str());
    }
    void arraysComeBackWhenNobodyLooks() {
        Runtime runtime({.schedulers = 1});
        const std::string fault = runIn(runtime, ::arraysComeBackWhenNobodyLooks, "1 scheduler");
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_EtsMemory)
#include "tst_ets_memory.moc"
