#include "index.h"

namespace grove::ets {

void Index::collect(const Term* key, Direction direction, std::size_t wanted,
                    std::vector<Cell>& to) const {
    const bool isForward = direction == Direction::Forward;
    if (!m_isOrdered) {
        std::optional<TableRows::Probe> probe;
        if (key != nullptr)
            probe.emplace(TableRows::probe(*key));
        const TableRows::Probe* const from = probe ? &*probe : nullptr;
        return isForward ? m_hash.collectAfter(from, wanted, to)
                         : m_hash.collectBefore(from, wanted, to);
    }
    Tree::Place place;
    if (key == nullptr)
        place = isForward ? m_tree.first() : m_tree.last();
    else
        place = isForward ? m_tree.after(*key) : m_tree.before(*key);
    // The rest of this leaf.
    for (; place && to.size() < wanted; isForward ? ++place.index : --place.index) {
        to.push_back(place.value());
        if (isForward ? place.index + 1 == place.leaf->count : place.index == 0)
            break;
    }
}

void Index::look(const Term& key, Spot& spot) noexcept {
    if (m_isOrdered) {
        m_tree.look(key, spot.m_inTree);
        spot.m_value = spot.m_inTree.isThere ? spot.m_inTree.value() : 0;
    } else {
        const TableRows::Probe probe = TableRows::probe(key);
        spot.m_hash = probe.hash;
        spot.m_place = m_hash.find(probe);
        spot.m_value = spot.m_place.cell;
    }
}

void Index::replace(const Spot& spot, Term value) {
    if (m_isOrdered)
        m_tree.replace(spot.m_inTree, std::move(value));
    else
        m_hash.replace(spot.m_place, toCell(std::move(value)));
}

void Index::add(const Spot& spot, const Term& key, Term value) {
    if (m_isOrdered)
        m_tree.add(spot.m_inTree, key, std::move(value));
    else
        m_hash.add({key, spot.m_hash}, toCell(std::move(value)));
}

void Index::remove(const Spot& spot) {
    if (m_isOrdered)
        m_tree.remove(spot.m_inTree);
    else
        m_hash.remove(spot.m_place);
}

} // namespace grove::ets
