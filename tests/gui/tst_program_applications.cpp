// The program as the observer shows it: four applications, and what keeps each of them.
#include "gui/program_fixture.h"

#include <grove/otp/application.h>
#include <grove/otp/environment.h>
#include <grove/runtime/extension.h>
#include <ui/common/roles.h>
#include <ui/observer/consequence_text.h>

using namespace grove;
using namespace grove::test;

namespace {

otp::ApplicationStatus statusOf(ProgramFixture& f, const char* name) {
    return extension<otp::Applications>(f.program->runtime()).status(name).value();
}

const ui::TreeModel& treeOf(ProgramFixture& f) {
    f.program->context().pull();
    return f.program->context().tree();
}

QStringList namesBelow(ProgramFixture& f, observe::PlaceId parent) {
    QStringList names;
    const ui::TreeModel& tree = treeOf(f);
    for (const observe::PlaceId id : tree.childrenOf(parent))
        names.append(QString::fromStdString(tree.place(id)->name));
    return names;
}

/// What the observer foresees for a process.
std::optional<observe::Consequences> foreseen(ProgramFixture& f, Pid pid) {
    std::optional<observe::Consequences> got;
    f.program->node().consequences(
        pid, atoms::kill, [&](Result<observe::Consequences> answer) { got = *std::move(answer); });
    return QTest::qWaitFor([&] { return got.has_value(); }) ? got : std::nullopt;
}

} // namespace

class tst_ProgramApplications : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { ProgramFixture::prepare(); }

    void theTreeShowsFourInTheOrderOfTheirStart() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(namesBelow(f, 0), (QStringList{"kernel", "storage", "todo", "window"}));
        for (const char* name : {"kernel", "storage", "todo", "window"}) {
            QTRY_VERIFY(statusOf(f, name).state == otp::ApplicationState::Running);
            QVERIFY(!statusOf(f, name).description.empty());
            QCOMPARE(statusOf(f, name).version, std::string(otp::kGroveVersion));
        }
        const ui::TreeModel& tree = treeOf(f);
        const auto& all = tree.childrenOf(0);
        QCOMPARE(namesBelow(f, all.at(0)), (QStringList{"Logger", "ApplicationController"}));
        QCOMPARE(namesBelow(f, all.at(1)), QStringList());
        QCOMPARE(namesBelow(f, all.at(2)), QStringList{"TopSupervisor"});
        QCOMPARE(namesBelow(f, all.at(3)), QStringList{"WindowSupervisor"});
        QVERIFY(tree.isLibrary(all.at(1)));
        QVERIFY(tree.indexOf(all.at(1)).data(ui::SuffixRole).toString().contains("library"));
        f.end();
    }

    void theCacheSaysHowManyListsAreOpen() {
        ProgramFixture f;
        f.start();
        const auto suffix = [&] {
            const ui::TreeModel& tree = treeOf(f);
            const observe::Place* cache = f.placeNamed("Cache");
            return cache == nullptr ? QString()
                                    : tree.indexOf(cache->id).data(ui::SuffixRole).toString();
        };
        QTRY_COMPARE(suffix(), "1 of 2 lists open"); // Inbox, and the welcome list, which is shown
        f.end();
    }

    void whatTheRuntimeKeepsComesBackAsItIsForetold() {
        ProgramFixture f;
        f.start();
        for (const char* name : {"Logger", "ApplicationController", "WindowSupervisor"}) {
            QTRY_VERIFY(f.placeNamed(name) != nullptr && !f.placeNamed(name)->pid.isNone());
            const Pid before = f.placeNamed(name)->pid;
            const auto what = foreseen(f, before);
            QVERIFY(what && what->verdict == observe::Verdict::RestartsAlone);
            QVERIFY(ui::whatWillHappen(*what, {}).startsWith("The runtime starts it again"));
            std::optional<observe::Outcome> outcome;
            f.program->node().exit(before, atoms::kill, [&](Result<observe::Outcome> progress) {
                outcome = *std::move(progress);
            });
            QTRY_VERIFY(outcome && outcome->settled);
            QVERIFY(!outcome->successor.isNone() && outcome->successor != before);
            QTRY_VERIFY(treeOf(f).size() > 0 && f.placeNamed(name)->pid == outcome->successor);
        }
        QVERIFY(f.barWith("has stopped") == nullptr);
        f.end();
    }

    /// The window says that the to-do application does not run: it must not need it.
    void theWindowComesBackWhileTheToDoApplicationIsStopped() {
        ProgramFixture f;
        f.start();
        f.program->runtime().exit(statusOf(f, "todo").top, atoms::kill);
        QTRY_VERIFY(f.barWith("to-do application"));
        const otp::ApplicationStatus before = statusOf(f, "window");
        f.program->runtime().exit(before.top, atoms::kill);
        QTRY_COMPARE(statusOf(f, "window").starts, before.starts + 1);
        QVERIFY(statusOf(f, "todo").state == otp::ApplicationState::Stopped);
        QVERIFY(f.program->session().submit(
            f.todo().list(), todo::AddEntries{{{.title = "kept meanwhile"}}}, "add"));
        QTest::mouseClick(ProgramFixture::link(f.barWith("to-do application"), "Start"),
                          Qt::LeftButton);
        QTRY_VERIFY(statusOf(f, "todo").state == otp::ApplicationState::Running);
        QTRY_COMPARE(f.program->session().saving().changes, 0);
        QTRY_VERIFY(f.titles().contains("kept meanwhile"));
        f.end();
    }

    /// Damage to the database must not keep the window from saying so.
    void theWindowStartsWhenTheToDoApplicationCannot() {
        ProgramFixture f;
        auto started = app::Program::start({.folder = f.folder.path().toStdString()});
        QVERIFY(started.has_value());
        auto& applications = extension<otp::Applications>((*started)->runtime());
        QVERIFY(otp::stopAllApplications((*started)->runtime()));
        extension<otp::Environment>((*started)->runtime()).unset("storage", atom("file"));
        f.program = std::make_unique<app::WindowProgram>(*std::move(started), f.settings);
        f.program->show({});
        QTRY_VERIFY(applications.status("window")->state == otp::ApplicationState::Running);
        QVERIFY(applications.status("todo")->state == otp::ApplicationState::Stopped);
        QTRY_VERIFY(f.barWith("to-do application"));
        QVERIFY(!f.barWith("storage application"));
        f.end();
    }
};

QTEST_MAIN(tst_ProgramApplications)
#include "tst_program_applications.moc"
