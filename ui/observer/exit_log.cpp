#include <ui/observer/exit_log.h>
#include <ui/observer/format.h>

namespace grove::ui {

void ExitLog::record(const observe::LifecycleEvent& event) {
    using observe::LifecycleKind;
    if (event.kind == LifecycleKind::Exited || event.kind == LifecycleKind::Restarted ||
        event.kind == LifecycleKind::GaveUp) {
        m_story.push_back(event);
        if (m_story.size() > kStoryMax)
            m_story.pop_front();
    }
    if (event.kind != observe::LifecycleKind::Exited || m_exits.contains(event.pid))
        return;
    const bool byPerson = m_expected.erase(event.pid) > 0;
    m_exits.emplace(event.pid, Exit{event.pid, text(event.text), event.at, byPerson});
    m_order.push_back(event.pid);
    if (m_order.size() > kExitsMax) {
        m_exits.erase(m_order.front());
        m_order.pop_front();
    }
}

void ExitLog::expect(Pid pid) {
    if (const auto known = m_exits.find(pid); known != m_exits.end()) {
        known->second.byPerson = true;
        return;
    }
    if (m_expected.size() >= kExitsMax)
        m_expected.clear();
    m_expected.insert(pid);
}

const ExitLog::Exit* ExitLog::find(Pid pid) const {
    const auto found = m_exits.find(pid);
    return found == m_exits.end() ? nullptr : &found->second;
}

} // namespace grove::ui
