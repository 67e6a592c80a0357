#pragma once

#include <cstddef>
#include <cstdint>

namespace grove {

namespace detail {
struct Dying;
}

/// While one lives, what the last owner of a huge term gives up on this thread is freed in slices,
/// so that dropping a list of 10,000,000 elements holds nobody up: about kStepsAtOnce values die
/// with their owner, the others wait and die with later ones or in freeSome(). A thread that has
/// none frees everything before its owner goes on.
///
/// Threads: made and destroyed on one thread, one at a time; freeSome() there, too. What waits is
/// freed at the latest by the destructor.
class SlicedDestruction {
public:
    enum class Freed : std::uint8_t { Everything, MoreToDo };

    /// Some 100 us when the values are no longer in the processor's cache.
    static constexpr std::size_t kStepsAtOnce = 2'000;

    SlicedDestruction() noexcept;
    ~SlicedDestruction() noexcept;
    SlicedDestruction(const SlicedDestruction&) = delete;
    SlicedDestruction& operator=(const SlicedDestruction&) = delete;

    /// Frees what waits on this thread: about `steps` values or elements of them. For whoever has
    /// time: between two turns, and until it says Everything before sleeping.
    static Freed freeSome(std::size_t steps = kStepsAtOnce) noexcept;
    /// Whether one lives on this thread.
    [[nodiscard]] static bool isActive() noexcept;
    /// Whether anything waits on this thread.
    [[nodiscard]] static bool isAnythingLeft() noexcept;

private:
    detail::Dying* m_dying;
};

} // namespace grove
