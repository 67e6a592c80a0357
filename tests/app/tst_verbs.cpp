// Verbs whose processes are ended by somebody else, as in the observer of a window.

#include <grove/runtime/info.h>
#include <grove/runtime/receive.h>
#include <grove/storage/database_file.h>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <app/program.h>
#include <app/verbs.h>
#include <fstream>
#include <mutex>
#include <sstream>

using namespace grove;
using namespace grove::app;

namespace {

constexpr int kLines = 100'000;

/// What a verb says, from whatever thread.
class Words {
public:
    VerbOutput output() {
        return {.output = [this](std::string text) { add(m_output, text); },
                .error = [this](std::string text) { add(m_error, text); },
                .finish =
                    [this](int status) {
                        const std::lock_guard lock(m_mutex);
                        m_statuses.push_back(status);
                    }};
    }
    std::string error() {
        const std::lock_guard lock(m_mutex);
        return m_error;
    }
    std::vector<int> statuses() {
        const std::lock_guard lock(m_mutex);
        return m_statuses;
    }

private:
    void add(std::string& to, const std::string& text) {
        const std::lock_guard lock(m_mutex);
        to += text;
    }

    std::mutex m_mutex;
    std::string m_output;
    std::string m_error;
    std::vector<int> m_statuses;
};

std::string contentOf(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

} // namespace

class tst_Verbs : public QObject {
    Q_OBJECT

    std::optional<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;
    std::unique_ptr<Program> m_program;

    void start() {
        auto started = Program::start({.folder = m_folder});
        QVERIFY(started.has_value());
        m_program = *std::move(started);
    }
    Runtime& runtime() { return m_program->runtime(); }

    std::size_t linesOf(External& external, const std::string& list) {
        std::size_t lines = 0;
        const VerbOutput output{.output =
                                    [&lines](const std::string& text) {
                                        lines += std::size_t(std::ranges::count(text, '\n'));
                                    },
                                .error = [](const std::string&) {},
                                .finish = [](int) {}};
        const Pid verb = startPrint(runtime(), list, kWorkers, output);
        static_cast<void>(external.receive(on<Down>(monitor(verb))));
        return lines;
    }

private slots:
    void init() {
        m_temporary.emplace();
        m_folder = m_temporary->path().toStdString();
        std::ofstream file(m_folder / "lines.csv");
        for (int line = 0; line < kLines; ++line)
            file << "2023-12-19,Line " << line << '\n';
    }
    void cleanup() { m_program.reset(); }

    void anImportThatIsEndedSaysSoAndImportsNoMore_data() {
        QTest::addColumn<QByteArray>("reason");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("killed") << QByteArray("kill") << QByteArray("was killed");
        QTest::newRow("ended") << QByteArray("enough")
                               << QByteArray("ended with the reason :enough");
    }
    void anImportThatIsEndedSaysSoAndImportsNoMore() {
        QFETCH(QByteArray, reason);
        QFETCH(QByteArray, words);
        start();
        External external(runtime(), "test");
        Words said;
        const Pid verb = startImport(runtime(), (m_folder / "lines.csv").string(), "Work", kWorkers,
                                     said.output());
        const Ref ended = monitor(verb);
        while (linesOf(external, "Work") < 500)
            QVERIFY(said.statuses().empty());
        exit(verb, atom(reason.constData()));
        static_cast<void>(external.receive(on<Down>(ended)));
        QCOMPARE(said.statuses(), std::vector<int>{1});
        const std::string error = said.error();
        const std::string start =
            "The import was stopped: its process " + words.toStdString() + "; ";
        QVERIFY2(error.starts_with(start), error.c_str());
        QVERIFY2(error.ends_with(" entries are imported.\n"), error.c_str());
        const std::size_t told = std::stoul(error.substr(start.size()));
        // What is told was on disk; what was under way or not told yet may be there, too.
        const std::size_t there = linesOf(external, "Work");
        QVERIFY(told <= there);
        QVERIFY(there >= 500);
        QVERIFY(there < std::size_t(kLines));
        // What was under way may still come to disk, and nothing more.
        QVERIFY(linesOf(external, "Work") <=
                there + todo::kImportBatch * todo::kImportBatchesUnderWay);
    }

    void aKilledImporterIsReplaced() {
        start();
        External external(runtime(), "test");
        Words said;
        const Pid verb = startImport(runtime(), (m_folder / "lines.csv").string(), "Work", kWorkers,
                                     said.output());
        const Ref ended = monitor(verb);
        while (linesOf(external, "Work") < 500)
            QVERIFY(said.statuses().empty());
        Pid importer;
        std::vector<ProcessRow> rows(runtime().counters().slotsUsed);
        rows.resize(runtime().rows(0, rows).count);
        for (const ProcessRow& row : rows)
            if (row.parent == verb)
                importer = row.pid;
        QVERIFY(importer);
        exit(importer, atoms::kill);
        static_cast<void>(external.receive(on<Down>(ended)));
        QCOMPARE(said.statuses(), std::vector<int>{0});
        QCOMPARE(said.error(), std::string());
        QCOMPARE(linesOf(external, "Work"), std::size_t(kLines));
    }

    void aCancelledImportKeepsWhatIsInAndFails() {
        start();
        External external(runtime(), "test");
        Words said;
        const Pid verb = startImport(runtime(), (m_folder / "lines.csv").string(), "Work", kWorkers,
                                     said.output());
        const Ref ended = monitor(verb);
        while (linesOf(external, "Work") < 500)
            QVERIFY(said.statuses().empty());
        send(verb, todo::CancelImport{});
        static_cast<void>(external.receive(on<Down>(ended)));
        QCOMPARE(said.statuses(), std::vector<int>{1});
        QVERIFY2(said.error().starts_with("The import was stopped after line "),
                 said.error().c_str());
    }

    void oldResultsThatCannotBeForgottenAreLogged() {
        start();
        m_program.reset();
        auto database = storage::Connection::open((m_folder / "grove.db").string(), {});
        QVERIFY(database);
        QVERIFY(database->execute("CREATE TRIGGER keep BEFORE DELETE ON operations BEGIN SELECT "
                                  "RAISE(ABORT, 'nothing is forgotten'); END"));
        QVERIFY(database->execute("INSERT INTO operations SELECT 'old', 1, '', 0"));
        database = storage::Connection::open(":memory:", {});
        start();
        m_program.reset();
        const std::string log = contentOf(m_folder / "grove.log");
        QVERIFY2(log.find("Results of old changes could not be forgotten") != std::string::npos,
                 log.c_str());
        QVERIFY2(log.find("nothing is forgotten") != std::string::npos, log.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_Verbs)
#include "tst_verbs.moc"
