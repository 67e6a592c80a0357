#pragma once

#include "table_rows.h"
#include "tree.h"

#include <grove/ets/options.h>
#include <grove/term/atomics.h>

#include <vector>

namespace grove::ets {

using HashTable = BasicHashTable<StdAtomics, TableRows, Limbo>;

/// What an index held, and nobody looks at any more: freed in slices.
class Rubble {
public:
    Rubble() = default;
    explicit Rubble(Node* root) : m_tree(root) {}
    explicit Rubble(HashTable::Array* array) noexcept : m_hash(array) {}
    Rubble(Rubble&&) noexcept = default;
    Rubble& operator=(Rubble&&) noexcept = default;
    ~Rubble() { free(~std::size_t{0}); }

    /// Frees about so many entries.
    void free(std::size_t entries) {
        m_tree.free(entries);
        m_hash.free(entries, [](Cell cell) { static_cast<void>(adopt(cell)); });
    }
    [[nodiscard]] bool isEmpty() const noexcept { return m_tree.isEmpty() && m_hash.isEmpty(); }

private:
    TreeRubble m_tree;
    HashRubble<HashTable> m_hash;
};

/// A table's values by key: of an ordered set in a Tree, of all others in a HashTable. Threads and
/// shares as theirs. A value holds its key, see TableRows.
class Index {
public:
    Index(Type type, std::size_t keypos) noexcept
        : m_isOrdered(type == Type::OrderedSet),
          m_rows{keypos, type == Type::Bag || type == Type::DuplicateBag}, m_hash(m_rows, m_limbo) {
    }
    /// Requires: nobody looks any more. Frees everything at once.
    ~Index() { Rubble(takeAll()).free(~std::size_t{0}); }
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    [[nodiscard]] const TableRows& rows() const noexcept { return m_rows; }

    // -- readers, pinned --------------------------------------------------------------------------
    /// A key's value; 0 where it is not.
    [[nodiscard]] Cell find(const Term& key) const noexcept {
        return m_isOrdered ? findOrdered(key) : m_hash.find(TableRows::probe(key)).cell;
    }
    /// Requires: an ordered set.
    [[nodiscard, gnu::always_inline]] Cell findOrdered(const Term& key) const noexcept {
        const Tree::Place place = m_tree.find(key);
        return place ? place.value() : 0;
    }
    /// The same, shorter for what most look for and longer for the rest. Requires: no bag.
    [[nodiscard, gnu::always_inline]] Cell findSoon(const Term& key) const noexcept {
        if (!m_isOrdered) [[likely]] {
            const TableRows::Probe probe = TableRows::probe(key);
            const Cell guess = m_hash.guess(probe.hash);
            if (guess != 0 && m_rows.isPlainlyAt(guess, probe)) [[likely]]
                return guess;
        }
        return find(key);
    }
    /// The same for a key that is a word, as short as can be: 0 where it is not, and now and then
    /// where it is. Requires: a set, without order.
    [[nodiscard, gnu::always_inline]] Cell findWord(std::uint64_t key) const noexcept {
        const Cell guess = m_hash.guess(TableRows::hashOfWord(key));
        if (guess == 0 || elementOf(guess, m_rows.keypos - 1).bits() != key) [[unlikely]]
            return 0;
        return guess;
    }
    /// Has the line of a key that is a word on its way here, for a look that comes soon.
    [[gnu::always_inline]] void fetchPlaceOf(const Term& key) const noexcept {
        if (!m_isOrdered && TableRows::isWord(key)) [[likely]]
            m_hash.fetchLine(TableRows::hashOfWord(key.bits()));
    }
    enum class Direction : std::uint8_t { Forward, Backward };
    /// Appends the values behind a key (or, backwards, in front of it; null: from the end on), in
    /// the index's order: at least one if there is one, and about so many.
    void collect(const Term* key, Direction direction, std::size_t wanted,
                 std::vector<Cell>& to) const;

    // -- the writer -------------------------------------------------------------------------------
    /// Where a key's value is; valid until the next change.
    class Spot {
    public:
        [[nodiscard]] explicit operator bool() const noexcept { return m_value != 0; }
        [[nodiscard]] Cell value() const noexcept { return m_value; }

    private:
        friend Index;
        Cell m_value = 0;
        std::uint32_t m_hash = 0;
        HashTable::Place m_place;
        Tree::Spot m_inTree;
    };
    [[nodiscard]] Spot look(const Term& key) noexcept {
        Spot spot;
        look(key, spot);
        return spot;
    }
    void look(const Term& key, Spot& spot) noexcept;
    /// Requires: look() found it. The new value has the same key.
    void replace(const Spot& spot, Term value);
    /// Requires: look() did not find it.
    void add(const Spot& spot, const Term& key, Term value);
    /// Requires: look() found it.
    void remove(const Spot& spot);
    /// Takes everything out at once; to be freed when nobody looks any more.
    [[nodiscard]] Rubble takeAll() noexcept {
        return m_isOrdered ? Rubble(m_tree.takeAll()) : Rubble(m_hash.takeAll());
    }

private:
    const bool m_isOrdered;
    const TableRows m_rows;
    Limbo m_limbo; // goes after the others
    Tree m_tree;
    HashTable m_hash;
};

} // namespace grove::ets
