// What an answer has captured is the asker's: it is destroyed on the asker's thread.
#include <grove/observe/local_node.h>
#include <grove/otp/application.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/simulation.h>

#include <QTest>

#include <algorithm>
#include <optional>

using namespace grove;
using namespace grove::observe;
using namespace std::chrono_literals;

namespace {

class Quiet final : public otp::GenServer<Quiet> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
};

/// A node whose asker is as quick as can be: what is posted has been run and is gone before whoever
/// posted it goes on.
struct World {
    Simulation simulation;
    LocalNode node;
    bool isAsker = true; // the asker's thread runs
    int answers = 0;
    int destroyed = 0, destroyedElsewhere = 0;
    std::optional<Atom> error; // of the last answer

    explicit World(std::uint64_t seed)
        : simulation({.seed = seed}),
          node(simulation.runtime(), {.post = [this](std::move_only_function<void()> work) {
                   const bool before = std::exchange(isAsker, true);
                   work();
                   work = nullptr;
                   isAsker = before;
               }}) {
        otp::startSystem(simulation.runtime());
        run(1s);
    }
    void run(Duration time) {
        isAsker = false;
        simulation.advance(time);
        isAsker = true;
    }
    Pid spawnServer() {
        const Pid starter = simulation.runtime().spawn([]() -> grove::Task<> {
            const auto started = co_await Quiet::startLink({.name = "quiet"});
            co_await receive(on<Exit>(started.pid()));
        });
        run(1s);
        return starter ? simulation.runtime().whereis(atom("quiet")).value() : Pid();
    }

    std::vector<Pid> processes() {
        std::vector<grove::ProcessRow> rows(256);
        rows.resize(simulation.runtime().rows(0, rows).count);
        std::vector<Pid> pids;
        for (const grove::ProcessRow& row : rows)
            pids.push_back(row.pid);
        return pids;
    }

    /// What an asker gives with a question: it must not outlive the answer, nor be destroyed on
    /// another thread.
    struct Witness {
        World* world;
        explicit Witness(World* asked) : world(asked) {}
        Witness(const Witness&) = delete;
        Witness& operator=(const Witness&) = delete;
        ~Witness() {
            ++world->destroyed;
            world->destroyedElsewhere += world->isAsker ? 0 : 1;
        }
    };
    template <class T> Node::Answer<T> witnessed() {
        return [this, witness = std::make_shared<Witness>(this)](Result<T> got) {
            ++answers;
            error = got ? std::nullopt : std::optional(got.error().code);
        };
    }
};

constexpr std::uint64_t kSeeds = 20;

} // namespace

class tst_Answers : public QObject {
    Q_OBJECT
private slots:
    void whatAnAnswerCapturedEndsOnTheAskersThread_data() {
        QTest::addColumn<int>("question");
        int row = 0;
        for (const char* name : {"info", "mailbox", "state", "consequences", "order", "exit",
                                 "an application that does not start", "an error"})
            QTest::newRow(name) << row++;
    }
    void whatAnAnswerCapturedEndsOnTheAskersThread() {
        QFETCH(int, question);
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            World world(seed);
            const Pid pid = world.spawnServer();
            ask(world, question, pid);
            world.run(10s);
            QVERIFY(world.answers > 0);
            QCOMPARE(world.destroyed, 1);
            QCOMPARE(world.destroyedElsewhere, 0);
            QCOMPARE(world.error.has_value(), question >= 6);
        }
    }

    void alsoWhenTheProcessThatAsksIsKilled() {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            World world(seed);
            const Pid pid = world.spawnServer();
            world.simulation.runtime().suspendProcess(pid); // so that its state is waited for
            world.run(1s);
            const std::vector<Pid> before = world.processes();
            world.node.state(pid, 60s, world.witnessed<StateView>());
            world.run(1s);
            for (const Pid each : world.processes())
                if (std::ranges::find(before, each) == before.end())
                    world.simulation.runtime().exit(each, Term(atoms::kill));
            world.run(1s);
            QCOMPARE(world.answers, 1);
            QVERIFY(world.error == atoms::killed);
            QCOMPARE(world.destroyed, 1);
            QCOMPARE(world.destroyedElsewhere, 0);
        }
    }

private:
    static void ask(World& world, int question, Pid pid) {
        switch (question) {
        case 0:
            return world.node.info(pid, 1s, world.witnessed<observe::ProcessInfo>());
        case 1:
            return world.node.mailbox(pid, 0, 10, 1s, world.witnessed<observe::MailboxPage>());
        case 2:
            return world.node.state(pid, 1s, world.witnessed<StateView>());
        case 3:
            return world.node.consequences(pid, atoms::kill, world.witnessed<Consequences>());
        case 4:
            return world.node.order({}, world.witnessed<RowOrder>());
        case 5:
            return world.node.exit(pid, atoms::kill, world.witnessed<Outcome>());
        case 6:
            return world.node.startApplication("unknown", world.witnessed<bool>());
        default:
            world.simulation.runtime().exit(pid, Term(atoms::kill));
            world.run(1s);
            return world.node.info(pid, 1s, world.witnessed<observe::ProcessInfo>());
        }
    }
};

QTEST_GUILESS_MAIN(tst_Answers)
#include "tst_answers.moc"
