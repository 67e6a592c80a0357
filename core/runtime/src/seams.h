#pragma once

#include <cstdint>

namespace grove {
class Runtime;
}

/// For tests of what happens at the runtime's bounds, which would take hours to come to. While
/// nothing runs.
namespace grove::runtime {

/// At most so many aliases at a time.
void limitAliases(Runtime& runtime, std::uint32_t countMax) noexcept;

/// Every slot that was used and is free goes on with this generation, which is above its own.
void ageSlots(Runtime& runtime, std::uint32_t generation) noexcept;

/// The last generation of a slot, after which it is retired.
[[nodiscard]] std::uint32_t lastGeneration() noexcept;

} // namespace grove::runtime
