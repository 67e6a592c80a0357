#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace grove {

/// The name of a process of this node: the index of its slot and the slot's generation, 60 bits in
/// all.
///
/// A value; says nothing about whether the process is alive. The default pid names no process.
class Pid {
public:
    static constexpr unsigned kIndexBits = 28;
    static constexpr std::uint32_t kIndexMax = (1U << kIndexBits) - 1;

    constexpr Pid() noexcept = default;

    /// Requires: index <= kIndexMax, and not both zero (that is no process).
    [[nodiscard]] static constexpr Pid make(std::uint32_t index,
                                            std::uint32_t generation) noexcept {
        return fromRaw(static_cast<std::uint64_t>(generation) << kIndexBits | index);
    }
    [[nodiscard]] static constexpr Pid fromRaw(std::uint64_t raw) noexcept {
        Pid made;
        made.m_raw = raw;
        return made;
    }

    [[nodiscard]] constexpr std::uint32_t index() const noexcept {
        return static_cast<std::uint32_t>(m_raw & kIndexMax);
    }
    [[nodiscard]] constexpr std::uint32_t generation() const noexcept {
        return static_cast<std::uint32_t>(m_raw >> kIndexBits);
    }
    /// The 60 bits as one number; zero is no process.
    [[nodiscard]] constexpr std::uint64_t raw() const noexcept { return m_raw; }
    [[nodiscard]] constexpr bool isNone() const noexcept { return m_raw == 0; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return m_raw != 0; }

    /// `<0.93.0>`, as Erlang writes it; Elixir puts `#PID` in front.
    [[nodiscard]] std::string toString() const;

    [[nodiscard]] friend constexpr bool operator==(Pid, Pid) noexcept = default;
    /// By generation, then index, as Erlang orders by serial, then number.
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(Pid a, Pid b) noexcept {
        return a.raw() <=> b.raw();
    }

private:
    std::uint64_t m_raw = 0;
};

} // namespace grove

template <> struct std::hash<grove::Pid> {
    std::size_t operator()(grove::Pid pid) const noexcept {
        return (pid.raw() * 0x9E3779B97F4A7C15ULL) ^ (pid.raw() >> 32);
    }
};
