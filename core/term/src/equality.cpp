#include "access.h"
#include "identifiers.h"
#include "map_node.h"
#include "numbers.h"
#include "order.h"

#include <grove/term/term.h>

#include <cstring>

namespace grove {

namespace {

using detail::BoxedKind;
using detail::Header;
using Mode = detail::CompareMode;

/// Terms within terms, so deep; what is deeper is compared without recursion.
constexpr unsigned kDepthMax = 48;

bool areEqual(const Term& a, const Term& b, Mode mode, unsigned depth) noexcept;

bool areAllEqual(const Term* a, const Term* b, std::size_t count, Mode mode,
                 unsigned depth) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        if (!a[i].isSame(b[i]) && !areEqual(a[i], b[i], mode, depth)) {
            return false;
        }
    }
    return true;
}

bool areListsEqual(const Term& left, const Term& right, Mode mode, unsigned depth) noexcept {
    const Term* a = &left;
    const Term* b = &right;
    do {
        const auto* x = TermAccess::object<detail::ConsObject>(*a);
        const auto* y = TermAccess::object<detail::ConsObject>(*b);
        if (!x->head.isSame(y->head) && !areEqual(x->head, y->head, mode, depth)) {
            return false;
        }
        a = &x->tail;
        b = &y->tail;
        if (a->isSame(*b)) {
            return true;
        }
    } while (a->isCons() && b->isCons());
    return areEqual(*a, *b, mode, depth);
}

/// The form of nodes depends on the keys alone, so equal maps have equal nodes; those of two
/// versions that both have are the same and need no look.
GROVE_COUNTS_BITS bool areNodesEqual(const detail::MapNode& a, const detail::MapNode& b, Mode mode,
                                     unsigned depth) noexcept {
    if (a.dataMap != b.dataMap || a.nodeMap != b.nodeMap || a.size != b.size ||
        a.flags != b.flags) {
        return false;
    }
    const Term* x = a.cells();
    const Term* y = b.cells();
    const Term* const nodes = x + 2 * a.entryCount();
    const Term* const end = x + a.cellCount();
    for (; x < nodes; x += 2, y += 2) {
        if ((!x[0].isSame(y[0]) && !areEqual(x[0], y[0], Mode::Exact, depth)) ||
            (!x[1].isSame(y[1]) && !areEqual(x[1], y[1], mode, depth))) {
            return false;
        }
    }
    for (; x < end; ++x, ++y) {
        if (!x->isSame(*y) &&
            !areNodesEqual(*TermAccess::object<detail::MapNode>(*x),
                           *TermAccess::object<detail::MapNode>(*y), mode, depth)) {
            return false;
        }
    }
    return true;
}

bool areMapsEqual(Header* a, Header* b, Mode mode, unsigned depth) noexcept {
    if (a->size != b->size) {
        return false;
    }
    if (a->flags == detail::MapNode::kTree) {
        return areNodesEqual(*static_cast<detail::MapNode*>(a), *static_cast<detail::MapNode*>(b),
                             mode, depth);
    }
    auto* x = static_cast<detail::MapObject*>(a);
    auto* y = static_cast<detail::MapObject*>(b);
    return areAllEqual(x->keys(), y->keys(), a->size, Mode::Exact, depth) &&
           areAllEqual(x->values(), y->values(), a->size, mode, depth);
}

/// Two objects of one kind.
bool areObjectsEqual(const Term& a, const Term& b, Mode mode, unsigned depth) noexcept {
    Header* const x = TermAccess::header(a);
    Header* const y = TermAccess::header(b);
    switch (x->kind) {
    case BoxedKind::Tuple:
        return x->size == y->size &&
               areAllEqual(static_cast<detail::TupleObject*>(x)->elements(),
                           static_cast<detail::TupleObject*>(y)->elements(), x->size, mode, depth);
    case BoxedKind::Binary: {
        auto* left = static_cast<detail::BinaryObject*>(x);
        auto* right = static_cast<detail::BinaryObject*>(y);
        return left->byteCount == right->byteCount && x->flags == y->flags &&
               std::memcmp(left->bytes(), right->bytes(), left->byteCount) == 0;
    }
    case BoxedKind::Map:
        return areMapsEqual(x, y, mode, depth);
    case BoxedKind::Cons:
        return areListsEqual(a, b, mode, depth);
    case BoxedKind::Float:
        return static_cast<detail::FloatObject*>(x)->value ==
               static_cast<detail::FloatObject*>(y)->value;
    case BoxedKind::BigInt:
        return x->size == y->size && x->flags == y->flags &&
               std::memcmp(static_cast<detail::BigIntObject*>(x)->limbs(),
                           static_cast<detail::BigIntObject*>(y)->limbs(),
                           x->size * sizeof(std::uint64_t)) == 0;
    case BoxedKind::Identifier:
        return x->flags == y->flags && detail::compareIdentifiers(a, b) == 0;
    case BoxedKind::Function:
        return detail::areEqualAtAnyDepth(a, b, mode);
    case BoxedKind::MapNode:
        break; // areNodesEqual() has done them
    }
    GROVE_UNREACHABLE("a boxed value of no kind");
}

/// Terms that are not the same. Recurses so deep at most.
bool areEqual(const Term& a, const Term& b, Mode mode, unsigned depth) noexcept {
    if (TermAccess::isBoxed(a) && TermAccess::isBoxed(b) &&
        TermAccess::header(a)->kind == TermAccess::header(b)->kind) {
        return depth > 0 ? areObjectsEqual(a, b, mode, depth - 1)
                         : detail::areEqualAtAnyDepth(a, b, mode);
    }
    return mode == Mode::Value && (a.isFloat() || b.isFloat()) && a.isNumber() && b.isNumber() &&
           numbers::compare(a, b) == 0;
}

} // namespace

bool operator==(const Term& a, const Term& b) noexcept {
    return a.isSame(b) || areEqual(a, b, Mode::Value, kDepthMax);
}

bool equalsExact(const Term& a, const Term& b) noexcept {
    return a.isSame(b) || areEqual(a, b, Mode::Exact, kDepthMax);
}

} // namespace grove
