#include "atom_names.h"
#include "utf8.h"

#include <grove/term/assert.h>
#include <grove/term/atom.h>
#include <grove/term/atoms.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <vector>

namespace grove {

constinit decltype(detail::s_atomPages) detail::s_atomPages{};

namespace {

using detail::AtomName;

/// Erlang's atom hash (hashpjw). A two-byte UTF-8 sequence counts as the Latin-1 character it once
/// was.
std::uint32_t erlangHash(std::string_view name) {
    std::uint32_t hash = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        std::uint32_t value = static_cast<unsigned char>(name[i]);
        if (i + 1 < name.size() && (value & 0xFE) == 0xC2 &&
            (static_cast<unsigned char>(name[i + 1]) & 0xC0) == 0x80) {
            value = ((value << 6) | (static_cast<unsigned char>(name[i + 1]) & 0x3F)) & 0xFF;
            ++i;
        }
        hash = (hash << 4) + value;
        const std::uint32_t high = hash & 0xF000'0000;
        hash ^= high >> 24;
        hash ^= high;
    }
    return hash;
}

std::uint32_t slotHashOf(std::string_view name) {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
    for (const char character : name) {
        hash = (hash ^ static_cast<unsigned char>(character)) * 0x0000'0100'0000'01B3;
    }
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

std::uint64_t frontOf(std::string_view name) {
    std::uint64_t front = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        front = front << 8 | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0U);
    }
    return front;
}

bool isAscii(std::string_view name) {
    return std::ranges::all_of(
        name, [](char character) { return static_cast<unsigned char>(character) < 0x80; });
}

bool isValidName(std::string_view name) {
    const auto characters = utf8::count(name);
    return characters && *characters <= Atom::kCharactersMax;
}

/// The one table of all names. Readers take no lock: names lie in pages that never move, and the
/// index of names has room for all from the start (untouched pages of it cost nothing).
class Table {
public:
    Table() {
#define GROVE_ATOM_NAME(constant, text) insert(text, slotHashOf(text));
        GROVE_KNOWN_ATOMS(GROVE_ATOM_NAME)
#undef GROVE_ATOM_NAME
        // Only now: who finds no page yet waits for this constructor, and known atoms need no
        // table.
        GROVE_ASSERT(size() < detail::kNamesPerPage, "the known names fit on one page");
        m_isMade = true;
        detail::s_atomPages.front().store(m_page, std::memory_order_release);
    }

    [[nodiscard]] std::optional<Atom> find(std::string_view name, std::uint32_t hash) const {
        for (std::size_t at = hash % kSlots;; at = (at + 1) % kSlots) {
            // Acquire pairs with the release in insert(): the name is there before its number is.
            const auto number = m_slots[at].load(std::memory_order_acquire);
            if (number == 0) {
                return std::nullopt;
            }
            const AtomName& found = detail::nameOf(Atom::fromIndex(number - 1));
            if (found.slotHash == hash && std::string_view(found.text, found.size) == name) {
                return Atom::fromIndex(number - 1);
            }
        }
    }

    [[nodiscard]] std::optional<Atom> make(std::string_view name) {
        const auto hash = slotHashOf(name);
        if (const auto found = find(name, hash)) {
            return found;
        }
        if (!isValidName(name)) {
            return std::nullopt;
        }
        const std::lock_guard lock(m_mutex);
        if (const auto found = find(name, hash)) {
            return found;
        }
        if (size() == Atom::kTableMax) {
            return std::nullopt;
        }
        return insert(name, hash);
    }

    [[nodiscard]] std::size_t size() const { return m_size.load(std::memory_order_acquire); }

private:
    static constexpr std::size_t kSlots = 2 * Atom::kTableMax;
    static constexpr std::size_t kChunkBytes = 64 * 1024;

    /// Requires: m_mutex is held (or the table is being made), the name is new and there is room.
    Atom insert(std::string_view name, std::uint32_t hash) {
        const auto index = static_cast<std::uint32_t>(m_size.load(std::memory_order_relaxed));
        if (index % detail::kNamesPerPage == 0) {
            m_page = new AtomName[detail::kNamesPerPage];
        }
        m_page[index % detail::kNamesPerPage] = {.text = keep(name),
                                                 .front = frontOf(name),
                                                 .hash = erlangHash(name),
                                                 .slotHash = hash,
                                                 .size = static_cast<std::uint16_t>(name.size()),
                                                 .isAscii = isAscii(name)};
        if (m_isMade) {
            detail::s_atomPages[index / detail::kNamesPerPage].store(m_page,
                                                                     std::memory_order_release);
        }
        std::size_t at = hash % kSlots;
        while (m_slots[at].load(std::memory_order_relaxed) != 0) {
            at = (at + 1) % kSlots;
        }
        m_slots[at].store(index + 1, std::memory_order_release);
        m_size.store(index + 1, std::memory_order_release);
        return Atom::fromIndex(index);
    }

    /// No other name lies in the bytes that may be read with this one.
    const char* keep(std::string_view name) {
        const std::size_t bytes = std::max(name.size(), AtomName::kReadableBytes);
        if (m_chunkLeft < bytes) {
            m_chunk = new char[kChunkBytes]();
            m_chunkLeft = kChunkBytes;
        }
        char* kept = m_chunk;
        if (!name.empty()) {
            std::memcpy(kept, name.data(), name.size());
        }
        m_chunk += bytes;
        m_chunkLeft -= bytes;
        return kept;
    }

    std::mutex m_mutex; ///< Guards what insert() and keep() write.
    /// How many there are. Raised by insert() when all of the new one is there (release); pairs
    /// with the acquire in size().
    std::atomic<std::size_t> m_size{0};
    bool m_isMade = false; ///< The constructor is done.
    char* m_chunk = nullptr;
    std::size_t m_chunkLeft = 0;
    AtomName* m_page = nullptr;                   ///< The last one.
    std::atomic<std::uint32_t> m_slots[kSlots]{}; ///< 0 = empty, then index + 1 for good.
};

/// Never destroyed: destructors of other globals may still name atoms.
Table& table() {
    static Table& made = *new Table;
    return made;
}

} // namespace

const AtomName* detail::firstAtomPage() noexcept {
    (void)table();
    return s_atomPages.front().load(std::memory_order_acquire);
}

std::optional<Atom> Atom::tryMake(std::string_view name) noexcept {
    return table().make(name);
}

std::optional<Atom> Atom::find(std::string_view name) noexcept {
    return table().find(name, slotHashOf(name));
}

std::size_t Atom::tableSize() noexcept {
    return table().size();
}

std::string_view Atom::name() const noexcept {
    const AtomName& found = detail::nameOf(*this);
    return {found.text, found.size};
}

std::uint32_t Atom::nameHash() const noexcept {
    return detail::nameOf(*this).hash;
}

Atom atom(std::string_view name) noexcept {
    const auto made = Atom::tryMake(name);
    GROVE_ASSERT(made.has_value(), "an atom's name is bad or the atom table is full");
    return *made;
}

std::strong_ordering compareNames(Atom a, Atom b) noexcept {
    if (a == b) {
        return std::strong_ordering::equal;
    }
    // Bytes of UTF-8 are in the order of their characters.
    const AtomName& left = detail::nameOf(a);
    const AtomName& right = detail::nameOf(b);
    return left.front != right.front ? left.front <=> right.front
                                     : a.name().compare(b.name()) <=> 0;
}

} // namespace grove
