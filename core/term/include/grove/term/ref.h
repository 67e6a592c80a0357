#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace grove {

/// A value that is like no other of this node: 8 bits that name its maker (a scheduler) and a
/// 50-bit counter, which at a million references a second lasts 35 years.
///
/// The default reference is none; whoever makes references starts counting at 1.
class Ref {
public:
    static constexpr unsigned kCounterBits = 50;
    static constexpr std::uint64_t kCounterMax = (std::uint64_t{1} << kCounterBits) - 1;

    constexpr Ref() noexcept = default;

    [[nodiscard]] static constexpr Ref make(std::uint8_t maker, std::uint64_t counter) noexcept {
        return fromRaw(static_cast<std::uint64_t>(maker) << kCounterBits | (counter & kCounterMax));
    }
    [[nodiscard]] static constexpr Ref fromRaw(std::uint64_t raw) noexcept {
        Ref made;
        made.m_raw = raw;
        return made;
    }

    [[nodiscard]] constexpr std::uint8_t maker() const noexcept {
        return static_cast<std::uint8_t>(m_raw >> kCounterBits);
    }
    [[nodiscard]] constexpr std::uint64_t counter() const noexcept { return m_raw & kCounterMax; }
    /// The 58 bits as one number; zero is no reference.
    [[nodiscard]] constexpr std::uint64_t raw() const noexcept { return m_raw; }
    [[nodiscard]] constexpr bool isNone() const noexcept { return m_raw == 0; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return m_raw != 0; }

    /// Erlang's three words, the least significant first: 18 bits, 32 bits, and the maker.
    [[nodiscard]] constexpr std::array<std::uint32_t, 3> words() const noexcept {
        return {static_cast<std::uint32_t>(m_raw & kFirstWordMax),
                static_cast<std::uint32_t>(m_raw >> kFirstWordBits), maker()};
    }
    static constexpr unsigned kFirstWordBits = 18;
    static constexpr std::uint32_t kFirstWordMax = (1U << kFirstWordBits) - 1;

    /// `<0.maker.high.low>`: Erlang puts `#Ref` in front, Elixir `#Reference`.
    [[nodiscard]] std::string toString() const;

    [[nodiscard]] friend constexpr bool operator==(Ref, Ref) noexcept = default;
    [[nodiscard]] friend constexpr auto operator<=>(Ref, Ref) noexcept = default;

private:
    std::uint64_t m_raw = 0;
};

} // namespace grove

template <> struct std::hash<grove::Ref> {
    std::size_t operator()(grove::Ref ref) const noexcept {
        return (ref.raw() * 0x9E3779B97F4A7C15ULL) ^ (ref.raw() >> 32);
    }
};
