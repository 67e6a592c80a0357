#include "etf_tags.h"
#include "etf_writer.h"
#include "etf_zlib.h"

#include <grove/term/etf.h>
#include <grove/term/function.h>
#include <grove/term/map.h>

#include <limits>
#include <vector>

namespace grove {

namespace {

constexpr std::size_t kCountMax = std::numeric_limits<std::uint32_t>::max();

/// Writes one term. What is inside of collections waits on m_open.
class Encoder {
public:
    explicit Encoder(const EtfOptions& options) : m_out(options), m_options(options) {}

    Result<std::string> run(const Term& root) {
        put(root);
        while (!m_open.empty() && m_out.failure().empty()) {
            step();
        }
        if (!m_out.failure().empty()) {
            return failure(atoms::systemLimit, m_out.failure());
        }
        return std::move(m_out).take();
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
            m_out.replace32(open.left, m_out.position() - open.left);
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
            return m_out.integer(term);
        case TermKind::Float:
            return m_out.floating(*term.asFloat());
        case TermKind::Atom:
            return m_out.atom(*term.asAtom());
        case TermKind::Nil:
            return m_out.byte(etf::kNil);
        case TermKind::Pid:
            return m_out.pid(term);
        case TermKind::Port:
            return m_out.port(*portParts(term));
        case TermKind::Ref:
            return m_out.reference(term);
        case TermKind::Bitstring:
            return m_out.bits(*term.asBits());
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

    // Functions and collections

    void putFunction(const FunctionView& function) {
        if (function.kind != FunctionKind::Opaque) {
            m_out.byte(etf::kExport);
            m_out.atom(function.module);
            m_out.atom(function.name);
            return m_out.integer(function.arity);
        }
        const OpaqueFunction& code = function.opaque;
        m_out.byte(etf::kNewFunction);
        const std::size_t start = m_out.position();
        m_out.number32(0); // its size, known at its end
        m_out.byte(function.arity);
        m_out.bytes(code.uniq);
        m_out.number32(code.index);
        m_out.number32(code.environment.size());
        m_out.atom(function.module);
        m_out.integer(code.oldIndex);
        m_out.integer(code.oldUniq);
        m_out.pid(code.creator);
        m_open.push_back({Kind::Function, nullptr, start});
        if (!code.environment.empty()) {
            m_open.push_back({Kind::Elements, code.environment.data(), code.environment.size()});
        }
    }

    void putTuple(std::span<const Term> elements) {
        if (elements.size() <= 0xFF) {
            m_out.byte(etf::kSmallTuple);
            m_out.byte(elements.size());
        } else {
            m_out.byte(etf::kLargeTuple);
            m_out.number32(elements.size());
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
            m_out.byte(etf::kString);
            m_out.number16(count);
            for (const Term& byte : list.listElements()) {
                m_out.byte(static_cast<std::size_t>(byte.toInt()));
            }
            return;
        }
        m_out.byte(etf::kList);
        if (m_out.count(count, "a list of elements")) {
            m_open.push_back({Kind::List, &list});
        }
    }

    void putMap(const Term& map) {
        constexpr std::size_t kSortedMax = 32; // those lie in the order of their keys anyway
        m_out.byte(etf::kMap);
        m_out.number32(map.mapSize());
        if (m_options.deterministic && map.mapSize() > kSortedMax) {
            m_sorted.push_back(entriesInOrder(map));
            m_open.push_back({Kind::SortedMap, nullptr, map.mapSize()});
        } else if (map.mapSize() > 0) {
            const MapRange entries = map.mapEntries();
            m_maps.push_back({entries.begin(), entries.end()});
            m_open.push_back({Kind::Map});
        }
    }

    etf::Writer m_out;
    const EtfOptions& m_options;
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
