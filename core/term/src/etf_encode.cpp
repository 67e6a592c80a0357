#include "access.h"
#include "etf_tags.h"
#include "etf_zlib.h"
#include "utf8.h"

#include <grove/term/etf.h>
#include <grove/term/function.h>
#include <grove/term/map.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <vector>

namespace grove {

namespace {

constexpr std::uint64_t kCountMax = std::numeric_limits<std::uint32_t>::max();

/// Writes one term. What is inside of collections waits on m_open.
class Encoder {
public:
    explicit Encoder(const EtfOptions& options) : m_options(options) {}

    Result<std::string> run(const Term& root) {
        put(root);
        while (!m_open.empty() && m_failure.empty()) {
            step();
        }
        if (!m_failure.empty()) {
            return failure(atoms::systemLimit, m_failure);
        }
        return std::move(m_out);
    }

private:
    enum class Kind : std::uint8_t { Elements, List, Map, SortedMap, Function };
    struct Open {
        Kind kind;
        const Term* next = nullptr; ///< Elements, List: what is left.
        std::size_t left = 0;       ///< Elements, SortedMap: how many; Function: where it starts.
    };
    struct MapPlace {
        MapRange::Iterator at;
        MapRange::Iterator end;
    };

    void step() {
        Open& open = m_open.back();
        switch (open.kind) {
        case Kind::Elements: {
            const Term& term = *open.next++;
            if (--open.left == 0) {
                m_open.pop_back();
            }
            return put(term);
        }
        case Kind::List: {
            const Term& rest = *open.next;
            if (!rest.isCons()) {
                m_open.pop_back();
                return put(rest);
            }
            open.next = &rest.tail();
            return put(rest.head());
        }
        case Kind::Map:
            return stepMap();
        case Kind::SortedMap:
            return stepSorted(open);
        case Kind::Function:
            patch(open.left, static_cast<std::uint32_t>(m_out.size() - open.left));
            m_open.pop_back();
            return;
        }
    }

    void stepMap() {
        MapPlace& place = m_maps.back();
        if (place.at == place.end) {
            m_maps.pop_back();
            m_open.pop_back();
            return;
        }
        const auto [key, value] = *place.at;
        ++place.at;
        putEntry(key, value);
    }

    void stepSorted(Open& open) {
        const auto& entries = m_sorted.back();
        if (open.left == 0) {
            m_sorted.pop_back();
            m_open.pop_back();
            return;
        }
        const MapEntry& entry = entries[entries.size() - open.left--];
        putEntry(entry.key, entry.value);
    }

    /// The value waits below what the key opens.
    void putEntry(const Term& key, const Term& value) {
        m_open.push_back({Kind::Elements, &value, 1});
        put(key);
    }

    void put(const Term& term) {
        switch (term.kind()) {
        case TermKind::Integer:
            return putInteger(term);
        case TermKind::Float:
            return putFloat(*term.asFloat());
        case TermKind::Atom:
            return putAtom(*term.asAtom());
        case TermKind::Nil:
            return putByte(etf::kNil);
        case TermKind::Pid:
            return putPid(term);
        case TermKind::Port:
            return putPort(*portParts(term));
        case TermKind::Ref:
            return putRef(term);
        case TermKind::Bitstring:
            return putBits(term);
        case TermKind::Function:
            return putFunction(*asFunction(term));
        case TermKind::Tuple:
            return putTuple(term.elements());
        case TermKind::Cons:
            return putList(term);
        case TermKind::Map:
            return putMap(term);
        case TermKind::None:
            break;
        }
        GROVE_UNREACHABLE("what is no term has no external form");
    }

    // Bytes

    void putByte(std::uint8_t byte) { m_out.push_back(static_cast<char>(byte)); }
    template <class Number> void putBig(Number number) {
        if constexpr (std::endian::native == std::endian::little) {
            number = std::byteswap(number);
        }
        m_out.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    void put16(std::size_t number) { putBig(static_cast<std::uint16_t>(number)); }
    void put32(std::size_t number) { putBig(static_cast<std::uint32_t>(number)); }
    void patch(std::size_t at, std::uint32_t number) {
        for (std::size_t i = 0; i < 4; ++i) {
            m_out[at + i] = static_cast<char>(number >> (24 - 8 * i));
        }
    }
    /// A count of 32 bits. Returns: whether there is room for it in the format.
    bool putCount(std::size_t count, const char* what) {
        if (count > kCountMax) {
            m_failure = std::string(what) + " of more than 2^32 - 1 has no external form";
            return false;
        }
        put32(count);
        return true;
    }

    // Numbers

    void putInteger(const Term& term) {
        const auto value = term.asInt();
        if (value && *value >= 0 && *value <= 0xFF) {
            putByte(etf::kSmallInteger);
            putByte(static_cast<std::uint8_t>(*value));
        } else if (value && *value == static_cast<std::int32_t>(*value)) {
            putByte(etf::kInteger);
            put32(static_cast<std::uint32_t>(*value));
        } else if (const auto big = term.asBigInt()) {
            putMagnitude(big->negative, big->limbs);
        } else {
            const auto magnitude = static_cast<std::uint64_t>(*value < 0 ? -*value : *value);
            putMagnitude(*value < 0, {&magnitude, 1});
        }
    }

    void putMagnitude(bool isNegative, std::span<const std::uint64_t> limbs) {
        const std::size_t bytes =
            limbs.size() * 8 - static_cast<std::size_t>(std::countl_zero(limbs.back())) / 8;
        if (bytes <= 0xFF) {
            putByte(etf::kSmallBig);
            putByte(static_cast<std::uint8_t>(bytes));
        } else {
            putByte(etf::kLargeBig);
            if (!putCount(bytes, "an integer of bytes")) {
                return;
            }
        }
        putByte(isNegative ? 1 : 0);
        for (std::size_t i = 0; i < bytes; ++i) {
            putByte(static_cast<std::uint8_t>(limbs[i / 8] >> (i % 8 * 8)));
        }
    }

    void putFloat(double value) {
        if (m_options.minorVersion > 0) {
            putByte(etf::kNewFloat);
            return putBig(std::bit_cast<std::uint64_t>(value));
        }
        putByte(etf::kFloat);
        char room[etf::kFloatTextBytes]{};
        constexpr int kDigits = 20;
        std::to_chars(room, room + sizeof(room), value, std::chars_format::scientific, kDigits);
        m_out.append(room, sizeof(room));
    }

    // Atoms

    void putAtom(Atom atom) {
        const std::string_view name = atom.name();
        if (m_options.minorVersion < 2) {
            if (const auto latin = latin1(name)) {
                putByte(etf::kAtom);
                put16(latin->size());
                m_out += *latin;
                return;
            }
        }
        if (name.size() <= 0xFF) {
            putByte(etf::kSmallAtomUtf8);
            putByte(static_cast<std::uint8_t>(name.size()));
        } else {
            putByte(etf::kAtomUtf8);
            put16(name.size());
        }
        m_out += name;
    }

    /// Nothing if a character has no place there.
    static std::optional<std::string> latin1(std::string_view name) {
        std::string latin;
        while (!name.empty()) {
            const auto decoded = utf8::decode(name);
            if (!decoded || decoded->character > 0xFF) {
                return std::nullopt;
            }
            latin.push_back(static_cast<char>(decoded->character));
            name.remove_prefix(decoded->size);
        }
        return latin;
    }

    // Pids, ports, references, functions

    /// This program's own identifiers are of the node that writes.
    NodeId nodeOf(const Term& term, const NodeId& node) const {
        return TermAccess::isBoxed(term) ? node : m_options.node;
    }

    void putPid(const Term& term) {
        const PidParts parts = *pidParts(term);
        const NodeId node = nodeOf(term, parts.node);
        putByte(etf::kNewPid);
        putAtom(node.name);
        put32(parts.number);
        put32(parts.serial);
        put32(node.creation);
    }

    void putPort(const PortParts& parts) {
        const bool isSmall = parts.number <= etf::kNewPortMax;
        putByte(isSmall ? etf::kNewPort : etf::kV4Port);
        putAtom(parts.node.name);
        if (isSmall) {
            put32(parts.number);
        } else {
            putBig(parts.number);
        }
        put32(parts.node.creation);
    }

    void putRef(const Term& term) {
        const RefParts parts = *refParts(term);
        const NodeId node = nodeOf(term, parts.node);
        putByte(etf::kNewerReference);
        put16(parts.count);
        putAtom(node.name);
        put32(node.creation);
        for (std::size_t i = 0; i < parts.count; ++i) {
            put32(parts.words[i]);
        }
    }

    void putFunction(const FunctionView& function) {
        if (function.kind != FunctionKind::Opaque) {
            putByte(etf::kExport);
            putAtom(function.module);
            putAtom(function.name);
            return putInteger(function.arity);
        }
        const OpaqueFunction& code = function.opaque;
        putByte(etf::kNewFunction);
        const std::size_t start = m_out.size();
        put32(0); // its size, known at its end
        putByte(static_cast<std::uint8_t>(function.arity));
        m_out += code.uniq;
        put32(code.index);
        put32(code.environment.size());
        putAtom(function.module);
        putInteger(code.oldIndex);
        putInteger(code.oldUniq);
        putPid(code.creator);
        m_open.push_back({Kind::Function, nullptr, start});
        if (!code.environment.empty()) {
            m_open.push_back({Kind::Elements, code.environment.data(), code.environment.size()});
        }
    }

    // Bits and collections

    void putBits(const Term& term) {
        const BitsView bits = *term.asBits();
        const std::size_t bytes = (bits.bitCount + 7) / 8;
        putByte(bits.bitCount % 8 == 0 ? etf::kBinary : etf::kBitBinary);
        if (!putCount(bytes, "a binary of bytes")) {
            return;
        }
        if (bits.bitCount % 8 != 0) {
            putByte(static_cast<std::uint8_t>(bits.bitCount % 8));
        }
        m_out.append(reinterpret_cast<const char*>(bits.bytes), bytes);
    }

    void putTuple(std::span<const Term> elements) {
        if (elements.size() <= 0xFF) {
            putByte(etf::kSmallTuple);
            putByte(static_cast<std::uint8_t>(elements.size()));
        } else {
            putByte(etf::kLargeTuple);
            put32(elements.size());
        }
        if (!elements.empty()) {
            m_open.push_back({Kind::Elements, elements.data(), elements.size()});
        }
    }

    void putList(const Term& list) {
        constexpr std::size_t kStringMax = 0xFFFF;
        bool isText = true;
        std::size_t count = 0;
        const Term* at = &list;
        for (; at->isCons(); at = &at->tail()) {
            const auto byte = isText ? at->head().asInt() : std::nullopt;
            isText = byte && *byte >= 0 && *byte <= 0xFF && count < kStringMax;
            ++count;
        }
        if (isText && at->isNil()) {
            putByte(etf::kString);
            put16(count);
            for (const Term& byte : list.listElements()) {
                putByte(static_cast<std::uint8_t>(byte.toInt()));
            }
            return;
        }
        putByte(etf::kList);
        if (putCount(count, "a list of elements")) {
            m_open.push_back({Kind::List, &list});
        }
    }

    void putMap(const Term& map) {
        constexpr std::size_t kSortedMax = 32; // those lie in the order of their keys anyway
        putByte(etf::kMap);
        put32(map.mapSize());
        if (m_options.deterministic && map.mapSize() > kSortedMax) {
            m_sorted.push_back(entriesInOrder(map));
            m_open.push_back({Kind::SortedMap, nullptr, map.mapSize()});
        } else if (map.mapSize() > 0) {
            const MapRange entries = map.mapEntries();
            m_maps.push_back({entries.begin(), entries.end()});
            m_open.push_back({Kind::Map});
        }
    }

    const EtfOptions& m_options;
    std::string m_out;
    std::string m_failure;
    std::vector<Open> m_open;
    std::vector<MapPlace> m_maps; ///< One for each Open of kind Map.
    std::vector<std::vector<MapEntry>> m_sorted;
};

} // namespace

Result<std::string> termToBinary(const Term& term, const EtfOptions& options) {
    auto payload = Encoder(options).run(term);
    if (!payload) {
        return payload;
    }
    std::string bytes(1, static_cast<char>(etf::kVersion));
    constexpr std::size_t kHeaderBytes = 5; // the tag and the size
    if (options.compressed > 0 && payload->size() <= kCountMax) {
        const auto packed = etf::compress(*payload, options.compressed);
        if (packed && packed->size() + kHeaderBytes < payload->size()) {
            bytes.push_back(static_cast<char>(etf::kCompressed));
            for (const unsigned shift : {24U, 16U, 8U, 0U}) {
                bytes.push_back(static_cast<char>(payload->size() >> shift));
            }
            return bytes + *packed;
        }
    }
    return bytes + *payload;
}

} // namespace grove
