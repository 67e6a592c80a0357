#pragma once

#include <grove/term/atomics.h>

#include <atomic>
#include <cstdint>

namespace grove::ets {

/// Lets several changes be one to whoever looks at single things that are changed.
///
/// Who looks takes the version before and asks at last whether it still stands. So he has seen
/// nothing of a change of several that was under way, and whoever looks after it, or after somebody
/// who has seen something of it, sees all of it. Else he takes the lock of those who change.
///
/// Threads: begin() and end() by who holds that lock, the rest by any.
template <class Atomics> class BasicChangeVersion {
public:
    void begin() noexcept {
        m_version.store(m_version.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void end() noexcept {
        m_version.store(m_version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    /// Before a look.
    [[nodiscard, gnu::always_inline]] std::uint64_t seen() const noexcept {
        return m_version.load(std::memory_order_acquire);
    }
    [[nodiscard, gnu::always_inline]] static bool isWhole(std::uint64_t version) noexcept {
        return version % 2 == 0;
    }
    /// Behind a look. Requires: isWhole() of what was seen() before.
    [[nodiscard, gnu::always_inline]] bool stands(std::uint64_t version) const noexcept {
        return m_version.load(std::memory_order_relaxed) == version;
    }

    /// What `look(isSettled)` finds, where that is whole and settled; else what `locked()` finds.
    template <class Look, class Locked>
    [[nodiscard, gnu::always_inline]] auto find(Look&& look, Locked&& locked) const {
        const std::uint64_t version = seen();
        if (isWhole(version)) [[likely]] {
            bool isSettled = true;
            auto found = look(isSettled);
            if (isSettled && stands(version)) [[likely]]
                return found;
        }
        return locked();
    }
    /// What `look()` finds, where that is whole; else 0.
    template <class Look>
    [[nodiscard, gnu::always_inline]] auto findSoon(Look&& look) const noexcept {
        const std::uint64_t version = seen();
        const auto found = look();
        return found != 0 && isWhole(version) && stands(version) ? found : decltype(look())(0);
    }

private:
    /// Odd: several are being changed at once. Relaxed store when that begins, since the stores of
    /// the changes behind it are releases whose acquire makes a reader see it; release when it
    /// ends; acquire by readers before they look.
    typename Atomics::template Atomic<std::uint64_t> m_version{0};
};

using ChangeVersion = BasicChangeVersion<StdAtomics>;

} // namespace grove::ets
