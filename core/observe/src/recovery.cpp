// Sends an exit signal and watches what comes of it.
#include "requests.h"
#include "row_reader.h"
#include "tree_mirror.h"

#include <grove/term/inspect.h>

#include <algorithm>
#include <map>

namespace grove::observe::detail {

namespace {

constexpr auto kDeathLimit = std::chrono::seconds(2);
constexpr auto kTrappedLimit = std::chrono::milliseconds(100);
constexpr auto kRecoveryLimit = std::chrono::seconds(2);
constexpr std::size_t kEventsShown = 8;

/// Compares the places before the signal with those after it.
class Recovery {
public:
    Recovery(State state, Consequences foreseen)
        : m_state(std::move(state)), m_reader(m_state->runtime, m_state->names),
          m_foreseen(std::move(foreseen)), m_events(m_state->runtime.nextEventSequence()),
          m_begin(now()) {
        for (const otp::Place& place : m_state->places.changesSince(0).changed)
            m_before.emplace(place.id, place);
        for (const auto& [id, place] : m_before)
            m_called[id] = place.pid ? m_reader.title(place.pid) : place.title;
        m_outcome.pid = m_foreseen.pid;
        m_outcome.title = m_foreseen.title;
        m_outcome.verdict = m_foreseen.verdict;
    }

    [[nodiscard]] Outcome& outcome() { return m_outcome; }
    /// Looks again. Returns: whether all that was foreseen has come: ends, restarts, reopenings.
    bool look();
    /// The story of it, from the lifecycle events.
    void tell();
    void decideVerdict();

private:
    using Places = std::map<PlaceId, otp::Place>;

    [[nodiscard]] const otp::Place* successorOf(const otp::Place& before,
                                                const Places& after) const;
    [[nodiscard]] std::string textOf(const Event& event) const;
    [[nodiscard]] bool concerns(Pid pid) const;
    [[nodiscard]] bool anApplicationStopped() const;
    [[nodiscard]] bool isAboveTarget(Pid pid) const;

    State m_state;
    RowReader m_reader;
    Consequences m_foreseen;
    std::uint64_t m_events;
    Instant m_begin;
    Places m_before;
    Places m_after;
    std::map<PlaceId, std::string>
        m_called; ///< what the processes at these places said they are called
    std::map<Pid, std::string> m_titles; ///< of all that ended or came
    Outcome m_outcome;
    bool m_gaveUpAbove = false; ///< a supervisor above the target
};

/// The same place with another process, or for a child without a place of its own, a younger one of
/// the same name.
const otp::Place* Recovery::successorOf(const otp::Place& before, const Places& after) const {
    const auto same = after.find(before.id);
    if (same != after.end())
        return same->second.state == otp::PlaceState::Alive && same->second.pid != before.pid
                   ? &same->second
                   : nullptr;
    for (const auto& [id, place] : after)
        if (!m_before.contains(id) && place.title == before.title &&
            place.state == otp::PlaceState::Alive)
            return &place;
    return nullptr;
}

bool Recovery::look() {
    m_after.clear();
    for (const otp::Place& place : m_state->places.changesSince(0).changed)
        m_after[place.id] = place;
    m_outcome.affected.clear();
    m_outcome.successor = {};
    Instant last = m_begin;
    bool isComplete = true;
    for (const auto& [id, before] : m_before) {
        if (before.state != otp::PlaceState::Alive || !before.pid)
            continue;
        const auto same = m_after.find(id);
        const bool untouched = same != m_after.end() && same->second.pid == before.pid &&
                               same->second.state == otp::PlaceState::Alive;
        if (untouched)
            continue;
        Affected affected{
            .pid = before.pid, .place = id, .title = m_called[id], .fate = Fate::Ends};
        m_titles[before.pid] = m_called[id];
        if (const otp::Place* successor = successorOf(before, m_after)) {
            affected.fate = before.reopenedOnUse ? Fate::Reopens : Fate::Restarts;
            m_titles[successor->pid] = m_called[id];
            last = std::max(last, successor->lastChange);
            if (before.pid == m_outcome.pid)
                m_outcome.successor = successor->pid;
        }
        m_outcome.affected.push_back(std::move(affected));
    }
    for (const Affected& expected : m_foreseen.affected) {
        if (!expected.place)
            continue;
        const auto found = std::ranges::find(m_outcome.affected, expected.pid, &Affected::pid);
        isComplete = isComplete && found != m_outcome.affected.end() &&
                     (expected.fate == Fate::Ends || found->fate != Fate::Ends);
    }
    if (m_foreseen.verdict == Verdict::ApplicationStops)
        isComplete = isComplete && anApplicationStopped();
    m_outcome.recovery = last - m_begin;
    const auto target = std::ranges::find(m_outcome.affected, m_outcome.pid, &Affected::pid);
    if (target != m_outcome.affected.end())
        std::rotate(m_outcome.affected.begin(), target, target + 1);
    return isComplete;
}

bool Recovery::anApplicationStopped() const {
    return std::ranges::any_of(m_after, [this](const auto& entry) {
        const auto& [id, place] = entry;
        const auto before = m_before.find(id);
        return place.kind == otp::PlaceKind::Application &&
               place.state == otp::PlaceState::Stopped && before != m_before.end() &&
               before->second.state != otp::PlaceState::Stopped;
    });
}

bool Recovery::isAboveTarget(Pid pid) const {
    const auto byPid = [](Pid wanted) {
        return [wanted](const auto& entry) { return entry.second.pid == wanted; };
    };
    auto at = std::ranges::find_if(m_before, byPid(m_outcome.pid));
    while (at != m_before.end()) {
        at = m_before.find(at->second.parent);
        if (at != m_before.end() && at->second.pid == pid)
            return true;
    }
    return false;
}

bool Recovery::concerns(Pid pid) const {
    return pid == m_outcome.pid || m_titles.contains(pid);
}

std::string Recovery::textOf(const Event& event) const {
    const auto known = m_titles.find(event.pid);
    const std::string title = known != m_titles.end()      ? known->second
                              : event.pid == m_outcome.pid ? m_outcome.title
                                                           : m_reader.title(event.pid);
    switch (event.kind) {
    case EventKind::Spawned:
        return title + " started";
    case EventKind::Exited:
        return title + " ended: " + event.text;
    case EventKind::Restarted:
        return m_reader.title(event.other) + " restarted " + title;
    case EventKind::Escalated:
        return title + " gave up: " + event.text;
    default:
        return {};
    }
}

void Recovery::tell() {
    const EventBatch batch = m_state->runtime.eventsSince(m_events, 4096);
    m_outcome.events.clear();
    m_outcome.gaveUp.clear();
    std::vector<RecoveryEvent> all;
    for (const Event& event : batch.events) {
        if (event.kind == EventKind::Escalated) {
            m_outcome.gaveUp.push_back(m_reader.title(event.pid));
            m_gaveUpAbove = m_gaveUpAbove || isAboveTarget(event.pid);
        } else if (!concerns(event.pid))
            continue;
        if (std::string text = textOf(event); !text.empty())
            all.push_back({event.at - m_begin, std::move(text), event.pid});
    }
    // The beginning and the end say most; what was left out between them is counted.
    if (all.size() <= kEventsShown) {
        m_outcome.events = std::move(all);
        return;
    }
    const std::size_t left = all.size() - (kEventsShown - 1);
    m_outcome.events.assign(all.begin(), all.begin() + 4);
    m_outcome.events.push_back(
        {all[4].after, std::to_string(left) + " more processes ended or started", {}});
    m_outcome.events.insert(m_outcome.events.end(), all.end() - 3, all.end());
}

void Recovery::decideVerdict() {
    const auto target = std::ranges::find(m_outcome.affected, m_outcome.pid, &Affected::pid);
    if (target == m_outcome.affected.end()) {
        m_outcome.verdict = Verdict::NotSupervised;
        return;
    }
    if (anApplicationStopped()) {
        m_outcome.verdict = Verdict::ApplicationStops;
        return;
    }
    if (m_gaveUpAbove) { // what happens elsewhere, by a link, is not the target's verdict
        m_outcome.verdict = Verdict::SupervisorGivesUp;
        return;
    }
    if (target->fate != Fate::Restarts) {
        m_outcome.verdict = Verdict::NotRestarted;
        return;
    }
    const PlaceId parent = m_before[target->place].parent;
    const auto siblings = std::ranges::count_if(m_outcome.affected, [&](const Affected& affected) {
        return affected.pid != m_outcome.pid && affected.fate == Fate::Restarts &&
               m_before[affected.place].parent == parent;
    });
    m_outcome.verdict = siblings == 0 ? Verdict::RestartsAlone
                        : m_before[parent].strategy == otp::Strategy::OneForAll
                            ? Verdict::RestartsAll
                            : Verdict::RestartsRest;
}

} // namespace

grove::Task<> sendExit(State state, Pid pid, Term reason, Replier<Outcome> reply) {
    Consequences foreseen = co_await foresee(state, pid, reason);
    if (foreseen.verdict == Verdict::AlreadyGone) {
        reply(std::unexpected(noSuchProcess(pid)));
        co_return;
    }
    const Verdict expected = foreseen.verdict;
    const bool mayLive = expected == Verdict::MayTrap || expected == Verdict::Ignored;
    const Ref watch = monitor(pid);
    Recovery recovery(state, std::move(foreseen));
    recovery.outcome().reason = inspect(reason, {.bytesMax = 256});
    exit(pid, std::move(reason));
    auto ended = co_await receive(on<Down>(watch),
                                  after(mayLive ? Duration(kTrappedLimit) : Duration(kDeathLimit)));
    if (std::holds_alternative<Timeout>(ended)) {
        demonitor(watch, Flush::Yes);
        recovery.outcome().settled = true;
        reply(std::move(recovery.outcome()));
        co_return;
    }
    const Instant end = addSaturated(now(), kRecoveryLimit);
    for (Duration pause = std::chrono::milliseconds(1);;
         pause = std::min<Duration>(pause * 2, std::chrono::milliseconds(20))) {
        const bool isComplete = recovery.look();
        if (isComplete || now() >= end)
            break;
        reply.progress(recovery.outcome());
        co_await sleep(pause);
    }
    recovery.tell();
    recovery.decideVerdict();
    recovery.outcome().settled = true;
    reply(std::move(recovery.outcome()));
}

} // namespace grove::observe::detail
