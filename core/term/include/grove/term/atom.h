#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace grove {

/// A name that is stored once: comparing two atoms compares two numbers.
///
/// Threads: everything from any thread. Looking up a known name and reading a name take no lock.
/// Bounds: names have at most 255 characters (1,020 bytes of UTF-8); the table holds 1,048,576
/// names, as Erlang's does, and never forgets one.
class Atom {
public:
    static constexpr std::size_t kTableMax = 1'048'576;
    static constexpr std::size_t kCharactersMax = 255;

    /// The atom `undefined`.
    constexpr Atom() noexcept = default;

    /// The atom with this name, made where it is new. For names from outside.
    /// Returns: nothing when the table is full, the name is too long or not UTF-8.
    [[nodiscard]] static std::optional<Atom> tryMake(std::string_view name) noexcept;

    /// The atom with this name if there is one; never makes one.
    [[nodiscard]] static std::optional<Atom> find(std::string_view name) noexcept;

    /// How many atoms there are.
    [[nodiscard]] static std::size_t tableSize() noexcept;

    /// Requires: an index that index() gave.
    [[nodiscard]] static constexpr Atom fromIndex(std::uint32_t index) noexcept {
        Atom made;
        made.m_index = index;
        return made;
    }

    [[nodiscard]] constexpr std::uint32_t index() const noexcept { return m_index; }

    /// The name in UTF-8, without quotes. Lives as long as the program.
    [[nodiscard]] std::string_view name() const noexcept;

    /// Erlang's hash of the name (the value that phash2 mixes).
    [[nodiscard]] std::uint32_t nameHash() const noexcept;

    [[nodiscard]] friend constexpr bool operator==(Atom, Atom) noexcept = default;

private:
    std::uint32_t m_index = 0;
};

/// The atom with this name. For names in the program's text: a full table or a bad name aborts.
[[nodiscard]] Atom atom(std::string_view name) noexcept;

/// Erlang's order of atoms: by their characters.
[[nodiscard]] std::strong_ordering compareNames(Atom a, Atom b) noexcept;

namespace detail {

template <std::size_t N> struct AtomLiteral {
    char text[N];
    consteval AtomLiteral(const char (&literal)[N]) {
        for (std::size_t i = 0; i < N; ++i) {
            text[i] = literal[i];
        }
    }
};

} // namespace detail

inline namespace literals {

/// `"todo"_atom`: found once, a load and a test from then on.
template <detail::AtomLiteral literal> [[nodiscard]] Atom operator""_atom() noexcept {
    static const Atom made = atom({literal.text, sizeof(literal.text) - 1});
    return made;
}

} // namespace literals
} // namespace grove

template <> struct std::hash<grove::Atom> {
    std::size_t operator()(grove::Atom atom) const noexcept {
        return atom.index() * 0x9E3779B97F4A7C15ULL >> 32;
    }
};
