#pragma once

#include <grove/observe/node.h>
#include <ui/observer/subject.h>

#include <QString>

#include <deque>
#include <unordered_map>
#include <unordered_set>

namespace grove::ui {

/// How processes ended, as far back as the observer remembers, so that it can speak of those that
/// are gone. Bounded: the oldest is forgotten beyond kExitsMax. Threads: the window's only.
class ExitLog {
public:
    static constexpr std::size_t kExitsMax = 4096;

    struct Exit {
        Pid pid;
        QString reason; ///< printed
        TimePoint at{};
        bool byPerson = false; ///< somebody at this window ended it
    };

    /// What is kept of the lifecycle of places, for "Why?".
    static constexpr std::size_t kStoryMax = 2048;

    void record(const observe::LifecycleEvent& event);
    /// Exits, restarts and supervisors that gave up, oldest first.
    const std::deque<observe::LifecycleEvent>& story() const { return m_story; }
    /// The next exit of this process is a person's doing.
    void expect(Pid pid);
    const Exit* find(Pid pid) const;

private:
    std::unordered_map<Pid, Exit> m_exits;
    std::deque<Pid> m_order;
    std::unordered_set<Pid> m_expected;
    std::deque<observe::LifecycleEvent> m_story;
};

} // namespace grove::ui
