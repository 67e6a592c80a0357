#include "access.h"
#include "atom_names.h"
#include "jenkins.h"
#include "map_node.h"
#include "numbers.h"
#include "phash2_entries.h"
#include "small_stack.h"

#include <grove/term/function.h>
#include <grove/term/identifiers.h>
#include <grove/term/phash2.h>

#include <bit>
#include <cstdint>
#include <span>

namespace grove {

namespace {

using namespace jenkins;
using namespace phash2_entries;

constexpr std::uint32_t kNil = constant(2);
constexpr std::uint32_t kBytes = constant(4);
constexpr std::uint32_t kPid = constant(5);
constexpr std::uint32_t kPort = constant(6);
constexpr std::uint32_t kRef = constant(7);
constexpr std::uint32_t kNegativeBig = constant(10);
constexpr std::uint32_t kPositiveBig = constant(11);
constexpr std::uint32_t kFloat = constant(12);
constexpr std::uint32_t kExport = constant(14);
constexpr std::uint32_t kLastBits = constant(15);
constexpr std::uint32_t kNilAlone = 3'468'870'702U;
constexpr std::uint32_t kNilWord = 2;

std::uint32_t hashInteger(std::uint32_t hash, const Term& term) {
    if (!term.isSmallInteger()) [[unlikely]] {
        const BigIntView big = *term.asBigInt();
        for (const std::uint64_t limb : big.limbs) {
            hash = mixed(hash, static_cast<std::uint32_t>(limb),
                         static_cast<std::uint32_t>(limb >> 32),
                         big.negative ? kNegativeBig : kPositiveBig);
        }
        return hash;
    }
    const std::int64_t value = TermAccess::smallInteger(term);
    const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
    if (value > kSmallMax || value < -kSmallMax - 1) {
        return mixed(hash, static_cast<std::uint32_t>(magnitude),
                     static_cast<std::uint32_t>(magnitude >> 32),
                     value < 0 ? kNegativeBig : kPositiveBig);
    }
    if (value < 0) {
        hash = mixed(hash, static_cast<std::uint32_t>(magnitude), 0, kInteger);
    }
    return mixed(hash, static_cast<std::uint32_t>(value), 0, kInteger);
}

std::uint32_t hashBits(std::uint32_t hash, const BitsView& bits) {
    const std::uint32_t initial = kBinary + hash;
    if (bits.bitCount == 0) {
        return initial;
    }
    hash = blockHash(bits.bytes, bits.bitCount / 8, initial);
    if (const auto rest = static_cast<std::uint32_t>(bits.bitCount % 8); rest != 0) {
        const auto last = static_cast<std::uint32_t>(bits.bytes[bits.bitCount / 8]) >> (8 - rest);
        hash = mixed(hash, rest, last, kLastBits);
    }
    return hash;
}

std::uint32_t hashFloat(std::uint32_t hash, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    return mixed(hash, static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits),
                 kFloat);
}

/// Without what the function closes over.
std::uint32_t hashFunction(std::uint32_t hash, const FunctionView& function) {
    if (function.kind == FunctionKind::Opaque) {
        const OpaqueFunction& code = function.opaque;
        hash = mixed(hash, static_cast<std::uint32_t>(code.environment.size()),
                     function.module.nameHash(), kInteger);
        return mixed(hash, code.index, static_cast<std::uint32_t>(code.oldUniq), kInteger);
    }
    hash = mixed(hash, function.arity, function.module.nameHash(), kInteger);
    return mixed(hash, function.name.nameHash(), 0, kExport);
}

std::uint32_t hashAtom(std::uint32_t hash, Atom atom) {
    const std::uint32_t name = detail::nameOf(atom).hash;
    return hash == 0 ? name : mixed(hash, name, 0, kAtom);
}

/// What has nothing within it.
[[gnu::noinline]] std::uint32_t hashLeaf(std::uint32_t hash, const Term& term) {
    switch (term.kind()) {
    case TermKind::Integer:
        return hashInteger(hash, term);
    case TermKind::Float:
        return hashFloat(hash, *term.asFloat());
    case TermKind::Atom:
        return hashAtom(hash, *term.asAtom());
    case TermKind::Nil:
        return hash == 0 ? kNilAlone : mixed(hash, kNilWord, 0, kNil);
    case TermKind::Pid:
        return mixed(hash, pidParts(term)->number, 0, kPid);
    case TermKind::Port: {
        const std::uint64_t number = portParts(term)->number;
        return mixed(hash, static_cast<std::uint32_t>(number),
                     static_cast<std::uint32_t>(number >> 32), kPort);
    }
    case TermKind::Ref:
        return mixed(hash, refParts(term)->words[0], 0, kRef);
    case TermKind::Bitstring:
        return hashBits(hash, *term.asBits());
    case TermKind::None:
        return hash;
    case TermKind::Function:
    case TermKind::Tuple:
    case TermKind::Cons:
    case TermKind::Map:
        break;
    }
    GROVE_UNREACHABLE("a collection is no leaf");
}

bool isByte(const Term& term) {
    return term.isSmallInteger() && TermAccess::smallInteger(term) >= 0 &&
           TermAccess::smallInteger(term) < 256;
}

/// Bytes are hashed four at a time, as text is.
/// Returns: where the list goes on with something else.
const Term& hashBytes(std::uint32_t& hash, const Term& list) {
    const Term* at = &list;
    std::uint32_t bytes = 0;
    int count = 0;
    for (; at->isCons() && isByte(at->head()); at = &at->tail()) {
        bytes = (bytes << 8) + static_cast<std::uint32_t>(TermAccess::smallInteger(at->head()));
        if (++count == 4) {
            hash = mixed(hash, bytes, 0, kBytes);
            bytes = 0;
            count = 0;
        }
    }
    if (count > 0) {
        hash = mixed(hash, bytes, 0, kBytes);
    }
    return *at;
}

/// Goes on with a hash over a term of any depth, without recursion.
class DeepHasher {
public:
    explicit DeepHasher(std::uint32_t hash) : m_hash(hash) {}

    std::uint32_t run(const Term& root) {
        m_open.push({Open::What::Value, &root});
        while (!m_open.isEmpty()) {
            const Open next = m_open.pop();
            switch (next.what) {
            case Open::What::EntryEnd:
                m_pairs ^= m_hash;
                m_hash = 0;
                break;
            case Open::What::MapEnd:
                m_hash = mixed(next.hash, m_pairs, 0, kMapPairs);
                m_pairs = next.outerPairs;
                break;
            case Open::What::Value:
                add(*next.term);
                break;
            }
        }
        return m_hash;
    }

private:
    /// What is still to be hashed: a term, the end of a map's entry, or the end of a map.
    struct Open {
        enum class What : std::uint8_t { Value, EntryEnd, MapEnd } what;
        const Term* term = nullptr;
        std::uint32_t hash = 0;       ///< MapEnd: the hash in front of the entries.
        std::uint32_t outerPairs = 0; ///< MapEnd: the sum of the entries of the map around.
    };

    void add(const Term& term) {
        switch (term.kind()) {
        case TermKind::Function: {
            const FunctionView function = *asFunction(term);
            m_hash = hashFunction(m_hash, function);
            return addElements(function.opaque.environment);
        }
        case TermKind::Tuple:
            m_hash = mixed(m_hash, static_cast<std::uint32_t>(term.tupleSize()), 0, kTuple);
            return addElements(term.elements());
        case TermKind::Cons: {
            const Term& rest = hashBytes(m_hash, term);
            if (rest.isCons()) {
                m_open.push({Open::What::Value, &rest.tail()});
                m_open.push({Open::What::Value, &rest.head()});
            } else {
                m_open.push({Open::What::Value, &rest});
            }
            return;
        }
        case TermKind::Map:
            return addMap(term);
        default:
            m_hash = hashLeaf(m_hash, term);
        }
    }

    void addElements(std::span<const Term> elements) {
        for (std::size_t i = elements.size(); i > 0; --i) {
            m_open.push({Open::What::Value, &elements[i - 1]});
        }
    }

    void addMap(const Term& map) {
        const MapRange entries = map.mapEntries();
        m_hash = mixed(m_hash, static_cast<std::uint32_t>(entries.size()), 0, kMap);
        if (entries.size() == 0) {
            return;
        }
        m_open.push({Open::What::MapEnd, nullptr, m_hash, m_pairs});
        m_hash = 0;
        m_pairs = 0;
        for (const auto& [key, value] : entries) {
            m_open.push({Open::What::EntryEnd});
            m_open.push({Open::What::Value, &value});
            m_open.push({Open::What::Value, &key});
        }
    }

    detail::SmallStack<Open, 16> m_open;
    std::uint32_t m_hash;
    std::uint32_t m_pairs = 0;
};

/// Terms within terms, so deep; what is deeper is hashed without recursion.
constexpr unsigned kDepthMax = 48;

[[gnu::noinline]] std::uint32_t hashObject(std::uint32_t hash, const Term& term, unsigned depth);

/// Goes on with a hash over a term. Recurses so deep at most.
[[gnu::always_inline]] inline std::uint32_t hashOn(std::uint32_t hash, const Term& term,
                                                   unsigned depth) {
    if (term.isSmallInteger() && isPlain(TermAccess::smallInteger(term))) {
        const auto value = static_cast<std::uint32_t>(TermAccess::smallInteger(term));
        return mixed(hash, value, 0, kInteger);
    }
    if (term.isAtom()) {
        return hashAtom(hash, *term.asAtom());
    }
    return TermAccess::isBoxed(term) ? hashObject(hash, term, depth) : hashLeaf(hash, term);
}

std::uint32_t hashList(std::uint32_t hash, const Term& list, unsigned depth) {
    const Term* at = &list;
    while (at->isCons()) {
        at = &hashBytes(hash, *at);
        if (at->isCons()) {
            hash = hashOn(hash, at->head(), depth);
            at = &at->tail();
        }
    }
    return hashOn(hash, *at, depth);
}

/// Combines the hashes of a map's entries, gathered from all its nodes.
class EntriesHasher {
public:
    EntriesHasher(std::size_t toValue, unsigned depth) : m_depth(depth) {
        m_gathered.toValue = toValue;
    }

    void add(const Term* key) {
        m_gathered.keys[m_gathered.count++] = key;
        if (m_gathered.count == Entries::kMax) {
            m_hash ^= hashSideBySide(m_gathered, m_depth);
            m_gathered.count = 0;
        }
    }
    [[nodiscard]] std::uint32_t finish() {
        if (m_gathered.count >= Entries::kFewest) {
            return m_hash ^ hashSideBySide(m_gathered, m_depth);
        }
        for (const Term* const key : std::span(m_gathered.keys, m_gathered.count)) {
            m_hash ^= hashOn(hashOn(0, *key, m_depth), key[m_gathered.toValue], m_depth);
        }
        return m_hash;
    }

private:
    Entries m_gathered;
    unsigned m_depth;
    std::uint32_t m_hash = 0;
};

/// The entries of a node and below.
GROVE_COUNTS_BITS void addNode(EntriesHasher& hasher, const detail::MapNode& node) {
    const Term* const cells = node.cells();
    const Term* const nodes = cells + 2 * node.entryCount();
    const Term* const end = cells + node.cellCount();
    for (const Term* key = cells; key < nodes; key += 2) {
        hasher.add(key);
    }
    for (const Term* cell = nodes; cell < end; ++cell) {
        addNode(hasher, *TermAccess::object<detail::MapNode>(*cell));
    }
}

std::uint32_t hashMap(std::uint32_t hash, detail::Header* map, unsigned depth) {
    hash = mixed(hash, map->size, 0, kMap);
    if (map->size == 0) {
        return hash;
    }
    const bool isTree = map->flags == detail::MapNode::kTree;
    EntriesHasher hasher(isTree ? 1 : map->size, depth);
    if (isTree) {
        addNode(hasher, *static_cast<detail::MapNode*>(map));
    } else {
        const Term* const keys = static_cast<detail::MapObject*>(map)->keys();
        for (std::size_t i = 0; i < map->size; ++i) {
            hasher.add(keys + i);
        }
    }
    return mixed(hash, hasher.finish(), 0, kMapPairs);
}

std::uint32_t hashObject(std::uint32_t hash, const Term& term, unsigned depth) {
    if (depth == 0) [[unlikely]] {
        return DeepHasher(hash).run(term);
    }
    detail::Header* const header = TermAccess::header(term);
    switch (header->kind) {
    case detail::BoxedKind::Binary:
        return hashBits(hash, *term.asBits());
    case detail::BoxedKind::Tuple: {
        hash = mixed(hash, header->size, 0, kTuple);
        const Term* const elements = static_cast<detail::TupleObject*>(header)->elements();
        for (std::size_t i = 0; i < header->size; ++i) {
            hash = hashOn(hash, elements[i], depth - 1);
        }
        return hash;
    }
    case detail::BoxedKind::Map:
        return hashMap(hash, header, depth - 1);
    case detail::BoxedKind::Cons:
        return hashList(hash, term, depth - 1);
    case detail::BoxedKind::Function: {
        const FunctionView function = *asFunction(term);
        hash = hashFunction(hash, function);
        for (const Term& bound : function.opaque.environment) {
            hash = hashOn(hash, bound, depth - 1);
        }
        return hash;
    }
    default:
        return hashLeaf(hash, term);
    }
}

} // namespace

std::uint32_t phash2_entries::hashTerm(std::uint32_t hash, const Term& term,
                                       unsigned depth) noexcept {
    return hashOn(hash, term, depth);
}

std::uint32_t phash2(const Term& term, std::uint64_t range) noexcept {
    constexpr std::uint64_t kWhole = std::uint64_t{1} << 32;
    GROVE_ASSERT(range >= 1 && range <= kWhole, "phash2's range is 1 to 2^32");
    const std::uint32_t hash = hashOn(0, term, kDepthMax);
    return range == kWhole ? hash : static_cast<std::uint32_t>(hash % range);
}

std::uint32_t phash2(const Term& term) noexcept {
    return phash2(term, std::uint64_t{1} << 27);
}

} // namespace grove
