#include "alias_table.h"

#include <grove/term/assert.h>

namespace grove::runtime {

AliasTable::~AliasTable() {
    for (const auto& chunk : m_chunks)
        delete[] chunk.load(std::memory_order_relaxed);
}

AliasTable::Entry* AliasTable::find(std::uint32_t index) const noexcept {
    Entry* const chunk = m_chunks[index / kChunk].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk[index % kChunk];
}

AliasTable::Entry& AliasTable::ensure(std::uint32_t index) noexcept {
    std::atomic<Entry*>& chunk = m_chunks[index / kChunk];
    if (chunk.load(std::memory_order_acquire) == nullptr) {
        auto* const made = new Entry[kChunk];
        Entry* expected = nullptr;
        if (!chunk.compare_exchange_strong(expected, made, std::memory_order_acq_rel,
                                           std::memory_order_acquire))
            delete[] made;
    }
    return *find(index);
}

std::optional<Ref> AliasTable::take(Pid owner) noexcept {
    const auto use = [owner](Entry& entry, std::uint32_t index) {
        const Ref alias =
            Ref::make(kRefMaker, std::uint64_t{entry.generation} << kIndexBits | index);
        entry.owner.store(owner.raw(), std::memory_order_release);
        return alias;
    };
    const auto below = [this](std::uint32_t index) {
        return find(index)->nextFree.load(std::memory_order_relaxed);
    };
    if (const auto index = m_free.pop(below))
        return use(*find(*index), *index);
    if (m_used.load(std::memory_order_relaxed) >= m_countMax)
        return std::nullopt;
    const std::uint32_t index = m_used.fetch_add(1, std::memory_order_relaxed);
    if (index >= m_countMax) {
        m_used.fetch_sub(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    return use(ensure(index), index);
}

void AliasTable::give(Ref alias) noexcept {
    const std::uint32_t index = indexOf(alias);
    Entry& entry = *find(index);
    GROVE_ASSERT(entry.generation == alias.counter() >> kIndexBits, "the alias was given before");
    entry.owner.store(0, std::memory_order_relaxed);
    if (entry.generation == kGenerationMax)
        return;
    ++entry.generation;
    m_free.push(index, [&entry](std::uint32_t number) {
        entry.nextFree.store(number, std::memory_order_relaxed);
    });
}

Pid AliasTable::ownerOf(Ref alias) const noexcept {
    if (alias.maker() != kRefMaker)
        return {};
    const Entry* const entry = find(indexOf(alias));
    return entry == nullptr ? Pid() : Pid::fromRaw(entry->owner.load(std::memory_order_acquire));
}

} // namespace grove::runtime
