#include "utf8.h"

#include <grove/term/assert.h>
#include <grove/term/atom.h>
#include <grove/term/atoms.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <vector>

namespace grove {

namespace {

struct Name {
    const char* text;
    std::uint32_t size;
    std::uint32_t hash;     ///< Erlang's.
    std::uint32_t slotHash; ///< Ours: Erlang's clusters.
};

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
    }

    [[nodiscard]] std::optional<Atom> find(std::string_view name, std::uint32_t hash) const {
        for (std::size_t at = hash % kSlots;; at = (at + 1) % kSlots) {
            // Acquire pairs with the release in insert(): the name is there before its number is.
            const auto number = m_slots[at].load(std::memory_order_acquire);
            if (number == 0) {
                return std::nullopt;
            }
            const Name& found = this->name(number - 1);
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

    [[nodiscard]] const Name& name(std::uint32_t index) const {
        // Acquire pairs with the release in insert(); an index reaches other threads only after
        // that anyway.
        return m_pages[index / kPageNames].load(std::memory_order_acquire)[index % kPageNames];
    }

    [[nodiscard]] std::size_t size() const { return m_size.load(std::memory_order_acquire); }

private:
    static constexpr std::size_t kSlots = 2 * Atom::kTableMax;
    static constexpr std::size_t kPageNames = 1024;
    static constexpr std::size_t kChunkBytes = 64 * 1024;

    /// Requires: m_mutex is held (or the table is being made), the name is new and there is room.
    Atom insert(std::string_view name, std::uint32_t hash) {
        const auto index = static_cast<std::uint32_t>(m_size.load(std::memory_order_relaxed));
        auto& page = m_pages[index / kPageNames];
        if (index % kPageNames == 0) {
            page.store(new Name[kPageNames], std::memory_order_release);
        }
        page.load(std::memory_order_relaxed)[index % kPageNames] =
            Name{keep(name), static_cast<std::uint32_t>(name.size()), erlangHash(name), hash};
        std::size_t at = hash % kSlots;
        while (m_slots[at].load(std::memory_order_relaxed) != 0) {
            at = (at + 1) % kSlots;
        }
        m_slots[at].store(index + 1, std::memory_order_release);
        m_size.store(index + 1, std::memory_order_release);
        return Atom::fromIndex(index);
    }

    const char* keep(std::string_view name) {
        if (m_chunkLeft < name.size()) {
            m_chunk = new char[kChunkBytes];
            m_chunkLeft = kChunkBytes;
        }
        char* kept = m_chunk;
        if (!name.empty()) {
            std::memcpy(kept, name.data(), name.size());
        }
        m_chunk += name.size();
        m_chunkLeft -= name.size();
        return kept;
    }

    std::mutex m_mutex; ///< Guards what insert() and keep() write.
    std::atomic<std::size_t> m_size{0};
    char* m_chunk = nullptr;
    std::size_t m_chunkLeft = 0;
    std::atomic<Name*> m_pages[Atom::kTableMax / kPageNames]{}; ///< Null, then its page for good.
    std::atomic<std::uint32_t> m_slots[kSlots]{}; ///< 0 = empty, then index + 1 for good.
};

/// Never destroyed: destructors of other globals may still name atoms.
Table& table() {
    static Table& made = *new Table;
    return made;
}

} // namespace

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
    const Name& found = table().name(m_index);
    return {found.text, found.size};
}

std::uint32_t Atom::nameHash() const noexcept {
    return table().name(m_index).hash;
}

Atom atom(std::string_view name) noexcept {
    const auto made = Atom::tryMake(name);
    GROVE_ASSERT(made.has_value(), "an atom's name is bad or the atom table is full");
    return *made;
}

std::strong_ordering compareNames(Atom a, Atom b) noexcept {
    // Bytes of UTF-8 are in the order of their characters.
    return a == b ? std::strong_ordering::equal : a.name().compare(b.name()) <=> 0;
}

} // namespace grove
