// The bytes of an Applied as it is stored beside each change, written without making a term first:
// that cost a fifth of what SQLite itself does for a small change.
#include <grove/storage/term_table.h>
#include <grove/todo/database.h>

#include <limits>
#include <string_view>

namespace grove::todo {

namespace {

/// Writes the external term format as storage::storedBytes() does, byte for byte (a test compares
/// the two).
class Bytes {
public:
    Bytes() { m_out.reserve(kUsual); }

    void byte(std::uint8_t value) { m_out += static_cast<char>(value); }
    void mapOf(std::uint32_t entries) {
        byte(kVersion);
        byte(kMap);
        bigEndian<4>(entries);
    }
    void tupleOf(std::uint8_t elements, std::string_view name) {
        byte(kSmallTuple);
        byte(elements);
        atom(name);
    }
    void atom(std::string_view name) {
        byte(kAtom);
        bigEndian<2>(name.size());
        m_out += name;
    }
    void boolean(bool value) { atom(value ? "true" : "false"); }
    void text(std::string_view utf8) {
        byte(kBinary);
        bigEndian<4>(utf8.size());
        m_out += utf8;
    }
    void integer(std::int64_t value) {
        if (value >= 0 && value <= std::numeric_limits<std::uint8_t>::max()) {
            byte(kSmallInteger);
            byte(static_cast<std::uint8_t>(value));
        } else if (value >= std::numeric_limits<std::int32_t>::min() &&
                   value <= std::numeric_limits<std::int32_t>::max()) {
            byte(kInteger);
            bigEndian<4>(static_cast<std::uint64_t>(value));
        } else {
            big(value);
        }
    }
    template <class T, class Put> void list(const std::vector<T>& items, Put put) {
        if (!items.empty()) {
            byte(kList);
            bigEndian<4>(items.size());
            for (const T& item : items)
                put(item);
        }
        byte(kNil);
    }
    std::string take() { return std::move(m_out); }

private:
    static constexpr std::uint8_t kVersion = 131, kMap = 116, kSmallTuple = 104, kAtom = 100,
                                  kBinary = 109, kSmallInteger = 97, kInteger = 98, kSmallBig = 110,
                                  kList = 108, kNil = 106;
    static constexpr std::size_t kUsual = 128; ///< bytes of what a small change did

    template <int bytes> void bigEndian(std::uint64_t value) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
            byte(static_cast<std::uint8_t>(value >> shift));
    }
    void big(std::int64_t value) {
        auto magnitude = static_cast<std::uint64_t>(value);
        if (value < 0)
            magnitude = 0 - magnitude;
        std::string digits;
        for (; magnitude != 0; magnitude >>= 8)
            digits += static_cast<char>(magnitude & 0xff);
        byte(kSmallBig);
        byte(static_cast<std::uint8_t>(digits.size()));
        byte(value < 0 ? 1 : 0);
        m_out += digits;
    }

    std::string m_out;
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
