#include "system_fixture.h"

#include <QDir>
#include <QTemporaryDir>

using namespace grove;
using namespace grove::todo;

namespace {

constexpr const char* kWhy = "Nobody may write here.";

DatabaseWrite addingOne(std::string id) {
    return {.id = std::move(id),
            .key = kInbox,
            .change = ChangeList{kInbox, AddEntries{{named("late")}}}};
}

Task<> postTwo(std::vector<DatabaseCompletions>* told) {
    for (const std::uint64_t tag : {7, 8})
        otp::cast(Database::writer(),
                  DatabasePost{.write = addingOne("posted-" + std::to_string(tag)),
                               .from = self(),
                               .tag = tag});
    for (;;)
        told->push_back(co_await receive(on<DatabaseCompletions>()));
}

Task<> callOnce(std::optional<DatabaseAnswer>* answer) {
    *answer = co_await otp::call(Database::writer(), addingOne("called"), kInfinity);
}

} // namespace

/// The to-do system over a file that is opened for reading only.
class tst_ReadOnly : public QObject {
    Q_OBJECT

    std::optional<QTemporaryDir> m_folder;
    std::string m_file;
    std::optional<Simulation> m_simulation;

    [[nodiscard]] QByteArray content() const {
        QFile file(QString::fromStdString(m_file));
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }
    [[nodiscard]] QStringList files() const {
        return QDir(m_folder->path()).entryList(QDir::Files, QDir::Name);
    }
    Runtime& runtime() { return m_simulation->runtime(); }

private slots:
    void init() {
        m_folder.emplace();
        m_file = m_folder->filePath("grove.db").toStdString();
        QVERIFY(storage::prepareDatabase(m_file, todoSchema(), {}));
        {
            auto connection = valueOf(storage::Connection::open(m_file));
            valueOf(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
        }
        m_simulation.emplace(SimulationOptions{.seed = 1});
        runtime().spawn(keepTree,

                        TodoOptions{.database = {.file = m_file, .readOnly = kWhy}});
        QVERIFY(m_simulation->runUntil(
            [this] { return runtime().whereis(atom("metrics")).has_value(); }, 10s));
    }
    void cleanup() {
        m_simulation.reset();
        m_folder.reset();
    }

    void whatIsPostedIsRefusedWithTheReasonAndNotWritten() {
        const QByteArray before = content();
        const QStringList beside = files();
        const Pid writer = *runtime().whereis(Database::writer());
        std::vector<DatabaseCompletions> told;
        runtime().spawn(postTwo, &told);
        m_simulation->runFor(1s);
        QCOMPARE(told.size(), std::size_t(2)); // each at once: nothing gathers
        for (std::uint64_t tag = 7; tag <= 8; ++tag) {
            QCOMPARE(told[tag - 7].writes.size(), std::size_t(1));
            const auto& [of, answer] = told[tag - 7].writes.front();
            QCOMPARE(of, tag);
            QVERIFY(answer.outcome == storage::WriteOutcome::Refused);
            QCOMPARE(answer.why, std::string(kWhy));
            QVERIFY(!answer.answer);
        }
        Term state;
        runtime().spawn(readState, writer, &state);
        m_simulation->runFor(1s);
        const auto known = fromTerm<DatabaseWorker::State>(state);
        QVERIFY(known && known->pending.empty());
        QCOMPARE(known->batches, std::uint64_t(0));
        QVERIFY(runtime().whereis(Database::writer()) == writer);
        QCOMPARE(content(), before);
        QCOMPARE(files(), beside);
    }

    void whoCallsHearsTheReasonToo() {
        std::optional<DatabaseAnswer> answer;
        runtime().spawn(callOnce, &answer);
        m_simulation->runFor(1s);
        QVERIFY(answer && answer->outcome == storage::WriteOutcome::Refused);
        QCOMPARE(answer->why, std::string(kWhy));
    }

    void aClientReadsTheListAndHearsWhyItsChangeIsRefused() {
        const QByteArray before = content();
        RecordingClient user(runtime(), "user");
        user.client().open(kInbox);
        const OperationId operation = user.submit(kInbox, AddEntries{{named("late")}});
        QVERIFY(m_simulation->runUntil(
            [&] { return user.lists().contains(kInbox) && user.client().pendingCount() == 0; },
            10s));
        QVERIFY(!user.answerOf(operation)->done);
        QCOMPARE(user.answerOf(operation)->why, std::string(kWhy));
        QCOMPARE(user.lists().at(kInbox).size(), std::size_t(0));
        QVERIFY(user.troubles().empty());
        QCOMPARE(content(), before);
    }
};

QTEST_GUILESS_MAIN(tst_ReadOnly)
#include "tst_read_only.moc"
