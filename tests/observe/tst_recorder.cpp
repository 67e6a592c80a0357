// Who watches hears of every change at once, and of nothing while nothing happens.
#include <grove/observe/local_node.h>
#include <grove/otp/application.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/simulation.h>

#include <QTest>

#include <deque>

using namespace grove;
using namespace grove::observe;
using namespace std::chrono_literals;

namespace {

/// Calls itself what it is told.
class Sign final : public otp::GenServer<Sign> {
public:
    struct State {
        int unused = 0;
        GROVE_MAP_FIELDS(State, unused)
    };
    otp::Init init() { return otp::Init::ok(State{}); }
    otp::Next handleInfo(Term words) {
        if (const auto label = words.asAtom())
            setLabel(*label);
        return otp::Next();
    }
};

struct World {
    Simulation simulation;
    std::deque<std::move_only_function<void()>> posted;
    LocalNode node;
    int told = 0;

    explicit World(std::uint64_t seed)
        : simulation({.seed = seed}),
          node(simulation.runtime(), {.post = [this](std::move_only_function<void()> work) {
                   posted.push_back(std::move(work));
               }}) {
        node.setNotify([this] { ++told; });
        otp::startSystem(simulation.runtime());
        simulation.runUntilIdle();
        auto& applications = extension<otp::Applications>(simulation.runtime());
        otp::Application application{
            .name = "watched",
            .top = otp::supervisor(
                "top",
                {.intensity = {.restarts = 10, .period = 1s},
                 .children = {node.recorder(), otp::worker<Sign>().id(Term(1)).label("one")}})};
        QVERIFY(applications.add(std::move(application)));
        applications.requestStart("watched");
        simulation.advance(1s);
        QVERIFY(applications.status("watched")->state == otp::ApplicationState::Running);
        listen();
    }

    /// Returns: how often it was told since the last time.
    int listen() {
        while (!posted.empty()) {
            auto work = std::move(posted.front());
            posted.pop_front();
            work();
        }
        return std::exchange(told, 0);
    }
    Pid pidOf(const std::string& name) {
        for (const Place& place : node.treeSince(0).changed)
            if (place.name == name && place.state == PlaceState::Alive)
                return place.pid;
        return {};
    }
};

constexpr std::uint64_t kSeeds = 50;

} // namespace

class tst_Recorder : public QObject {
    Q_OBJECT
private slots:
    void nothingRunsWhileNothingHappens() {
        World world(1);
        const auto before = world.simulation.steps();
        world.simulation.advance(60s);
        QCOMPARE(world.simulation.steps(), before);
        QCOMPARE(world.listen(), 0);
    }

    void everyChangeIsToldWithin50Milliseconds() {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            World world(seed);
            for (int round = 0; round < 4; ++round) {
                const std::uint64_t version = world.node.treeSince(0).version;
                const Pid before = world.pidOf("one");
                QVERIFY(before);
                world.simulation.runtime().exit(before, Term(atoms::kill));
                world.simulation.advance(50ms);
                QVERIFY2(world.listen() > 0, qPrintable(QStringLiteral("SEED=%1").arg(seed)));
                QVERIFY(world.pidOf("one") && world.pidOf("one") != before);
                QVERIFY(world.node.treeSince(version).version > version);
                // What came after the first telling was told, too: nothing is left over.
                world.simulation.advance(1s);
                world.listen();
                world.simulation.advance(1s);
                QCOMPARE(world.listen(), 0);
            }
        }
    }

    void aNewLabelIsToldAndIsTheNameOfThePlace() {
        World world(2);
        const Pid pid = world.pidOf("one");
        static_cast<void>(world.simulation.runtime().send(pid, Term(atom("another name"))));
        world.simulation.advance(50ms);
        QVERIFY(world.listen() > 0);
        QCOMPARE(world.pidOf("another name"), pid);
        // The same label again is no news.
        static_cast<void>(world.simulation.runtime().send(pid, Term(atom("another name"))));
        world.simulation.advance(1s);
        QCOMPARE(world.listen(), 0);
    }

    void manyChangesAtOnceAreToldAFewTimes() {
        World world(3);
        for (int i = 0; i < 100; ++i) {
            static_cast<void>(world.simulation.runtime().spawnOpt(
                {.observed = true}, []() -> grove::Task<> { co_return; }));
            world.simulation.advance(1ms);
        }
        const int told = world.listen();
        QVERIFY2(told > 0 && told <= 6, qPrintable(QString::number(told)));
    }

    void requestsOfTheObserverAreNotCounted() {
        World world(6);
        const std::size_t before = world.node.summary().processes;
        int answers = 0;
        world.node.info(world.pidOf("one"), 1s, [&](Result<observe::ProcessInfo>) { ++answers; });
        world.node.order({}, [&](Result<RowOrder>) { ++answers; });
        QCOMPARE(world.node.summary().processes, before);
        world.simulation.advance(1s);
        world.listen();
        QCOMPARE(answers, 2);
        QCOMPARE(world.node.summary().processes, before);
    }

    void aKilledRecorderTellsAgainAndGoesOn() {
        World world(4);
        const Pid recorder = world.pidOf("Event recorder");
        QVERIFY(recorder);
        world.simulation.runtime().exit(recorder, Term(atoms::kill));
        world.simulation.advance(1s);
        QVERIFY(world.listen() > 0);
        world.simulation.runtime().exit(world.pidOf("one"), Term(atoms::kill));
        world.simulation.advance(50ms);
        QVERIFY(world.listen() > 0);
    }

    void strangersMessagesDoNotEndTheLooking() {
        World world(5);
        const Pid recorder = world.pidOf("Event recorder");
        for (const char* word : {"events", "places", "hello"})
            static_cast<void>(world.simulation.runtime().send(recorder, Term(atom(word))));
        world.simulation.advance(1s);
        world.listen();
        world.simulation.runtime().exit(world.pidOf("one"), Term(atoms::kill));
        world.simulation.advance(50ms);
        QVERIFY(world.listen() > 0);
        QCOMPARE(world.pidOf("Event recorder"), recorder);
    }
};

QTEST_GUILESS_MAIN(tst_Recorder)
#include "tst_recorder.moc"
