#pragma once

#include <grove/runtime/match_program.h>

namespace grove::ets {

/// Whether each clause leaves the key at this position as it is, as far as can be told from the
/// specification alone.
[[nodiscard]] bool keepsKey(const MatchProgram& program, std::size_t keypos);

} // namespace grove::ets
