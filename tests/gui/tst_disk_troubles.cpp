// What the window says and does while the disk takes no changes, and where it never will.

#include "gui/program_fixture.h"

#include <grove/storage/sync_loss_vfs.h>

#include <QSignalSpy>

#include <filesystem>
#include <support/unprivileged_user.h>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_DiskTroubles : public QObject {
    Q_OBJECT

private:
    static void show(ProgramFixture& f, const app::Program::Options& options) {
        auto started = app::Program::start(options);
        QVERIFY(started.has_value());
        f.program = std::make_unique<app::WindowProgram>(*std::move(started), f.settings);
        f.program->show({});
        QVERIFY(QTest::qWaitForWindowExposed(&f.window()));
        f.window().activateWindow();
        QApplication::setActiveWindow(&f.window());
        QTRY_VERIFY(f.program->session().listsAreRead());
    }

    /// More than the log has room for: what comes next makes it longer.
    static void fillLog(ProgramFixture& f) {
        todo::AddEntries many;
        for (int n = 0; n < 800; ++n)
            many.entries.push_back({.title = std::string(500, 'x')});
        const todo::ListId welcome = f.listNamed(QStringLiteral("Welcome to Grove"));
        QVERIFY(f.program->session().submit(welcome, std::move(many), QString()));
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
    }

private slots:
    void initTestCase() { ProgramFixture::prepare(); }

    void aFullDiskIsSaidSoAndEverythingIsWrittenWhenThereIsRoom() {
        storage::SyncLossVfs disk(1);
        ProgramFixture f;
        show(f, {.folder = f.folder.path().toStdString(), .vfs = disk.name()});
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        f.window().showList(todo::kInbox);
        QTRY_COMPARE(f.program->session().stateOf(todo::kInbox), ListState::Ready);
        fillLog(f);
        disk.setCapacity(0);
        f.quickAdd()->setFocus();
        for (const char* title : {"one", "two", "three"}) {
            ProgramFixture::type(QString::fromLatin1(title));
            ProgramFixture::press(Qt::Key_Return);
        }
        const QString full = QStringLiteral("<b>The disk is full.</b> 3 changes are not saved yet; "
                                            "they are kept here and written as soon as there is "
                                            "room (at least 1 MB). Do not close Grove.");
        QTRY_VERIFY(f.barWith(full));
        QCOMPARE(f.titles().size(), 3);
        QTRY_VERIFY2(f.savedText().startsWith(
                         QStringLiteral("3 changes are not saved yet: the disk is full")),
                     qPrintable(f.savedText()));
        // A list that is made has nobody who follows it; it waits, too.
        QVERIFY(f.program->session().createList(QStringLiteral("House"), {}, QStringLiteral("x")));
        QTRY_VERIFY(f.barWith(QStringLiteral("4 changes are not saved yet")));
        disk.setCapacity({});
        QTest::mouseClick(ProgramFixture::link(f.barWith(QStringLiteral("disk is full")),
                                               QStringLiteral("Try again")),
                          Qt::LeftButton);
        QTRY_VERIFY(!f.barWith(QStringLiteral("disk is full")));
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        QCOMPARE(f.titles().size(), 3);
        f.program.reset(); // before its disk
    }

    void aFolderThatCannotBeWrittenIsShownAndNotChanged() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        f.end();
        namespace fs = std::filesystem;
        const fs::path folder = f.folder.path().toStdString();
        for (const auto& file : fs::directory_iterator(folder))
            fs::permissions(file.path(), fs::perms(0444));
        fs::permissions(folder, fs::perms(0555));
        {
            const UnprivilegedUser user;
            show(f, {.folder = folder, .mayOnlyRead = true});
            InlineBar* bar = nullptr;
            QTRY_VERIFY((bar = f.barWith(QStringLiteral("<b>Grove cannot write to "))));
            QVERIFY(bar->text().endsWith(QStringLiteral(
                "Your lists are shown and can be searched; changes are not possible. Make the "
                "folder writable and try again, or choose another folder.")));
            const todo::ListId welcome = f.listNamed(QStringLiteral("Welcome to Grove"));
            f.window().showList(welcome);
            QTRY_COMPARE(f.titles().size(), 7);
            QVERIFY(!f.quickAdd()->isEnabled());
            f.todo().view()->setFocus();
            ProgramFixture::press(Qt::Key_Home);
            ProgramFixture::press(Qt::Key_Space);
            ProgramFixture::press(Qt::Key_Delete);
            QCOMPARE(f.titles().size(), 7);
            const auto refused =
                f.program->session().submit(welcome, todo::SetDone{{{1, true}}}, QString());
            QVERIFY(!refused);
            QVERIFY(QString::fromStdString(refused.error().why)
                        .endsWith(QStringLiteral("Changes are not possible.")));
            QSignalSpy reopen(&f.program->session(), &TodoSession::reopenWanted);
            QTest::mouseClick(ProgramFixture::link(bar, QStringLiteral("Try again")),
                              Qt::LeftButton);
            QCOMPARE(reopen.size(), 1);
            QCOMPARE(reopen.front().front().toBool(), false);
            f.end();
        }
        fs::permissions(folder, fs::perms(0755));
        QCOMPARE(f.printedList(QStringLiteral("Welcome to Grove")).size(), 7);
    }

    void aListOfAFolderThatCannotBeWrittenIsPrinted() {
        ProgramFixture f;
        f.start();
        QTRY_COMPARE(f.titles().size(), 7);
        QTRY_COMPARE(f.savedText(), QStringLiteral("All changes saved"));
        f.end();
        auto program =
            app::Program::start({.folder = f.folder.path().toStdString(), .mustOnlyRead = true});
        QVERIFY(program.has_value());
        QVERIFY(QString::fromStdString((*program)->readOnly())
                    .startsWith(QStringLiteral("Grove cannot write to ")));
        QStringList lines;
        QString errors;
        int status = -1;
        External external((*program)->runtime(), "test");
        const app::VerbOutput output{
            .output =
                [&](std::string text) {
                    lines +=
                        QString::fromStdString(text).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
                },
            .error = [&](std::string text) { errors += QString::fromStdString(text); },
            .finish = [&](int finished) { status = finished; },
        };
        const Pid print =
            app::startPrint((*program)->runtime(), "Welcome to Grove", app::kWorkers, output);
        static_cast<void>(external.receive(on<Down>(monitor(print))));
        QCOMPARE(status, 0);
        QCOMPARE(lines.size(), 7);
        const Pid import =
            app::startImport((*program)->runtime(), "none.csv", "House", app::kWorkers, output);
        static_cast<void>(external.receive(on<Down>(monitor(import))));
        QCOMPARE(status, 1);
        QVERIFY2(errors.startsWith(QStringLiteral("Grove cannot write to ")), qPrintable(errors));
    }
};

QTEST_MAIN(tst_DiskTroubles)
#include "tst_disk_troubles.moc"
