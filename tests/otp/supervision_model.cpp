#include "supervision_model.h"

#include <algorithm>
#include <utility>

namespace model {

enum class Status { Stopped, Running, Restarting };

struct Tree::Child {
    const Spec* spec = nullptr;
    Status status = Status::Stopped;
    std::unique_ptr<Supervisor> inside; // of a supervisor that runs
};

struct Tree::Supervisor {
    const Spec* spec = nullptr;
    Supervisor* parent = nullptr;
    std::vector<Child> children; // in the order of their starts
    std::vector<long> restarts;  // seconds

    void drop(std::size_t index) {
        children.erase(children.begin() + static_cast<std::ptrdiff_t>(index));
    }
};

struct Tree::Position {
    Supervisor* supervisor = nullptr;
    std::size_t index = 0;
};

namespace {

constexpr std::size_t kNone = ~std::size_t{0};
const std::string kStarted;            // no reason: it runs
const std::string kIgnored = "ignore"; // S-028: no process, and no failure

bool isQuiet(const std::string& reason) {
    return reason == "normal" || reason == "shutdown" || reason.starts_with("{shutdown,");
}

} // namespace

Tree::Tree(Spec root) : m_spec(std::move(root)) {}
Tree::~Tree() = default;

void Tree::planStart(int id, StartOutcome outcome) {
    m_plans[id].push_back(outcome);
}

std::vector<std::string> Tree::takeEvents() {
    return std::exchange(m_events, {});
}

void Tree::say(const char* what, int id, const std::string& reason) {
    std::string line = std::string(what) + ' ' + std::to_string(id);
    m_events.push_back(reason.empty() ? line : line + ' ' + reason);
}

// -- starting and stopping

std::string Tree::startChild(Supervisor& parent, Child& child) {
    std::string failure = kStarted;
    if (child.spec->manner == Manner::Supervisor) {
        failure = startSupervisor(*child.spec, &parent, child.inside);
    } else {
        std::deque<StartOutcome>& plan = m_plans[child.spec->id];
        const StartOutcome outcome = plan.empty() ? StartOutcome::Ok : plan.front();
        if (!plan.empty())
            plan.pop_front();
        say(outcome == StartOutcome::Ok      ? "start"
            : outcome == StartOutcome::Fails ? "fail"
                                             : "ignore",
            child.spec->id);
        failure = outcome == StartOutcome::Ok      ? kStarted
                  : outcome == StartOutcome::Fails ? "failed"
                                                   : kIgnored;
    }
    child.status = failure == kStarted ? Status::Running : Status::Stopped;
    return failure;
}

/// S-001: in order. S-026: one that fails takes those before it down, and the start fails.
std::string Tree::startSupervisor(const Spec& spec, Supervisor* parent,
                                  std::unique_ptr<Supervisor>& made) {
    say("start", spec.id);
    auto supervisor = std::make_unique<Supervisor>();
    supervisor->spec = &spec;
    supervisor->parent = parent;
    for (const Spec& child : spec.children)
        supervisor->children.push_back(Child{.spec = &child});
    for (std::size_t i = 0; i < supervisor->children.size();) {
        Child& child = supervisor->children[i];
        const std::string failure = startChild(*supervisor, child);
        if (failure == kIgnored && child.spec->restart == Restart::Temporary) {
            supervisor->drop(i);
        } else if (failure == kStarted || failure == kIgnored) {
            ++i;
        } else {
            const std::string reason = "{shutdown,{failed_to_start_child," +
                                       std::to_string(child.spec->id) + ',' + failure + "}}";
            stopChildren(*supervisor, 0, kNone);
            say("end", spec.id, reason);
            return reason;
        }
    }
    made = std::move(supervisor);
    return kStarted;
}

/// S-043, S-044, S-047: how a child ends that is asked to.
void Tree::stopChild(Child& child) {
    if (child.status == Status::Running) {
        if (child.inside)
            takeDown(*child.inside);
        const bool ends = child.spec->manner == Manner::Plain || child.inside;
        say("end", child.spec->id, ends ? "shutdown" : "killed");
        child.inside.reset();
    }
    child.status = Status::Stopped;
}

/// S-002: last first. S-017: temporary ones are forgotten.
void Tree::stopChildren(Supervisor& supervisor, std::size_t first, std::size_t except) {
    for (std::size_t i = supervisor.children.size(); i-- > first;) {
        if (i == except)
            continue;
        stopChild(supervisor.children[i]);
        if (supervisor.children[i].spec->restart == Restart::Temporary)
            supervisor.drop(i);
    }
}

void Tree::takeDown(Supervisor& supervisor) {
    stopChildren(supervisor, 0, kNone);
}

void Tree::start() {
    startSupervisor(m_spec, nullptr, m_root);
}

void Tree::shutDown() {
    takeDown(*m_root);
    say("end", m_spec.id, "shutdown");
    m_root.reset();
}

// -- when a child ends

void Tree::endWorker(int id, const std::string& reason, long second) {
    m_second = second;
    const Position at = find(id);
    say("end", id, reason);
    childEnded(*at.supervisor, at.index, reason);
}

/// S-050: workers get `killed`; supervisors below end in good order, with that reason.
void Tree::killSupervisor(int id, long second) {
    m_second = second;
    const Position at = find(id);
    Child& killed = at.supervisor->children[at.index];
    for (Child& child : killed.inside->children) {
        if (child.status != Status::Running)
            continue;
        if (child.inside)
            takeDown(*child.inside);
        say("end", child.spec->id, "killed");
    }
    say("end", id, "killed");
    killed.inside.reset();
    childEnded(*at.supervisor, at.index, "killed");
}

/// S-010, S-011, S-012 say who is started again; S-058, S-059, S-060 whether the supervisor ends.
void Tree::childEnded(Supervisor& supervisor, std::size_t index, const std::string& reason) {
    Child& child = supervisor.children[index];
    const Spec& spec = *child.spec;
    child.status = Status::Stopped;
    if (spec.restart == Restart::Permanent ||
        (spec.restart == Restart::Transient && !isQuiet(reason))) {
        restart(supervisor, index);
        return;
    }
    if (spec.restart == Restart::Temporary)
        supervisor.drop(index);
    const bool isAnotherLeft = std::ranges::any_of(supervisor.children, [](const Child& other) {
        return other.spec->isSignificant && other.status != Status::Stopped;
    });
    const AutoShutdown how = supervisor.spec->autoShutdown;
    if (spec.isSignificant && (how == AutoShutdown::AnySignificant ||
                               (how == AutoShutdown::AllSignificant && !isAnotherLeft)))
        end(supervisor, "shutdown");
}

/// S-006, S-009: whole seconds; an old restart counts while it is no more than the period ago.
bool Tree::allows(Supervisor& supervisor) const {
    std::erase_if(supervisor.restarts,
                  [&](long then) { return m_second - then > supervisor.spec->periodSeconds; });
    supervisor.restarts.push_back(m_second);
    return supervisor.restarts.size() <= supervisor.spec->intensity;
}

/// S-015, S-016, S-018, S-020; S-023: a start that fails is a further restart; S-025: whose.
void Tree::restart(Supervisor& supervisor, std::size_t index) {
    while (index != kNone) {
        supervisor.children[index].status = Status::Stopped;
        if (!allows(supervisor)) {
            end(supervisor, "shutdown"); // S-007
            return;
        }
        switch (supervisor.spec->strategy) {
        case Strategy::OneForOne:
            index = startGroup(supervisor, index, index + 1);
            break;
        case Strategy::RestForOne:
            stopChildren(supervisor, index + 1, kNone);
            index = startGroup(supervisor, index, supervisor.children.size());
            break;
        case Strategy::OneForAll:
            stopChildren(supervisor, 0, index);
            index = startGroup(supervisor, 0, supervisor.children.size());
            break;
        }
    }
}

/// Returns: the one that failed.
std::size_t Tree::startGroup(Supervisor& supervisor, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last;) {
        Child& child = supervisor.children[i];
        const std::string failure = startChild(supervisor, child);
        if (failure == kIgnored && child.spec->restart == Restart::Temporary) {
            supervisor.drop(i);
            --last;
        } else if (failure == kStarted || failure == kIgnored) {
            ++i;
        } else {
            child.status = Status::Restarting;
            return i;
        }
    }
    return kNone;
}

/// The supervisor stops its children and ends; its own supervisor hears of it (S-056, S-057).
void Tree::end(Supervisor& supervisor, const std::string& reason) {
    takeDown(supervisor);
    say("end", supervisor.spec->id, reason);
    if (supervisor.parent == nullptr) {
        m_root.reset();
        return;
    }
    const Position at = find(supervisor.spec->id);
    at.supervisor->children[at.index].inside.reset();
    childEnded(*at.supervisor, at.index, reason);
}

// -- what can be asked of a supervisor

/// S-037.
std::string Tree::terminateChild(int supervisor, int id) {
    Supervisor& parent = *findSupervisor(supervisor);
    const Position at = find(id);
    if (at.supervisor != &parent)
        return "not_found";
    stopChild(parent.children[at.index]);
    if (parent.children[at.index].spec->restart == Restart::Temporary)
        parent.drop(at.index);
    return "ok";
}

/// S-038.
std::string Tree::restartChild(int supervisor, int id) {
    Supervisor& parent = *findSupervisor(supervisor);
    const Position at = find(id);
    if (at.supervisor != &parent)
        return "not_found";
    Child& child = parent.children[at.index];
    if (child.status == Status::Running)
        return "running";
    const std::string failure = startChild(parent, child);
    return failure == kStarted || failure == kIgnored ? "ok" : failure;
}

/// S-039.
std::string Tree::deleteChild(int supervisor, int id) {
    Supervisor& parent = *findSupervisor(supervisor);
    const Position at = find(id);
    if (at.supervisor != &parent)
        return "not_found";
    if (parent.children[at.index].status == Status::Running)
        return "running";
    parent.drop(at.index);
    return "ok";
}

// -- looking around

namespace {

template <class Supervisor, class Visit> void visit(Supervisor& supervisor, const Visit& each) {
    each(supervisor);
    for (auto& child : supervisor.children)
        if (child.inside)
            visit(*child.inside, each);
}

} // namespace

Tree::Position Tree::find(int id) const {
    Position found;
    visit(*m_root, [&](Supervisor& supervisor) {
        for (std::size_t i = 0; i < supervisor.children.size(); ++i)
            if (supervisor.children[i].spec->id == id)
                found = {.supervisor = &supervisor, .index = i};
    });
    return found;
}

Tree::Supervisor* Tree::findSupervisor(int id) const {
    Supervisor* found = nullptr;
    visit(*m_root, [&](Supervisor& supervisor) {
        if (supervisor.spec->id == id)
            found = &supervisor;
    });
    return found;
}

std::vector<int> Tree::runningWorkers() const {
    std::vector<int> ids;
    if (m_root)
        visit(*m_root, [&](const Supervisor& supervisor) {
            for (const Child& child : supervisor.children)
                if (child.status == Status::Running && !child.inside)
                    ids.push_back(child.spec->id);
        });
    return ids;
}

std::vector<int> Tree::runningSupervisors() const {
    std::vector<int> ids;
    if (m_root)
        visit(*m_root, [&](const Supervisor& supervisor) { ids.push_back(supervisor.spec->id); });
    return ids;
}

std::vector<int> Tree::childrenOf(int supervisor) const {
    std::vector<int> ids;
    for (const Spec& child : findSupervisor(supervisor)->spec->children)
        ids.push_back(child.id);
    return ids;
}

} // namespace model
