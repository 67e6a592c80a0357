#pragma once

#include <cstdint>

/// Which characters names are made of, as Elixir 1.14 sees it: Unicode's rule for identifiers, less
/// what its security profile advises against, and no mixture of scripts that look alike.
namespace grove::unicode {

enum class Place : std::uint8_t { None, Continue, Start };

/// Start: may stand anywhere in a name. Continue: not at its start.
struct Character {
    Place place = Place::None;
    bool isCapital = false;
    std::uint32_t scripts = 0; ///< One bit for each.
    std::uint32_t beside = 0;  ///< The scripts that may stand beside it.
};

[[nodiscard]] Character lookUp(char32_t c) noexcept;

/// Whether two characters may stand in one name.
[[nodiscard]] inline bool mix(const Character& a, const Character& b) noexcept {
    return (a.beside & b.scripts) != 0 || (b.beside & a.scripts) != 0;
}

} // namespace grove::unicode
