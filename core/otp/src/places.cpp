#include "seam_allocator.h"

#include <grove/otp/places.h>
#include <grove/otp/restart_period.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace grove::otp {

namespace {

constexpr std::size_t kRemovedMax = 4'096;
constexpr std::uint64_t kRemovedWordsMax = 1U << 17;    // of their reasons and ids: 1 MiB
constexpr std::uint32_t kRemovedReasonWordsMax = 4'096; // of one of them
constexpr std::size_t kRestartTimesMax = 256;

/// The reason itself, or what it begins with where it is too large to be kept for long.
Term shortened(Term reason) {
    while (reason.flatWords() > kRemovedReasonWordsMax && reason.tupleSize() > 0)
        reason = Term(reason.element(0));
    return reason.flatWords() > kRemovedReasonWordsMax ? Term(atom("too_large")) : reason;
}

/// A child's id under its parent.
struct Key {
    PlaceId parent;
    Term childId;
    [[nodiscard]] friend bool operator==(const Key& a, const Key& b) noexcept {
        return a.parent == b.parent && equalsExact(a.childId, b.childId);
    }
};
/// Not noexcept: so the table keeps the hashes.
struct KeyHash {
    std::size_t operator()(const Key& key) const {
        return hashOf(key.childId) ^ (key.parent * 0x9E37'79B9'7F4A'7C15ULL);
    }
};

template <class K, class V, class Hash = std::hash<K>>
using Table =
    std::unordered_map<K, V, Hash, std::equal_to<K>, SeamAllocator<std::pair<const K, V>>>;

} // namespace

struct Places::Board {
    struct Node {
        Place place;
        std::uint64_t version = 0;
        Node* older = nullptr; // by the latest change
        Node* newer = nullptr;
        Node* above = nullptr; // the parent's; none: a root
        Node* firstBelow = nullptr;
        Node* lastBelow = nullptr;
        Node* before = nullptr; // among its siblings, in the order of their ids
        Node* behind = nullptr;
        bool hasKey = false;
        Pid keeper; // of a supervisor: the process that writes about it and its children
    };
    struct Removal {
        std::uint64_t version;
        Place place;
        [[nodiscard]] std::uint64_t words() const noexcept {
            return std::uint64_t{place.lastReason.flatWords()} + place.childId.flatWords();
        }
    };

    std::uint64_t version = 1; // 0 asks for everything
    PlaceId lastId = 0;
    Table<PlaceId, Node> nodes;
    Node* newest = nullptr;
    Table<std::uint64_t, PlaceId> byPid;
    Table<Key, PlaceId, KeyHash> byKey;
    std::deque<Removal> removals;      // the latest last
    std::uint64_t removedWords = 0;    // of all of them
    std::uint64_t forgottenBefore = 0; // removals up to this version are not remembered

    Node* find(PlaceId id) {
        const auto at = nodes.find(id);
        return at == nodes.end() ? nullptr : &at->second;
    }
    void touch(Node& node) {
        node.version = ++version;
        if (newest == &node)
            return;
        unlink(node);
        append(node);
    }
    void append(Node& node) {
        node.older = newest;
        if (newest != nullptr)
            newest->newer = &node;
        newest = &node;
    }
    /// Out of the order of changes.
    void unlink(Node& node) {
        if (node.older != nullptr)
            node.older->newer = node.newer;
        if (node.newer != nullptr)
            node.newer->older = node.older;
        if (newest == &node)
            newest = node.older;
        node.older = node.newer = nullptr;
    }
    Node& make(PlaceId parent) {
        const PlaceId id = ++lastId;
        Node& node = nodes[id];
        node.place.id = id;
        node.place.parent = parent;
        append(node);
        node.above = find(parent);
        if (node.above != nullptr)
            join(node);
        return node;
    }
    /// As the last of those below: ids only grow.
    static void join(Node& node) {
        Node& above = *node.above;
        node.before = above.lastBelow;
        (node.before != nullptr ? node.before->behind : above.firstBelow) = &node;
        above.lastBelow = &node;
    }
    static void leave(Node& node) {
        Node& above = *node.above;
        (node.before != nullptr ? node.before->behind : above.firstBelow) = node.behind;
        (node.behind != nullptr ? node.behind->before : above.lastBelow) = node.before;
    }
    static void take(Place& place, PlaceKind kind, const ChildSpec& spec) {
        place.kind = kind;
        place.childId = spec.id();
        place.title = spec.title();
        place.behaviour = spec.behaviour();
        place.ownThread = spec.options().ownThread;
        place.isSignificant = spec.isSignificant();
        place.reopenedOnUse = spec.isReopenedOnUse();
        place.restart = spec.restart();
        place.shutdown = spec.shutdown();
    }
    /// As many as its supervisor counts, see RestartWindow.
    static void addRestartTime(Place& place, Instant at, Intensity intensity) {
        std::vector<Instant>& times = place.restartTimes;
        times.push_back(at);
        const std::size_t kept = std::min<std::size_t>(kRestartTimesMax, intensity.restarts);
        std::size_t gone = times.size() > kept ? times.size() - kept : 0;
        while (gone < times.size() && !restartCounts(times[gone], at, intensity.period))
            ++gone;
        times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(gone));
    }
    [[nodiscard]] Node* findFor(PlaceId id, Pid by) {
        Node* node = find(id);
        if (node == nullptr || !by || node->keeper == by)
            return node;
        const Node* const above = node->above;
        return above == nullptr || !above->keeper || above->keeper == by ? node : nullptr;
    }
    void end(Node& node, const Term& reason, PlaceState state, Instant at) {
        if (node.place.state == PlaceState::Alive) {
            node.place.lastReason = reason;
            node.place.lastEnd = at;
        }
        node.place.state = state;
        node.place.lastChange = at;
        touch(node);
    }
    /// Those below end with it, whatever state they were in.
    void endBelow(const Node& node, const Term& reason, Instant at) {
        for (Node* child = node.firstBelow; child != nullptr; child = child->behind) {
            if (child->place.state == PlaceState::Alive ||
                child->place.state == PlaceState::Restarting)
                end(*child, reason, PlaceState::NotStarted, at);
            endBelow(*child, reason, at);
        }
    }
    void remove(Node& node) {
        if (node.above != nullptr)
            leave(node);
        forget(node);
    }
    /// With those below, which go first; whoever is above does not know it any more.
    void forget(Node& node) {
        const PlaceId id = node.place.id;
        for (Node* child = node.firstBelow; child != nullptr;)
            forget(*std::exchange(child, child->behind));
        if (node.hasKey)
            byKey.erase(Key{node.place.parent, node.place.childId});
        if (const auto filled = byPid.find(node.place.pid.raw());
            filled != byPid.end() && filled->second == id)
            byPid.erase(filled);
        unlink(node);
        remember({++version, std::move(node.place)});
        nodes.erase(id);
    }
    /// Who asks after one that was forgotten is given everything there is.
    void remember(Removal removal) {
        removal.place.restartTimes = {};
        removal.place.lastReason = shortened(std::move(removal.place.lastReason));
        removedWords += removal.words();
        removals.push_back(std::move(removal));
        while (removals.size() > kRemovedMax || removedWords > kRemovedWordsMax) {
            forgottenBefore = removals.front().version;
            removedWords -= removals.front().words();
            removals.pop_front();
        }
    }
};

Places::Places() : m_board(std::make_unique<Board>()) {}
Places::~Places() = default;

Places::Delta Places::changesSince(std::uint64_t version) const {
    const Lock lock(m_mutex);
    Delta delta;
    delta.version = m_board->version;
    delta.isWhole = version < m_board->forgottenBefore || version == 0;
    for (const Board::Node* node = m_board->newest; node != nullptr; node = node->older) {
        if (!delta.isWhole && node->version <= version)
            break;
        delta.changed.push_back(node->place);
    }
    std::ranges::sort(delta.changed, {}, &Place::id);
    if (!delta.isWhole) {
        for (auto at = m_board->removals.rbegin();
             at != m_board->removals.rend() && at->version > version; ++at)
            delta.removed.push_back(at->place);
        std::ranges::reverse(delta.removed);
    }
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
    const Lock lock(m_mutex);
    const Board::Node* node = m_board->find(id);
    return node == nullptr ? std::nullopt : std::optional(node->place);
}

PlaceId Places::placeOf(Pid pid) const {
    const Lock lock(m_mutex);
    const auto at = m_board->byPid.find(pid.raw());
    return at == m_board->byPid.end() ? 0 : at->second;
}

std::vector<Place> Places::childrenOf(PlaceId parent) const {
    const Lock lock(m_mutex);
    std::vector<Place> children;
    if (const Board::Node* node = m_board->find(parent))
        for (const Board::Node* child = node->firstBelow; child != nullptr; child = child->behind)
            children.push_back(child->place);
    std::ranges::sort(children, {},
                      [](const Place& place) { return std::pair(place.order, place.id); });
    return children;
}

PlaceId Places::ensure(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    const auto [known, isNew] = m_board->byKey.try_emplace(Key{parent, spec.id()});
    Board::Node& node = isNew ? m_board->make(parent) : *m_board->find(known->second);
    node.hasKey = true;
    known->second = node.place.id;
    Board::take(node.place, kind, spec);
    node.place.order = order;
    m_board->touch(node);
    return node.place.id;
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
    Place& place = node->place;
    if (place.pid)
        m_board->byPid.erase(place.pid.raw());
    if (pid)
        m_board->byPid[pid.raw()] = id;
    if (place.state == PlaceState::Restarting)
        place.lastRecovery = at - place.lastEnd;
    place.pid = pid;
    place.state = PlaceState::Alive;
    place.lastChange = at;
    m_board->touch(*node);
}

void Places::setEnded(PlaceId id, const Term& reason, PlaceState state, Instant at, Pid by) {
    const ChangeWatch::Notice notice(m_watch);
    const Lock lock(m_mutex);
    if (Board::Node* node = m_board->findFor(id, by)) {
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
