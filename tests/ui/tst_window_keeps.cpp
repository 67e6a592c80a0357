// What the window keeps from one start to the next, and where keys and the keyboard go.

#include "ui/window_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/views.h>
#include <ui/window/sidebar.h>

#include <QSignalSpy>
#include <QToolButton>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

class tst_WindowKeeps : public QObject {
    Q_OBJECT

private:
    static QWidget* focus() { return QApplication::focusWidget(); }

private slots:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        WindowFixture::prepare();
    }

    void whatAPageArrangedIsKeptAndRestored() {
        WindowFixture f;
        f.start();
        f.page->arranged = {{"columns", QStringList{"0:120:1", "2:80:0"}}, {"drawn", true}};
        f.window->close();
        f.window.reset();
        f.start();
        QCOMPARE(f.page->arranged.value("columns").toStringList(),
                 (QStringList{"0:120:1", "2:80:0"}));
        QVERIFY(f.page->arranged.value("drawn").toBool());
        f.action("view.restoreLayout")->trigger();
        QVERIFY(f.page->arranged.isEmpty());
    }

    void copyGoesToThePaneWithTheKeyboard() {
        WindowFixture f;
        f.start();
        f.window->setSplit(true);
        f.window->setInspectorShown(true);
        f.page->focusTarget()->setFocus();
        QTest::keyClick(f.window.get(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(f.page->copies, 1);
        f.inspector->setFocus();
        QTest::keyClick(f.window.get(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(f.inspector->copies, 1);
        QCOMPARE(f.page->copies, 1);
    }

    void aPageOpensWithTheKeyboardInItsTable() {
        WindowFixture f;
        f.start();
        f.todo().focusTarget()->setFocus();
        f.window->showPage("tree"); // not its find field, which comes first
        QCOMPARE(focus(), f.page->focusTarget());
        f.window->showList(todo::kInbox);
        f.window->sidebar()->view()->setFocus();
        f.window->showPage("tree"); // chosen in the sidebar with the arrows: it keeps the keyboard
        QCOMPARE(focus(), static_cast<QWidget*>(f.window->sidebar()->view()));
    }

    void theFirstStartsBarComesBackUntilItIsClosed() {
        const auto bar = [](WindowFixture& f) -> InlineBar* {
            for (InlineBar* each : f.todo().bars()->bars())
                if (each->text().contains("running process"))
                    return each;
            return nullptr;
        };
        WindowFixture f;
        f.start();
        f.window->awaitFirstTime();
        f.window->startFirstTime();
        QVERIFY(bar(f));
        f.window->close();
        f.window.reset();
        f.start();
        QVERIFY(bar(f)); // not closed yet
        QSignalSpy hint(f.window.get(), &MainWindow::treeHintWanted);
        f.window->setSplit(true);
        QCOMPARE(hint.count(), 1);
        f.window->setSplit(false);
        f.window->setSplit(true);
        QCOMPARE(hint.count(), 1); // once
        for (QToolButton* button : bar(f)->findChildren<QToolButton*>())
            if (button->accessibleName().contains("Close"))
                button->click();
        QVERIFY(!bar(f));
        f.window.reset(); // as after a crash: nothing is written at the end
        f.start();
        QVERIFY(!bar(f));
        f.window->setSplit(true);
        QVERIFY(!bar(f));
    }
};

QTEST_MAIN(tst_WindowKeeps)
#include "tst_window_keeps.moc"
