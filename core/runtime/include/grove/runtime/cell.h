#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace grove::runtime {

/// A Term's word that lies in a node: copied from node to node without counting, so that exactly
/// one node's cell at a time stands for the share. Whoever takes a cell out for good hands it to
/// adopt().
using Cell = std::uint64_t;

/// Whether a cell holds no share: of a term that is its word, or none.
[[nodiscard]] inline bool isWord(Cell cell) noexcept {
    return cell == 0 || (cell & 7) != 0;
}

/// Moves the share out of the Term.
[[nodiscard]] inline Cell toCell(Term term) noexcept {
    const Cell cell = term.bits();
    alignas(Term) std::byte room[sizeof(Term)];
    ::new (room) Term(std::move(term)); // keeps the share: never destroyed
    return cell;
}

/// Looks at a cell's Term without a share of it. Requires: the cell's share lives as long.
class Borrowed {
public:
    explicit Borrowed(Cell cell) noexcept { std::memcpy(m_room, &cell, sizeof(cell)); }
    [[nodiscard]] const Term& operator*() const noexcept {
        return *std::launder(reinterpret_cast<const Term*>(m_room));
    }
    [[nodiscard]] const Term* operator->() const noexcept { return &**this; }

private:
    alignas(Term) std::byte m_room[sizeof(Term)];
};

/// Requires: a cell of a tuple of more than `index` elements.
[[nodiscard]] inline const Term& elementOf(Cell tuple, std::size_t index) noexcept {
    return reinterpret_cast<detail::TupleObject*>(tuple)->elements()[index];
}

/// Requires: a cell of a tuple.
[[nodiscard]] inline std::size_t sizeOf(Cell tuple) noexcept {
    return reinterpret_cast<detail::TupleObject*>(tuple)->size;
}

/// The cell's share as a Term again.
[[nodiscard]] inline Term adopt(Cell cell) noexcept {
    alignas(Term) std::byte room[sizeof(Term)];
    std::memcpy(room, &cell, sizeof(cell));
    return std::move(*std::launder(reinterpret_cast<Term*>(room)));
}

} // namespace grove::runtime
