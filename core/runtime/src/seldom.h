#pragma once

#include "flat_table.h"

#include <grove/runtime/process.h>
#include <grove/term/alloc.h>

#include <cstdint>
#include <unordered_map>

namespace grove::runtime {

/// What few processes need; made when first needed. Touched by the owner of the process only.
struct Seldom {
    FlatTable<Alias> aliases;                     // those that work, by reference
    std::unordered_map<std::uint64_t, Term> tags; // of monitors, by reference
    FlatTable<std::uint32_t> suspending;          // by pid: how often this process has suspended it
    std::size_t suspendingMax = 64;               // beyond it those that have ended are forgotten
    MailboxLimit limit;
    std::uint64_t dropped = 0; // messages, because of the limit
    bool isOver = false;       // the limit was reported

    [[nodiscard]] bool isEmpty() const noexcept {
        return aliases.isEmpty() && tags.empty() && suspending.isEmpty() && limit.lengthMax == 0 &&
               dropped == 0;
    }
};

} // namespace grove::runtime
