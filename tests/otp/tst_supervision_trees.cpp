// Random trees of supervisors under random crashes do, event by event, what the model of them does.
// `SEED=7` runs one tree and prints what it does; `SEEDS=100` runs the first hundred.
#include "supervision_model.h"
#include "support/sim_fixture.h"

#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>

#include <QTest>

#include <algorithm>
#include <array>
#include <iostream>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using model::Manner;
using model::StartOutcome;

namespace {

constexpr int kRoot = 0;

// -- a random tree

class TreeMaker {
public:
    explicit TreeMaker(Random& random) : m_random(random) {}

    model::Spec supervisor(int depth = 0) {
        model::Spec spec{.id = m_nextId++, .manner = Manner::Supervisor};
        spec.strategy = static_cast<model::Strategy>(m_random.below(3));
        spec.autoShutdown = m_random.once(3)
                                ? static_cast<model::AutoShutdown>(1 + m_random.below(2))
                                : model::AutoShutdown::Never;
        spec.intensity = static_cast<unsigned>(m_random.below(5));
        spec.periodSeconds = static_cast<long>(1 + m_random.below(4));
        for (auto children = 1 + m_random.below(4); children > 0; --children) {
            model::Spec child = depth < 2 && m_random.once(3) ? supervisor(depth + 1) : worker();
            child.restart = static_cast<model::Restart>(m_random.below(3));
            child.isSignificant = spec.autoShutdown != model::AutoShutdown::Never &&
                                  child.restart != model::Restart::Permanent && m_random.once(2);
            spec.children.push_back(std::move(child));
        }
        return spec;
    }

private:
    model::Spec worker() {
        constexpr std::array kManners{Manner::Plain, Manner::Plain, Manner::Stubborn,
                                      Manner::Brutal};
        return {.id = m_nextId++, .manner = kManners[m_random.below(kManners.size())]};
    }

    Random& m_random;
    int m_nextId = kRoot;
};

// -- the same tree as processes

using Plans = std::map<int, std::deque<StartOutcome>>;

void say(const std::string& line) {
    Runtime::current().postEvent(EventKind::Custom, self(), {}, Atom(), 0, line);
}

/// Ends with the reason that is sent to it, and with any exit signal that it does not trap.
Task<> work() {
    for (;;) {
        auto got = co_await receive(on<Exit>(), any());
        if (auto* signal = std::get_if<Exit>(&got)) {
            if (!signal->reason.isAtom(atoms::shutdown))
                grove::exit(std::move(signal->reason));
        } else {
            grove::exit(std::get<Message>(got).term());
        }
    }
}

Task<otp::StartResult> startWorker(Plans* plans, int id, Manner manner) {
    StartOutcome outcome = StartOutcome::Ok;
    if (auto& plan = (*plans)[id]; !plan.empty()) {
        outcome = plan.front();
        plan.pop_front();
    }
    const std::string number = ' ' + std::to_string(id);
    if (outcome == StartOutcome::Fails) {
        say("fail" + number);
        co_return otp::StartResult::error("failed"_atom);
    }
    if (outcome == StartOutcome::Ignores) {
        say("ignore" + number);
        co_return otp::StartResult::ignore();
    }
    say("start" + number);
    co_return otp::StartResult::ok(
        spawnOpt({.link = true, .trapExit = manner == Manner::Stubborn, .observed = true}, work)
            .pid);
}

Task<otp::StartResult> startSupervisor(int id, otp::StartFunction start,
                                       otp::StartOptions options) {
    say("start " + std::to_string(id));
    co_return co_await start(std::move(options));
}

otp::ChildSpec childSpec(const model::Spec& spec, Plans* plans);

otp::ChildSpec supervisorSpec(const model::Spec& spec, Plans* plans) {
    otp::SupervisorOptions options{
        .strategy = static_cast<otp::Strategy>(spec.strategy),
        .intensity = {spec.intensity, std::chrono::seconds(spec.periodSeconds)},
        .autoShutdown = static_cast<otp::AutoShutdown>(spec.autoShutdown)};
    for (const model::Spec& child : spec.children)
        options.children.push_back(childSpec(child, plans));
    const auto start = otp::anonymousSupervisor(spec.id, std::move(options)).start();
    otp::ChildSpec made(spec.id, [id = spec.id, start](otp::StartOptions told) {
        return startSupervisor(id, start, std::move(told));
    });
    return made.type(otp::ChildType::Supervisor).shutdown(otp::Shutdown::infinity());
}

otp::ChildSpec workerSpec(const model::Spec& spec, Plans* plans) {
    otp::ChildSpec made(spec.id, [id = spec.id, manner = spec.manner, plans](otp::StartOptions) {
        return startWorker(plans, id, manner);
    });
    return made.shutdown(spec.manner == Manner::Brutal ? otp::Shutdown::brutalKill()
                                                       : otp::Shutdown(1ms));
}

otp::ChildSpec childSpec(const model::Spec& spec, Plans* plans) {
    otp::ChildSpec made =
        spec.manner == Manner::Supervisor ? supervisorSpec(spec, plans) : workerSpec(spec, plans);
    if (spec.isSignificant)
        made.significant();
    return made.restart(static_cast<otp::Restart>(spec.restart));
}

/// As the model writes reasons: `{shutdown,x}`.
std::string reasonText(std::string inspected) {
    std::erase_if(inspected, [](char c) { return c == ' ' || c == ':'; });
    return inspected;
}
std::string printed(const Term& term) {
    return reasonText(inspect(term));
}

/// Does with a child of a supervisor what it is asked to. Returns: the answer.
Task<std::string> carryOut(Atom what, Pid supervisor, Term id) {
    if (what == "restart"_atom) {
        const auto restarted = co_await otp::Supervisor::restartChild(supervisor, std::move(id));
        co_return restarted.isError() ? printed(restarted.reason()) : "ok";
    }
    const Result<void> done =
        what == "delete"_atom ? co_await otp::Supervisor::deleteChild(supervisor, std::move(id))
                              : co_await otp::Supervisor::terminateChild(supervisor, std::move(id));
    co_return done ? "ok" : std::string(done.error().code.name());
}

/// The parent of the root: `{Request, Supervisor, Id}`, or `shutdown`.
Task<> ownTree(const otp::ChildSpec* root, Pid* rootPid) {
    setTrapExit(TrapExit::Yes);
    *rootPid = (co_await otp::startLink(*root)).pid();
    for (;;) {
        auto got = co_await receive(on<Exit>(*rootPid), any());
        if (const auto* ended = std::get_if<Exit>(&got)) {
            say("end 0 " + printed(ended->reason));
            co_return;
        }
        const Term request = std::get<Message>(got).term();
        if (request.isTuple(3))
            say("answer " + co_await carryOut(request.element(0).toAtom(),
                                              request.element(1).toPid(), request.element(2)));
        else
            grove::exit(*rootPid, request);
    }
}

// -- both, side by side

enum class Step { Crash, FailedStart, IgnoredStart, Kill, Stranger, Terminate, Restart, Delete };
constexpr std::array kSteps{Step::Crash, Step::Crash,       Step::Crash,       Step::Crash,
                            Step::Crash, Step::FailedStart, Step::FailedStart, Step::IgnoredStart,
                            Step::Kill,  Step::Stranger,    Step::Terminate,   Step::Restart,
                            Step::Delete};
constexpr std::size_t kStepKinds = 8;
using StepCounts = std::array<int, kStepKinds>;

class World {
public:
    World(std::uint64_t seed, StepCounts& counts)
        : m_random(seed), m_counts(counts), m_spec(TreeMaker(m_random).supervisor()),
          m_model(m_spec), m_root(childSpec(m_spec, &m_plans)), m_simulation({.seed = seed}) {
        extension<otp::Logger>(m_simulation.runtime()).setLevel(otp::LogLevel::Critical);
    }

    /// Returns: nothing, or where the two part.
    std::string run() {
        m_simulation.advance(100ms);
        m_owner = m_simulation.runtime().spawn(ownTree, &m_root, &m_rootPid);
        m_model.start();
        std::string fault = compare("start");
        for (int i = 0; i < 12 && fault.empty() && m_model.isRunning(); ++i) {
            letTimePass();
            fault = step(kSteps[m_random.below(kSteps.size())]);
        }
        if (fault.empty() && m_model.isRunning()) {
            m_simulation.runtime().send(m_owner, Term(atoms::shutdown));
            m_model.shutDown();
            fault = compare("the parent ends it");
        }
        return fault;
    }

private:
    [[nodiscard]] Runtime& runtime() { return m_simulation.runtime(); }
    [[nodiscard]] long second() const {
        return std::chrono::floor<std::chrono::seconds>(m_simulation.now().time_since_epoch())
            .count();
    }
    /// Steps begin at 0.1 or 0.6 of a second, or at once: none of them crosses a second.
    void letTimePass() {
        const Instant at = m_simulation.now();
        const Duration within = at.time_since_epoch() % 500ms;
        const auto moments = m_random.below(8);
        if (moments < 4 && within < 300ms)
            return;
        m_simulation.advance(600ms - within + (moments < 4 ? 0 : moments - 4) * 500ms);
    }
    int anyOf(const std::vector<int>& ids) { return ids[m_random.below(ids.size())]; }
    /// Both know how the next starts of some worker go.
    void planStarts(int id, StartOutcome outcome, std::uint64_t times) {
        for (; times > 0; --times) {
            m_plans[id].push_back(outcome);
            m_model.planStart(id, outcome);
        }
    }

    std::string step(Step step) {
        const std::vector<int> workers = m_model.runningWorkers();
        const std::vector<int> supervisors = m_model.runningSupervisors();
        ++m_counts[static_cast<std::size_t>(step)];
        switch (step) {
        case Step::FailedStart:
            if (!workers.empty())
                planStarts(anyOf(workers), StartOutcome::Fails, 1 + m_random.below(4));
            [[fallthrough]];
        case Step::Crash:
            return workers.empty() ? std::string() : crash(anyOf(workers));
        case Step::IgnoredStart:
            if (workers.empty())
                return {};
            planStarts(anyOf(workers), StartOutcome::Ignores, 1);
            return crash(anyOf(workers));
        case Step::Kill:
            return supervisors.size() == 1
                       ? std::string()
                       : kill(supervisors[1 + m_random.below(supervisors.size() - 1)]);
        case Step::Stranger: {
            const int id = anyOf(supervisors);
            runtime().exit(m_pids[id], "boo"_atom); // S-049
            return compare("a stranger's exit signal to " + std::to_string(id));
        }
        case Step::Terminate:
            return request("terminate"_atom, &model::Tree::terminateChild);
        case Step::Restart:
            return request("restart"_atom, &model::Tree::restartChild);
        case Step::Delete:
            return request("delete"_atom, &model::Tree::deleteChild);
        }
        return {};
    }

    std::string crash(int id) {
        const std::array<Term, 5> reasons{Term(atoms::normal), Term(atoms::shutdown),
                                          tuple(atoms::shutdown, "x"_atom), Term("boo"_atom),
                                          Term(atoms::killed)};
        const Term& reason = reasons[m_random.below(reasons.size())];
        if (reason.isAtom(atoms::killed))
            runtime().exit(m_pids[id], atoms::kill);
        else
            runtime().send(m_pids[id], reason);
        m_model.endWorker(id, printed(reason), second());
        return compare(std::to_string(id) + " ends with " + printed(reason));
    }
    std::string kill(int id) {
        runtime().exit(m_pids[id], atoms::kill);
        m_model.killSupervisor(id, second());
        m_areEndsOrdered = false;
        return compare(std::to_string(id) + " is killed");
    }
    /// Of a child of the supervisor, or of a child of another one.
    std::string request(Atom what, std::string (model::Tree::*carryOut)(int, int)) {
        const int supervisor = anyOf(m_model.runningSupervisors());
        const std::vector<int> children =
            m_model.childrenOf(m_random.once(5) ? anyOf(m_model.runningSupervisors()) : supervisor);
        const int id = children.empty() ? kRoot : anyOf(children);
        runtime().send(m_owner, tuple(what, m_pids[supervisor], id));
        m_expectedAnswer = "answer " + (m_model.*carryOut)(supervisor, id);
        return compare(std::string(what.name()) + ' ' + std::to_string(id) + " of " +
                       std::to_string(supervisor));
    }

    // -- comparing

    /// Lets everything happen, and reads what did.
    std::vector<std::string> settle() {
        std::vector<std::string> lines;
        for (bool isQuiet = false; !isQuiet;) {
            m_simulation.advance(10ms);
            const EventBatch batch = runtime().eventsSince(m_nextEvent, 4096);
            isQuiet = batch.events.empty();
            m_nextEvent = batch.next;
            for (const Event& event : batch.events)
                read(event, lines);
        }
        return lines;
    }
    /// The first process to be spawned after a line `start ID` is the one that it tells of.
    void read(const Event& event, std::vector<std::string>& lines) {
        if (event.kind == EventKind::Custom) {
            lines.push_back(event.text);
            m_starting = event.text.starts_with("start ") ? std::stoi(event.text.substr(6)) : kRoot;
        } else if (event.kind == EventKind::Spawned && m_starting != kRoot) {
            m_pids[m_starting] = event.pid;
            m_ids[event.pid] = std::exchange(m_starting, kRoot);
        } else if (const auto at = m_ids.find(event.pid);
                   event.kind == EventKind::Exited && at != m_ids.end()) {
            lines.push_back("end " + std::to_string(at->second) + ' ' + reasonText(event.text));
        }
    }
    std::string compare(const std::string& what) {
        const long before = second();
        std::vector<std::string> got = settle();
        std::vector<std::string> wanted = m_model.takeEvents();
        m_pids[kRoot] = m_rootPid;
        if (!m_expectedAnswer.empty())
            wanted.push_back(std::exchange(m_expectedAnswer, {}));
        m_history += "- " + what + '\n';
        if (!std::exchange(m_areEndsOrdered, true))
            for (std::vector<std::string>* lines : {&got, &wanted})
                sortEnds(*lines);
        if (got != wanted || second() != before)
            return m_history + "  was:    " + joined(got) + "\n  wanted: " + joined(wanted) + '\n';
        m_history += "  " + joined(got) + '\n';
        return {};
    }
    /// Behind everything else, which keeps its order.
    static void sortEnds(std::vector<std::string>& lines) {
        std::vector<std::string> ends;
        std::erase_if(lines, [&](const std::string& line) {
            if (line.starts_with("end "))
                ends.push_back(line);
            return line.starts_with("end ");
        });
        std::ranges::sort(ends);
        lines.insert(lines.end(), ends.begin(), ends.end());
    }
    static std::string joined(const std::vector<std::string>& lines) {
        std::string all;
        for (const std::string& line : lines)
            all += (all.empty() ? "" : ", ") + line;
        return all;
    }

public:
    [[nodiscard]] const std::string& history() const { return m_history; }

private:
    Random m_random;
    StepCounts& m_counts;
    model::Spec m_spec;
    model::Tree m_model;
    Plans m_plans;
    otp::ChildSpec m_root;
    Pid m_rootPid;
    Simulation m_simulation;
    Pid m_owner;
    std::map<int, Pid> m_pids;
    std::map<Pid, int> m_ids;
    std::uint64_t m_nextEvent = 1;
    int m_starting = kRoot;
    bool m_areEndsOrdered = true;
    std::string m_expectedAnswer;
    std::string m_history;
};

std::uint64_t treeCount() {
    return std::getenv("SEEDS") != nullptr ? seedCount() : 10'000;
}

} // namespace

class tst_SupervisionTrees : public QObject {
    Q_OBJECT
private slots:
    void randomTreesDoWhatTheModelDoes() {
        StepCounts counts{};
        const std::uint64_t only = onlySeed();
        const std::uint64_t last = only != 0 ? only : treeCount();
        for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
            World world(seed, counts);
            const std::string fault = world.run();
            QVERIFY2(fault.empty(), ("SEED=" + std::to_string(seed) + '\n' + fault).c_str());
            if (only != 0)
                std::cout << world.history();
        }
        for (const int count : counts)
            QVERIFY(only != 0 || count > static_cast<int>(last) / 10);
    }
};

QTEST_APPLESS_MAIN(tst_SupervisionTrees)
#include "tst_supervision_trees.moc"
