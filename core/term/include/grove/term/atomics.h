#pragma once

#include <atomic>

namespace grove {

/// The atomics of the running program. Lock-free parts are templates over such a policy; the tests
/// put in one whose atomics give up the processor at every operation, so that all interleavings can
/// be explored.
struct StdAtomics {
    template <class T> using Atomic = std::atomic<T>;
};

} // namespace grove
