#pragma once

#include <grove/observe/node.h>

#include <QObject>

#include <map>
#include <vector>

namespace grove::test {

/// A node without a runtime: places and processes that a test writes down, that can be killed and
/// restart as their supervisors would let them. Time stands still until advance(). Answers come
/// through the event loop, as those of a real node do.
class FakeNode : public observe::Node {
public:
    using Time = decltype(observe::Place::lastChange);

    FakeNode();
    ~FakeNode() override;

    // -- writing the system down --------------------------------------------------------------
    struct Spec {
        std::string name;
        observe::PlaceId parent = 0;
        observe::PlaceKind kind = observe::PlaceKind::Worker;
        observe::Strategy strategy = observe::Strategy::OneForOne;
        observe::RestartType restartType = observe::RestartType::Permanent;
        bool ownThread = false;
        std::uint64_t mailbox = 0;
        std::uint32_t index = 0; ///< of the pid; 0: the next one
    };
    /// Adds a place with a process (applications without one).
    observe::PlaceId add(const Spec& spec);
    /// The two applications of the window's pictures: `todo` and `window`.
    static void fillLikeThePictures(FakeNode& node);
    /// Processes without a place, `count` of them.
    void addStrays(std::size_t count);

    // -- what happens -------------------------------------------------------------------------
    Time now() const { return m_now; }
    void advance(std::chrono::nanoseconds by) { m_now += by; }
    /// Ends the process at a place as if by itself.
    void crash(observe::PlaceId id, const std::string& reason);
    /// A place that a dynamic supervisor forgets.
    void forget(observe::PlaceId id);
    /// While held, outcomes stay unsettled and places stay Restarting.
    void holdRestarts(bool hold);
    void setStatus(Pid pid, observe::Status status);
    void work(Pid pid, std::uint64_t reductions);
    void change(observe::PlaceId id, const std::function<void(observe::Place&)>& how);

    observe::PlaceId placeNamed(const std::string& name) const;
    Pid pidOf(const std::string& name) const;
    observe::ProcessInfo& infoOf(Pid pid) { return m_processes.at(pid); }
    std::vector<Term>& mailboxOf(Pid pid) { return m_mailboxes[pid]; }
    void setState(Pid pid, Term state) { m_states[pid] = std::move(state); }
    void setBusy(Pid pid, std::string doing) { m_busy[pid] = std::move(doing); }
    std::vector<std::pair<Pid, Term>> sent;
    std::vector<std::pair<Pid, Term>> exits;
    std::vector<Pid> statesAsked;

    // -- observe::Node ------------------------------------------------------------------------
    observe::NodeSummary summary() override;
    std::vector<observe::ProcessRow> rows(std::span<const Pid> pids) override;
    void order(observe::RowQuery query, Answer<observe::RowOrder> answer) override;
    observe::TreeDelta treeSince(std::uint64_t version) override;
    observe::PlaceId placeOf(Pid pid) override;
    observe::EventPage eventsSince(std::uint64_t sequence, std::size_t count) override;
    void setNotify(std::function<void()> notify) override { m_notify = std::move(notify); }
    void info(Pid pid, std::chrono::milliseconds limit,
              Answer<observe::ProcessInfo> answer) override;
    void mailbox(Pid pid, std::uint64_t first, std::size_t count, std::chrono::milliseconds limit,
                 Answer<observe::MailboxPage> answer) override;
    void state(Pid pid, std::chrono::milliseconds limit,
               Answer<observe::StateView> answer) override;
    void consequences(Pid pid, Term reason, Answer<observe::Consequences> answer) override;
    void exit(Pid pid, Term reason, Answer<observe::Outcome> progress) override;
    void send(Pid pid, Term message, Answer<bool> answer) override;
    void suspend(Pid pid, Answer<bool> answer) override;
    void resume(Pid pid, Answer<bool> answer) override;
    void startApplication(std::string name, Answer<bool> answer) override;

private:
    struct Slot {
        observe::Place place;
        std::uint64_t changedAt = 0;
        bool removed = false;
    };
    struct Recovery;

    observe::Place& at(observe::PlaceId id) { return m_places.at(id).place; }
    void touch(observe::PlaceId id);
    void note(observe::LifecycleKind kind, Pid pid, observe::PlaceId place, std::string text);
    void end(observe::PlaceId id, const std::string& reason, observe::PlaceState then);
    void start(observe::PlaceId id);
    std::vector<observe::PlaceId> below(observe::PlaceId id) const;
    std::vector<observe::PlaceId> restartingWith(observe::PlaceId id) const;
    std::uint32_t used(const observe::Place& supervisor) const;
    observe::Consequences foresee(Pid pid, const Term& reason) const;
    void foreseeSupervised(observe::Consequences& c, observe::PlaceId id) const;
    void restart(const std::shared_ptr<Recovery>& recovery);
    void later(std::function<void()> run);
    void notifyLater();
    template <class T> void answerLater(Answer<T> answer, Result<T> value) {
        later([answer = std::make_shared<Answer<T>>(std::move(answer)), value = std::move(value)] {
            (*answer)(value);
        });
    }
    Pid newPid();
    void newProcess(observe::PlaceId id, Pid pid);

    QObject m_context; ///< answers that have not come when the node ends never come
    Time m_now{std::chrono::hours(100)};
    std::map<observe::PlaceId, Slot> m_places;
    std::map<Pid, observe::ProcessInfo> m_processes;
    std::map<Pid, std::vector<Term>> m_mailboxes;
    std::map<Pid, Term> m_states;
    std::map<Pid, std::string> m_busy;
    std::vector<observe::LifecycleEvent> m_events;
    std::vector<std::shared_ptr<Recovery>> m_waiting;
    std::function<void()> m_notify;
    std::uint64_t m_version = 0;
    observe::PlaceId m_nextPlace = 1;
    std::uint32_t m_nextIndex = 97;
    bool m_hold = false;
    bool m_notifying = false;
};

} // namespace grove::test
