#include "recorder.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

namespace grove::observe::detail {

namespace {

/// How late a lifecycle event may reach an observer. Looking costs two loads when nothing happened.
constexpr auto kLookEvery = std::chrono::milliseconds(30);

/// Looks for new lifecycle events and changes of the tree, and tells the window when there are
/// some.
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
        return otp::Init::ok(State{.nextEvent = m_node->runtime.nextEventSequence(),
                                   .treeVersion = m_node->places.version()})
            .timeout(kLookEvery);
    }

    otp::Next handleTimeout() {
        const std::uint64_t next = m_node->runtime.nextEventSequence();
        const std::uint64_t version = m_node->places.version();
        if (next != state().nextEvent || version != state().treeVersion) {
            state().eventsSeen += next - state().nextEvent;
            state().nextEvent = next;
            state().treeVersion = version;
            ++state().timesTold;
            m_tell();
        }
        return otp::Next().timeout(kLookEvery);
    }

    /// A message from a stranger must not end the looking.
    otp::Next handleInfo(Term) { return otp::Next().timeout(Duration::zero()); }

private:
    std::shared_ptr<LocalState> m_node;
    std::function<void()> m_tell;
};

} // namespace

otp::ChildSpec recorderSpec(std::shared_ptr<LocalState> state, std::function<void()> tell) {
    return otp::worker<EventRecorder>(std::move(state), std::move(tell)).label("Event recorder");
}

} // namespace grove::observe::detail
