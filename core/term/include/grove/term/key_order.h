#pragma once

#include <grove/term/term.h>

#include <compare>
#include <cstdint>

/// How keys that are compared exactly (=:=) are placed and ordered: in large maps and in tables.
namespace grove::detail {

/// Erlang's order of a map's keys: that of all terms, but integers before floats, so that only
/// exactly equal keys are equivalent.
[[nodiscard]] std::weak_ordering compareKeys(const Term& a, const Term& b) noexcept;

/// Exactly equal keys have equal hashes. It depends on the value alone, never on addresses or on
/// the order in which atoms were made, so that an order by it is the same in every run. Does not
/// recurse deeply.
[[nodiscard]] std::uint32_t keyHash(const Term& key) noexcept;

} // namespace grove::detail
