// What is predicted before a kill is what then happens: random trees, random kills, in virtual
// time.
#include <grove/observe/local_node.h>
#include <grove/otp/application.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/simulation.h>

#include <QTest>

#include <deque>
#include <map>

using namespace grove;
using namespace grove::observe;
using namespace std::chrono_literals;

namespace {

class Idle final : public otp::GenServer<Idle> {
public:
    struct State {
        int unused = 0;
        GROVE_MAP_FIELDS(State, unused)
    };
    otp::Init init() { return otp::Init::ok(State{}); }
};

/// Makes a tree of supervisors and workers from a seed.
class TreeMaker {
public:
    explicit TreeMaker(Random& random) : m_random(random) {}

    otp::ChildSpec top() { return supervisor(0); }

private:
    std::uint64_t below(std::uint64_t bound) { return m_random.below(bound); }
    std::string name(const char* kind) { return kind + std::to_string(++m_count); }

    otp::Restart restart() {
        constexpr std::array kKinds{otp::Restart::Permanent, otp::Restart::Permanent,
                                    otp::Restart::Transient, otp::Restart::Temporary};
        return kKinds[below(kKinds.size())];
    }
    otp::ChildSpec supervisor(int depth) {
        otp::SupervisorOptions options{
            .strategy = static_cast<otp::Strategy>(below(3)),
            .intensity = {static_cast<std::uint32_t>(below(4)), std::chrono::seconds(1 + below(5))},
        };
        const std::string id = name("supervisor ");
        for (auto children = 1 + below(4); children > 0; --children) {
            auto child = depth < 2 && below(3) == 0 ? supervisor(depth + 1) : worker();
            options.children.push_back(std::move(child));
        }
        auto spec = otp::anonymousSupervisor(Term(id), std::move(options));
        spec.label(id);
        return depth == 0 ? spec : std::move(spec.restart(restart()));
    }
    otp::ChildSpec worker() {
        const std::string id = name("worker ");
        return otp::worker<Idle>().id(Term(id)).label(id).restart(restart());
    }

    Random& m_random;
    int m_count = 0;
};

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

struct World {
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
        otp::Application application{.name = "random", .top = TreeMaker(simulation.random()).top()};
        QVERIFY(applications.add(std::move(application)));
        applications.requestStart("random");
        simulation.runUntilIdle();
        QVERIFY(applications.status("random")->state == otp::ApplicationState::Running);
    }

    void deliver() {
        while (!posted.empty()) {
            auto work = std::move(posted.front());
            posted.pop_front();
            work();
        }
    }
    std::vector<Place> alive() {
        std::vector<Place> out;
        for (Place& place : node.treeSince(0).changed)
            if (place.state == PlaceState::Alive && place.pid &&
                place.kind != PlaceKind::Application)
                out.push_back(std::move(place));
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
        std::map<Verdict, int> verdicts;
        for (std::uint64_t seed = 1; seed <= kTrees; ++seed) {
            World world(seed);
            for (int i = 0; i < 4; ++i) {
                const auto places = world.alive();
                if (places.empty())
                    break; // the application has stopped
                const Place& place = places[world.simulation.random().below(places.size())];
                const Consequences foreseen = world.foresee(place.pid);
                const Outcome outcome = world.kill(place.pid);
                const auto where = "SEED=" + std::to_string(seed) + " kill " + std::to_string(i) +
                                   " of " + place.name;
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
        // Every kind of end was met.
        for (Verdict verdict :
             {Verdict::RestartsAlone, Verdict::RestartsAll, Verdict::RestartsRest,
              Verdict::NotRestarted, Verdict::SupervisorGivesUp, Verdict::ApplicationStops})
            QVERIFY2(verdicts[verdict] > 10, std::to_string(static_cast<int>(verdict)).c_str());
        QVERIFY(kills > 2000);
    }
};

QTEST_APPLESS_MAIN(tst_PredictionHolds)
#include "tst_prediction_holds.moc"
