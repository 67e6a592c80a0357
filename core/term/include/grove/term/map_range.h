#pragma once

#include <grove/term/term.h>

#include <bit>
#include <cstddef>
#include <cstdint>

/// Walking over a map's entries. Included by term.h.
namespace grove {

namespace detail {

/// A map of at most 32 entries: `size` keys in order, then their values.
struct MapObject : Header {
    static constexpr std::size_t kEntriesMax = 32;

    /// Erlang's words of a flat map: the map itself and the tuple of its keys.
    [[nodiscard]] static constexpr std::uint64_t ownWords(std::size_t entries) noexcept {
        return 2 * entries + 4;
    }

    Term* keys() noexcept { return reinterpret_cast<Term*>(this + 1); }
    Term* values() noexcept { return keys() + size; }
};

/// A node of a larger map; the first is the map itself (kind Map). Five bits of a key's hash choose
/// one of 32 branches, the highest bits first, so that a walk follows the hashes.
///
/// cells: an entry (key, value) for each bit of dataMap, then a node for each bit of nodeMap. Below
/// the last bits of the hash a node of flag kOneHash holds `size` entries in the order of their
/// keys. The form depends on the keys alone: a node with one entry below it does not occur (the
/// entry lies in the node above), nor a map of nodes with at most 32 entries.
struct MapNode : Header {
    static constexpr std::uint8_t kTree = 1;
    static constexpr std::uint8_t kOneHash = 1;
    static constexpr std::uint64_t kEntryWords =
        3;                                 ///< Erlang's leaf: a list cell, a pointer to it.
    static constexpr unsigned kLevels = 8; ///< Seven for 32 bits of hash and one for equal hashes.

    std::uint32_t dataMap;
    std::uint32_t nodeMap;

    [[nodiscard]] const Term* cells() const noexcept {
        return reinterpret_cast<const Term*>(this + 1);
    }
    [[nodiscard]] Term* cells() noexcept { return reinterpret_cast<Term*>(this + 1); }
    [[nodiscard]] bool hasOneHash() const noexcept {
        return kind == BoxedKind::MapNode && flags == kOneHash;
    }
    /// How many entries lie in this node itself.
    [[nodiscard]] std::size_t entryCount() const noexcept {
        return hasOneHash() ? size : static_cast<std::size_t>(std::popcount(dataMap));
    }
    [[nodiscard]] std::size_t cellCount() const noexcept {
        return 2 * entryCount() + static_cast<std::size_t>(std::popcount(nodeMap));
    }
    /// Erlang's words, counted for this tree's nodes (Erlang's own have 16 branches).
    [[nodiscard]] std::uint64_t ownWords() const noexcept {
        return (kind == BoxedKind::Map ? 2 : 1) + entryCount() * kEntryWords +
               static_cast<std::uint64_t>(std::popcount(nodeMap));
    }
};
static_assert(sizeof(MapNode) == 24);

/// A place among the nodes of a large map, in the order of hashes.
class MapWalk {
public:
    enum class At : std::uint8_t { Entry, Node, End };

    void start(const MapNode* root) noexcept {
        m_depth = 0;
        push(root);
    }
    [[nodiscard]] At at() noexcept {
        while (m_depth > 0 && top().left == 0) {
            --m_depth;
        }
        if (m_depth == 0) {
            return At::End;
        }
        return (top().dataMap & lowest(top().left)) != 0 ? At::Entry : At::Node;
    }
    /// The key; its value lies behind it. Requires: at() says Entry.
    [[nodiscard]] const Term* entry() const noexcept { return top().entry; }
    /// Requires: at() says Node, as does enter().
    [[nodiscard]] const MapNode* node() const noexcept {
        return std::bit_cast<const MapNode*>(top().node->bits());
    }
    /// Goes to the first entry or node within the node.
    void enter() noexcept {
        const MapNode* const child = node();
        skip();
        push(child);
    }
    /// Goes past the entry or node. Requires: at() does not say End.
    void skip() noexcept {
        Level& level = top();
        if ((level.dataMap & lowest(level.left)) != 0) {
            level.entry += 2;
        } else {
            ++level.node;
        }
        level.left = level.isOneHash ? level.left - 1 : level.left & (level.left - 1);
    }

private:
    struct Level {
        const Term* entry;  ///< The next one.
        const Term* node;   ///< The next one.
        std::uint32_t left; ///< Branches not passed yet; with one hash: entries not passed yet.
        std::uint32_t dataMap;
        bool isOneHash;
    };

    static constexpr std::uint32_t lowest(std::uint32_t bits) noexcept {
        return bits & (~bits + 1);
    }
    [[nodiscard]] Level& top() noexcept { return m_levels[m_depth - 1]; }
    [[nodiscard]] const Level& top() const noexcept { return m_levels[m_depth - 1]; }
    void push(const MapNode* node) noexcept {
        const Term* const cells = node->cells();
        m_levels[m_depth++] = node->hasOneHash()
                                  ? Level{cells, nullptr, node->size, ~std::uint32_t{0}, true}
                                  : Level{cells, cells + 2 * node->entryCount(),
                                          node->dataMap | node->nodeMap, node->dataMap, false};
    }

    unsigned m_depth = 0;
    Level m_levels[MapNode::kLevels]; // the first m_depth mean something
};

} // namespace detail

/// The entries of a map, each once, in an order that depends on the keys alone: maps of at most 32
/// entries in the order of their keys, larger ones by hash. entriesInOrder() (map.h) sorts.
class MapRange {
public:
    struct Entry {
        const Term& key;
        const Term& value;
    };
    class Iterator {
    public:
        using value_type = Entry;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        Entry operator*() const noexcept { return {*m_key, m_key[m_toValue]}; }
        Iterator& operator++() noexcept {
            --m_left;
            if (m_isTree) {
                m_walk.skip();
                settle();
            } else {
                ++m_key;
            }
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator old = *this;
            ++*this;
            return old;
        }
        /// Requires: iterators of one map.
        friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
            return a.m_left == b.m_left;
        }

    private:
        friend class MapRange;
        explicit Iterator(detail::Header* map) noexcept
            : m_left(map->size), m_isTree(map->flags == detail::MapNode::kTree) {
            if (m_isTree) {
                m_toValue = 1;
                m_walk.start(static_cast<detail::MapNode*>(map));
                settle();
            } else {
                m_toValue = map->size;
                m_key = static_cast<detail::MapObject*>(map)->keys();
            }
        }
        void settle() noexcept {
            auto at = m_walk.at();
            for (; at == detail::MapWalk::At::Node; at = m_walk.at()) {
                m_walk.enter();
            }
            m_key = at == detail::MapWalk::At::Entry ? m_walk.entry() : nullptr;
        }

        const Term* m_key = nullptr;
        std::uint32_t m_toValue = 0;
        std::uint32_t m_left = 0; ///< Entries not passed yet.
        bool m_isTree = false;
        detail::MapWalk m_walk;
    };

    [[nodiscard]] Iterator begin() const noexcept {
        return m_map == nullptr ? Iterator() : Iterator(m_map);
    }
    [[nodiscard]] Iterator end() const noexcept { return {}; }
    [[nodiscard]] std::size_t size() const noexcept { return m_map == nullptr ? 0 : m_map->size; }

private:
    friend class Term;
    explicit MapRange(detail::Header* map) noexcept : m_map(map) {}

    detail::Header* m_map;
};

inline MapRange Term::mapEntries() const noexcept {
    return MapRange(isMap() ? header() : nullptr);
}

} // namespace grove
