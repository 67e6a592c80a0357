#pragma once

namespace grove {

/// The memory of one thread, as others see it. What they release comes back to it, and only its
/// thread can give that to the system (trimMemory()): of a thread that sleeps nobody would.
///
/// Threads: any. Owns nothing; valid for ever.
class MemoryHome {
public:
    /// Of no thread: nothing ever comes back.
    MemoryHome() = default;
    /// The calling thread's. Requires: it is not past its destructors.
    [[nodiscard]] static MemoryHome ofThisThread() noexcept;

    /// Whether blocks that others have released wait for its thread. seq_cst: who sleeps says so
    /// first and looks here then; who has released blocks looks here and then for who sleeps. In
    /// every order one of them sees the other. Under the sanitizers always false.
    [[nodiscard]] bool hasReturned() const noexcept;

private:
    explicit MemoryHome(const void* heap) noexcept : m_heap(heap) {}

    [[maybe_unused]] const void* m_heap = nullptr; // not under the sanitizers
};

} // namespace grove
