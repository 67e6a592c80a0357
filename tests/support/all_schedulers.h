#pragma once

#include "sim_fixture.h"

#include <atomic>
#include <utility>
#include <vector>

namespace grove::test {

inline std::atomic<unsigned> s_threadsSeen{0}; ///< that have run a process of this runtime

[[gnu::noinline]] inline void seeThread() {
    thread_local bool t_isSeen = false;
    if (!std::exchange(t_isSeen, true))
        s_threadsSeen.fetch_add(1);
}

inline Task<> beSeen() {
    for (int turn = 0; turn < 100; ++turn) {
        seeThread();
        co_await yield();
    }
}

/// A scheduler's thread takes locks when it starts, which is late on a busy machine. Requires:
/// s_threadsSeen was 0 before this runtime began.
inline Task<> seeAllSchedulers(unsigned schedulers) {
    while (s_threadsSeen.load() < schedulers) {
        std::vector<Ref> monitors;
        for (int each = 0; each < 32; ++each)
            monitors.push_back(spawnMonitor(beSeen).monitor);
        for (const Ref& monitor : monitors)
            checkEqual((co_await receive(on<Down>(monitor))).reason, atoms::normal);
    }
}

} // namespace grove::test
