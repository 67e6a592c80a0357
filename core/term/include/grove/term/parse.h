#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace grove {

/// Where the text of a term goes wrong, for pointing at it.
struct ParseError {
    std::size_t line = 1;   ///< From 1.
    std::size_t column = 1; ///< From 1, in characters; one past the end where something is missing.
    std::string message;    ///< `expected , or }`

    /// `expected , or } at column 11`, with the line where there are several.
    [[nodiscard]] std::string describe() const;
    [[nodiscard]] friend bool operator==(const ParseError&, const ParseError&) = default;
};

struct ParseLimits {
    static constexpr std::size_t kDepthMax = 500;
    static constexpr std::size_t kDigitsMax = 100'000;        ///< Of one integer.
    static constexpr std::size_t kSegmentBitsMax = 1'048'576; ///< Of one integer in a binary.
    static constexpr std::size_t kSizedBitsMax = 8'388'608;   ///< Of all sizes written in a text.
};

/// Reads one term in Erlang's syntax; spaces, comments and a dot at the end may surround it.
///
/// Reads all that toErlang() writes except functions without a name, and pids, ports and references
/// of other nodes; `#PID<0.93.0>` and `#Reference<…>` as Elixir writes them, too. Never crashes:
/// depth, digits and sizes are bounded by ParseLimits, atoms by their table.
[[nodiscard]] std::expected<Term, ParseError> parseTerm(std::string_view text);

} // namespace grove
