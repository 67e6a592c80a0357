#pragma once

#include "node.h"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace grove::ets {

/// Keys and values in Erlang's order, where 1 == 1.0: a B+ tree whose readers take no lock and
/// write nothing.
///
/// Threads: one writer at a time, any number of readers. A reader is pinned (epoch.h) from before
/// it asks until it has done with the answer. Owns: a share of each key and value.
///
/// How readers and the writer get along: a node's keys never change. A writer puts a changed copy
/// of a leaf in its slot with one store, or, where the number of nodes changes, a changed copy of
/// the parent, and so on up to the root; values are replaced in their slot. So a reader sees each
/// single change wholly or not at all, and every slot it meets holds exactly the keys between its
/// node's keys, be the node the newest or not. What was replaced is freed when nobody can look at
/// it any more.
class Tree {
public:
    Tree() = default;
    /// Requires: nobody looks any more. Frees everything at once.
    ~Tree();
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    // -- readers ----------------------------------------------------------------------------------
    /// An entry: of `leaf`, which stays as it is. Nothing where `leaf` is null.
    struct Place {
        const Node* leaf = nullptr;
        std::size_t index = 0;
        [[nodiscard]] explicit operator bool() const noexcept { return leaf != nullptr; }
        [[nodiscard]] Cell key() const noexcept { return leaf->keys()[index]; }
        [[nodiscard]] Cell value() const noexcept { return leaf->value(index); }
    };
    [[nodiscard]] Place find(const Term& key) const noexcept;
    [[nodiscard]] Place first() const noexcept;
    [[nodiscard]] Place last() const noexcept;
    /// The next entry whose key is greater (or less), whether or not there is one with this key.
    [[nodiscard]] Place after(const Term& key) const noexcept;
    [[nodiscard]] Place before(const Term& key) const noexcept;

    // -- the writer -------------------------------------------------------------------------------
    struct Step {
        Node* node;
        std::size_t index; // of the child that was taken
    };
    struct Path {
        std::array<Step, 24> steps; // a level holds at least twice the one above
        std::size_t count = 0;
        Path() = default;
        Path(const Path& other) noexcept : count(other.count) {
            for (std::size_t i = 0; i < count; ++i)
                steps[i] = other.steps[i];
        }
        Path& operator=(const Path&) = delete;
    };
    /// Where a key is or belongs. Valid until the next change.
    struct Spot {
        Path path;
        Node* leaf = nullptr; // null: the tree is empty
        std::size_t index = 0;
        bool isThere = false;
        /// Requires: isThere.
        [[nodiscard]] Cell value() const noexcept { return leaf->own(index); }
    };
    void look(const Term& key, Spot& spot) const noexcept;
    /// Requires: look() has found it.
    void replace(const Spot& spot, Term value);
    /// Requires: look() has not found it.
    void add(const Spot& spot, const Term& key, Term value);
    /// Requires: look() has found it.
    void remove(const Spot& spot);
    /// Requires: the key is not there.
    void add(const Term& key, Term value);
    /// Returns: whether it was there.
    bool remove(const Term& key);
    /// Takes everything out at once. The caller frees it with TreeRubble when nobody looks any
    /// more.
    [[nodiscard]] Node* takeAll() noexcept;

private:
    struct Draft;

    [[nodiscard]] static Place edge(const Node* node, bool atEnd) noexcept;
    [[nodiscard]] Place neighbour(const Term& key, bool isAfter) const noexcept;

    /// Puts what the draft says in the place of the node under the path.
    void settle(Path& path, Node* old, Draft& draft, bool isAppend);
    void split(Path& path, Draft& draft, bool isAppend);
    [[nodiscard]] bool join(Path& path, Draft& draft);
    void link(const Path& path, Node* made) noexcept;
    [[nodiscard]] static Node* withEntry(const Node& leaf, std::size_t at, Cell key, Cell value);
    /// After a change can be seen: what it took out is nobody's any more.
    void discard();

    /// Null: empty. Stored by the writer with release, loaded by readers with acquire.
    std::atomic<Node*> m_root{nullptr};
    /// How many nodes lie above each other, by which readers choose how they search: each way is
    /// right, so it may be an older tree's. Relaxed by the writer and by readers.
    std::atomic<std::uint8_t> m_levels{0};
    static constexpr std::uint8_t kLevelsInCaches = 3; // at most 32,768 entries
    // The writer's.
    std::vector<Node*> m_oldNodes; // taken out by the change under way
    std::vector<Cell> m_oldCells;
    Limbo m_limbo;
};

/// What was taken out of a tree and nobody looks at any more: freed in slices.
class TreeRubble {
public:
    explicit TreeRubble(Node* root = nullptr) {
        if (root != nullptr)
            m_open.push_back(root);
    }
    TreeRubble(TreeRubble&& other) noexcept : m_open(std::exchange(other.m_open, {})) {}
    TreeRubble& operator=(TreeRubble&& other) noexcept {
        std::swap(m_open, other.m_open);
        return *this;
    }
    ~TreeRubble() { free(~std::size_t{0}); }

    /// Frees about so many entries.
    void free(std::size_t entries);
    [[nodiscard]] bool isEmpty() const noexcept { return m_open.empty(); }

private:
    std::vector<Node*> m_open;
};

} // namespace grove::ets
