#pragma once

#include <grove/term/atomics.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace grove {

class Runtime;

/// What a thread that runs processes has found last under some key, so that it need not be looked
/// for again while its version stands.
///
/// Threads: its own. What it holds is held until it finds something else, or the runtime ends.
template <class Atomics> struct BasicWorkerCache {
    using Version = typename Atomics::template Atomic<std::uint64_t>;

    std::uint64_t key = 0;
    std::uint64_t version = 0;
    /// The version now: a change of what can be found is complete when this has been raised
    /// (release), and whoever then looks (acquire) finds the new. Lives as long as the runtime.
    const Version* current = nullptr;
    std::shared_ptr<const void> object;

    [[nodiscard]] bool has(std::uint64_t wanted) const noexcept {
        return key == wanted && current != nullptr &&
               current->load(std::memory_order_acquire) == version;
    }
    /// What `find()` finds (a shared_ptr), remembered in `cache` unless that or what it finds is
    /// null.
    template <class Find>
    [[nodiscard]] static auto findAnew(BasicWorkerCache* cache, std::uint64_t wanted,
                                       const Version& now, Find&& find) {
        // Before the look, so that what changes meanwhile is looked for again.
        const std::uint64_t before = now.load(std::memory_order_acquire);
        auto found = find();
        if (cache != nullptr && found)
            *cache = {.key = wanted, .version = before, .current = &now, .object = found};
        return found;
    }
};

using WorkerCache = BasicWorkerCache<StdAtomics>;

/// The running thread's place for this key, one of few; null when it runs no process of this
/// runtime. Not to be kept over a suspension.
[[nodiscard]] WorkerCache* workerCache(Runtime& runtime, std::uint64_t key) noexcept;

} // namespace grove
