#pragma once
// What is added up from a slot's counters for observers.

#include "envelope.h"
#include "slot.h"

#include <algorithm>

namespace grove::runtime {

[[nodiscard]] inline std::uint32_t mailboxLength(const Slot& process) noexcept {
    constexpr auto kRelaxed = std::memory_order_relaxed;
    const std::int64_t length = std::int64_t{process.privateLength.load(kRelaxed)} +
                                process.inbox.count() +
                                std::int64_t{process.overflow.load(kRelaxed)} * 65'536;
    return static_cast<std::uint32_t>(std::max<std::int64_t>(length, 0));
}

/// Slot, frames, queued envelopes.
[[nodiscard]] inline std::uint64_t memoryBytes(const Slot& process, const ColdSlot& cold,
                                               std::uint32_t mailboxLength) noexcept {
    return sizeof(Slot) + sizeof(ColdSlot) + cold.frameBytes.load(std::memory_order_relaxed) +
           std::uint64_t{mailboxLength} * sizeof(Envelope) +
           (process.findExtras() != nullptr ? sizeof(Extras) : 0);
}

} // namespace grove::runtime
