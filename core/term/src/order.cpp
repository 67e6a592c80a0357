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

/// Value: 1 == 1.0, as `==` and `<` compare. Exact: integers come before floats, as `=:=` and the
/// keys of maps.
enum class Mode : std::uint8_t { Value, Exact };

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
/// goes on `open`. Large maps of one size are not compared here.
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
    case TermKind::Tuple: {
        const auto left = a.elements();
        const auto right = b.elements();
        if (left.size() == right.size() && !left.empty()) {
            open.push({left.data(), right.data(), left.size(), mode});
        }
        return left.size() <=> right.size();
    }
    case TermKind::Cons:
        open.push({&a.tail(), &b.tail(), 1, mode});
        open.push({&a.head(), &b.head(), 1, mode});
        return Order::equivalent;
    case TermKind::Map: {
        if (a.mapSize() == b.mapSize() && a.mapSize() != 0) {
            auto* left = TermAccess::object<detail::MapObject>(a);
            auto* right = TermAccess::object<detail::MapObject>(b);
            open.push({left->values(), right->values(), left->size, mode});
            open.push({left->keys(), right->keys(), left->size, Mode::Exact});
        }
        return a.mapSize() <=> b.mapSize();
    }
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
        if (left.isSame(right)) {
            return Order::equivalent;
        }
        const auto leftRank = rank(left);
        const auto rightRank = rank(right);
        if (leftRank != rightRank) {
            return leftRank <=> rightRank;
        }
        if (left.mapSize() > detail::MapObject::kEntriesMax && left.mapSize() == right.mapSize()) {
            m_joins.push_back({MapJoin(left, right, m_want), mode, m_base = m_open.size()});
            return Order::equivalent;
        }
        return compareShallow(left, right, mode, m_open);
    }

    /// What was opened last is compared: the answer to a question about two maps, or the end.
    /// Returns: whether it is the end.
    bool endPart(Order order) {
        while (!m_joins.empty()) {
            Join& last = m_joins.back();
            while (m_open.size() > last.base) {
                m_open.pop();
            }
            last.join.answer(order);
            if (MapJoin::Question asked{}; last.join.ask(asked)) {
                m_open.push({asked.a, asked.b, 1, asked.areKeys ? Mode::Exact : last.mode});
                return false;
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

bool operator==(const Term& a, const Term& b) noexcept {
    return a.isSame(b) || ((TermAccess::isBoxed(a) || TermAccess::isBoxed(b)) &&
                           Comparison().run(a, b, Mode::Value, Want::Any) == 0);
}

bool equalsExact(const Term& a, const Term& b) noexcept {
    return a.isSame(b) || (TermAccess::isBoxed(a) && TermAccess::isBoxed(b) &&
                           Comparison().run(a, b, Mode::Exact, Want::Any) == 0);
}

std::weak_ordering detail::compareKeys(const Term& a, const Term& b) noexcept {
    return Comparison().run(a, b, Mode::Exact, Want::Order);
}

} // namespace grove
