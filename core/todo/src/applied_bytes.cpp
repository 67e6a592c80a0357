// The bytes of an Applied as it is stored beside each change, written without making a term first:
// that cost a fifth of what SQLite itself does for a small change.
#include <grove/storage/term_table.h>
#include <grove/todo/database.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>

namespace grove::todo {

namespace {

/// Writes the external term format as storage::storedBytes() does, byte for byte (a test compares
/// the two).
class Bytes {
public:
    void byte(std::uint8_t value) { *room(1) = static_cast<char>(value); }
    void mapOf(std::uint32_t entries) {
        byte(kVersion);
        byte(kMap);
        bigEndian(entries);
    }
    template <std::size_t size> void tupleOf(std::uint8_t elements, const char (&name)[size]) {
        byte(kSmallTuple);
        byte(elements);
        atom(name);
    }
    template <std::size_t size> void atom(const char (&name)[size]) {
        static_assert(size <= 255); // so the first byte of its length is 0
        constexpr std::size_t kLength = size - 1;
        char* at = room(3 + kLength);
        at[0] = static_cast<char>(kAtom);
        at[1] = 0;
        at[2] = static_cast<char>(kLength);
        std::memcpy(at + 3, name, kLength);
    }
    void boolean(bool value) { value ? atom("true") : atom("false"); }
    void text(std::string_view utf8) {
        byte(kBinary);
        bigEndian(static_cast<std::uint32_t>(utf8.size()));
        std::ranges::copy(utf8, room(utf8.size()));
    }
    void integer(std::int64_t value) {
        if (value >= 0 && value <= std::numeric_limits<std::uint8_t>::max()) {
            byte(kSmallInteger);
            byte(static_cast<std::uint8_t>(value));
        } else if (value >= std::numeric_limits<std::int32_t>::min() &&
                   value <= std::numeric_limits<std::int32_t>::max()) {
            byte(kInteger);
            bigEndian(static_cast<std::uint32_t>(value));
        } else {
            big(value);
        }
    }
    template <class T, class Put> void list(const std::vector<T>& items, Put put) {
        if (!items.empty()) {
            byte(kList);
            bigEndian(static_cast<std::uint32_t>(items.size()));
            for (const T& item : items)
                put(item);
        }
        byte(kNil);
    }
    std::string take() {
        m_out.resize(m_bytes);
        return std::move(m_out);
    }

private:
    static constexpr std::uint8_t kVersion = 131, kMap = 116, kSmallTuple = 104, kAtom = 100,
                                  kBinary = 109, kSmallInteger = 97, kInteger = 98, kSmallBig = 110,
                                  kList = 108, kNil = 106;
    static constexpr std::size_t kUsual = 128; ///< bytes of what a small change did

    /// Where the next `bytes` go, until it is called again.
    char* room(std::size_t bytes) {
        const std::size_t at = m_bytes;
        m_bytes += bytes;
        if (m_bytes > m_out.size())
            m_out.resize(2 * m_bytes);
        return m_out.data() + at;
    }
    void bigEndian(std::uint32_t value) {
        char* at = room(4);
        for (int shift = 24; shift >= 0; shift -= 8)
            *at++ = static_cast<char>(value >> shift);
    }
    void big(std::int64_t value) {
        auto magnitude = static_cast<std::uint64_t>(value);
        if (value < 0)
            magnitude = 0 - magnitude;
        byte(kSmallBig);
        byte(static_cast<std::uint8_t>((std::bit_width(magnitude) + 7) / 8));
        byte(value < 0 ? 1 : 0);
        for (; magnitude != 0; magnitude >>= 8)
            byte(static_cast<std::uint8_t>(magnitude));
    }

    std::string m_out = std::string(kUsual, '\0'); ///< the first m_bytes count
    std::size_t m_bytes = 0;
};

void putRanges(Bytes& out, const std::vector<IdRange>& ranges) {
    out.list(ranges, [&](const IdRange& range) {
        out.tupleOf(3, "id_range");
        out.integer(range.first);
        out.integer(range.last);
    });
}

void put(Bytes& out, const SetTitles& change) {
    out.tupleOf(2, "set_titles");
    out.list(change.entries, [&](const TitleOf& item) {
        out.tupleOf(3, "title_of");
        out.integer(item.id);
        out.text(item.title);
    });
}
void put(Bytes& out, const SetDone& change) {
    out.tupleOf(2, "set_done");
    out.list(change.entries, [&](const DoneOf& item) {
        out.tupleOf(3, "done_of");
        out.integer(item.id);
        out.boolean(item.done);
    });
}
void put(Bytes& out, const DeleteEntries& change) {
    out.tupleOf(2, "delete_entries");
    putRanges(out, change.ids);
}
void put(Bytes& out, const RestoreEntries& change) {
    out.tupleOf(2, "restore_entries");
    putRanges(out, change.ids);
}

} // namespace

std::string TodoStore::bytesOf(const Applied& answer) {
    Bytes out;
    out.mapOf(3); // its keys in the order of their names
    out.atom("inverse");
    const bool isWritten = std::visit(
        [&](const auto& inverse) {
            constexpr bool kIsUsual = requires { put(out, inverse); };
            if constexpr (kIsUsual)
                put(out, inverse);
            return kIsUsual;
        },
        answer.inverse);
    if (!isWritten)
        return storage::storedBytes(toTerm(answer));
    out.atom("touched");
    putRanges(out, answer.touched);
    out.atom("version");
    out.integer(answer.version);
    return out.take();
}

} // namespace grove::todo
