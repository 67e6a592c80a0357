#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace grove {

/// The first `countMax` entries of a map in the order of their keys (Erlang's order, but integers
/// before floats). Empty for what is no map. Complexity: n log countMax.
[[nodiscard]] std::vector<MapEntry>
entriesInOrder(const Term& map, std::size_t countMax = std::numeric_limits<std::size_t>::max());

} // namespace grove
