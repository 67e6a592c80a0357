#include "access.h"
#include "etf_tags.h"
#include "etf_writer.h"
#include "etf_zlib.h"
#include "small_stack.h"

#include <grove/term/etf.h>
#include <grove/term/function.h>
#include <grove/term/map.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace grove {

namespace {

constexpr std::size_t kCountMax = std::numeric_limits<std::uint32_t>::max();

/// A guess, from what is known without walking: a word gives some four bytes. Beyond the first
/// megabyte the bytes grow as they come.
std::size_t expectedBytes(const Term& term) {
    constexpr std::size_t kBytesPerWord = 4;
    constexpr std::size_t kFewest = 320;
    constexpr std::size_t kMost = std::size_t{1} << 20;
    return std::min(kFewest + kBytesPerWord * term.flatWords(), kMost);
}

/// Terms within terms, so deep, are written by recursion; what is deeper waits on a stack.
constexpr unsigned kDepthMax = 48;

/// Writes one term. Tuples and maps recurse as deep as they may (write); what is inside of other
/// collections, and deeper, waits on m_open.
class Encoder {
public:
    Encoder(const Term& root, const EtfOptions& options)
        : m_out(options, expectedBytes(root)), m_options(options) {}

    /// Returns: the version and the term.
    Result<std::string> run(const Term& root) {
        m_out.byte(etf::kVersion);
        putWhole(root, kDepthMax);
        if (m_out.hasFailed()) {
            return failure(atoms::systemLimit, m_out.failure());
        }
        return std::move(m_out).take();
    }

private:
    /// Entries: of a map of few. Sorted: as Elements, of the last of m_sorted.
    enum class Kind : std::uint8_t { Elements, Sorted, Entries, List, Function };
    struct Open {
        Kind kind;
        bool isAtValue;      ///< Entries: the key has been written.
        const Term* next;    ///< What is left.
        std::size_t left;    ///< Elements, Sorted, Entries: how many; Function: where it starts.
        std::size_t toValue; ///< Entries: from a key to its value.
    };

    /// Writes the term and everything in it, of which the first levels, so many, may recurse.
    void putWhole(const Term& term, unsigned depth) {
        const std::size_t outerOpen = m_open.size();
        const unsigned outerDepth = std::exchange(m_depth, depth);
        put(term);
        while (m_open.size() > outerOpen && !m_out.hasFailed()) {
            step();
        }
        m_depth = outerDepth;
    }

    // With recursion. The place of the next byte is handed on in a register.

    /// Returns: what is behind the term, as all of this kind.
    [[gnu::always_inline]] char* write(char* at, const Term& term, unsigned depth) {
        if (char* const behind = m_out.common(at, term)) [[likely]] {
            return behind;
        }
        return writeOther(at, term, depth);
    }

    [[gnu::noinline]] char* writeOther(char* at, const Term& term, unsigned depth) {
        if (depth > 0 && mayRecurse(term)) {
            return writeWithin(m_out.withRoom(at), TermAccess::header(term), depth - 1);
        }
        m_out.goTo(at);
        putWhole(term, depth > 0 ? depth - 1 : 0);
        return m_out.at();
    }

    [[nodiscard]] bool mayRecurse(const Term& term) const {
        if (!TermAccess::isBoxed(term)) {
            return false;
        }
        const detail::Header* const header = TermAccess::header(term);
        switch (header->kind) {
        case detail::BoxedKind::Tuple:
        case detail::BoxedKind::MapNode:
            return true;
        case detail::BoxedKind::Map:
            return header->flags != detail::MapNode::kTree || !m_options.deterministic;
        default:
            return false;
        }
    }

    /// Requires: mayRecurse(); room for what is common.
    char* writeWithin(char* at, detail::Header* header, unsigned depth) {
        if (header->kind == detail::BoxedKind::Tuple) {
            const std::span elements(static_cast<detail::TupleObject*>(header)->elements(),
                                     header->size);
            return writeAll(etf::Writer::placedTupleHead(at, header->size), elements, depth);
        }
        if (header->kind == detail::BoxedKind::Map) {
            at = etf::Writer::placedHead(at, etf::kMap, header->size);
            if (header->flags != detail::MapNode::kTree) {
                return writeEntries(at, static_cast<detail::MapObject*>(header), depth);
            }
        }
        auto* const node = static_cast<detail::MapNode*>(header);
        return writeAll(at, {node->cells(), node->cellCount()}, depth);
    }

    char* writeAll(char* at, std::span<const Term> terms, unsigned depth) {
        for (const Term& term : terms) {
            at = write(at, term, depth);
        }
        return at;
    }

    char* writeEntries(char* at, detail::MapObject* map, unsigned depth) {
        const Term* const keys = map->keys();
        const Term* const values = map->values();
        for (std::size_t i = 0; i < map->size; ++i) {
            at = write(at, keys[i], depth);
            at = write(at, values[i], depth);
        }
        return at;
    }

    // Without recursion

    /// Writes on in what was opened last, until something is opened within or its end.
    void step() {
        Open& open = m_open.top();
        switch (open.kind) {
        case Kind::Elements:
        case Kind::Sorted:
            return stepElements(open);
        case Kind::Entries:
            return stepEntries(open);
        case Kind::List:
            return stepList(open);
        case Kind::Function:
            m_out.replace32(open.left, m_out.position() - open.left);
            m_open.drop();
            return;
        }
    }

    void stepElements(Open& open) {
        const Term* const end = open.next + open.left;
        const Term* const within = putLeaves(open.next, end);
        if (within != end) {
            open.next = within + 1;
            open.left = static_cast<std::size_t>(end - open.next);
            if (open.left == 0 && open.kind == Kind::Elements) {
                m_open.drop(); // nothing waits behind what is opened now
            }
            return openCollection(*within);
        }
        if (open.kind == Kind::Sorted) {
            m_sorted.pop_back();
        }
        m_open.drop();
    }

    /// Returns: the first that is no leaf.
    const Term* putLeaves(const Term* term, const Term* end) {
        for (; term != end && isLeaf(*term); ++term) {
            putLeaf(*term);
        }
        return term;
    }

    void stepEntries(Open& open) {
        if (open.isAtValue) {
            const Term& value = open.next[open.toValue];
            open.isAtValue = false;
            ++open.next;
            --open.left;
            if (!isLeaf(value)) {
                return openCollection(value);
            }
            putLeaf(value);
        }
        const std::size_t left = putLeafEntries(open.next, open.left, open.toValue);
        open.next += open.left - left;
        open.left = left;
        if (left == 0) {
            m_open.drop();
            return;
        }
        const Term& key = *open.next;
        open.isAtValue = true;
        put(key);
    }

    /// Returns: how many are left, from the first with a collection on.
    std::size_t putLeafEntries(const Term* key, std::size_t left, std::size_t toValue) {
        for (; left > 0 && isLeaf(*key) && isLeaf(key[toValue]); ++key, --left) {
            putLeaf(*key);
            putLeaf(key[toValue]);
        }
        return left;
    }

    void stepList(Open& open) {
        const Term* at = open.next;
        while (at->isCons()) {
            const Term& head = at->head();
            at = &at->tail();
            if (!isLeaf(head)) {
                open.next = at;
                return openCollection(head);
            }
            putLeaf(head);
        }
        m_open.drop();
        put(*at);
    }

    void put(const Term& term) { isLeaf(term) ? putLeaf(term) : openCollection(term); }

    static bool isLeaf(const Term& term) {
        if (!TermAccess::isBoxed(term)) {
            return true;
        }
        using enum detail::BoxedKind;
        const detail::BoxedKind kind = TermAccess::header(term)->kind;
        return kind == Binary || kind == Float || kind == BigInt || kind == Identifier;
    }

    void putLeaf(const Term& term) {
        if (term.isAtom()) {
            return m_out.atom(*term.asAtom());
        }
        if (term.isSmallInteger()) {
            return m_out.smallInteger(TermAccess::smallInteger(term));
        }
        if (term.isBinary()) {
            return m_out.binary(*term.asBinary());
        }
        putOtherLeaf(term);
    }

    void putOtherLeaf(const Term& term) {
        switch (term.kind()) {
        case TermKind::Bitstring:
            return m_out.bits(*term.asBits());
        case TermKind::Float:
            return m_out.floating(*term.asFloat());
        case TermKind::Nil:
            return m_out.byte(etf::kNil);
        case TermKind::Integer:
            return m_out.bigInteger(*term.asBigInt());
        case TermKind::Pid:
            return m_out.pid(term);
        case TermKind::Port:
            return m_out.port(*portParts(term));
        case TermKind::Ref:
            return m_out.reference(term);
        default:
            GROVE_UNREACHABLE("what is no term has no external form");
        }
    }

    void openCollection(const Term& term) {
        if (m_depth > 0 && mayRecurse(term)) {
            return m_out.goTo(writeOther(m_out.at(), term, m_depth));
        }
        switch (TermAccess::header(term)->kind) {
        case detail::BoxedKind::Tuple:
            return putTuple(term.elements());
        case detail::BoxedKind::Map:
            return putMap(term);
        case detail::BoxedKind::MapNode: {
            const auto* node = TermAccess::object<detail::MapNode>(term);
            return openElements(node->cells(), node->cellCount());
        }
        case detail::BoxedKind::Cons:
            return putList(term);
        case detail::BoxedKind::Function:
            return putFunction(*asFunction(term));
        default:
            GROVE_UNREACHABLE("a leaf is no collection");
        }
    }

    void openElements(const Term* elements, std::size_t count) {
        const Term* const end = elements + count;
        elements = putLeaves(elements, end);
        if (elements != end) {
            m_open.emplace(Kind::Elements, false, elements,
                           static_cast<std::size_t>(end - elements), std::size_t{0});
        }
    }

    // Functions and collections

    void putFunction(const FunctionView& function) {
        if (function.kind != FunctionKind::Opaque) {
            m_out.byte(etf::kExport);
            m_out.atom(function.module);
            m_out.atom(function.name);
            return m_out.smallInteger(function.arity);
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
        m_out.smallInteger(code.oldIndex);
        m_out.smallInteger(code.oldUniq);
        m_out.pid(code.creator);
        m_open.push({Kind::Function, false, nullptr, start, 0});
        openElements(code.environment.data(), code.environment.size());
    }

    void putTuple(std::span<const Term> elements) {
        char* const at = m_out.withRoom(m_out.at());
        m_out.goTo(etf::Writer::placedTupleHead(at, elements.size()));
        openElements(elements.data(), elements.size());
    }

    void putList(const Term& list) {
        constexpr std::size_t kStringMax = 0xFFFF;
        bool isText = true;
        std::size_t count = 0;
        const Term* at = &list;
        for (; at->isCons(); at = &at->tail()) {
            isText = isText && isByte(at->head()) && count < kStringMax;
            ++count;
        }
        if (isText && at->isNil()) {
            m_out.byte(etf::kString);
            m_out.number16(count);
            for (const Term& byte : list.listElements()) {
                m_out.byte(static_cast<std::size_t>(TermAccess::smallInteger(byte)));
            }
            return;
        }
        m_out.byte(etf::kList);
        if (m_out.count(count, "a list of elements")) {
            m_open.push({Kind::List, false, &list, 0, 0});
        }
    }

    static bool isByte(const Term& term) {
        return term.isSmallInteger() && TermAccess::smallInteger(term) >= 0 &&
               TermAccess::smallInteger(term) <= 0xFF;
    }

    void putMap(const Term& map) {
        const std::size_t size = map.mapSize();
        m_out.head(etf::kMap, size);
        if (size <= detail::MapObject::kEntriesMax) { // they lie in the order of their keys
            auto* object = TermAccess::object<detail::MapObject>(map);
            const std::size_t left = putLeafEntries(object->keys(), size, size);
            if (left > 0) {
                m_open.emplace(Kind::Entries, false, object->keys() + (size - left), left, size);
            }
        } else if (m_options.deterministic) {
            const auto& entries = m_sorted.emplace_back(entriesInOrder(map));
            static_assert(sizeof(MapEntry) == 2 * sizeof(Term));
            m_open.push({Kind::Sorted, false, &entries.front().key, 2 * size, 0});
        } else {
            const auto* root = TermAccess::object<detail::MapNode>(map);
            openElements(root->cells(), root->cellCount());
        }
    }

    etf::Writer m_out;
    const EtfOptions& m_options;
    unsigned m_depth = 0; ///< How many levels of what is written now may recurse.
    detail::SmallStack<Open, 16> m_open;
    std::vector<std::vector<MapEntry>> m_sorted; ///< One for each Open of kind Sorted.
};

} // namespace

Result<std::string> termToBinary(const Term& term, const EtfOptions& options) {
    auto bytes = Encoder(term, options).run(term);
    if (!bytes || options.compressed <= 0) {
        return bytes;
    }
    const std::string_view payload = std::string_view(*bytes).substr(1);
    constexpr std::size_t kHeaderBytes = 5; // the tag and the size
    const auto packed =
        payload.size() <= kCountMax ? etf::compress(payload, options.compressed) : std::nullopt;
    if (!packed || packed->size() + kHeaderBytes >= payload.size()) {
        return bytes;
    }
    std::string shorter{static_cast<char>(etf::kVersion), static_cast<char>(etf::kCompressed)};
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        shorter.push_back(static_cast<char>(payload.size() >> shift));
    }
    return shorter + *packed;
}

} // namespace grove
