#include "places_board.h"

#include <algorithm>
#include <utility>

namespace grove::otp {

Places::Places() : m_board(std::make_unique<Board>()) {}
Places::~Places() = default;

Places::Delta Places::changesSince(std::uint64_t version) const {
    Delta delta;
    {
        const Lock lock(m_mutex);
        delta.version = m_board->version;
        delta.isWhole = version < m_board->forgottenBefore || version == 0;
        for (const Board::Node* node = m_board->present.newest;
             node != nullptr && (delta.isWhole || node->version > version); node = node->older)
            delta.changed.push_back(node->place);
        if (!delta.isWhole)
            for (const Board::Node* node = m_board->removals.newest;
                 node != nullptr && node->version > version; node = node->older)
                delta.removed.push_back(node->place);
    }
    std::ranges::sort(delta.changed, {}, &Place::id);
    std::ranges::reverse(delta.removed);
    Board::giveTitles(delta.changed);
    Board::giveTitles(delta.removed);
    return delta;
}

std::uint64_t Places::version() const {
    const Lock lock(m_mutex);
    return m_board->version;
}

void Places::onNextChange(ChangeWatch::Tell tell) {
    m_watch.add(std::move(tell));
}

std::optional<Place> Places::find(PlaceId id) const {
    std::optional<Place> found;
    {
        const Lock lock(m_mutex);
        if (const Board::Node* const node = m_board->find(id))
            found = node->place;
    }
    if (found)
        Board::giveTitle(*found);
    return found;
}

PlaceId Places::placeOf(Pid pid) const {
    const Lock lock(m_mutex);
    const Board::Node* const node = m_board->findByPid(pid);
    return node == nullptr ? 0 : node->place.id;
}

std::vector<Place> Places::childrenOf(PlaceId parent) const {
    std::vector<Place> children;
    {
        const Lock lock(m_mutex);
        if (const Board::Node* const node = m_board->find(parent))
            for (const Board::Node* child = node->firstBelow; child != nullptr;
                 child = child->behind)
                children.push_back(child->place);
    }
    Board::giveTitles(children);
    std::ranges::sort(children, {},
                      [](const Place& place) { return std::pair(place.order, place.id); });
    return children;
}

PlaceId Places::ensure(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    return m_board->ensure(parent, order, kind, spec).place.id;
}

std::vector<PlaceId> Places::ensureAll(PlaceId parent, std::span<const ChildSpec> specs) {
    constexpr std::size_t kSlice = 64; // as long as a few copies need
    std::vector<PlaceId> ids;
    ids.reserve(specs.size());
    PlaceId last = 0;
    bool areNew = true;
    while (ids.size() < specs.size()) {
        const ChangeWatch::Notice notice(m_watch);
        const Lock lock(m_mutex);
        // Below are none but those made here, unless somebody else has been there.
        areNew = areNew && m_board->isLastBelow(parent, last);
        const std::size_t end = std::min(ids.size() + kSlice, specs.size());
        for (std::size_t at = ids.size(); at < end; ++at) {
            const PlaceKind kind = specs[at].type() == ChildType::Supervisor ? PlaceKind::Supervisor
                                                                             : PlaceKind::Worker;
            const auto order = static_cast<std::uint32_t>(at);
            last = (areNew ? m_board->addChild(parent, order, kind, specs[at])
                           : m_board->ensure(parent, order, kind, specs[at]))
                       .place.id;
            ids.push_back(last);
        }
    }
    return ids;
}

PlaceId Places::add(PlaceId parent, PlaceKind kind, const ChildSpec& spec) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    Board::Node& node = m_board->make(parent);
    Board::take(node.place, kind, spec);
    node.place.order = static_cast<std::uint32_t>(node.place.id);
    m_board->touch(node);
    return node.place.id;
}

void Places::setSupervisor(PlaceId id, PlaceKind kind, Strategy strategy, Intensity intensity,
                           Pid keeper) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->find(id)) {
        if (node->place.kind != PlaceKind::Application)
            node->place.kind = kind;
        node->place.strategy = strategy;
        node->place.intensity = intensity;
        node->place.restartTimes.clear();
        node->keeper = keeper;
        m_board->touch(*node);
    }
}

void Places::setSpec(PlaceId id, const ChildSpec& spec, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
        Board::take(node->place, node->place.kind, spec);
        m_board->touch(*node);
    }
}

void Places::setOrder(PlaceId id, std::uint32_t order, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by);
        node != nullptr && node->place.order != order) {
        node->place.order = order;
        m_board->touch(*node);
    }
}

void Places::setStarted(PlaceId id, Pid pid, Instant at, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    Board::Node* node = m_board->findFor(id, by);
    if (node == nullptr)
        return;
    m_board->fetchForStart(*node);
    Place& place = node->place;
    m_board->fill(*node, pid);
    if (place.state == PlaceState::Restarting)
        place.lastRecovery = at - place.lastEnd;
    place.state = PlaceState::Alive;
    place.lastChange = at;
    m_board->touch(*node);
}

void Places::setEnded(PlaceId id, const Term& reason, PlaceState state, Instant at, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
        m_board->fetchForStop(*node);
        m_board->end(*node, reason, state, at);
        m_board->endBelow(*node, reason, at);
    }
}

void Places::setRestarts(PlaceId id, std::uint32_t restarts, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
        node->place.restarts = restarts;
        m_board->touch(*node);
    }
}

void Places::setRestartTimes(PlaceId id, std::vector<Instant> times, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
        node->place.restartTimes = std::move(times);
        m_board->touch(*node);
    }
}

void Places::addRestartTime(PlaceId id, Instant at, Intensity intensity, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
        Board::addRestartTime(node->place, at, intensity);
        m_board->touch(*node);
    }
}

void Places::remove(PlaceId id, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by))
        m_board->remove(*node);
}

} // namespace grove::otp
