// The program as applications: kernel, storage, todo.
#include "world.h"

#include <grove/otp/application.h>
#include <grove/otp/environment.h>
#include <grove/otp/sys.h>
#include <grove/runtime/extension.h>
#include <grove/storage/application.h>

using namespace grove;
using namespace grove::todo;
using namespace std::chrono_literals;
using otp::Applications;
using otp::ApplicationState;

namespace {

using Names = std::vector<std::string>;

/// A runtime with its system, and a disk with two databases.
struct Program {
    storage::SyncLossVfs disk{1};
    Simulation simulation{{.seed = 1}};
    Runtime& runtime = simulation.runtime();
    Applications& applications = extension<Applications>(runtime);
    TodoOptions options{.database = {.file = "first.db", .vfs = disk.name(), .count = 2}};

    Program() {
        for (const char* file : {"first.db", "second.db"})
            if (!storage::prepareDatabase(file, todoSchema(), {.vfs = disk.name()}))
                qFatal("no database");
        otp::startSystem(runtime);
        simulation.runUntilIdle(); // its controller has its name
    }
    ~Program() { static_cast<void>(otp::stopAllApplications(runtime)); }

    Names running() const {
        Names names;
        for (const otp::ApplicationStatus& status : applications.whichApplications())
            names.push_back(status.name);
        return names;
    }
    /// Asks from a process. Returns: what it has started, or the error's code and words.
    Names ensureAllStarted(const std::string& name) {
        Names got;
        bool isDone = false;
        runtime.spawn(
            [](std::string asked, Names* to, bool* done) -> Task<> {
                const auto started = co_await Applications::ensureAllStarted(std::move(asked));
                *to = started ? *started
                              : Names{std::string(started.error().code.name()),
                                      started.error().message};
                *done = true;
            },
            name, &got, &isDone);
        simulation.runUntil([&] { return isDone; }, 60s);
        return got;
    }
    std::string fileOfWorker() {
        Term state;
        runtime.spawn(
            [](Term* to) -> Task<> { *to = co_await otp::sys::getState(storage::workerName(1)); },
            &state);
        simulation.runUntil([&] { return !state.isNone(); }, 10s);
        return std::string(state.mapFind(atom("file"))->toBinary());
    }
};

} // namespace

class tst_TodoApplications : public QObject {
    Q_OBJECT
private slots:
    void startInTheOrderOfWhatTheyNeedAndStopTheOtherWayRound() {
        Program program;
        QVERIFY(addApplications(program.applications, program.options));
        QCOMPARE(program.ensureAllStarted("todo"), (Names{"storage", "todo"}));
        QCOMPARE(program.running(), (Names{"todo", "storage", "kernel"}));
        QVERIFY(program.runtime.whereis(atom("database")).has_value());
        QVERIFY(otp::stopAllApplications(program.runtime));
        QCOMPARE(program.running(), Names{"kernel"});
        QVERIFY(program.applications.status("todo")->since <=
                program.applications.status("storage")->since);
        QVERIFY(!program.runtime.whereis(atom("database")));
    }

    void withoutStorageTheToDoApplicationSaysWhatItNeeds() {
        Program program;
        QVERIFY(program.applications.add(todoApplication()));
        QCOMPARE(program.ensureAllStarted("todo"),
                 (Names{"not_found", "todo needs storage: there is no application storage"}));
        QVERIFY(program.applications.status("todo")->state == ApplicationState::Stopped);
        QCOMPARE(program.running(), Names{"kernel"});
    }

    void withoutAFileStorageSaysSo() {
        Program program;
        QVERIFY(addApplications(program.applications, program.options));
        extension<otp::Environment>(program.runtime).unset("storage", atom("file"));
        const Names failed = program.ensureAllStarted("todo");
        QCOMPARE(failed.at(0), std::string("start_failed"));
        QVERIFY2(failed.at(1).contains("badarg"), failed.at(1).c_str());
        QCOMPARE(program.running(), Names{"kernel"}); // storage was stopped again
    }

    void aStartTakesTheEnvironmentAsItIsThen() {
        Program program;
        QVERIFY(addApplications(program.applications, program.options));
        QCOMPARE(program.ensureAllStarted("todo").size(), 2u);
        QCOMPARE(program.fileOfWorker(), std::string("first.db"));
        QVERIFY(program.runtime.whereis(storage::workerName(2)).has_value());
        QVERIFY(!program.runtime.whereis(storage::workerName(3)));
        QVERIFY(otp::stopAllApplications(program.runtime));
        auto& environment = extension<otp::Environment>(program.runtime);
        environment.set("storage", atom("file"), Term("second.db"));
        environment.set("storage", atom("workers"), Term(3));
        QCOMPARE(program.ensureAllStarted("todo"), (Names{"storage", "todo"}));
        QCOMPARE(program.fileOfWorker(), std::string("second.db"));
        QVERIFY(program.runtime.whereis(storage::workerName(3)).has_value());
    }

    void everyOptionGoesThroughTheEnvironment() {
        Program program;
        const storage::WorkerOptions options{.file = "first.db",
                                             .vfs = program.disk.name(),
                                             .synchronous = storage::Synchronous::Off,
                                             .count = 7,
                                             .readOnly = "Nobody may write."};
        QVERIFY(program.applications.add(storage::storageApplication(options)));
        const storage::WorkerOptions got =
            storage::workerOptions(extension<otp::Environment>(program.runtime));
        QCOMPARE(got.file, options.file);
        QCOMPARE(got.vfs, options.vfs);
        QVERIFY(got.synchronous == options.synchronous);
        QCOMPARE(got.count, options.count);
        QCOMPARE(got.readOnly, options.readOnly);
    }
};

QTEST_GUILESS_MAIN(tst_TodoApplications)
#include "tst_todo_applications.moc"
