#pragma once

#include <grove/term/atom.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace grove::detail {

/// What the table of atoms knows of one. Constant from the moment its number is known.
struct AtomName {
    /// So many bytes may be read from the text's start, however short the name.
    static constexpr std::size_t kReadableBytes = 16;

    const char* text;
    std::uint64_t front;    ///< The first eight bytes, the first the highest, then zeroes.
    std::uint32_t hash;     ///< Erlang's.
    std::uint32_t slotHash; ///< Ours: Erlang's clusters.
    std::uint16_t size;
    bool isAscii;
};
static_assert(sizeof(AtomName) == 32);

inline constexpr std::size_t kNamesPerPage = 1024;

/// Null, then its page for good. The release in the table's insert() pairs with the acquire below;
/// an atom reaches other threads only after that anyway.
extern std::array<std::atomic<const AtomName*>, Atom::kTableMax / kNamesPerPage> s_atomPages;

/// For atoms that are known before the table is: makes it.
[[nodiscard, gnu::cold, gnu::noinline]] const AtomName* firstAtomPage() noexcept;

[[nodiscard]] inline const AtomName& nameOf(Atom atom) noexcept {
    const std::uint32_t index = atom.index();
    const AtomName* page = s_atomPages[index / kNamesPerPage].load(std::memory_order_acquire);
    if (page == nullptr) [[unlikely]] {
        page = firstAtomPage();
    }
    return page[index % kNamesPerPage];
}

} // namespace grove::detail
