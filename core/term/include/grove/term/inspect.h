#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace grove {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// Maps are written in the order of their keys (integers before floats), whatever their size, but of
// a map of more than 10,000 entries that is not written whole those come that it has first.

/// As Elixir's Inspect.Opts; the defaults are Elixir 1.14's.
struct InspectOptions {
    enum class Lists : std::uint8_t { Infer, AsLists, AsCharlists };
    enum class Binaries : std::uint8_t { Infer, AsBinaries, AsStrings };

    std::size_t limit = 50;            ///< Elements of a collection; each level below has one less.
    std::size_t printableLimit = 4096; ///< Characters of a string.
    Lists charlists = Lists::Infer;
    Binaries binaries = Binaries::Infer;
    std::size_t bytesMax = kNoLimit; ///< Of the whole text; cut with "…", never within a character.
};

/// The term in Elixir's syntax on one line: `%{a: [1, "two"], pid: #PID<0.93.0>}`. Text that is not
/// needed is not made: the cost is bounded by the limits, not by the term. A none-term is `#None`.
[[nodiscard]] std::string inspect(const Term& term, const InspectOptions& options = {});

struct ErlangOptions {
    /// Infer: as `~p` (on one line), with "text" and <<"text">>. Never: as `~w`.
    enum class Text : std::uint8_t { Infer, Never };
    enum class Characters : std::uint8_t { Unicode, Latin1 };

    Text text = Text::Infer;
    /// Unicode: as `~tp` and `~tw`. Latin1: as `~p` and `~w`, which write 'π' as '\x{3C0}'.
    Characters encoding = Characters::Unicode;
    /// What counts as text with `~tp`: as `erl +pc unicode` or as `erl +pc latin1`.
    Characters printable = Characters::Unicode;
    std::size_t bytesMax = kNoLimit; ///< As above.
};

/// The term in Erlang's syntax on one line. What has a syntax of its own reads back with
/// parseTerm().
[[nodiscard]] std::string toErlang(const Term& term, const ErlangOptions& options = {});

} // namespace grove
