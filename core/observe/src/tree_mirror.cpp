#include "tree_mirror.h"

#include <grove/term/inspect.h>

#include <algorithm>

namespace grove::observe::detail {

namespace {

constexpr std::chrono::seconds kGoneFor{10};
constexpr std::size_t kRemovedMax =
    65536; // a reader asks many times a second and never lags so far
constexpr std::size_t kReasonBytesMax = 256;

std::chrono::steady_clock::time_point steady(Instant at) {
    return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

PlaceState stateOf(otp::PlaceState state) {
    switch (state) {
    case otp::PlaceState::Alive:
        return PlaceState::Alive;
    case otp::PlaceState::Restarting:
        return PlaceState::Restarting;
    case otp::PlaceState::Stopped:
        return PlaceState::Stopped;
    case otp::PlaceState::NotStarted:
        break;
    }
    return PlaceState::NotStarted;
}

} // namespace

Place observed(const otp::Place& place) {
    Place out;
    out.id = place.id;
    out.parent = place.parent;
    out.order = place.order;
    out.kind = static_cast<PlaceKind>(place.kind);
    out.state = stateOf(place.state);
    out.name = place.title;
    out.behaviour = place.behaviour;
    out.pid = place.pid;
    out.ownThread = place.ownThread;
    out.restartType = static_cast<RestartType>(place.restart);
    out.reopens = place.reopenedOnUse;
    out.strategy = static_cast<Strategy>(place.strategy);
    out.intensity = place.intensity.restarts;
    out.period = std::chrono::duration_cast<std::chrono::milliseconds>(place.intensity.period);
    for (Instant at : place.restartTimes)
        out.restartTimes.push_back(steady(at));
    out.restarts = place.restarts;
    if (!place.lastReason.isNone())
        out.lastReason = inspect(place.lastReason, {.bytesMax = kReasonBytesMax});
    out.lastRecovery = place.lastRecovery;
    out.lastChange = steady(place.lastChange);
    return out;
}

TreeMirror::TreeMirror(Runtime& runtime)
    : m_runtime(runtime), m_places(extension<otp::Places>(runtime)) {}

/// A process may say itself what it is called, and change it: a list's server is named after its
/// list.
void TreeMirror::readLabels() {
    for (auto& [id, kept] : m_kept) {
        if (kept.place.state != PlaceState::Alive || !kept.place.pid)
            continue;
        const auto row = m_runtime.peekRow(kept.place.pid);
        if (!row || !row->label || row->label->name() == kept.place.name)
            continue;
        kept.place.name = row->label->name();
        kept.changedIn = ++m_version;
    }
}

void TreeMirror::take(Place place) {
    const auto before = m_kept.find(place.id);
    if (before != m_kept.end() && before->second.place.pid == place.pid)
        place.name = before->second.place.name;
    m_gone.erase(place.id);
    m_kept[place.id] = Kept{std::move(place), m_version};
}

void TreeMirror::expireGone(Instant now) {
    std::erase_if(m_gone, [&](const auto& gone) {
        const auto& [id, since] = gone;
        if (now - since < kGoneFor)
            return false;
        m_restartsOfRemoved += m_kept[id].place.restarts;
        m_kept.erase(id);
        m_removed.emplace_back(++m_version, id);
        return true;
    });
    if (m_removed.size() > kRemovedMax)
        m_removed.erase(m_removed.begin(), m_removed.end() - kRemovedMax / 2);
}

void TreeMirror::sync() {
    const Instant now = m_runtime.clock().now();
    auto delta = m_places.changesSince(m_read);
    if (delta.version != m_read)
        ++m_version;
    m_read = delta.version;
    if (delta.isWhole) {
        std::map<PlaceId, Kept> before;
        before.swap(m_kept);
        for (otp::Place& place : delta.changed)
            before.erase(place.id);
        for (auto& [id, kept] : before) {
            if (!m_gone.contains(id)) {
                kept.place.state = PlaceState::Gone;
                kept.changedIn = m_version;
                m_gone[id] = now;
            }
            m_kept[id] = std::move(kept);
        }
    }
    for (const otp::Place& place : delta.changed)
        take(observed(place));
    for (const otp::Place& removed : delta.removed) {
        Place place = observed(removed);
        place.state = PlaceState::Gone;
        place.lastChange = steady(now);
        take(std::move(place));
        m_gone[removed.id] = now;
    }
    readLabels();
    expireGone(now);
}

TreeDelta TreeMirror::since(std::uint64_t version) {
    sync();
    TreeDelta delta{.version = m_version, .changed = {}, .removed = {}};
    for (const auto& [id, kept] : m_kept)
        if (version == 0 || kept.changedIn > version)
            delta.changed.push_back(kept.place);
    if (version != 0)
        for (const auto& [at, id] : m_removed)
            if (at > version)
                delta.removed.push_back(id);
    return delta;
}

std::uint64_t TreeMirror::restarts() {
    if (m_places.version() != m_read)
        sync();
    std::uint64_t sum = m_restartsOfRemoved;
    for (const auto& [id, kept] : m_kept)
        sum += kept.place.restarts;
    return sum;
}

PlaceId TreeMirror::placeOf(Pid pid) {
    if (const PlaceId id = m_places.placeOf(pid))
        return id;
    const auto found = std::ranges::find_if(
        m_kept, [pid](const auto& kept) { return kept.second.place.pid == pid; });
    return found == m_kept.end() ? 0 : found->first;
}

} // namespace grove::observe::detail
