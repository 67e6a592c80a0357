#include "ui/observer_fixture.h"

#include <grove/term/parse.h>
#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/views.h>
#include <ui/observer/info_panel.h>
#include <ui/observer/inspector.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/mailbox_model.h>
#include <ui/observer/mailbox_view.h>
#include <ui/observer/state_pane.h>
#include <ui/observer/term_view.h>
#include <ui/observer/value_label.h>

#include <QClipboard>
#include <QFontMetrics>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabBar>
#include <QTest>
#include <QToolButton>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_Inspector : public QObject {
    Q_OBJECT

private:
    using Field = InfoPanel::Field;
    struct Shown : ObserverFixture {
        explicit Shown(ObserverHooks hooks = {})
            : ObserverFixture(std::move(hooks)), inspector(context, actions, &window) {
            window.resize(312, 744);
            inspector.resize(window.size());
            window.show();
        }
        Inspector inspector;
        void select(const std::string& name) {
            context.select(context.subjectAt(node.placeNamed(name)));
            QTRY_VERIFY(!inspector.info()->valueOf(Field::Status).isEmpty());
            QTRY_VERIFY(!inspector.info()->consequence().isEmpty());
        }
        /// So low that nothing has room to spare; SQLite worker 3 is shown in the end.
        void selectTwoInALowWindow() {
            window.resize(312, 400);
            inspector.resize(window.size());
            select("Welcome to Grove");
            select("SQLite worker 3");
        }
        ProcessInfo oneWithManyLinks() {
            ProcessInfo info = node.infoOf(node.pidOf("Welcome to Grove"));
            info.links.assign(20, info.ancestors.front());
            return info;
        }
        QString field(Field field) const { return inspector.info()->valueOf(field); }
        QString bar() const {
            return inspector.bars()->bars().isEmpty() ? QString()
                                                      : inspector.bars()->bars().front()->text();
        }
        QToolButton* link(const QString& words) const {
            for (QToolButton* button : inspector.bars()->findChildren<QToolButton*>())
                if (button->text() == words)
                    return button;
            return nullptr;
        }
    };

    /// Returns: the words that a paint now would show cut off.
    static QStringList squeezed(const QWidget& in) {
        QStringList found;
        for (const QLabel* each : in.findChildren<QLabel*>())
            if (each->isVisible() && each->wordWrap() && !each->text().isEmpty() &&
                each->height() < each->heightForWidth(each->width()))
                found << each->text();
        return found;
    }

private slots:
    void initTestCase() { useTheme(); }

    void whatIsOpenedAgainIsTheSuccessorOfWhatWasKilled() {
        Shown shown;
        const auto reopens = [](Place& place) {
            place.restartType = RestartType::Temporary;
            place.reopens = true;
        };
        const PlaceId list = shown.node.placeNamed("Bob's list");
        const PlaceId cache = shown.node.placeNamed("ListCache");
        shown.node.change(list, reopens);
        shown.context.pull();
        shown.select("Bob's list");
        shown.node.crash(list, "killed");
        shown.node.forget(list);
        const PlaceId again = shown.node.add({.name = "Bob's list", .parent = cache});
        shown.node.change(again, reopens);
        shown.context.pull();
        shown.context.refresh().refreshNow();
        QTRY_VERIFY(shown.bar().contains("is gone"));
        QVERIFY2(shown.bar().contains("Its successor is"), qPrintable(shown.bar()));
        shown.link("Show it")->click();
        QCOMPARE(shown.context.subject().place, again);
    }

    void longWordsAreShownWhole() {
        Shown shown;
        const Pid pid = shown.node.pidOf("SQLite worker 3");
        const std::string call =
            "otp::spawnServer<grove::storage::SqliteWorker>::startWithConnectionOfItsOwn";
        shown.node.infoOf(pid).row.initialCall = call;
        shown.select("SQLite worker 3");
        QCOMPARE(shown.field(Field::InitialCall),
                 "<tt>" + QString::fromStdString(call).toHtmlEscaped() + "</tt>");
        QLabel* label = nullptr;
        for (QLabel* each : shown.inspector.info()->findChildren<QLabel*>())
            if (each->accessibleName().startsWith("Initial call: "))
                label = each;
        QVERIFY(label && label->isVisible());
        // The longest piece between two places to break fits the label.
        for (const QString& piece : breakable(QString::fromStdString(call)).split(QChar(0x200B)))
            QVERIFY(QFontMetrics(font(TypeRole::Mono)).horizontalAdvance(piece) <= label->width());
        QTRY_VERIFY(label->heightForWidth(label->width()) <= label->height());
    }

    void aFieldSaysItsKeyAndItsValueToAssistiveTechnology() {
        Shown shown;
        shown.select("Registry");
        const auto names = [&shown] {
            QStringList all;
            for (QLabel* each : shown.inspector.info()->findChildren<QLabel*>())
                if (each->isVisible())
                    all << each->accessibleName();
            return all;
        };
        QVERIFY(names().contains("Restart: permanent"));
        QVERIFY(names().contains("Status: waiting"));
        shown.select("SQLite worker 3");
        QVERIFY(names().contains("Status: own thread"));
        QVERIFY(!names().contains("Status: waiting"));
    }

    void copyTakesTheSelectedTextElseAllFields() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.inspector.copySelection();
        const QStringList lines = QGuiApplication::clipboard()->text().split('\n');
        QVERIFY(lines.size() > 8);
        QCOMPARE(lines.at(0), "Status\town thread");
        QVERIFY(lines.contains("Restart\tpermanent"));
        for (QLabel* each : shown.inspector.info()->findChildren<QLabel*>())
            if (each->accessibleName() == "Restart: permanent")
                each->setSelection(0, 4);
        shown.inspector.copySelection();
        QCOMPARE(QGuiApplication::clipboard()->text(), "perm");
    }

    void whatIsShownHasItsRoomAtOnce() {
        // No event is handled between a process and the look at it, as when a paint comes first.
        Shown shown;
        shown.selectTwoInALowWindow();
        const Place* place = shown.context.tree().place(shown.node.placeNamed("Welcome to Grove"));
        const ProcessInfo few = shown.node.infoOf(shown.node.pidOf("SQLite worker 3"));
        const ProcessInfo many = shown.oneWithManyLinks();
        InfoPanel& panel = *shown.inspector.info();
        QCOMPARE(squeezed(panel), QStringList());
        panel.clear();
        QCOMPARE(squeezed(panel), QStringList());
        panel.display(few, place, {}, false);
        QCOMPARE(squeezed(panel), QStringList());
        panel.display(many, place, 36.0, false);
        QCOMPARE(squeezed(panel), QStringList());
        panel.setConsequence(
            QString("It and those that were started after it start again. ").repeated(9));
        QCOMPARE(squeezed(panel), QStringList());
        panel.display(few, nullptr, {}, true);
        QCOMPARE(squeezed(panel), QStringList());
        shown.context.select(shown.context.subjectAt(shown.node.placeNamed("Welcome to Grove")));
        QCOMPARE(shown.field(Field::Status), "running"); // as it was seen last
        QCOMPARE(squeezed(shown.inspector), QStringList());
    }

    void whatWasFilledWhileHiddenHasItsRoomWhenShown() {
        Shown shown;
        shown.selectTwoInALowWindow();
        InfoPanel& panel = *shown.inspector.info();
        const auto fill = [&shown, &panel] {
            panel.clear();
            panel.display(shown.oneWithManyLinks(), nullptr, 36.0, false);
        };
        shown.inspector.tabs()->setCurrentIndex(Inspector::StateTab);
        fill();
        shown.inspector.tabs()->setCurrentIndex(Inspector::InfoTab);
        QCOMPARE(squeezed(shown.inspector), QStringList());
        shown.inspector.hide();
        fill();
        shown.inspector.show();
        QCOMPARE(squeezed(shown.inspector), QStringList());
    }

    void theBarOfAProcessThatIsGoneHasItsRoomAtOnce() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.context.exits().expect(shown.node.pidOf("SQLite worker 3"));
        shown.node.crash(shown.node.placeNamed("SQLite worker 3"), "killed");
        QTRY_VERIFY(shown.link("Show the old one"));
        QTest::mouseClick(shown.link("Show the old one"), Qt::LeftButton);
        QVERIFY(shown.bar().contains("is gone"));
        QCOMPARE(squeezed(shown.inspector), QStringList());
        QTest::mouseClick(shown.link("Show it"), Qt::LeftButton);
        QCOMPARE(squeezed(shown.inspector), QStringList());
    }

    void aWordIsBrokenWhereItReadsWell() {
        QCOMPARE(breakable("short"), "short");
        QCOMPARE(breakable("todo::ListServer::handleContinue").split(QChar(0x200B)),
                 (QStringList{"todo::", "List", "Server::", "handle", "Continue"}));
        QCOMPARE(breakable(QString(50, 'x')).count(QChar(0x200B)), 2);
        QCOMPARE(unbroken(breakable("todo::ListServer::handleContinue")),
                 "todo::ListServer::handleContinue");
    }

    void showsTheFieldsOfAProcess() {
        Shown shown;
        shown.select("Welcome to Grove");
        QCOMPARE(shown.inspector.title(), "Welcome to Grove");
        QCOMPARE(shown.field(Field::Status), "running");
        QCOMPARE(shown.field(Field::WaitsAt), "<tt>list_server.cpp:88</tt>");
        QCOMPARE(shown.field(Field::Behaviour), "GenServer");
        QVERIFY(shown.field(Field::StartedBy).contains(">ListCache</a>"));
        QCOMPARE(shown.field(Field::Restart), "temporary");
        QCOMPARE(shown.field(Field::Memory), "1,904 B");
        QCOMPARE(shown.field(Field::Reductions), "4,112");
        QVERIFY(shown.field(Field::MonitoredBy).contains(">Window</a>"));
        QVERIFY(shown.field(Field::Ancestors).contains(">TopSupervisor</a>"));
        QCOMPARE(shown.field(Field::Priority), "normal");
        QCOMPARE(shown.field(Field::TrapsExits), "no");
        QCOMPARE(shown.field(Field::Uptime), "4 min");
        QVERIFY(shown.field(Field::Awaits).contains("GenServer::run gen_server.cpp:40"));
        QCOMPARE(shown.inspector.tabs()->tabText(Inspector::MailboxTab), "Mailbox 1");
    }

    void whatAKillWouldDoStandsBesideTheButtons() {
        Shown shown;
        shown.select("SQLite worker 3");
        QCOMPARE(shown.inspector.info()->consequence(),
                 "Its supervisor starts a new one; nothing else restarts.");
        QTest::mouseClick(shown.inspector.info()->killButton(), Qt::LeftButton);
        QTRY_VERIFY(shown.actions.killQuestion());
        QCOMPARE(shown.actions.killQuestion()->windowTitle(), "Kill SQLite worker 3?");
        shown.actions.killQuestion()->close();
    }

    void unchangedTextsAreNotSetAgain() {
        Shown shown;
        shown.select("Registry");
        shown.node.work(shown.node.pidOf("Registry"), 36);
        shown.node.advance(1s);
        shown.context.refresh().refreshNow();
        QTRY_VERIFY(shown.field(Field::Reductions).startsWith("4,148 <span"));
        QVERIFY(shown.field(Field::Reductions).contains("+36/s"));
    }

    void aReplacedProcessIsFollowedAndSaidSo() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.context.exits().expect(shown.node.pidOf("SQLite worker 3"));
        shown.node.advance(3s);
        shown.node.crash(shown.node.placeNamed("SQLite worker 3"), "killed");
        shown.node.advance(4s);
        QTRY_COMPARE(shown.inspector.shown().pid, shown.node.pidOf("SQLite worker 3"));
        QTRY_COMPARE(shown.bar(), "<b>#PID&lt;0.46.0&gt; was killed 4 s ago.</b> You see its "
                                  "successor, #PID&lt;0.97.0&gt;.");
        QTest::mouseClick(shown.link("Show the old one"), Qt::LeftButton);
        QVERIFY2(
            shown.bar().startsWith("<b>#PID&lt;0.46.0&gt; is gone.</b> It was killed by you at "),
            qPrintable(shown.bar()));
        QVERIFY2(
            shown.bar().endsWith(", after 4 min 3 s. Last seen: 2 messages queued. Its successor "
                                 "is #PID&lt;0.97.0&gt;."),
            qPrintable(shown.bar()));
        QCOMPARE(shown.field(Field::Status), "gone");
        QVERIFY(!shown.inspector.info()->killButton()->isEnabled());
        QTest::mouseClick(shown.link("Show it"), Qt::LeftButton);
        QTRY_COMPARE(shown.field(Field::Status), "own thread");
        QCOMPARE(shown.bar(), "");
    }

    void aProcessThatIsNotComingBackIsShownAsItWas() {
        Shown shown;
        shown.select("Bob's list");
        shown.node.crash(shown.node.placeNamed("Bob's list"), "timeout");
        QTRY_VERIFY2(shown.bar().contains("is gone.</b> It ended (<tt>timeout</tt>) at "),
                     qPrintable(shown.bar()));
        QVERIFY(shown.bar().endsWith("Last seen: 6 messages queued."));
        QCOMPARE(shown.inspector.title(), "Bob's list");
        QCOMPARE(shown.field(Field::Memory), "1,904 B");
    }

    void aLinkLeadsToTheProcess() {
        Shown shown;
        shown.select("Welcome to Grove");
        QSignalSpy revealed(&shown.context, &ObserverContext::revealed);
        emit shown.inspector.info()->processChosen(shown.node.pidOf("ListCache"));
        QTRY_COMPARE(shown.inspector.title(), "ListCache");
        QCOMPARE(revealed.count(), 1);
    }

    void theMailboxIsReadInPages() {
        Shown shown;
        const Pid bob = shown.node.pidOf("Bob's list");
        for (int i = 0; i < 250; ++i)
            shown.node.mailboxOf(bob).push_back(
                *parseTerm("{add_entry, " + std::to_string(i) + "}"));
        shown.select("Bob's list");
        shown.inspector.tabs()->setCurrentIndex(Inspector::MailboxTab);
        QTRY_COMPARE(shown.inspector.mailbox()->rangeText(), "1-100 of 250");
        MailboxModel* model = shown.inspector.mailbox()->model();
        QCOMPARE(model->index(0, MailboxModel::MessageColumn).data().toString(), "{:add_entry, 0}");
        shown.inspector.mailbox()->table()->selectRow(3);
        QCOMPARE(shown.inspector.mailbox()->whole()->text(), "{:add_entry, 3}");
        for (QToolButton* button : shown.inspector.mailbox()->findChildren<QToolButton*>())
            if (button->accessibleName() == "Next page") {
                button->click();
                QTRY_COMPARE(shown.inspector.mailbox()->rangeText(), "101-200 of 250");
                button->click();
                QTRY_COMPARE(shown.inspector.mailbox()->rangeText(), "201-250 of 250");
                QVERIFY(!button->isEnabled());
            }
        shown.node.mailboxOf(bob).resize(20); // taken meanwhile
        shown.context.refresh().refreshNow();
        QTRY_COMPARE(shown.inspector.mailbox()->rangeText(), "1-20 of 20");
    }

    void theStateIsAskedForOnlyWhenItsTabIsShown() {
        Shown shown;
        const Pid bob = shown.node.pidOf("Bob's list");
        shown.node.setState(bob, *parseTerm("#{name => <<\"Bob\">>, entries => [1, 2]}"));
        shown.select("Bob's list");
        shown.context.refresh().refreshNow();
        QVERIFY(shown.node.statesAsked.empty());
        shown.inspector.tabs()->setCurrentIndex(Inspector::StateTab);
        QTRY_VERIFY(shown.inspector.state()->view()->text().contains("name: \"Bob\""));
        shown.context.refresh().refreshNow();
        QCOMPARE(shown.node.statesAsked.size(), std::size_t(1));
        QTest::mouseClick(shown.inspector.state()->askAgainButton(), Qt::LeftButton);
        QCOMPARE(shown.node.statesAsked.size(), std::size_t(2));
    }

    void aProcessThatDoesNotAnswerIsSaidToBeBusy() {
        Shown shown;
        shown.node.setBusy(shown.node.pidOf("Bob's list"), "it is in a callback since 3.1 s");
        shown.select("Bob's list");
        shown.inspector.tabs()->setCurrentIndex(Inspector::StateTab);
        QTRY_COMPARE(shown.inspector.state()->words(),
                     "No answer within 500 ms: it is in a callback since 3.1 s.");
    }

    void theDictionaryIsShownAsTerms() {
        Shown shown;
        shown.select("Welcome to Grove");
        QCOMPARE(shown.inspector.dictionary()->text(), ":started: 4");
        shown.select("Registry");
        QTRY_COMPARE(shown.inspector.dictionary()->text(), "The dictionary is empty.");
    }
};

QTEST_MAIN(tst_Inspector)
#include "tst_inspector.moc"
