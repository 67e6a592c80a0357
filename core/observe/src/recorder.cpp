#include "recorder.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <algorithm>
#include <optional>

namespace grove::observe::detail {

namespace {

/// After it told of something it lets what follows gather. An event reaches an observer at most
/// that late.
constexpr auto kRest = std::chrono::milliseconds(30);

/// Hears of new lifecycle events and changes of the tree, and tells the window of them. While
/// nothing happens it sleeps: a look every 30 ms would keep a scheduler and the watchdog awake.
///
/// What it saw is its whole memory: after a restart it tells once and goes on from there.
class EventRecorder final : public otp::GenServer<EventRecorder> {
public:
    struct State {
        std::uint64_t nextEvent = 0;
        std::uint64_t treeVersion = 0;
        std::uint64_t eventsSeen = 0;
        std::uint64_t timesTold = 0;
        GROVE_MAP_FIELDS(State, nextEvent, treeVersion, eventsSeen, timesTold)
    };

    otp::Init init(std::shared_ptr<LocalState> node, std::function<void()> tell) {
        m_node = std::move(node);
        m_tell = std::move(tell);
        m_tell();
        m_restsUntil = now() + kRest;
        return otp::Init::ok(State{.nextEvent = m_node->runtime.nextEventSequence(),
                                   .treeVersion = m_node->places.version()})
            .timeout(kRest);
    }

    /// Something changed, or a stranger wrote: that must not end the looking.
    otp::Next handleInfo(Term message) {
        if (message.isAtom(eventsWord()))
            m_hearsEvents = false;
        else if (message.isAtom(placesWord()))
            m_hearsPlaces = false;
        if (m_restsUntil)
            return otp::Next().timeout(std::max(Duration::zero(), *m_restsUntil - now()));
        if (m_hearsEvents && m_hearsPlaces)
            return otp::Next();
        look();
        return rest();
    }

    /// The rest is over.
    otp::Next handleTimeout() {
        m_restsUntil.reset();
        listen();
        return look() ? rest() : otp::Next();
    }

private:
    static Atom eventsWord() {
        static const Atom word = atom("events");
        return word;
    }
    static Atom placesWord() {
        static const Atom word = atom("places");
        return word;
    }

    otp::Next rest() {
        m_restsUntil = now() + kRest;
        return otp::Next().timeout(kRest);
    }

    /// Asks to be told of the next change; look afterwards.
    void listen() {
        Runtime* const runtime = &m_node->runtime;
        const auto writes = [runtime, pid = self()](Atom word) {
            return [runtime, pid, word] { static_cast<void>(runtime->send(pid, Term(word))); };
        };
        if (!std::exchange(m_hearsEvents, true))
            runtime->onNextEvent(writes(eventsWord()));
        if (!std::exchange(m_hearsPlaces, true))
            m_node->places.onNextChange(writes(placesWord()));
    }

    /// Returns: whether there was something to tell.
    bool look() {
        const std::uint64_t next = m_node->runtime.nextEventSequence();
        const std::uint64_t version = m_node->places.version();
        if (next == state().nextEvent && version == state().treeVersion)
            return false;
        state().eventsSeen += next - state().nextEvent;
        state().nextEvent = next;
        state().treeVersion = version;
        ++state().timesTold;
        m_tell();
        return true;
    }

    std::shared_ptr<LocalState> m_node;
    std::function<void()> m_tell;
    std::optional<Instant> m_restsUntil;
    bool m_hearsEvents = false;
    bool m_hearsPlaces = false;
};

} // namespace

otp::ChildSpec recorderSpec(std::shared_ptr<LocalState> state, std::function<void()> tell) {
    return otp::worker<EventRecorder>(std::move(state), std::move(tell)).label("Event recorder");
}

} // namespace grove::observe::detail
