#include "random_troubles.h"
#include "torture/torture_judge.h"

#include <QProcess>
#include <QTemporaryDir>

#include <cstdio>

/// The whole program without its window under simulation: edits, an import, kills, faults of the
/// disk, a power failure and a new start, 60 virtual seconds for each seed.
using namespace grove;
using namespace grove::todo;
using namespace std::chrono_literals;

namespace {

constexpr ListId kLists = 4;
constexpr ListId kImportList = kTortureListMax + 1;
constexpr int kImportLines = 300;

/// A person who edits with pauses, and imports a file once.
class Person {
public:
    Person(World& world, std::uint64_t seed, std::uint64_t round, std::string importFile)
        : m_world(world), m_seed(seed), m_round(round), m_importFile(std::move(importFile)),
          m_user(world.runtime(), "person-" + std::to_string(seed) + "-" + std::to_string(round)) {
        if (round == 1) {
            for (ListId list = 2; list <= kLists; ++list)
                create(list);
            create(kImportList);
        }
        m_user.onAnswer = [this](const RecordingClient::Answer& answer) {
            if (answer.answer.done)
                m_acknowledged.insert(answer.operation);
        };
        for (ListId list = 1; list <= kLists; ++list)
            editLater(list);
        m_user.client().open(1);
        startImport(0);
    }

    RecordingClient& user() { return m_user; }
    const std::set<OperationId>& acknowledged() const { return m_acknowledged; }
    bool importIsDone() const { return m_importDone; }
    std::uint64_t imported() const { return m_imported; }
    void stopEditing() { m_stopped = true; }

    /// A killed process of this side is replaced, as the window's supervisor and its model do.
    void wakeWhatWasKilled() {
        if (!m_world.runtime().peekRow(m_user.process()))
            m_user.serve();
        if (!m_importDone && !m_world.runtime().peekRow(m_import))
            startImport(m_importLine);
    }

private:
    void create(ListId list) {
        m_user.client().createList("make-" + std::to_string(list), list,
                                   "list " + std::to_string(list));
    }
    void editLater(ListId list) {
        Simulation& simulation = m_world.simulation();
        simulation.at(simulation.now() +
                          std::chrono::milliseconds(300 + simulation.random().below(3000)),
                      [this, list, alive = std::weak_ptr(m_alive)] {
                          if (alive.expired() || m_stopped)
                              return;
                          const TortureOperation operation{m_round, list, ++m_numbers[list]};
                          m_user.client().submit(operation.id(), list,
                                                 *checkChange(operation.change(m_seed)));
                          editLater(list);
                      });
    }
    void startImport(std::uint64_t afterLine) {
        m_import = m_world.runtime().spawn(&Person::import, this, afterLine);
    }
    /// The import runs under its owner, so that a kill of either is found out by looking at one.
    static Task<> import(Person* self, std::uint64_t afterLine) {
        ImportJob job{.path = self->m_importFile,
                      .list = kImportList,
                      .owner = grove::self(),
                      .id = "import",
                      .afterLine = afterLine};
        const Spawned process = spawnMonitor(importCsv, job);
        for (;;) {
            auto got =
                co_await receive(on<ImportProgress>(), on<ImportDone>(), on<Down>(process.monitor));
            if (auto* progress = std::get_if<ImportProgress>(&got)) {
                self->m_importLine = progress->line;
            } else if (auto* done = std::get_if<ImportDone>(&got)) {
                self->m_importDone = true;
                self->m_imported = done->imported;
                co_return;
            } else {
                co_return;
            }
        }
    }

    World& m_world;
    std::uint64_t m_seed;
    std::uint64_t m_round;
    std::string m_importFile;
    RecordingClient m_user;
    std::map<ListId, std::uint64_t> m_numbers;
    std::set<OperationId> m_acknowledged;
    Pid m_import;
    std::uint64_t m_importLine = 0;
    std::uint64_t m_imported = 0;
    bool m_importDone = false;
    bool m_stopped = false;
    std::shared_ptr<int> m_alive =
        std::make_shared<int>(); ///< what the simulation still runs asks for it
};

struct Outcome {
    std::vector<std::string> wrong;
    std::uint64_t hash = 0;
    std::size_t acknowledged = 0;
};

std::vector<std::string> judgeImport(storage::Connection& connection) {
    std::vector<std::string> wrong;
    const auto loaded = valueOf(loadList(connection, kImportList));
    if (!loaded)
        return {"the list that was imported into is not there"};
    std::map<std::string, int> seen;
    for (const Entry& entry : loaded->entries())
        ++seen[entry.title];
    for (int line = 0; line < kImportLines; ++line)
        if (const int count = seen["line " + std::to_string(line)]; count != 1)
            wrong.push_back("line " + std::to_string(line) + " is there " + std::to_string(count) +
                            " times");
    return wrong;
}

Outcome simulate(std::uint64_t seed, const std::string& importFile) {
    Outcome outcome;
    storage::SyncLossVfs disk(seed);
    Random random(seed);
    std::set<OperationId> acknowledged;
    {
        World world(disk, seed);
        Person person(world, seed, 1, importFile);
        live(world, disk, random, 30s, [&person] { person.wakeWhatWasKilled(); });
        acknowledged = person.acknowledged();
        outcome.hash = world.simulation().traceHash();
        disk.powerFailure(random.once(2) ? storage::SyncLossVfs::Unsynced::Lost
                                         : storage::SyncLossVfs::Unsynced::PartlyKept);
    }
    World world(disk, seed + 1'000'000);
    Person person(world, seed, 2, importFile);
    live(world, disk, random, 25s, [&person] { person.wakeWhatWasKilled(); });
    person.stopEditing();
    const bool settled = world.runUntil(
        [&] {
            person.wakeWhatWasKilled();
            return person.user().client().pendingCount() == 0 && person.importIsDone();
        },
        120s);
    acknowledged.insert(person.acknowledged().begin(), person.acknowledged().end());
    outcome.acknowledged = acknowledged.size();
    outcome.hash = outcome.hash * 31 + world.simulation().traceHash();
    auto connection = openOn(disk);
    outcome.wrong = judge(connection, seed, acknowledged);
    if (!settled)
        outcome.wrong.push_back("not everything was answered: " +
                                std::to_string(person.user().client().pendingCount()) +
                                " changes wait");
    for (std::string& wrong : judgeImport(connection))
        outcome.wrong.push_back(std::move(wrong));
    return outcome;
}

/// The same text at the same path in every process: simulated code may see the path.
std::string importFile(const QTemporaryDir& folder) {
    QFile file(folder.filePath("todos.csv"));
    if (!file.open(QFile::WriteOnly))
        qFatal("cannot write a file for the test");
    for (int line = 0; line < kImportLines; ++line)
        file.write("2026-05-01,line " + QByteArray::number(line) + "\n");
    return file.fileName().toStdString();
}

} // namespace

class tst_WholeProgram : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void nothingAcknowledgedIsLostOrDoubledInAnyOfTheSeeds() {
        const std::string file = importFile(m_folder);
        const auto number = [](const char* variable, std::uint64_t otherwise) {
            const QByteArray value = qgetenv(variable);
            return value.isEmpty() ? otherwise : value.toULongLong();
        };
        const bool one = !qgetenv("SEED").isEmpty();
        const std::uint64_t first = number(one ? "SEED" : "GROVE_FIRST_SEED", 1);
        const std::uint64_t last = one ? first : first + number("GROVE_SEEDS", 500) - 1;
        std::size_t acknowledged = 0;
        for (std::uint64_t seed = first; seed <= last; ++seed) {
            const Outcome outcome = simulate(seed, file);
            acknowledged += outcome.acknowledged;
            QVERIFY2(outcome.wrong.empty(),
                     outcome.wrong.empty()
                         ? ""
                         : qPrintable(QString("SEED=%1: %2 (%3 findings)")
                                          .arg(seed)
                                          .arg(QString::fromStdString(outcome.wrong.front()))
                                          .arg(outcome.wrong.size())));
        }
        QVERIFY(acknowledged > (last - first + 1) * 20);
    }

    void theSameSeedGivesTheSameTraceInTwoProcesses() {
        const std::string file = importFile(m_folder);
        QStringList hashes;
        for (int run = 0; run < 2; ++run) {
            QProcess other;
            other.start(QCoreApplication::applicationFilePath(),
                        {"--trace", "17", QString::fromStdString(file)});
            QVERIFY(other.waitForFinished(60'000));
            QCOMPARE(other.exitCode(), 0);
            hashes << other.readAllStandardOutput();
        }
        QVERIFY(!hashes[0].isEmpty());
        QCOMPARE(hashes[0], hashes[1]);
    }
};

int main(int argc, char** argv) {
    if (argc == 4 && std::string_view(argv[1]) == "--trace") {
        std::printf("%llu\n", static_cast<unsigned long long>(
                                  simulate(std::strtoull(argv[2], nullptr, 10), argv[3]).hash));
        return 0;
    }
    QCoreApplication application(argc, argv);
    tst_WholeProgram test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_whole_program.moc"
