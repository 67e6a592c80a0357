// The actions of the whole program in one registry: those of the frame, the lists and the observer.

#include "support/fake_node.h"
#include "ui/window_fixture.h"

#include <ui/observer/context.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/processes_page.h>
#include <ui/observer/tree_page.h>

#include <QMenu>
#include <QMenuBar>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_AllActions : public QObject {
    Q_OBJECT

private:
    /// The window as the program builds it, over lists in memory and a node without a runtime.
    struct Program {
        Program()
            : settings(folder.filePath(QStringLiteral("window.ini")), QSettings::IniFormat),
              window(session, registry, settings),
              context((FakeNode::fillLikeThePictures(node), node), {},
                      [this] { return node.now(); }),
              actions(context, registry, window) {
            tree = new TreePage(context, actions, registry);
            processes = new ProcessesPage(context, actions, registry);
            window.addPage({QStringLiteral("tree"), QStringLiteral("Tree"), "tree",
                            QKeySequence(Qt::ALT | Qt::Key_1)},
                           tree);
            window.addPage({QStringLiteral("processes"), QStringLiteral("Processes"), "processes",
                            QKeySequence(Qt::ALT | Qt::Key_2)},
                           processes);
            window.finish();
            window.resize(1280, 800);
            window.show();
            window.activateWindow();
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
        }
        QTemporaryDir folder;
        QSettings settings;
        MemorySession session;
        ActionRegistry registry;
        MainWindow window;
        FakeNode node;
        ObserverContext context;
        ProcessActions actions;
        TreePage* tree;
        ProcessesPage* processes;
    };

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void everyMenuActionHasHelpAndAllShortcutsDiffer() {
        Program program;
        QVERIFY(program.registry.find(QStringLiteral("process.kill")));
        QVERIFY(program.registry.find(QStringLiteral("entry.tick")));
        QCOMPARE(program.window.menuBar()->actions().size(), 6);
        QHash<QString, QString> windowKeys;
        for (const QAction* action : program.registry.all()) {
            QVERIFY2(!ActionRegistry::helpOf(action).isEmpty(),
                     qPrintable(ActionRegistry::idOf(action)));
            if (action->shortcutContext() != Qt::WindowShortcut)
                continue;
            for (const QKeySequence& key : action->shortcuts()) {
                const QString text = key.toString();
                QVERIFY2(!windowKeys.contains(text),
                         qPrintable(text + QLatin1Char(' ') + windowKeys.value(text)));
                windowKeys.insert(text, ActionRegistry::idOf(action));
            }
        }
    }

    void f7PausesTheFiguresAndLetsThemGoOn() {
        Program program;
        program.window.showPage(QStringLiteral("processes"));
        program.processes->focusTarget()->setFocus();
        QVERIFY(!program.context.refresh().isPaused());
        QTest::keyClick(&program.window, Qt::Key_F7);
        QVERIFY(program.context.refresh().isPaused());
        QVERIFY(program.registry.action("process.pause")->isChecked());
        QTest::keyClick(&program.window, Qt::Key_F7);
        QVERIFY(!program.context.refresh().isPaused());
        QVERIFY(!program.registry.action("process.pause")->isChecked());
    }
};

QTEST_MAIN(tst_AllActions)
#include "tst_all_actions.moc"
