#include "map_join.h"

#include "access.h"

#include <grove/term/key_order.h>

namespace grove::detail {

namespace {

using At = MapWalk::At;
using Order = std::weak_ordering;

} // namespace

MapJoin::MapJoin(const Term& a, const Term& b, Want want) noexcept : m_want(want) {
    m_a.start(TermAccess::object<MapNode>(a));
    m_b.start(TermAccess::object<MapNode>(b));
}

bool MapJoin::askAbout(Asked what, const Term& a, const Term& b, Question& question) noexcept {
    m_asked = what;
    question = {&a, &b, what != Asked::Values};
    return true;
}

/// The key makes a difference: it decides if it is before those that were found.
void MapJoin::onlyOneHas(const Term& key, std::weak_ordering result) noexcept {
    m_candidate = &key;
    m_candidateResult = result;
    if (!m_isKeyDifferent) {
        // A key that only one has counts before all values.
        m_isKeyDifferent = true;
        m_first = nullptr;
    }
}

bool MapJoin::ask(Question& question) noexcept {
    while (!m_isDecided) {
        if (m_candidate != nullptr) {
            if (m_first != nullptr) {
                return askAbout(Asked::IsFirst, *m_candidate, *m_first, question);
            }
            m_first = m_candidate;
            m_result = m_candidateResult;
            m_candidate = nullptr;
            m_isDecided = m_want == Want::Any;
        } else if (m_sameKeyA != nullptr) {
            return askAbout(Asked::Values, m_sameKeyA[1], m_sameKeyB[1], question);
        } else if (walk(question)) {
            return true;
        }
    }
    return false;
}

/// Goes to the next entries to ask about, or to a difference.
bool MapJoin::walk(Question& question) noexcept {
    for (;;) {
        const At a = m_a.at();
        const At b = m_b.at();
        if (a == At::Node || b == At::Node) {
            if (a == b && m_a.node() == m_b.node()) {
                m_a.skip();
                m_b.skip();
                continue;
            }
            if (a == At::Node) {
                m_a.enter();
            }
            if (b == At::Node) {
                m_b.enter();
            }
        } else if (a == At::Entry && b == At::Entry) {
            if (m_a.entry()->isSame(*m_b.entry())) {
                answerKeys(Order::equivalent);
                return false;
            }
            return askAbout(Asked::Keys, *m_a.entry(), *m_b.entry(), question);
        } else if (a == At::Entry) {
            onlyOneHas(*m_a.entry(), Order::less);
            m_a.skip();
            return false;
        } else if (b == At::Entry) {
            onlyOneHas(*m_b.entry(), Order::greater);
            m_b.skip();
            return false;
        } else {
            m_isDecided = true;
            return false;
        }
    }
}

/// The keys at which both walks are compare so.
void MapJoin::answerKeys(std::weak_ordering order) noexcept {
    const Term* const a = m_a.entry();
    const Term* const b = m_b.entry();
    if (order == 0) {
        m_a.skip();
        m_b.skip();
        if (!m_isKeyDifferent && !a[1].isSame(b[1])) {
            m_sameKeyA = a;
            m_sameKeyB = b;
        }
        return;
    }
    const std::uint32_t hashA = keyHash(*a);
    const std::uint32_t hashB = keyHash(*b);
    if (hashA != hashB ? hashA < hashB : order < 0) {
        onlyOneHas(*a, Order::less);
        m_a.skip();
    } else {
        onlyOneHas(*b, Order::greater);
        m_b.skip();
    }
}

void MapJoin::answer(std::weak_ordering order) noexcept {
    switch (std::exchange(m_asked, Asked::Nothing)) {
    case Asked::Nothing:
        return;
    case Asked::Keys:
        return answerKeys(order);
    case Asked::Values:
        m_candidateResult = order;
        m_candidate = order == 0 ? nullptr : m_sameKeyA;
        m_sameKeyA = nullptr;
        return;
    case Asked::IsFirst:
        if (order < 0) {
            m_first = m_candidate;
            m_result = m_candidateResult;
        }
        m_candidate = nullptr;
        return;
    }
}

} // namespace grove::detail
