#include "access.h"
#include "etf_reader.h"
#include "etf_tags.h"
#include "etf_zlib.h"
#include "map_build.h"
#include "small_stack.h"
#include "value_stack.h"

#include <grove/term/etf.h>
#include <grove/term/function.h>

#include <algorithm>
#include <array>
#include <limits>

namespace grove {

namespace {

/// Reads one term. Values that are whole wait on m_values until their collection is.
class Decoder {
public:
    Decoder(std::string_view bytes, const EtfReadOptions& options)
        : m_in(bytes, options), m_options(options) {}

    std::expected<EtfTerm, EtfError> run() {
        read();
        while (!m_open.isEmpty() && !m_in.hasFailed()) {
            step();
        }
        if (m_in.hasFailed()) {
            return std::unexpected(*m_in.failure());
        }
        return EtfTerm{std::move(m_values.from(0).front()), m_in.position()};
    }

private:
    enum class Kind : std::uint8_t { Tuple, List, Map, Export, Function };
    /// A collection whose values are still being read.
    struct Open {
        Kind kind;
        std::uint64_t left; ///< Values not begun yet.
        std::size_t first;  ///< Of its values, in m_values.
        std::size_t start;  ///< Its tag, in the bytes.
    };

    /// Reads on in the collection opened last, until another is opened within or it is whole.
    void step() {
        Open& open = m_open.top();
        const char* at = m_in.at();
        for (std::uint64_t left = open.left; left > 0;) {
            --left;
            if (Term term = m_in.common(at); !term.isNone()) {
                m_values.push(std::move(term));
                continue;
            }
            m_in.goTo(at);
            open.left = left;
            if (!read()) {
                return;
            }
            at = m_in.at();
        }
        m_in.goTo(at);
        const std::size_t first = open.first;
        const bool areTaken = open.kind <= Kind::Map; // those lie in the collection now
        Term made = make(open, m_values.from(first));
        m_open.drop();
        areTaken && !made.isNone() ? m_values.forget(first) : m_values.drop(first);
        m_values.push(std::move(made));
    }

    /// Reads a whole value, or opens a collection.
    /// Returns: false where a collection was opened, or when the bytes are no term.
    bool read() {
        Term term = readValue();
        if (term.isNone()) {
            return false;
        }
        m_values.push(std::move(term));
        return !m_in.hasFailed();
    }

    /// A whole value; no term where a collection was opened.
    Term readValue() {
        const std::size_t start = m_in.position();
        if (m_in.left() == 0) [[unlikely]] {
            (void)m_in.byte();
            return Term();
        }
        const std::uint8_t tag = m_in.byte();
        switch (tag) {
        case etf::kSmallInteger:
            return m_in.byte();
        case etf::kInteger:
            return m_in.integer();
        case etf::kSmallBig:
            return m_in.big(m_in.byte());
        case etf::kLargeBig:
            return m_in.big(m_in.number32());
        case etf::kNewFloat:
            return m_in.newFloat();
        case etf::kFloat:
            return m_in.textFloat();
        case etf::kAtom:
        case etf::kSmallAtom:
        case etf::kAtomUtf8:
        case etf::kSmallAtomUtf8:
            return m_in.atom(tag);
        case etf::kNil:
            return Term::nil();
        case etf::kString:
            return m_in.string();
        case etf::kBinary:
            return m_in.binary();
        case etf::kBitBinary:
            return m_in.bitBinary();
        case etf::kPid:
        case etf::kNewPid:
            return m_in.pid(tag == etf::kNewPid);
        case etf::kPort:
        case etf::kNewPort:
        case etf::kV4Port:
            return m_in.port(tag);
        case etf::kReference:
        case etf::kNewReference:
        case etf::kNewerReference:
            return m_in.reference(tag);
        default:
            return openCollection(tag, start);
        }
    }

    Term openCollection(std::uint8_t tag, std::size_t start) {
        switch (tag) {
        case etf::kSmallTuple:
            return open(Kind::Tuple, m_in.byte(), start, "a tuple of so many elements");
        case etf::kLargeTuple:
            return open(Kind::Tuple, m_in.number32(), start, "a tuple of so many elements");
        case etf::kList: // and its tail
            return open(Kind::List, std::uint64_t{1} + m_in.number32(), start,
                        "a list of so many elements and its tail");
        case etf::kMap:
            return open(Kind::Map, std::uint64_t{2} * m_in.number32(), start,
                        "a map of so many keys and values");
        case etf::kExport:
            return open(Kind::Export, 3, start, "a function's module, name and arity");
        case etf::kNewFunction:
            return openFunction(start);
        default:
            return m_in.fail(start, "no term starts with " + std::to_string(tag));
        }
    }

    /// Each value takes a byte at least, so a count beyond the bytes left is a lie, found here.
    Term open(Kind kind, std::uint64_t values, std::size_t start, const char* what) {
        if (m_in.hasFailed() || !m_in.need(values, values, what)) {
            return Term();
        }
        if (values == 0) {
            return make({kind, 0, m_values.size(), start}, {});
        }
        m_open.emplace(kind, values, m_values.size(), start);
        return Term();
    }

    /// The parts that are no terms are read again when all values are there.
    Term openFunction(std::size_t start) {
        (void)m_in.number32(); // its size; Erlang does not look at it either
        (void)m_in.take(kFunctionHeadBytes - 4);
        const std::uint64_t bound = m_in.number32();
        return open(Kind::Function, kFunctionParts + bound, start,
                    "the parts of a function and so many bound values");
    }

    Term make(const Open& done, std::span<Term> values) {
        switch (done.kind) {
        case Kind::Tuple:
            return tupleFrom(values);
        case Kind::List: {
            Term tail = std::move(values.back());
            return listFrom(values.first(values.size() - 1), std::move(tail));
        }
        case Kind::Map:
            return makeMap(done, values);
        case Kind::Export:
            return makeExport(done, values);
        case Kind::Function:
            return makeFunction(done, values);
        }
        GROVE_UNREACHABLE("a collection of no kind");
    }

    Term makeMap(const Open& done, std::span<Term> values) {
        static_assert(sizeof(MapEntry) == 2 * sizeof(Term));
        const std::span<MapEntry> entries(reinterpret_cast<MapEntry*>(values.data()),
                                          values.size() / 2);
        if (hasKnownKeys(entries)) {
            return detail::mapInOrder(entries);
        }
        const bool areWords = noteKeys(entries);
        Term map = mapFrom(entries);
        if (map.mapSize() != entries.size()) {
            m_keyCount = 0;
            return m_in.fail(done.start, "a map with the same key twice");
        }
        m_keyCount = areWords && areNotedIn(map) ? entries.size() : 0;
        return map;
    }

    /// Whether these are the keys of the last small map, which came in order: mostly a list of maps
    /// has the same keys all along.
    [[nodiscard]] bool hasKnownKeys(std::span<const MapEntry> entries) const {
        if (entries.size() != m_keyCount || entries.empty()) {
            return false;
        }
        std::uint64_t difference = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            difference |= entries[i].key.bits() ^ m_keys[i];
        }
        return difference == 0;
    }
    /// Returns: whether they are few and no objects, whose addresses would mean nothing later.
    bool noteKeys(std::span<const MapEntry> entries) {
        if (entries.size() > m_keys.size()) {
            return false;
        }
        bool areWords = true;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            m_keys[i] = entries[i].key.bits();
            areWords = areWords && !TermAccess::isBoxed(entries[i].key);
        }
        return areWords;
    }
    [[nodiscard]] bool areNotedIn(const Term& map) const {
        const Term* const keys = TermAccess::object<detail::MapObject>(map)->keys();
        return std::equal(keys, keys + map.mapSize(), m_keys.begin(),
                          [](const Term& key, std::uint64_t bits) { return key.bits() == bits; });
    }

    Term makeExport(const Open& done, std::span<Term> values) {
        const auto module = values[0].asAtom();
        const auto name = values[1].asAtom();
        const auto arity = values[2].asInt();
        if (!module || !name || !arity || *arity < 0 ||
            *arity > std::numeric_limits<std::uint32_t>::max()) {
            return m_in.fail(done.start, "the name of a function that is not module, name, arity");
        }
        const auto count = static_cast<std::uint32_t>(*arity);
        if (module->name() == "grove") {
            if (auto known = functionNamed(*name, count)) {
                return std::move(*known);
            }
        }
        return m_options.safe ? m_in.fail(done.start, "a function that this program does not have")
                              : exportTerm(*module, *name, count);
    }

    Term makeFunction(const Open& done, std::span<Term> values) {
        const auto module = values[0].asAtom();
        const auto oldIndex = values[1].asInt();
        const auto oldUniq = values[2].asInt();
        const Term& creator = values[3];
        if (!module || !oldIndex || !oldUniq || creator.kind() != TermKind::Pid) {
            return m_in.fail(done.start, "a function without module, index, uniq and creator");
        }
        if (m_options.safe) {
            return m_in.fail(done.start, "a function that this program does not have");
        }
        etf::Reader head(m_in.from(done.start + 1), m_options);
        (void)head.number32();
        const std::uint32_t arity = head.byte();
        const std::string_view uniq = head.take(etf::kUniqBytes);
        const std::uint32_t index = head.number32();
        return opaqueFunction(*module, arity,
                              {.uniq = uniq,
                               .index = index,
                               // Erlang, too, keeps the low 32 bits.
                               .oldIndex = static_cast<std::int32_t>(*oldIndex),
                               .oldUniq = static_cast<std::int32_t>(*oldUniq),
                               .creator = creator,
                               .environment = values.subspan(kFunctionParts)});
    }

    /// Size, arity, uniq and index.
    static constexpr std::size_t kFunctionHeadBytes = 4 + 1 + etf::kUniqBytes + 4;
    static constexpr std::size_t kFunctionParts = 4; ///< Module, old index, old uniq, creator.

    etf::Reader m_in;
    const EtfReadOptions& m_options;
    std::array<std::uint64_t, detail::MapObject::kEntriesMax> m_keys; ///< m_keyCount of them.
    std::size_t m_keyCount = 0;
    detail::ValueStack m_values;
    detail::SmallStack<Open, 16> m_open;
};

/// The bytes behind the tag of compressed ones. Offsets of errors: see EtfError.
std::expected<EtfTerm, EtfError> readCompressed(std::string_view bytes, std::size_t headerBytes,
                                                const EtfReadOptions& options) {
    etf::Reader header(bytes.substr(headerBytes), options);
    const std::size_t size = header.number32();
    if (header.hasFailed()) {
        return std::unexpected(EtfError{bytes.size(), false, header.failure()->message});
    }
    headerBytes += header.position();
    const std::string_view packed = bytes.substr(headerBytes);
    constexpr std::size_t kSizeMax = std::numeric_limits<std::uint32_t>::max() - 1;
    const std::size_t sizeMax = std::min(
        {options.uncompressedBytesMax, EtfLimits::kCompressionMax * (packed.size() + 1), kSizeMax});
    if (size > sizeMax) {
        return std::unexpected(EtfError{headerBytes, false,
                                        "compressed bytes that announce " + std::to_string(size) +
                                            " bytes; at most " + std::to_string(sizeMax) +
                                            " are believed here"});
    }
    const auto inflated = etf::inflate(packed, size);
    if (!inflated) {
        return std::unexpected(EtfError{headerBytes, false, inflated.error()});
    }
    auto read = Decoder(inflated->bytes, options).run();
    if (!read) {
        read.error().compressed = true;
        return read;
    }
    read->usedBytes = headerBytes + inflated->usedBytes;
    return read;
}

} // namespace

std::string EtfError::describe() const {
    return message + " at byte " + std::to_string(offset) +
           (compressed ? " of the uncompressed bytes" : "");
}

std::expected<EtfTerm, EtfError> binaryToTerm(std::string_view bytes,
                                              const EtfReadOptions& options) {
    if (!bytes.starts_with(static_cast<char>(etf::kVersion))) {
        return std::unexpected(EtfError{0, false, "the first byte is not 131"});
    }
    if (bytes.size() > 1 && bytes[1] == static_cast<char>(etf::kCompressed)) {
        return readCompressed(bytes, 2, options);
    }
    auto read = Decoder(bytes.substr(1), options).run();
    if (read) {
        ++read->usedBytes;
    } else {
        ++read.error().offset;
    }
    return read;
}

} // namespace grove
