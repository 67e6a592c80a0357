#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>

namespace grove {

/// What a term takes, with what is shared within it counted once.
struct TermSize {
    std::uint64_t words = 0; ///< By Erlang's count, as erts_debug:size/1.
    std::size_t bytes = 0;   ///< Of this program's memory, without the allocator's rounding up.
    std::size_t objects = 0; ///< Blocks of memory; an immediate value has none.
};

/// Walks the term; does not recurse.
[[nodiscard]] TermSize sizeOf(const Term& term);

/// The bytes that a term takes in memory; what is shared within it is counted once. Walks the term.
[[nodiscard]] inline std::size_t memoryBytes(const Term& term) {
    return sizeOf(term).bytes;
}

/// Words by Erlang's count as if nothing were shared, as erts_debug:flat_size/1: what a copy would
/// take. Known without walking; stops counting at 2^32 - 1.
///
/// It differs from Erlang's where the values lie otherwise: a binary of more than 64 bytes counts
/// its bytes (Erlang keeps them apart), a map of more than 32 entries its own nodes, an empty tuple
/// 1 (Erlang keeps one for all).
[[nodiscard]] inline std::uint32_t flatSize(const Term& term) noexcept {
    return term.flatWords();
}

} // namespace grove
