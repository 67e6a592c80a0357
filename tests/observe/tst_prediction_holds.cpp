// What is predicted before a kill is what then happens: random trees, random kills, in virtual
// time.
#include "support/sim_fixture.h"

#include <grove/observe/local_node.h>
#include <grove/otp/application.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/blocking.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/simulation.h>

#include <QTest>

#include <deque>
#include <map>

using namespace grove;
using namespace grove::observe;
using namespace std::chrono_literals;

namespace {

enum class Way : std::uint8_t { Plain, Traps, Blocks };

/// Waits, or does blocking work again and again. Told `{link, Pid}` or `{monitor, Pid}` it does so.
class Worker final : public otp::GenServer<Worker> {
public:
    struct State {
        bool blocks = false;
        GROVE_MAP_FIELDS(State, blocks)
    };
    otp::Init init(Way way) {
        if (way == Way::Traps)
            setTrapExit(TrapExit::Yes);
        auto init = otp::Init::ok(State{.blocks = way == Way::Blocks});
        return way == Way::Blocks ? std::move(init).timeout(1ms) : std::move(init);
    }
    otp::Next handleInfo(Term told) {
        const Pid peer = told.element(1).toPid();
        if (told.isTagged(atom("link"), 2))
            link(peer);
        else
            static_cast<void>(monitor(peer));
        return goOn();
    }
    otp::Next handleInfo(Exit) { return goOn(); }
    otp::Next handleInfo(Down) { return goOn(); }
    grove::Task<otp::Next> handleTimeout() {
        co_await blocking([] {});
        co_return goOn();
    }

private:
    otp::Next goOn() {
        otp::Next next;
        return state().blocks ? std::move(next).timeout(3ms) : std::move(next);
    }
};

/// Makes a tree of supervisors and workers from a seed: named or not, on threads of their own,
/// blocking, and with dynamic supervisors, whose children come later.
class TreeMaker {
public:
    explicit TreeMaker(Random& random) : m_random(random) {}

    otp::ChildSpec top() { return supervisor(0); }
    otp::ChildSpec worker(const char* kind) {
        const std::string id = name(kind);
        auto spec = otp::worker<Worker>(static_cast<Way>(below(3))).id(Term(id)).restart(restart());
        if (below(3) == 0)
            spec.name(std::string_view(id));
        else
            spec.label(id);
        if (below(4) == 0)
            spec.ownThread();
        return spec;
    }

private:
    std::uint64_t below(std::uint64_t bound) { return m_random.below(bound); }
    std::string name(const char* kind) { return kind + std::to_string(++m_count); }

    otp::Restart restart() {
        constexpr std::array kKinds{otp::Restart::Permanent, otp::Restart::Permanent,
                                    otp::Restart::Transient, otp::Restart::Temporary};
        return kKinds[below(kKinds.size())];
    }
    otp::Intensity intensity() {
        return {static_cast<std::uint32_t>(below(4)), std::chrono::seconds(1 + below(5))};
    }
    otp::ChildSpec supervisor(int depth) {
        otp::SupervisorOptions options{
            .strategy = static_cast<otp::Strategy>(below(3)),
            .intensity = intensity(),
        };
        const std::string id = name("supervisor ");
        for (auto children = 1 + below(4); children > 0; --children)
            options.children.push_back(depth < 2 && below(3) == 0 ? inner(depth + 1)
                                                                  : worker("worker "));
        const bool isNamed = below(3) == 0;
        auto spec = isNamed ? otp::supervisor(id, std::move(options))
                            : otp::anonymousSupervisor(Term(id), std::move(options));
        if (!isNamed)
            spec.label(id);
        return spec;
    }
    otp::ChildSpec inner(int depth) {
        auto spec = below(4) == 0
                        ? otp::dynamicSupervisor(name("pool "), {.intensity = intensity()})
                        : supervisor(depth);
        return std::move(spec.restart(restart()));
    }

    Random& m_random;
    int m_count = 0;
};

grove::Task<> startsChild(Pid pool, otp::ChildSpec spec) {
    static_cast<void>(co_await otp::DynamicSupervisor::startChild(pool, std::move(spec)));
}

std::string lines(const std::vector<Affected>& affected) {
    std::map<std::string, std::string> sorted;
    for (const Affected& one : affected)
        sorted[one.title] = one.fate == Fate::Restarts ? "restarts"
                            : one.fate == Fate::Ends   ? "ends"
                                                       : "other";
    std::string out;
    for (const auto& [title, fate] : sorted)
        out += title + ' ' + fate + '\n';
    return out;
}

std::string treeText(const std::vector<Place>& places, PlaceId parent = 0, int depth = 0) {
    constexpr std::array kStrategies{"one for one", "one for all", "rest for one"};
    constexpr std::array kRestarts{"permanent", "transient", "temporary"};
    std::map<std::uint32_t, const Place*> children;
    for (const Place& place : places)
        if (place.parent == parent)
            children[place.order] = &place;
    std::string text;
    for (const auto& [order, place] : children) {
        text += std::string(static_cast<std::size_t>(depth) * 2, ' ') + place->name + ' ' +
                kRestarts.at(static_cast<std::size_t>(place->restartType));
        if (place->kind != PlaceKind::Worker)
            text += std::string(", ") + kStrategies.at(static_cast<std::size_t>(place->strategy)) +
                    ", " + std::to_string(place->restartTimes.size()) + " of " +
                    std::to_string(place->intensity);
        if (place->state != PlaceState::Alive)
            text += ", not running";
        text += '\n' + treeText(places, place->id, depth + 1);
    }
    return text;
}

struct World {
    int links = 0;
    std::string tied;
    Simulation simulation;
    std::deque<std::move_only_function<void()>> posted;
    LocalNode node;

    explicit World(std::uint64_t seed)
        : simulation({.seed = seed}),
          node(simulation.runtime(), {.post = [this](std::move_only_function<void()> work) {
                   posted.push_back(std::move(work));
               }}) {
        otp::startSystem(simulation.runtime());
        simulation.runUntilIdle();
        auto& applications = extension<otp::Applications>(simulation.runtime());
        TreeMaker maker(simulation.random());
        otp::Application application{.name = "random", .top = maker.top()};
        QVERIFY(applications.add(std::move(application)));
        applications.requestStart("random");
        simulation.runUntilIdle();
        QVERIFY(applications.status("random")->state == otp::ApplicationState::Running);
        fillPools(maker);
        tie();
        simulation.runUntilIdle();
    }

    void fillPools(TreeMaker& maker) {
        for (const Place& place : alive())
            if (place.kind == PlaceKind::DynamicSupervisor)
                for (auto children = simulation.random().below(4); children > 0; --children)
                    simulation.runtime().spawn(startsChild, place.pid, maker.worker("pooled "));
        simulation.runUntilIdle();
    }
    /// Links and monitors between workers of different supervisors.
    void tie() {
        std::vector<Place> workers = alive();
        std::erase_if(workers, [](const Place& each) { return each.kind != PlaceKind::Worker; });
        if (workers.empty())
            return;
        for (auto ties = simulation.random().below(8); ties > 0; --ties) {
            const Place& one = workers[simulation.random().below(workers.size())];
            const Place& other = workers[simulation.random().below(workers.size())];
            const bool isLink = simulation.random().below(2) == 0;
            if (one.parent == other.parent)
                continue;
            simulation.runtime().send(one.pid, tuple(atom(isLink ? "link" : "monitor"), other.pid));
            links += isLink ? 1 : 0;
            tied += one.name + (isLink ? " linked to " : " watches ") + other.name + '\n';
        }
    }

    void deliver() {
        while (!posted.empty()) {
            auto work = std::move(posted.front());
            posted.pop_front();
            work();
        }
    }
    /// In the random tree; the kernel's processes, which are always there, have tests of their own.
    std::vector<Place> alive() {
        std::vector<Place> out;
        PlaceId kernel = 0;
        for (Place& place : node.treeSince(0).changed) {
            if (place.kind == PlaceKind::Application)
                kernel = place.name == "kernel" ? place.id : kernel;
            else if (place.state == PlaceState::Alive && place.pid && place.parent != kernel)
                out.push_back(std::move(place));
        }
        return out;
    }
    Consequences foresee(Pid pid) {
        std::optional<Consequences> got;
        node.consequences(pid, atoms::kill,
                          [&](Result<Consequences> answer) { got = answer.value(); });
        simulation.runUntil([&] { return deliver(), got.has_value(); }, 5s);
        return got.value();
    }
    Outcome kill(Pid pid) {
        std::optional<Outcome> got;
        node.exit(pid, atoms::kill, [&](Result<Outcome> answer) {
            if (answer.value().settled)
                got = answer.value();
        });
        simulation.runUntil([&] { return deliver(), got.has_value(); }, 5s);
        return got.value();
    }
};

} // namespace

class tst_PredictionHolds : public QObject {
    Q_OBJECT
private slots:
    void whatIsForeseenIsWhatHappens() {
        constexpr std::uint64_t kTrees = 1000;
        int kills = 0;
        int links = 0;
        std::map<Verdict, int> verdicts;
        for (std::uint64_t seed = 1; seed <= kTrees; ++seed) {
            if (test::onlySeed() != 0 && seed != test::onlySeed())
                continue;
            World world(seed);
            links += world.links;
            for (int i = 0; i < 4; ++i) {
                const auto places = world.alive();
                if (places.empty())
                    break; // the application has stopped
                const Place& place = places[world.simulation.random().below(places.size())];
                const std::string tree = treeText(world.node.treeSince(0).changed);
                const Consequences foreseen = world.foresee(place.pid);
                const Outcome outcome = world.kill(place.pid);
                const std::string where = "SEED=" + std::to_string(seed) + " kill " +
                                          std::to_string(i) + " of " + place.name + '\n' + tree +
                                          world.tied;
                QVERIFY2(lines(foreseen.affected) == lines(outcome.affected),
                         (where + "\nforeseen:\n" + lines(foreseen.affected) + "happened:\n" +
                          lines(outcome.affected))
                             .c_str());
                QVERIFY2(foreseen.verdict == outcome.verdict,
                         (where + ": verdict " +
                          std::to_string(static_cast<int>(foreseen.verdict)) + " against " +
                          std::to_string(static_cast<int>(outcome.verdict)))
                             .c_str());
                ++verdicts[outcome.verdict];
                ++kills;
                world.simulation.advance(
                    std::chrono::milliseconds(world.simulation.random().below(3000)));
                world.deliver();
            }
        }
        if (test::onlySeed() != 0)
            return;
        // Every kind of end was met.
        for (Verdict verdict :
             {Verdict::RestartsAlone, Verdict::RestartsAll, Verdict::RestartsRest,
              Verdict::NotRestarted, Verdict::SupervisorGivesUp, Verdict::ApplicationStops})
            QVERIFY2(verdicts[verdict] > 10, std::to_string(static_cast<int>(verdict)).c_str());
        QVERIFY(kills > 2000);
        QVERIFY2(links > 300, std::to_string(links).c_str());
    }
};

QTEST_APPLESS_MAIN(tst_PredictionHolds)
#include "tst_prediction_holds.moc"
