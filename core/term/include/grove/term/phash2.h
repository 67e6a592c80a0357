#pragma once

#include <grove/term/term.h>

#include <cstdint>

namespace grove {

/// Erlang's `phash2(Term, Range)`, 0 <= result < range: the same on every machine and in every
/// version, so that it may decide where something is stored.
///
/// Equal to Erlang's for every kind of value, pids, ports, references and functions included.
/// Requires: 1 <= range <= 2^32. Does not recurse.
[[nodiscard]] std::uint32_t phash2(const Term& term, std::uint64_t range) noexcept;

/// With Erlang's default range, 2^27.
[[nodiscard]] std::uint32_t phash2(const Term& term) noexcept;

} // namespace grove
