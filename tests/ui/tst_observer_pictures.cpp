// The observer's pages as a person sees them: each is painted in both schemes and at the smallest
// and the usual size, and nothing may be cut off. With GROVE_PICTURES set to a folder they are kept
// there.

#include "ui/observer_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/views.h>
#include <ui/observer/drawn_tree.h>
#include <ui/observer/inspector.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/process_model.h>
#include <ui/observer/processes_page.h>
#include <ui/observer/term_question.h>
#include <ui/observer/tree_page.h>

#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabBar>
#include <QTest>
#include <QVBoxLayout>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_ObserverPictures : public QObject {
    Q_OBJECT

private:
    /// The page with the inspector beside it, as the window shows them.
    struct Shown : ObserverFixture {
        explicit Shown(QSize size, bool inspected) {
            auto* row = new QHBoxLayout(&window);
            row->setContentsMargins(0, 0, 0, 0);
            row->setSpacing(0);
            tree = new TreePage(context, actions, registry, &window);
            processes = new ProcessesPage(context, actions, registry, &window);
            row->addWidget(tree, 1);
            row->addWidget(processes, 1);
            processes->hide();
            inspector = new Inspector(context, actions, &window);
            inspector->setFixedWidth(metrics().inspector);
            row->addWidget(inspector);
            inspector->setVisible(inspected);
            window.resize(size);
            window.show();
            window.activateWindow();
            tree->focusTarget()->setFocus();
        }
        ~Shown() {
            delete tree;
            delete processes;
            delete inspector;
        }
        TreePage* tree;
        ProcessesPage* processes;
        Inspector* inspector;
        void select(const std::string& name) {
            tree->reveal(context.subjectAt(node.placeNamed(name)));
        }
        void settle() {
            context.refresh().refreshNow();
            for (int i = 0; i < 20; ++i)
                QCoreApplication::processEvents();
        }
    };

    static void keep(QWidget& widget, const QString& name) {
        const QImage image = widget.grab().toImage();
        QVERIFY(!image.isNull());
        if (const QString folder = qEnvironmentVariable("GROVE_PICTURES"); !folder.isEmpty()) {
            QDir().mkpath(folder);
            QVERIFY(image.save(QStringLiteral("%1/%2.png").arg(folder, name)));
        }
    }
    static QString suffix(QSize size) {
        return QStringLiteral("%1-%2")
            .arg(Theme::instance().isDark() ? "dark" : "light")
            .arg(size.width());
    }
    /// Widgets that are narrower or lower than they say they can be.
    static QStringList cutOff(QWidget& window) {
        QStringList cut;
        for (QWidget* widget : window.findChildren<QWidget*>())
            if (widget->isVisible() &&
                (qobject_cast<QPushButton*>(widget) || qobject_cast<QTabBar*>(widget)) &&
                (widget->width() < widget->minimumSizeHint().width() ||
                 widget->height() < widget->minimumSizeHint().height()))
                cut << widget->metaObject()->className() + QStringLiteral(" ") +
                           widget->accessibleName();
        return cut;
    }

private slots:
    void initTestCase() { useTheme(); }

    void pages_data() {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        for (const bool dark : {false, true})
            for (const QSize size : {QSize(1064, 744), QSize(852, 504)})
                QTest::addRow("%s %d", dark ? "dark" : "light", size.width()) << dark << size;
    }
    void pages() {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        Theme::instance().setMode(dark ? ThemeMode::Dark : ThemeMode::Light);
        const bool wide = size.width() > 900;
        Shown shown(size, wide);
        shown.select("Welcome to Grove");
        shown.settle();
        keep(shown.window, "outline-" + suffix(size));
        shown.actions.setAsksBeforeKills(false);
        shown.actions.kill(shown.context.subjectAt(shown.node.placeNamed("SQLite worker 2")));
        QTRY_COMPARE(shown.context.tree().place(shown.node.placeNamed("SQLite worker 2"))->restarts,
                     1U);
        shown.settle();
        keep(shown.window, "outline-killed-" + suffix(size));
        QCOMPARE(cutOff(shown.window), QStringList());
        shown.inspector->hide();
        shown.tree->setForm(TreePage::Form::Drawn);
        shown.settle();
        keep(shown.window, "drawn-" + suffix(size));
        shown.tree->hide();
        shown.processes->show();
        shown.node.work(shown.node.pidOf("Registry"), 3600);
        shown.settle();
        shown.node.advance(1s);
        shown.node.work(shown.node.pidOf("Registry"), 420);
        shown.settle();
        shown.processes->reveal(shown.node.pidOf("Bob's list"));
        keep(shown.window, "processes-" + suffix(size));
        QCOMPARE(cutOff(shown.window), QStringList());
    }

    void questions_data() { pages_data(); }
    void questions() {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        Theme::instance().setMode(dark ? ThemeMode::Dark : ThemeMode::Light);
        Shown shown(size, false);
        for (int i = 0; i < 3; ++i)
            shown.node.crash(shown.node.placeNamed("SQLite worker 1"), "bad");
        shown.settle();
        shown.actions.kill(shown.context.subjectAt(shown.node.placeNamed("SQLite worker 3")));
        QTRY_VERIFY(shown.actions.killQuestion());
        shown.settle();
        keep(*shown.actions.killQuestion(), "kill-question-" + suffix(size));
        shown.actions.killQuestion()->reject();
        shown.actions.exitWithReason(shown.context.subjectAt(shown.node.placeNamed("Registry")));
        QVERIFY(shown.actions.termQuestion());
        shown.actions.termQuestion()->field()->edit()->setText("{reply, 42");
        QTest::mouseClick(shown.actions.termQuestion()->verbButton(), Qt::LeftButton);
        shown.settle();
        keep(*shown.actions.termQuestion(), "exit-question-" + suffix(size));
        QCOMPARE(cutOff(*shown.actions.termQuestion()), QStringList());
        shown.actions.termQuestion()->reject();
        shown.actions.setAsksBeforeKills(false);
        shown.actions.kill(shown.context.subjectAt(shown.node.placeNamed("TopSupervisor")));
        QTRY_VERIFY(shown.actions.killQuestion());
        shown.actions.killQuestion()->accept();
        QTRY_VERIFY(!shown.tree->bars()->bars().isEmpty());
        shown.settle();
        keep(shown.window, "stopped-outline-" + suffix(size));
        shown.tree->setForm(TreePage::Form::Drawn);
        shown.settle();
        keep(shown.window, "stopped-drawn-" + suffix(size));
    }

    void inspectorTabs() {
        Theme::instance().setMode(ThemeMode::Light);
        const QSize size(1064, 744);
        Shown shown(size, true);
        const Pid bob = shown.node.pidOf("Bob's list");
        for (int i = 0; i < 120; ++i)
            shown.node.mailboxOf(bob).push_back(Term(i));
        shown.select("Bob's list");
        shown.settle();
        shown.inspector->tabs()->setCurrentIndex(Inspector::MailboxTab);
        shown.settle();
        keep(shown.window, "inspector-mailbox");
        shown.inspector->tabs()->setCurrentIndex(Inspector::StateTab);
        shown.settle();
        keep(shown.window, "inspector-state");
        shown.select("SQLite worker 3");
        shown.inspector->tabs()->setCurrentIndex(Inspector::InfoTab);
        shown.settle();
        shown.node.crash(shown.node.placeNamed("SQLite worker 3"), "killed");
        shown.settle();
        keep(shown.window, "inspector-successor");
    }
};

QTEST_MAIN(tst_ObserverPictures)
#include "tst_observer_pictures.moc"
