#include "order.h"

#include "access.h"
#include "identifiers.h"
#include "map_join.h"
#include "numbers.h"
#include "small_stack.h"

#include <grove/term/function.h>
#include <grove/term/term.h>

#include <algorithm>
#include <vector>

namespace grove {

namespace {

using Order = std::weak_ordering;

using Mode = detail::CompareMode;

/// Pairs of terms still to compare: `count` of them, `a[i]` with `b[i]`.
struct Open {
    const Term* a;
    const Term* b;
    std::size_t count;
    Mode mode;
};

/// Lists and the empty list are compared as one kind only when both are lists.
std::uint8_t rank(const Term& term) noexcept {
    const TermKind kind = term.kind();
    return static_cast<std::uint8_t>(kind == TermKind::Float ? TermKind::Integer : kind);
}

Order compareBits(const Term& a, const Term& b) noexcept {
    const BitsView left = *a.asBits();
    const BitsView right = *b.asBits();
    const std::size_t common = std::min(left.bitCount, right.bitCount);
    if (common >= 8) {
        const int bytes = std::memcmp(left.bytes, right.bytes, common / 8);
        if (bytes != 0) {
            return bytes <=> 0;
        }
    }
    if (const unsigned rest = common % 8; rest != 0) {
        const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
        const int x = left.bytes[common / 8] & mask;
        const int y = right.bytes[common / 8] & mask;
        if (x != y) {
            return x <=> y;
        }
    }
    return left.bitCount <=> right.bitCount;
}

/// As Erlang does: functions with code before names of functions; those with code by module, place
/// and what they close over (which goes on `open`), neither by arity nor by the code's MD5. A
/// registered C++ function counts as its name.
template <class Stack>
Order compareFunctions(const Term& a, const Term& b, Mode mode, Stack& open) noexcept {
    const FunctionView left = *asFunction(a);
    const FunctionView right = *asFunction(b);
    const bool isOpaque = left.kind == FunctionKind::Opaque;
    if (isOpaque != (right.kind == FunctionKind::Opaque)) {
        return isOpaque ? Order::less : Order::greater;
    }
    if (const auto order = compareNames(left.module, right.module); order != 0) {
        return order;
    }
    if (!isOpaque) {
        const auto byName = compareNames(left.name, right.name);
        return byName != 0 ? byName : left.arity <=> right.arity;
    }
    const auto bound = left.opaque.environment;
    const auto otherBound = right.opaque.environment;
    if (left.opaque.index != right.opaque.index) {
        return left.opaque.index <=> right.opaque.index;
    }
    if (left.opaque.oldUniq != right.opaque.oldUniq) {
        return left.opaque.oldUniq <=> right.opaque.oldUniq;
    }
    if (bound.size() == otherBound.size() && !bound.empty()) {
        open.push({bound.data(), otherBound.data(), bound.size(), mode});
    }
    return bound.size() <=> otherBound.size();
}

/// Compares two terms of the same rank as far as their own content goes; what is inside of them
/// goes on `open`. Not for tuples and maps.
template <class Stack> Order compareShallow(const Term& a, const Term& b, Mode mode, Stack& open) {
    switch (a.kind()) {
    case TermKind::None:
    case TermKind::Nil:
        return Order::equivalent;
    case TermKind::Integer:
    case TermKind::Float:
        if (mode == Mode::Exact && a.isFloat() != b.isFloat()) {
            return a.isFloat() ? Order::greater : Order::less;
        }
        return numbers::compare(a, b);
    case TermKind::Atom:
        return compareNames(*a.asAtom(), *b.asAtom());
    case TermKind::Pid:
    case TermKind::Port:
    case TermKind::Ref:
        return detail::compareIdentifiers(a, b);
    case TermKind::Function:
        return compareFunctions(a, b, mode, open);
    case TermKind::Bitstring:
        return compareBits(a, b);
    case TermKind::Cons:
        open.push({&a.tail(), &b.tail(), 1, mode});
        open.push({&a.head(), &b.head(), 1, mode});
        return Order::equivalent;
    case TermKind::Tuple:
    case TermKind::Map:
        break; // compareBoxed() has done them
    }
    GROVE_UNREACHABLE("a term of no kind");
}

using detail::MapJoin;
using Want = MapJoin::Want;

/// Compares terms of any depth without recursion.
class Comparison {
public:
    Order run(const Term& a, const Term& b, Mode mode, Want want) {
        m_want = want;
        m_open.push({&a, &b, 1, mode});
        for (;;) {
            const Order order = m_open.size() > m_base ? compareNext() : Order::equivalent;
            if ((order != 0 || m_open.size() == m_base) && endPart(order)) {
                return m_result;
            }
        }
    }

private:
    /// Two large maps under comparison; `base` is what was open before.
    struct Join {
        MapJoin join;
        Mode mode;
        std::size_t base;
    };

    Order compareNext() {
        Open& next = m_open.top();
        // What is the same needs no look; often that is nearly everything.
        while (next.count > 1 && next.a->isSame(*next.b)) {
            ++next.a;
            ++next.b;
            --next.count;
        }
        const Term& left = *next.a;
        const Term& right = *next.b;
        const Mode mode = next.mode;
        if (next.count <= 1) {
            m_open.pop();
        } else {
            ++next.a;
            ++next.b;
            --next.count;
        }
        return left.isSame(right) ? Order::equivalent : compareTerms(left, right, mode);
    }

    /// Compares two terms as far as their own content goes and opens what is inside of them.
    Order compareTerms(const Term& left, const Term& right, Mode mode) {
        if (TermAccess::isBoxed(left) && TermAccess::isBoxed(right) &&
            TermAccess::header(left)->kind == TermAccess::header(right)->kind) {
            return compareBoxed(left, right, mode);
        }
        const auto leftRank = rank(left);
        const auto rightRank = rank(right);
        return leftRank != rightRank ? Order(leftRank <=> rightRank)
                                     : compareShallow(left, right, mode, m_open);
    }

    /// Two objects of one kind: what terms mostly are on the way down.
    Order compareBoxed(const Term& left, const Term& right, Mode mode) {
        switch (TermAccess::header(left)->kind) {
        case detail::BoxedKind::Map:
            return compareMaps(left, right, mode);
        case detail::BoxedKind::Tuple: {
            const auto a = left.elements();
            const auto b = right.elements();
            if (a.size() == b.size()) {
                open(a.data(), b.data(), a.size(), mode);
            }
            return a.size() <=> b.size();
        }
        case detail::BoxedKind::Binary:
            if (const auto a = left.asBinary(), b = right.asBinary(); a && b) {
                return *a <=> *b;
            }
            return compareBits(left, right);
        default:
            const auto leftRank = rank(left);
            const auto rightRank = rank(right);
            return leftRank != rightRank ? Order(leftRank <=> rightRank)
                                         : compareShallow(left, right, mode, m_open);
        }
    }

    Order compareMaps(const Term& left, const Term& right, Mode mode) {
        const std::size_t size = left.mapSize();
        if (size != right.mapSize()) {
            return size <=> right.mapSize();
        }
        if (size > detail::MapObject::kEntriesMax) {
            m_joins.push_back({MapJoin(left, right, m_want), mode, m_base = m_open.size()});
            return Order::equivalent;
        }
        auto* a = TermAccess::object<detail::MapObject>(left);
        auto* b = TermAccess::object<detail::MapObject>(right);
        open(a->values(), b->values(), size, mode);
        open(a->keys(), b->keys(), size, Mode::Exact);
        return Order::equivalent;
    }

    /// Terms side by side, of which those in front that are the same need no look.
    void open(const Term* a, const Term* b, std::size_t count, Mode mode) {
        while (count > 0 && a->isSame(*b)) {
            ++a;
            ++b;
            --count;
        }
        if (count > 0) {
            m_open.push({a, b, count, mode});
        }
    }

    /// What was opened last is compared: the answer to a question about two maps, or the end.
    /// Returns: whether it is the end.
    bool endPart(Order order) {
        while (!m_joins.empty()) {
            Join& last = m_joins.back();
            while (m_open.size() > last.base) {
                m_open.pop();
            }
            const std::size_t joins = m_joins.size();
            last.join.answer(order);
            for (MapJoin::Question asked{}; last.join.ask(asked); last.join.answer(order)) {
                order = compareTerms(*asked.a, *asked.b, asked.areKeys ? Mode::Exact : last.mode);
                if (m_joins.size() > joins || (order == 0 && m_open.size() > m_base)) {
                    return false;
                }
                while (m_open.size() > m_base) {
                    m_open.pop();
                }
            }
            order = last.join.result();
            m_joins.pop_back();
            m_base = m_joins.empty() ? 0 : m_joins.back().base;
            if (order == 0 && m_open.size() > m_base) {
                return false;
            }
        }
        m_result = order;
        return true;
    }

    detail::SmallStack<Open, 16> m_open;
    std::vector<Join> m_joins;
    std::size_t m_base = 0; ///< The last join's.
    Order m_result = Order::equivalent;
    Want m_want = Want::Order;
};

} // namespace

std::weak_ordering compare(const Term& a, const Term& b) noexcept {
    return a.isSame(b) ? Order::equivalent : Comparison().run(a, b, Mode::Value, Want::Order);
}

bool detail::areEqualAtAnyDepth(const Term& a, const Term& b, CompareMode mode) noexcept {
    return Comparison().run(a, b, mode, Want::Any) == 0;
}

std::weak_ordering detail::compareKeys(const Term& a, const Term& b) noexcept {
    return Comparison().run(a, b, Mode::Exact, Want::Order);
}

} // namespace grove
