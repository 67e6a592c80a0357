#pragma once

#include "flat_table.h"

#include <grove/runtime/process.h>
#include <grove/term/alloc.h>

#include <array>
#include <cstdint>
#include <exception>
#include <source_location>
#include <unordered_map>
#include <vector>

namespace grove::runtime {

/// What came before a reference was made: the skipped messages up to a number.
struct Mark {
    Ref ref;
    std::uint64_t number = 0;
};

/// Who has suspended a process, how often, and the reference by which its end is watched.
struct Suspender {
    Ref ref;
    std::uint32_t count = 0;
};

/// What few processes need; made when first needed. Touched by the owner of the process only.
struct Seldom {
    FlatTable<Alias> aliases;                     // those that work, by reference
    std::unordered_map<std::uint64_t, Term> tags; // of monitors, by reference
    FlatTable<std::uint32_t> suspending;          // by pid: how often this process has suspended it
    FlatTable<Suspender> suspenders;              // of this process, by pid
    std::array<Mark, 4> marks{};                  // of the latest references
    std::uint8_t nextMark = 0;                    // in `marks`
    std::size_t suspendingMax = 64;               // beyond it those that have ended are forgotten
    MailboxLimit limit;
    std::uint64_t dropped = 0;   // messages, because of the limit
    bool isOver = false;         // the limit was reported
    std::exception_ptr thrown;   // by a matcher; raised when the process goes on
    std::uint64_t unlinkIds = 0; // an acknowledgement of the last may be on its way
    // The coroutines that an exception has passed through, innermost first.
    std::vector<std::source_location> unwound;
    const grove::detail::PromiseBase* unwoundTo = nullptr; // whose turn it is to add itself

    void putMark(Ref ref, std::uint64_t number) noexcept {
        marks[nextMark++ % marks.size()] = {ref, number};
    }
    [[nodiscard]] bool isEmpty() const noexcept {
        return aliases.isEmpty() && tags.empty() && suspending.isEmpty() && suspenders.isEmpty() &&
               limit.lengthMax == 0 && dropped == 0 && thrown == nullptr && unlinkIds == 0 &&
               unwoundTo == nullptr;
    }
};

} // namespace grove::runtime
