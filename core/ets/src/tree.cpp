#include "tree.h"

#include <algorithm>
#include <cstring>

namespace grove::ets {

Tree::~Tree() {
    TreeRubble(takeAll()).free(~std::size_t{0});
}

// -- looking --------------------------------------------------------------------------------------

namespace {

[[gnu::noinline]] std::size_t boundAmongAny(const Node& node, const Term& key, std::size_t from,
                                            bool isGreater) noexcept {
    std::size_t end = node.count;
    while (from < end) {
        const std::size_t middle = from + (end - from) / 2;
        const auto order = compare(key, *Borrowed(node.keys()[middle]));
        if (order > 0 || (isGreater && order == 0))
            from = middle + 1;
        else
            end = middle;
    }
    return from;
}

/// How many of these small integers, which are in order, are less. First by every fourth: looks
/// that do not wait for each other, and nothing that a processor could guess wrongly.
[[gnu::always_inline]] inline std::size_t countLessSoon(const Cell* keys, std::size_t count,
                                                        std::int64_t wanted) noexcept {
    constexpr std::size_t kStride = 4;
    const auto isLess = [&](std::size_t index) -> std::size_t {
        return static_cast<std::int64_t>(keys[index]) < wanted ? 1 : 0;
    };
    if (count >= 7 * kStride) [[likely]] {
        const std::size_t fours =
            isLess(3) + isLess(7) + isLess(11) + isLess(15) + isLess(19) + isLess(23) + isLess(27);
        const std::size_t at = std::min(kStride * fours, count - kStride);
        return at + isLess(at) + isLess(at + 1) + isLess(at + 2) + isLess(at + 3);
    }
    std::size_t less = 0;
    for (std::size_t at = kStride - 1; at < count; at += kStride)
        less += isLess(at);
    less *= kStride;
    if (less + kStride <= count) [[likely]]
        return less + isLess(less) + isLess(less + 1) + isLess(less + 2);
    while (less < count && isLess(less) != 0)
        ++less;
    return less;
}

/// The same with few instructions, and later: where looks wait for memory, what fits behind one
/// into the processor's window is the next look's way down.
[[gnu::always_inline]] inline std::size_t countLess(const Cell* keys, std::size_t count,
                                                    std::int64_t wanted) noexcept {
    static_assert(Node::kEntriesMax <= 32);
    if (count < 16) [[unlikely]]
        return countLessSoon(keys, count, wanted);
    const Cell* from = keys; // what lies before is less
    const auto step = [&](const Cell* at, const Cell* behind) {
        from = static_cast<std::int64_t>(*at) < wanted ? behind : from;
    };
    step(keys + (count - 16), keys + (count - 16)); // the first or the last 16
    step(from + 7, from + 8);
    step(from + 3, from + 4);
    step(from + 1, from + 2);
    step(from, from + 1);
    step(from, from + 1);
    return static_cast<std::size_t>(from - keys);
}

/// The first entry from `from` on whose key is not less; with `isGreater`: is greater.
[[gnu::always_inline]] inline std::size_t bound(const Node& node, const Term& key, std::size_t from,
                                                bool isGreater) noexcept {
    if (node.areIntegers && key.isSmallInteger()) [[likely]] {
        const auto word = static_cast<std::int64_t>(key.bits());
        return from + countLess(node.keys() + from, node.count - from, isGreater ? word + 1 : word);
    }
    return boundAmongAny(node, key, from, isGreater);
}

bool isAt(const Node& node, std::size_t index, const Term& key) noexcept {
    const Borrowed other(node.keys()[index]);
    return key.isSame(*other) || compare(key, *other) == 0;
}

std::size_t childFor(const Node& node, const Term& key) noexcept {
    return bound(node, key, 1, true) - 1;
}

/// Has the whole node on its way here: a look at it then waits once and not for line after line.
void prefetch(const Node* node) noexcept {
    constexpr std::size_t kBytes = sizeof(Node) + Node::kEntriesMax * 2 * sizeof(Cell);
    for (std::size_t offset = 0; offset < kBytes; offset += 64)
        __builtin_prefetch(reinterpret_cast<const std::byte*>(node) + offset);
}

} // namespace

Tree::Place Tree::find(const Term& key) const noexcept {
    const Node* node = m_root.load(std::memory_order_acquire);
    if (node == nullptr)
        return {};
    if (key.isSmallInteger()) [[likely]] {
        const auto word = static_cast<std::int64_t>(key.bits());
        const auto search = [&](auto less) __attribute__((always_inline)) {
            while (!node->isLeaf && node->areIntegers) [[likely]] {
                node = node->child(less(node->keys() + 1, node->count - std::size_t{1}, word + 1));
                prefetch(node);
            }
            return node->areIntegers ? less(node->keys(), node->count, word) : 0;
        };
        const bool isInCaches = m_levels.load(std::memory_order_relaxed) <= kLevelsInCaches;
        const std::size_t index = isInCaches
                                      ? search([](auto... each) { return countLessSoon(each...); })
                                      : search([](auto... each) { return countLess(each...); });
        if (node->isLeaf && node->areIntegers) [[likely]]
            return index < node->count && node->keys()[index] == key.bits() ? Place{node, index}
                                                                            : Place();
    }
    while (!node->isLeaf) {
        node = node->child(childFor(*node, key));
        prefetch(node);
    }
    const std::size_t index = bound(*node, key, 0, false);
    return index < node->count && isAt(*node, index, key) ? Place{node, index} : Place();
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

Tree::Place Tree::after(const Term& key) const noexcept {
    return neighbour(key, true);
}

Tree::Place Tree::before(const Term& key) const noexcept {
    return neighbour(key, false);
}

Tree::Place Tree::neighbour(const Term& key, bool isAfter) const noexcept {
    const Node* node = m_root.load(std::memory_order_acquire);
    if (node == nullptr)
        return {};
    const Node* turn = nullptr; // the last node on the way that goes on behind (or before) it
    std::size_t turnIndex = 0;
    while (!node->isLeaf) {
        const std::size_t index = childFor(*node, key);
        if (isAfter ? index + std::size_t{1} < node->count : index > 0) {
            turn = node;
            turnIndex = isAfter ? index + 1 : index - 1;
        }
        node = node->child(index);
    }
    const std::size_t index = bound(*node, key, 0, isAfter);
    if (isAfter ? index < node->count : index > 0)
        return {node, isAfter ? index : index - 1};
    return turn == nullptr ? Place() : edge(turn->child(turnIndex), !isAfter);
}

// -- changing -------------------------------------------------------------------------------------

/// A node under construction, with room for one entry too many.
struct Tree::Draft {
    static constexpr std::size_t kRoom = Node::kEntriesMax + 1;
    std::array<Cell, kRoom> keys;
    std::array<std::uint64_t, kRoom> slots;
    std::size_t count = 0;
    bool isLeaf = true;

    Draft() = default;
    explicit Draft(const Node& node) : isLeaf(node.isLeaf) { append(node); }
    void append(const Node& node) {
        std::copy_n(node.keys(), node.count, keys.begin() + count);
        std::copy_n(node.slotArray(), node.count, slots.begin() + count);
        count += node.count;
    }
    void append(const Draft& other) {
        std::copy_n(other.keys.begin(), other.count, keys.begin() + count);
        std::copy_n(other.slots.begin(), other.count, slots.begin() + count);
        count += other.count;
    }
    void insert(std::size_t at, Cell key, std::uint64_t slot) {
        std::copy_backward(keys.begin() + at, keys.begin() + count, keys.begin() + count + 1);
        std::copy_backward(slots.begin() + at, slots.begin() + count, slots.begin() + count + 1);
        keys[at] = key;
        slots[at] = slot;
        ++count;
    }
    /// The key's share is the caller's.
    void erase(std::size_t at) {
        std::copy(keys.begin() + at + 1, keys.begin() + count, keys.begin() + at);
        std::copy(slots.begin() + at + 1, slots.begin() + count, slots.begin() + at);
        --count;
    }
    [[nodiscard]] Node* make(std::size_t from, std::size_t to) const {
        Node* const made = Node::make(to - from, isLeaf);
        std::copy(keys.begin() + from, keys.begin() + to, made->keys());
        std::copy(slots.begin() + from, slots.begin() + to, made->slotArray());
        made->noteKeys();
        return made;
    }
};

void Tree::look(const Term& key, Spot& spot) const noexcept {
    Node* node = m_root.load(std::memory_order_relaxed);
    spot.path.count = 0;
    spot.leaf = node;
    spot.isThere = false;
    if (node == nullptr)
        return;
    while (!node->isLeaf) {
        const std::size_t index = childFor(*node, key);
        spot.path.steps[spot.path.count++] = {node, index};
        node = node->ownChild(index);
        prefetch(node);
    }
    spot.leaf = node;
    spot.index = bound(*node, key, 0, false);
    spot.isThere = spot.index < node->count && isAt(*node, spot.index, key);
}

void Tree::replace(const Spot& spot, Term value) {
    const Cell old = spot.value();
    spot.leaf->store(spot.index, toCell(std::move(value)));
    m_limbo.take(old);
}

/// A leaf's copy with one entry more. Requires: it has room.
Node* Tree::withEntry(const Node& leaf, std::size_t at, Cell key, Cell value) {
    Node* const made = Node::make(leaf.count + std::size_t{1}, true);
    made->areIntegers = leaf.areIntegers && Borrowed(key)->isSmallInteger();
    const auto insert = [&](const std::uint64_t* from, std::uint64_t* to, std::uint64_t what) {
        std::copy(from + at, from + leaf.count, std::copy_n(from, at, to) + 1);
        to[at] = what;
    };
    insert(leaf.keys(), made->keys(), key);
    insert(leaf.slotArray(), made->slotArray(), value);
    return made;
}

void Tree::add(const Spot& spot, const Term& key, Term value) {
    const Cell keyCell = toCell(key);
    const Cell cell = toCell(std::move(value));
    if (spot.leaf != nullptr && spot.leaf->count < Node::kEntriesMax) [[likely]] {
        link(spot.path, withEntry(*spot.leaf, spot.index, keyCell, cell));
        return m_limbo.take(spot.leaf->block());
    }
    Path path = spot.path;
    if (spot.leaf == nullptr) {
        Draft draft;
        draft.insert(0, keyCell, cell);
        link(path, draft.make(0, 1));
        return;
    }
    Draft draft(*spot.leaf);
    draft.insert(spot.index, keyCell, cell);
    settle(path, spot.leaf, draft, spot.index == spot.leaf->count);
    discard();
}

void Tree::remove(const Spot& spot) {
    Path path = spot.path;
    Draft draft(*spot.leaf);
    m_oldCells.push_back(draft.keys[spot.index]);
    m_oldCells.push_back(draft.slots[spot.index]);
    draft.erase(spot.index);
    settle(path, spot.leaf, draft, false);
    discard();
}

void Tree::add(const Term& key, Term value) {
    Spot spot;
    look(key, spot);
    add(spot, key, std::move(value));
}

bool Tree::remove(const Term& key) {
    Spot spot;
    look(key, spot);
    if (spot.isThere)
        remove(spot);
    return spot.isThere;
}

Node* Tree::takeAll() noexcept {
    return m_root.exchange(nullptr, std::memory_order_acq_rel);
}

void Tree::link(const Path& path, Node* made) noexcept {
    if (path.count == 0) {
        m_root.store(made, std::memory_order_release);
        std::uint8_t levels = 0;
        for (Node* node = made; node != nullptr; node = node->isLeaf ? nullptr : node->ownChild(0))
            ++levels;
        return m_levels.store(levels, std::memory_order_relaxed);
    }
    const Step& above = path.steps[path.count - 1];
    above.node->store(above.index, reinterpret_cast<std::uint64_t>(made));
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
    const Cell separator = draft.isLeaf ? toCell(Term(*Borrowed(draft.keys[middle])))
                                        : std::exchange(draft.keys[middle], 0);
    const auto left = reinterpret_cast<std::uint64_t>(draft.make(0, middle));
    const auto right = reinterpret_cast<std::uint64_t>(draft.make(middle, draft.count));
    if (path.count == 0) {
        Draft root;
        root.isLeaf = false;
        root.insert(0, 0, left);
        root.insert(1, separator, right);
        return link(path, root.make(0, 2));
    }
    const Step above = path.steps[--path.count];
    Draft parent(*above.node);
    parent.slots[above.index] = left;
    parent.insert(above.index + 1, separator, right);
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
    if (both.isLeaf)
        m_oldCells.push_back(separator);
    else
        both.keys[seam] = separator;
    m_oldNodes.push_back(other);
    parent.slots[leftIndex] = reinterpret_cast<std::uint64_t>(both.make(0, both.count));
    parent.erase(leftIndex + 1);
    --path.count;
    settle(path, above.node, parent, false);
    return true;
}

void Tree::discard() {
    for (Node* const node : m_oldNodes)
        m_limbo.take(node->block());
    for (const Cell cell : m_oldCells)
        m_limbo.take(cell);
    m_oldNodes.clear();
    m_oldCells.clear();
}

void TreeRubble::free(std::size_t entries) {
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
        node->block().free();
        if (freed >= entries)
            return;
        entries -= freed;
    }
}

} // namespace grove::ets
