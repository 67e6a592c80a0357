#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a tree of supervisors does, written from the numbered scenarios alone: values and
/// recursion, no processes. It knows nothing of the program it is compared with.
namespace model {

enum class Strategy { OneForOne, OneForAll, RestForOne };
enum class Restart { Permanent, Transient, Temporary };
enum class AutoShutdown { Never, AnySignificant, AllSignificant };
enum class Manner {
    Plain,    ///< ends when it is asked to
    Stubborn, ///< does not, and is killed
    Brutal,   ///< is never asked, only killed
    Supervisor,
};

/// A child as its supervisor was told. Ids are unique in the whole tree.
struct Spec {
    int id = 0;
    Manner manner = Manner::Plain;
    Restart restart = Restart::Permanent;
    bool isSignificant = false;
    // Of a supervisor:
    Strategy strategy = Strategy::OneForOne;
    AutoShutdown autoShutdown = AutoShutdown::Never;
    unsigned intensity = 0;
    long periodSeconds = 1;
    std::vector<Spec> children;
};

/// How a worker's start goes.
enum class StartOutcome { Ok, Fails, Ignores };

/// The tree as it should be now. Whatever happens adds lines to its events: `start ID`, `fail ID`,
/// `ignore ID`, `end ID REASON`.
class Tree {
public:
    explicit Tree(Spec root);
    ~Tree();
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    /// The next starts of a worker go like this, before they go well again.
    void planStart(int id, StartOutcome outcome);

    void start();
    /// The root's parent asks it to end.
    void shutDown();
    /// A worker ends by itself, or is killed. Requires: it runs.
    void endWorker(int id, const std::string& reason, long second);
    /// Requires: a supervisor that runs, not the root. The ends among the events have no order.
    void killSupervisor(int id, long second);
    // Returns: `ok`, or the reason why not. Requires: the supervisor runs.
    std::string terminateChild(int supervisor, int id);
    std::string restartChild(int supervisor, int id);
    std::string deleteChild(int supervisor, int id);

    [[nodiscard]] bool isRunning() const { return m_root != nullptr; }
    [[nodiscard]] std::vector<int> runningWorkers() const;
    /// The root is the first.
    [[nodiscard]] std::vector<int> runningSupervisors() const;
    /// Those that a supervisor was started with, forgotten ones included.
    [[nodiscard]] std::vector<int> childrenOf(int supervisor) const;

    [[nodiscard]] std::vector<std::string> takeEvents();

private:
    struct Supervisor;
    struct Child;
    struct Position;

    void say(const char* what, int id, const std::string& reason = {});
    std::string startChild(Supervisor& parent, Child& child);
    std::string startSupervisor(const Spec& spec, Supervisor* parent,
                                std::unique_ptr<Supervisor>& made);
    void stopChild(Child& child);
    void stopChildren(Supervisor& supervisor, std::size_t first, std::size_t except);
    void takeDown(Supervisor& supervisor);
    void childEnded(Supervisor& supervisor, std::size_t index, const std::string& reason);
    void restart(Supervisor& supervisor, std::size_t index);
    std::size_t startGroup(Supervisor& supervisor, std::size_t first, std::size_t last);
    void end(Supervisor& supervisor, const std::string& reason);
    [[nodiscard]] bool allows(Supervisor& supervisor) const;
    [[nodiscard]] Position find(int id) const;
    [[nodiscard]] Supervisor* findSupervisor(int id) const;

    Spec m_spec;
    std::unique_ptr<Supervisor> m_root;
    std::map<int, std::deque<StartOutcome>> m_plans;
    std::vector<std::string> m_events;
    long m_second = 0;
};

} // namespace model
