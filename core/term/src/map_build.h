#pragma once

#include <grove/term/term.h>

#include <span>

namespace grove::detail {

/// Takes the terms out of `entries`. Requires: at most 32, of different keys, in their order.
[[nodiscard]] Term mapInOrder(std::span<MapEntry> entries) noexcept;

} // namespace grove::detail
