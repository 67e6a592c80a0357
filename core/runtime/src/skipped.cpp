#include "skipped.h"

#include <grove/runtime/waiter.h>
#include <grove/term/assert.h>

#include <algorithm>
#include <new>

namespace grove::runtime {

namespace {

constexpr std::uint32_t kCapacityMin = 14;
constexpr std::uint32_t kCapacityMax = 1'022;

} // namespace

struct Block {
    Block* previous;
    Block* next;
    std::uint64_t firstNumber;
    std::uint32_t capacity;
    std::uint32_t used; // entries ever put in
    std::uint32_t live; // entries not taken out

    [[nodiscard]] Envelope** items() noexcept { return reinterpret_cast<Envelope**>(this + 1); }
    [[nodiscard]] std::uint16_t* tags() noexcept {
        return reinterpret_cast<std::uint16_t*>(items() + capacity);
    }
    [[nodiscard]] static std::size_t bytes(std::uint32_t capacity) noexcept {
        return sizeof(Block) + capacity * (sizeof(Envelope*) + sizeof(std::uint16_t));
    }
};

SkippedMessages::~SkippedMessages() {
    while (Envelope* const envelope = takeOldest())
        Envelope::drop(envelope);
    while (m_last != nullptr) // a last block that was emptied before it was full
        unlink(m_last);
}

void SkippedMessages::append(Envelope* envelope) noexcept {
    if (m_last == nullptr || m_last->used == m_last->capacity) {
        const std::uint32_t capacity =
            m_last == nullptr ? kCapacityMin : std::min(m_last->capacity * 2 + 2, kCapacityMax);
        auto* const block = ::new (allocate(Block::bytes(capacity)))
            Block{m_last, nullptr, m_nextNumber, capacity, 0, 0};
        (m_last == nullptr ? m_first : m_last->next) = block;
        m_last = block;
    }
    m_last->items()[m_last->used] = envelope;
    m_last->tags()[m_last->used] = grove::detail::tagOf(envelope->message);
    ++m_last->used;
    ++m_last->live;
    ++m_nextNumber;
    ++m_count;
}

SkippedMessages::Place SkippedMessages::from(std::uint64_t number) const noexcept {
    if (number == 0)
        return {m_first, 0};
    // Backwards: what is asked for lies near the end.
    Block* block = m_last;
    if (block == nullptr || number >= block->firstNumber + block->used)
        return {};
    while (block->previous != nullptr && block->firstNumber > number)
        block = block->previous;
    return {block, number > block->firstNumber ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                                     number - block->firstNumber, block->used))
                                               : 0};
}

SkippedMessages::Place SkippedMessages::find(Place place,
                                             std::span<const std::uint16_t> wanted) const noexcept {
    for (Block* block = place.block; block != nullptr; block = block->next) {
        const std::uint16_t* const tags = block->tags();
        std::uint32_t at = block == place.block ? place.at : 0;
        const std::uint32_t end = block->used;
        if (wanted.empty()) {
            while (at < end && tags[at] == 0)
                ++at;
        } else if (wanted.size() == 1) {
            const std::uint16_t tag = wanted[0];
            // In steps that the compiler turns into vector comparisons.
            for (; at + 16 <= end; at += 16) {
                unsigned hits = 0;
                for (std::uint32_t i = 0; i < 16; ++i)
                    hits |= tags[at + i] == tag ? 1U : 0U;
                if (hits != 0)
                    break;
            }
            while (at < end && tags[at] != tag)
                ++at;
        } else {
            while (at < end && std::ranges::find(wanted, tags[at]) == wanted.end())
                ++at;
        }
        if (at < end)
            return {block, at};
    }
    return {};
}

SkippedMessages::Place SkippedMessages::after(Place place) noexcept {
    return {place.block, place.at + 1};
}

Envelope* SkippedMessages::at(Place place) noexcept {
    return place.block->items()[place.at];
}

Envelope* SkippedMessages::take(Place place) noexcept {
    Block* const block = place.block;
    Envelope* const envelope = block->items()[place.at];
    GROVE_ASSERT(block->tags()[place.at] != 0, "the message was taken before");
    block->tags()[place.at] = 0;
    block->items()[place.at] = nullptr;
    --m_count;
    if (--block->live == 0 && (block != m_last || block->used == block->capacity || m_count == 0))
        unlink(block);
    return envelope;
}

void SkippedMessages::unlink(Block* block) noexcept {
    (block->previous == nullptr ? m_first : block->previous->next) = block->next;
    (block->next == nullptr ? m_last : block->next->previous) = block->previous;
    release(block, Block::bytes(block->capacity));
}

void SkippedMessages::trim() noexcept {
    while (m_count == 0 && m_last != nullptr)
        unlink(m_last);
}

SkippedMessages::Place SkippedMessages::position(std::uint64_t position) const noexcept {
    Block* block = m_first;
    while (block != nullptr && position >= block->live) {
        position -= block->live;
        block = block->next;
    }
    if (block == nullptr)
        return {};
    Place place = find({block, 0}, {});
    while (position-- > 0)
        place = find(after(place), {});
    return place;
}

Envelope* SkippedMessages::takeOldest() noexcept {
    const Place place = m_first == nullptr ? Place{} : find({m_first, 0}, {});
    return place ? take(place) : nullptr;
}

} // namespace grove::runtime
