#include "tree.h"

#include <grove/term/key_order.h>

#include <algorithm>
#include <cstring>

namespace grove::ets {

Tree::~Tree() {
    Rubble(takeAll()).free(~std::size_t{0});
}

Tree::Probe Tree::probe(const Term& key) const noexcept {
    return {key, m_order == KeyOrder::Hash ? grove::detail::keyHash(key) : 0};
}

// -- looking --------------------------------------------------------------------------------------

std::weak_ordering Tree::compareTo(const Probe& probe, const Node& node,
                                   std::size_t index) const noexcept {
    const Borrowed key(node.keys()[index]);
    if (m_order == KeyOrder::Value) {
        if (probe.key.isSmallInteger() && key->isSmallInteger())
            return static_cast<std::int64_t>(probe.key.bits()) <=>
                   static_cast<std::int64_t>(key->bits());
        return compare(probe.key, *key);
    }
    if (probe.hash != node.hashes()[index])
        return probe.hash <=> node.hashes()[index];
    return probe.key.isSame(*key) ? std::weak_ordering::equivalent
                                  : grove::detail::compareKeys(probe.key, *key);
}

std::size_t Tree::bound(const Node& node, const Probe& probe, std::size_t from,
                        bool isGreater) const noexcept {
    std::size_t end = node.count;
    while (from < end) {
        const std::size_t middle = from + (end - from) / 2;
        const auto order = compareTo(probe, node, middle);
        if (order > 0 || (isGreater && order == 0))
            from = middle + 1;
        else
            end = middle;
    }
    return from;
}

Tree::Place Tree::find(const Probe& probe) const noexcept {
    const Node* node = m_root.load(std::memory_order_acquire);
    if (node == nullptr)
        return {};
    while (!node->isLeaf)
        node = node->child(childFor(*node, probe));
    std::size_t from = 0;
    std::size_t end = node->count;
    while (from < end) {
        const std::size_t middle = from + (end - from) / 2;
        const auto order = compareTo(probe, *node, middle);
        if (order == 0)
            return {node, middle};
        if (order > 0)
            from = middle + 1;
        else
            end = middle;
    }
    return {};
}

Tree::Place Tree::edge(const Node* node, bool atEnd) noexcept {
    while (!node->isLeaf)
        node = node->child(atEnd ? node->count - std::size_t{1} : 0);
    return {node, atEnd ? node->count - std::size_t{1} : 0};
}

Tree::Place Tree::first() const noexcept {
    const Node* const root = m_root.load(std::memory_order_acquire);
    return root == nullptr ? Place() : edge(root, false);
}

Tree::Place Tree::last() const noexcept {
    const Node* const root = m_root.load(std::memory_order_acquire);
    return root == nullptr ? Place() : edge(root, true);
}

Tree::Place Tree::after(const Probe& probe) const noexcept {
    return neighbour(probe, true);
}

Tree::Place Tree::before(const Probe& probe) const noexcept {
    return neighbour(probe, false);
}

Tree::Place Tree::neighbour(const Probe& probe, bool after) const noexcept {
    const Node* node = m_root.load(std::memory_order_acquire);
    if (node == nullptr)
        return {};
    const Node* turn = nullptr; // the last node on the way that goes on behind (or before) it
    std::size_t turnIndex = 0;
    while (!node->isLeaf) {
        const std::size_t index = childFor(*node, probe);
        if (after ? index + std::size_t{1} < node->count : index > 0) {
            turn = node;
            turnIndex = after ? index + 1 : index - 1;
        }
        node = node->child(index);
    }
    const std::size_t index = bound(*node, probe, 0, after);
    if (after ? index < node->count : index > 0)
        return {node, after ? index : index - 1};
    return turn == nullptr ? Place() : edge(turn->child(turnIndex), !after);
}

// -- changing -------------------------------------------------------------------------------------

/// A node under construction, with room for one entry too many.
struct Tree::Draft {
    static constexpr std::size_t kRoom = Node::kEntriesMax + 1;
    std::array<Cell, kRoom> keys;
    std::array<std::uint64_t, kRoom> slots;
    std::array<std::uint32_t, kRoom> hashes;
    std::size_t count = 0;
    bool isLeaf = true;

    Draft() = default;
    explicit Draft(const Node& node) : isLeaf(node.isLeaf) { append(node); }
    void append(const Node& node) {
        std::copy_n(node.keys(), node.count, keys.begin() + count);
        std::copy_n(node.hashes(), node.count, hashes.begin() + count);
        for (std::size_t i = 0; i < node.count; ++i)
            slots[count + i] = node.own(i);
        count += node.count;
    }
    void append(const Draft& other) {
        std::copy_n(other.keys.begin(), other.count, keys.begin() + count);
        std::copy_n(other.hashes.begin(), other.count, hashes.begin() + count);
        std::copy_n(other.slots.begin(), other.count, slots.begin() + count);
        count += other.count;
    }
    void insert(std::size_t at, Cell key, std::uint32_t hash, std::uint64_t slot) {
        std::copy_backward(keys.begin() + at, keys.begin() + count, keys.begin() + count + 1);
        std::copy_backward(hashes.begin() + at, hashes.begin() + count, hashes.begin() + count + 1);
        std::copy_backward(slots.begin() + at, slots.begin() + count, slots.begin() + count + 1);
        keys[at] = key;
        hashes[at] = hash;
        slots[at] = slot;
        ++count;
    }
    /// The key's share is the caller's.
    void erase(std::size_t at) {
        std::copy(keys.begin() + at + 1, keys.begin() + count, keys.begin() + at);
        std::copy(hashes.begin() + at + 1, hashes.begin() + count, hashes.begin() + at);
        std::copy(slots.begin() + at + 1, slots.begin() + count, slots.begin() + at);
        --count;
    }
    [[nodiscard]] Node* make(std::size_t from, std::size_t to) const {
        Node* const made = Node::make(to - from, isLeaf);
        std::copy(keys.begin() + from, keys.begin() + to, made->keys());
        std::copy(hashes.begin() + from, hashes.begin() + to, made->hashes());
        for (std::size_t i = from; i < to; ++i)
            made->slotArray()[i - from].store(slots[i], std::memory_order_relaxed);
        return made;
    }
};

Node* Tree::descend(const Probe& probe, Path& path) noexcept {
    Node* node = m_root.load(std::memory_order_relaxed);
    while (node != nullptr && !node->isLeaf) {
        const std::size_t index = childFor(*node, probe);
        path.steps[path.count++] = {node, index};
        node = node->ownChild(index);
    }
    return node;
}

Node::Slot* Tree::slotOf(const Probe& probe) noexcept {
    const Place place = find(probe);
    return place ? const_cast<Node*>(place.leaf)->slotArray() + place.index : nullptr;
}

void Tree::replace(Node::Slot& slot, Term value) {
    const Cell old = slot.load(std::memory_order_relaxed);
    slot.store(toCell(std::move(value)), std::memory_order_release);
    m_limbo.take(old);
}

void Tree::add(const Probe& probe, Term value) {
    Path path;
    Node* const leaf = descend(probe, path);
    const Cell key = toCell(probe.key);
    const Cell cell = toCell(std::move(value));
    if (leaf == nullptr) {
        Draft draft;
        draft.insert(0, key, probe.hash, cell);
        link(path, draft.make(0, 1));
        return;
    }
    Draft draft(*leaf);
    const std::size_t at = bound(*leaf, probe, 0, false);
    draft.insert(at, key, probe.hash, cell);
    settle(path, leaf, draft, at == leaf->count);
    discard();
}

bool Tree::remove(const Probe& probe) {
    Path path;
    Node* const leaf = descend(probe, path);
    if (leaf == nullptr)
        return false;
    const std::size_t at = bound(*leaf, probe, 0, false);
    if (at == leaf->count || compareTo(probe, *leaf, at) != 0)
        return false;
    Draft draft(*leaf);
    m_oldCells.push_back(draft.keys[at]);
    m_oldCells.push_back(draft.slots[at]);
    draft.erase(at);
    settle(path, leaf, draft, false);
    discard();
    return true;
}

Node* Tree::takeAll() noexcept {
    return m_root.exchange(nullptr, std::memory_order_acq_rel);
}

void Tree::link(const Path& path, Node* made) noexcept {
    if (path.count == 0) {
        m_root.store(made, std::memory_order_release);
        return;
    }
    const Step& above = path.steps[path.count - 1];
    above.node->slotArray()[above.index].store(reinterpret_cast<std::uint64_t>(made),
                                               std::memory_order_release);
}

void Tree::settle(Path& path, Node* old, Draft& draft, bool isAppend) {
    m_oldNodes.push_back(old);
    const bool isRoot = path.count == 0;
    if (draft.count > Node::kEntriesMax)
        return split(path, draft, isAppend);
    if (isRoot && draft.count == 0)
        return link(path, nullptr);
    if (isRoot && draft.count == 1 && !draft.isLeaf)
        return link(path, reinterpret_cast<Node*>(draft.slots[0]));
    if (!isRoot && draft.count == 0) {
        const Step above = path.steps[--path.count];
        Draft parent(*above.node);
        m_oldCells.push_back(parent.keys[above.index]);
        parent.erase(above.index);
        if (above.index == 0 && parent.count > 0)
            m_oldCells.push_back(std::exchange(parent.keys[0], 0));
        return settle(path, above.node, parent, false);
    }
    if (!isRoot && draft.count < Node::kEntriesMin && join(path, draft))
        return;
    link(path, draft.make(0, draft.count));
}

void Tree::split(Path& path, Draft& draft, bool isAppend) {
    // Keys that come in order leave full nodes behind.
    const std::size_t middle = isAppend ? draft.count - 1 : draft.count / 2;
    const std::uint32_t hash = draft.hashes[middle];
    const Cell separator = draft.isLeaf ? toCell(Term(*Borrowed(draft.keys[middle])))
                                        : std::exchange(draft.keys[middle], 0);
    const auto left = reinterpret_cast<std::uint64_t>(draft.make(0, middle));
    const auto right = reinterpret_cast<std::uint64_t>(draft.make(middle, draft.count));
    if (path.count == 0) {
        Draft root;
        root.isLeaf = false;
        root.insert(0, 0, 0, left);
        root.insert(1, separator, hash, right);
        return link(path, root.make(0, 2));
    }
    const Step above = path.steps[--path.count];
    Draft parent(*above.node);
    parent.slots[above.index] = left;
    parent.insert(above.index + 1, separator, hash, right);
    settle(path, above.node, parent, isAppend && above.index + std::size_t{1} == above.node->count);
}

bool Tree::join(Path& path, Draft& draft) {
    const Step above = path.steps[path.count - 1];
    if (above.node->count < 2)
        return false;
    const bool withNext = above.index + std::size_t{1} < above.node->count;
    const std::size_t leftIndex = withNext ? above.index : above.index - 1;
    Node* const other = above.node->ownChild(withNext ? above.index + 1 : above.index - 1);
    if (draft.count + other->count > Node::kEntriesMax * 3 / 4)
        return false;
    Draft parent(*above.node);
    const Cell separator = parent.keys[leftIndex + 1];
    Draft both = withNext ? draft : Draft(*other);
    const std::size_t seam = both.count;
    if (withNext)
        both.append(*other);
    else
        both.append(draft);
    if (both.isLeaf) {
        m_oldCells.push_back(separator);
    } else {
        both.keys[seam] = separator;
        both.hashes[seam] = parent.hashes[leftIndex + 1];
    }
    m_oldNodes.push_back(other);
    parent.slots[leftIndex] = reinterpret_cast<std::uint64_t>(both.make(0, both.count));
    parent.erase(leftIndex + 1);
    --path.count;
    settle(path, above.node, parent, false);
    return true;
}

void Tree::discard() {
    for (Node* const node : m_oldNodes)
        m_limbo.take(node);
    for (const Cell cell : m_oldCells)
        m_limbo.take(cell);
    m_oldNodes.clear();
    m_oldCells.clear();
}

void Rubble::free(std::size_t entries) {
    while (!m_open.empty()) {
        Node* const node = m_open.back();
        m_open.pop_back();
        for (std::size_t i = 0; i < node->count; ++i) {
            static_cast<void>(adopt(node->keys()[i]));
            if (node->isLeaf)
                static_cast<void>(adopt(node->own(i)));
            else
                m_open.push_back(node->ownChild(i));
        }
        const std::size_t freed = node->count;
        Node::freeMemory(node);
        if (freed >= entries)
            return;
        entries -= freed;
    }
}

} // namespace grove::ets
