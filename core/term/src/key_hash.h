#pragma once

#include <grove/term/term.h>

#include <cstdint>

namespace grove::detail {

/// The hash by which large maps place their keys: exactly equal keys (=:=) have equal hashes. It
/// depends on the value alone, never on addresses or on the order in which atoms were made, so
/// that a map's order is the same in every run. Does not recurse deeply.
[[nodiscard]] std::uint32_t keyHash(const Term& key) noexcept;

} // namespace grove::detail
