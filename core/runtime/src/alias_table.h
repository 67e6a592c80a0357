#pragma once

#include "index_stack.h"

#include <grove/term/pid.h>
#include <grove/term/ref.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace grove::runtime {

/// Whose address an alias is. A reference names its entry by index and generation.
///
/// It only says to whom a message by an alias goes: whether the alias still works is decided by
/// that process, which drops what comes by one that is not its own. So a stale reference may be
/// answered with a later owner of the entry.
///
/// Threads: any. Bounds: 2^22 aliases at a time, or fewer where a test wants so.
class AliasTable {
    static constexpr unsigned kIndexBits = 22;

public:
    static constexpr std::uint8_t kRefMaker = 3; // no other reference has this maker
    static constexpr std::uint32_t kCountMax = 1U << kIndexBits;

    AliasTable() = default;
    ~AliasTable();
    AliasTable(const AliasTable&) = delete;
    AliasTable& operator=(const AliasTable&) = delete;

    /// Returns: a reference for `owner`; nothing when there are too many.
    [[nodiscard]] std::optional<Ref> take(Pid owner) noexcept;
    /// Requires: from take(), given once. An entry whose generations are used up is retired.
    void give(Ref alias) noexcept;
    /// Returns: whose alias it is, or none.
    [[nodiscard]] Pid ownerOf(Ref alias) const noexcept;
    /// Requires: nobody takes any meanwhile; at most kCountMax.
    void setCountMax(std::uint32_t countMax) noexcept { m_countMax = countMax; }

private:
    struct Entry {
        /// The raw pid of the owner; 0: free. release by take(), acquire by ownerOf().
        std::atomic<std::uint64_t> owner{0};
        std::atomic<std::uint32_t> nextFree{0}; // index + 1; relaxed, see m_free
        std::uint32_t generation = 0;           // belongs to who has taken the entry
    };
    static constexpr std::uint32_t kChunk = 4'096;
    static constexpr std::uint32_t kChunksMax = kCountMax / kChunk;
    static constexpr std::uint32_t kGenerationMax = (1U << (Ref::kCounterBits - kIndexBits)) - 1;

    [[nodiscard]] static std::uint32_t indexOf(Ref alias) noexcept {
        return static_cast<std::uint32_t>(alias.counter() & ((1U << kIndexBits) - 1));
    }
    [[nodiscard]] Entry* find(std::uint32_t index) const noexcept;
    [[nodiscard]] Entry& ensure(std::uint32_t index) noexcept;

    /// Made when first needed; published by compare-exchange (release), read with acquire.
    std::array<std::atomic<Entry*>, kChunksMax> m_chunks{};
    std::uint32_t m_countMax = kCountMax;
    std::atomic<std::uint32_t> m_used{0}; // grows by fetch_add; relaxed
    BasicIndexStack<StdAtomics> m_free;
};

} // namespace grove::runtime
