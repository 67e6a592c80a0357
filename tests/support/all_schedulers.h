#pragma once

#include "sim_fixture.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

namespace grove::test {

inline std::atomic<unsigned> s_holders{0}; ///< have begun

/// Holds its scheduler until so many do.
inline Task<> holdUntilAllDo(unsigned schedulers) {
    s_holders.fetch_add(1);
    while (s_holders.load() < schedulers)
        ;
    co_return;
}

/// Waits until each scheduler's thread has run and rests: it takes locks when it starts, which is
/// late on a busy machine, and when it gives memory back, at its first rest and not within two
/// seconds again. Of those who hold one each, the next is taken by who is not held yet. Requires:
/// nothing runs, and nobody is handed over who holds a scheduler.
inline void startAll(Runtime& runtime, unsigned schedulers) {
    s_holders.store(0);
    for (unsigned each = 0; each < schedulers; ++each) {
        runtime.spawn(holdUntilAllDo, schedulers);
        while (s_holders.load() <= each)
            std::this_thread::yield();
    }
    while (!std::ranges::all_of(runtime.schedulers(), &SchedulerRow::isAsleep))
        std::this_thread::yield();
}

/// The body with so many schedulers, none of which is handed over when the system lets its thread
/// wait: that takes a lock. Returns: what went wrong, or nothing.
[[nodiscard]] inline std::string faultWith(unsigned schedulers, Task<> (*body)()) {
    Runtime runtime(
        {.schedulers = schedulers, .processesMax = 1U << 18, .holdLimit = std::chrono::hours(1)});
    startAll(runtime, schedulers);
    return runIn(runtime, body, "threads");
}

/// The rows of a test that runs it with one and with two.
inline void addSchedulers() {
    QTest::addColumn<unsigned>("schedulers");
    QTest::newRow("1 scheduler") << 1U;
    QTest::newRow("2 schedulers") << 2U;
}

} // namespace grove::test

/// A row's test.
#define GROVE_WITH_SCHEDULERS(body)                                                                \
    do {                                                                                           \
        QFETCH(unsigned, schedulers);                                                              \
        const std::string fault = grove::test::faultWith(schedulers, body);                        \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)
