#pragma once

#include "parts.h"

#include <grove/term/alloc.h>

#include <atomic>
#include <cstdint>

namespace grove::ets {

/// A node of a Tree: keys in order, each with a slot. Of a leaf a slot holds a value's cell, of an
/// inner node a child; the child in slot i holds the keys from key i to key i + 1, and key 0 of an
/// inner node is none.
///
/// Keys and count never change once others can see the node. A slot may: the tree's writer
/// stores with release (store()), readers load with acquire; what only the writer stores, it and
/// who frees read plainly, as it fills plainly what nobody sees yet.
struct alignas(8) Node {
    static constexpr std::size_t kEntriesMax = 32;
    static constexpr std::size_t kEntriesMin = 8; // with fewer it is joined to a neighbour

    std::uint16_t count = 0;
    bool isLeaf = true;
    bool areIntegers = false; // the keys are small integers, whose words are in their order

    [[nodiscard]] static std::size_t bytesFor(std::size_t count) noexcept {
        return sizeof(Node) + count * (sizeof(Cell) + sizeof(Slot));
    }
    [[nodiscard]] static Node* make(std::size_t count, bool isLeaf) noexcept {
        void* const block = allocate(bytesFor(count));
        Node* const made = ::new (block) Node;
        made->count = static_cast<std::uint16_t>(count);
        made->isLeaf = isLeaf;
        return made;
    }
    /// To be called when the keys are there.
    void noteKeys() noexcept {
        std::uint64_t others = 0;
        for (std::size_t i = isLeaf ? 0 : 1; i < count; ++i)
            others |= Borrowed(keys()[i])->isSmallInteger() ? 0 : 1;
        areIntegers = others == 0;
    }
    /// The node's memory, not what it holds.
    [[nodiscard]] Block block() noexcept { return {this, bytesFor(count)}; }

    using Slot = std::uint64_t;
    [[nodiscard]] Cell* keys() noexcept { return reinterpret_cast<Cell*>(this + 1); }
    [[nodiscard]] const Cell* keys() const noexcept {
        return reinterpret_cast<const Cell*>(this + 1);
    }
    [[nodiscard]] Slot* slotArray() noexcept { return reinterpret_cast<Slot*>(keys() + count); }
    [[nodiscard]] const Slot* slotArray() const noexcept {
        return reinterpret_cast<const Slot*>(keys() + count);
    }

    // For readers.
    [[nodiscard]] Cell value(std::size_t index) const noexcept {
        // It only loads: a reference to what is const comes with C++26.
        return std::atomic_ref(const_cast<Slot&>(slotArray()[index]))
            .load(std::memory_order_acquire);
    }
    [[nodiscard]] const Node* child(std::size_t index) const noexcept {
        return reinterpret_cast<const Node*>(value(index));
    }
    // For the writer.
    void store(std::size_t index, std::uint64_t what) noexcept {
        std::atomic_ref(slotArray()[index]).store(what, std::memory_order_release);
    }
    [[nodiscard]] std::uint64_t own(std::size_t index) const noexcept { return slotArray()[index]; }
    [[nodiscard]] Node* ownChild(std::size_t index) const noexcept {
        return reinterpret_cast<Node*>(own(index));
    }
};
static_assert(sizeof(Node) == 8);

} // namespace grove::ets
