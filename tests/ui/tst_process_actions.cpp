#include "ui/observer_fixture.h"

#include <ui/common/inline_bar.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/recovery_view.h>
#include <ui/observer/term_question.h>
#include <ui/observer/tree_page.h>

#include <QAction>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

using namespace grove;
using namespace grove::observe;
using namespace grove::test;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_ProcessActions : public QObject {
    Q_OBJECT

private:
    struct Shown : ObserverFixture {
        explicit Shown(ObserverHooks hooks = {})
            : ObserverFixture(std::move(hooks)), page(context, actions, registry, &window) {
            window.resize(1064, 744);
            page.resize(window.size());
            window.show();
            window.activateWindow();
            page.outline()->setFocus();
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
        }
        TreePage page;
        void select(const std::string& name) {
            page.reveal(context.subjectAt(node.placeNamed(name)));
        }
        void press(int key, Qt::KeyboardModifiers modifiers = {}) {
            window.activateWindow(); // a question may just have been closed
            if (!QTest::qWaitForWindowActive(&window))
                QFAIL("the window is not active");
            QTest::keyClick(page.outline(), Qt::Key(key), modifiers);
        }
        QString bar() const {
            return page.bars()->bars().isEmpty() ? QString() : page.bars()->bars().front()->text();
        }
        QToolButton* link(const QString& words) const {
            for (QToolButton* button : page.bars()->findChildren<QToolButton*>())
                if (button->text() == words && !button->isHidden())
                    return button;
            return nullptr;
        }
        /// Kills without a question.
        void killAtOnce(const std::string& name) {
            actions.setAsksBeforeKills(false);
            select(name);
            press(Qt::Key_Delete);
        }
    };
    static QStringList labels(QWidget* dialog) {
        QStringList out;
        for (QLabel* label : dialog->findChildren<QLabel*>())
            if (!label->isHidden() && !label->text().isEmpty())
                out << label->text();
        return out;
    }

private slots:
    void initTestCase() { useTheme(); }

    void deleteAsksWithFactsAndTheHarmlessButtonHasTheFocus() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        KillQuestion* question = shown.actions.killQuestion();
        QCOMPARE(question->windowTitle(), "Kill SQLite worker 3?");
        const QStringList said = labels(question);
        QVERIFY(said.contains(
            "<tt>#PID&lt;0.46.0&gt;</tt> · todo › TopSupervisor › DatabaseSupervisor"));
        QVERIFY(said.contains("this worker alone (one for one)"));
        QVERIFY(said.contains("0 of 3 restarts in 5 s used"));
        QTRY_VERIFY(question->harmlessButton()->hasFocus());
        QCOMPARE(question->harmlessButton()->text(), "Keep it running");
        QTest::keyClick(question, Qt::Key_Escape);
        QTRY_VERIFY(!shown.actions.killQuestion());
        QVERIFY(shown.node.exits.empty());
    }

    void killingTellsWhatHappened() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        QTest::mouseClick(shown.actions.killQuestion()->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(shown.bar(), "<b>SQLite worker 3 was killed</b> and restarted in 1.4 ms.");
        QCOMPARE(shown.node.exits.size(), std::size_t(1));
        QVERIFY(shown.node.exits[0].second.isAtom(atoms::kill));
    }

    void aKillGoesToThePidShownWhenTheKeyWasPressed() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        const Pid old = shown.node.pidOf("SQLite worker 3");
        shown.node.crash(shown.node.placeNamed("SQLite worker 3"), "normal_end");
        QTRY_VERIFY(!shown.actions.killQuestion()->verbButton()->isEnabled());
        QVERIFY(labels(shown.actions.killQuestion())
                    .contains("It has already ended. Nothing will be done."));
        const std::size_t before = shown.node.exits.size();
        QTest::keyClick(shown.actions.killQuestion(), Qt::Key_Escape);
        QCOMPARE(shown.node.exits.size(), before);
        shown.actions.kill({0, old});
        QTRY_COMPARE(shown.bar(), "<b>#PID&lt;0.46.0&gt; had already ended (normal_end) 0.0 s "
                                  "before.</b> Nothing was done.");
    }

    void theQuestionFollowsTheBudgetWhileItIsOpen() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        for (int i = 0; i < 3; ++i)
            shown.node.crash(shown.node.placeNamed("SQLite worker 1"), "bad");
        QTRY_VERIFY(labels(shown.actions.killQuestion())
                        .contains("3 of 3 restarts in 5 s used; one more in the next 5 s stops "
                                  "DatabaseSupervisor"));
        QVERIFY(labels(shown.actions.killQuestion())
                    .contains("This is the 4th in 5 s: DatabaseSupervisor gives up, and "
                              "TopSupervisor restarts it with its 3 workers."));
    }

    void doNotAskAgainHoldsForWorkersButNotForWhatStopsAnApplication() {
        Shown shown;
        shown.select("SQLite worker 3");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        auto* option = shown.actions.killQuestion()->findChild<QCheckBox*>();
        QCOMPARE(option->text(), "Do not ask again until Grove is closed");
        option->setChecked(true);
        QTest::mouseClick(shown.actions.killQuestion()->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(shown.node.exits.size(), std::size_t(1));
        QTRY_VERIFY(!shown.actions.killQuestion());
        shown.select("SQLite worker 1");
        shown.press(Qt::Key_Delete);
        QTRY_COMPARE(shown.node.exits.size(), std::size_t(2));
        QVERIFY(!shown.actions.killQuestion());
        shown.select("TopSupervisor");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        QVERIFY(!shown.actions.killQuestion()->findChild<QCheckBox*>()->isVisible());
        QCOMPARE(shown.node.exits.size(), std::size_t(2));
    }

    void theWindowIsAlwaysAskedAbout() {
        Pid window;
        ObserverHooks hooks;
        hooks.isWindow = [&window](Pid pid) { return pid == window; };
        hooks.whatWillHappen = [&window](const Consequences& c) {
            return c.pid == window ? QString("The window's process starts again. The window stays.")
                                   : QString();
        };
        Shown shown(hooks);
        window = shown.node.pidOf("Window");
        shown.killAtOnce("Window");
        QTRY_VERIFY(shown.actions.killQuestion());
        QVERIFY(labels(shown.actions.killQuestion())
                    .contains("The window's process starts again. The window stays."));
    }

    void killAgainGoesToTheSamePlace() {
        Shown shown;
        shown.killAtOnce("SQLite worker 2");
        QTRY_VERIFY(shown.link("Kill again"));
        QTest::mouseClick(shown.link("Kill again"), Qt::LeftButton);
        QTRY_COMPARE(shown.node.exits.size(), std::size_t(2));
        QCOMPARE(shown.node.exits[1].first.toString(), "<0.97.0>");
        QTRY_COMPARE(shown.context.tree().place(shown.node.placeNamed("SQLite worker 2"))->restarts,
                     2U);
        shown.select("Registry"); // wherever the selection is by then
        shown.actions.killAgain();
        QTRY_COMPARE(shown.node.exits.size(), std::size_t(3));
        QCOMPARE(shown.node.exits[2].first.toString(), "<0.98.0>");
    }

    void theFourthKillInFiveSecondsSaysWhoGaveUp() {
        Shown shown;
        shown.killAtOnce("SQLite worker 2");
        for (std::size_t kills = 1; kills < 4; ++kills) {
            QTRY_COMPARE(shown.node.exits.size(), kills);
            QTRY_VERIFY(
                shown.context.tree().place(shown.node.placeNamed("SQLite worker 2"))->restarts ==
                kills);
            shown.actions.killAgain();
        }
        QTRY_COMPARE(shown.bar(),
                     "<b>DatabaseSupervisor gave up</b> (4 restarts in 5 s; 3 are allowed). "
                     "TopSupervisor restarted it and its 3 workers in 1.4 ms.");
    }

    void whyListsTheEventsOfTheRecovery() {
        Shown shown;
        shown.killAtOnce("SQLite worker 2");
        QTRY_VERIFY(shown.link("Why?"));
        QTest::mouseClick(shown.link("Why?"), Qt::LeftButton);
        auto* view = shown.window.findChild<RecoveryView*>();
        QVERIFY(view);
        QVERIFY(labels(view).contains("SQLite worker 2 ended: killed"));
        QVERIFY(labels(view).contains("+1.4 ms"));
        view->close();
    }

    void aProcessThatIsNotBackAfterTwoSecondsIsSaidSo() {
        Shown shown;
        shown.node.holdRestarts(true);
        shown.killAtOnce("SQLite worker 2");
        QTRY_COMPARE(shown.bar(),
                     "<b>SQLite worker 2 was killed.</b> Its supervisor starts it again.");
        QTRY_COMPARE_WITH_TIMEOUT(shown.bar(),
                                  "<b>SQLite worker 2 is not back after 2 s.</b> Its supervisor is "
                                  "trying to start it.",
                                  4000);
        shown.node.holdRestarts(false);
        QTRY_VERIFY(shown.bar().contains("and restarted in"));
    }

    void aStoppedApplicationHasABarWithStart() {
        Shown shown;
        shown.select("TopSupervisor");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        QTest::mouseClick(shown.actions.killQuestion()->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(shown.bar(),
                     "<b>You stopped the todo application</b> by killing TopSupervisor.");
        QTest::mouseClick(shown.link("Start"), Qt::LeftButton);
        QTRY_VERIFY(shown.bar().startsWith("<b>Started in "));
        QCOMPARE(shown.page.bars()->bars().size(), 1);
        QCOMPARE(shown.context.tree().place(shown.node.placeNamed("todo"))->state,
                 PlaceState::Alive);
    }

    void aStoppedApplicationSaysWhatLedToIt() {
        Shown shown;
        const auto top = shown.node.placeNamed("TopSupervisor");
        shown.node.crash(shown.node.placeNamed("SQLite worker 2"), "{badmatch,1}");
        shown.node.advance(std::chrono::milliseconds(250));
        shown.node.crash(top, "{shutdown,too_much}");
        QTRY_VERIFY(shown.bar().startsWith("<b>The todo application has stopped.</b>"));
        QVERIFY(shown.link("Start"));
        QVERIFY(shown.link("Why?"));
        QTest::mouseClick(shown.link("Why?"), Qt::LeftButton);
        auto* story = shown.window.findChild<RecoveryView*>();
        QVERIFY(story);
        QCOMPARE(story->windowTitle(), "Why the todo application stopped");
        QStringList lines;
        for (const QLabel* label : story->findChildren<QLabel*>())
            lines.append(label->text());
        QVERIFY2(lines.contains("SQLite worker 2 ended: {badmatch,1}"),
                 qPrintable(lines.join("|")));
        QCOMPARE(lines.last(), "TopSupervisor ended: {shutdown,too_much}");
        QVERIFY2(lines.contains("+250 ms"), qPrintable(lines.join("|")));
    }

    void whatIsKeptIsToldAsSoonAsItIsKnown() {
        struct Kept final : Witness {
            explicit Kept(const QString& words) : words(words) {}
            QString kept(const Outcome&) const override { return words; }
            const QString& words;
        };
        QString words;
        Shown shown({.watch = [&words] { return std::make_shared<Kept>(words); }});
        shown.select("SQLite worker 2");
        shown.press(Qt::Key_Delete);
        QTRY_VERIFY(shown.actions.killQuestion());
        QTest::mouseClick(shown.actions.killQuestion()->verbButton(), Qt::LeftButton);
        QTRY_VERIFY(shown.bar().contains("and restarted in"));
        QVERIFY(!shown.bar().contains("waited"));
        words = "1 write waited; it is saved.";
        shown.actions.retell();
        QVERIFY2(shown.bar().endsWith(" 1 write waited; it is saved."), qPrintable(shown.bar()));
    }

    void exitTakesAReasonAndPointsAtWhatIsWrongWithIt() {
        Shown shown;
        shown.select("Registry");
        shown.press(Qt::Key_Delete, Qt::ShiftModifier);
        QVERIFY(shown.actions.termQuestion());
        TermQuestion* question = shown.actions.termQuestion();
        QCOMPARE(question->windowTitle(), "Send exit to Registry?");
        question->field()->edit()->setText("{reply, 42");
        QTest::mouseClick(question->verbButton(), Qt::LeftButton);
        QVERIFY(shown.actions.termQuestion());
        QCOMPARE(question->field()->problem(), "{reply, 42: expected , or } at column 11");
        QCOMPARE(question->field()->edit()->cursorPosition(), 10);
        QTest::keyClicks(question->field()->edit(), "}");
        QCOMPARE(question->field()->problem(), "");
        QTest::mouseClick(question->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(shown.node.exits.size(), std::size_t(1));
        QVERIFY(shown.node.exits[0].second.isTuple(2));
    }

    void exitSaysThatAProcessThatTrapsMayGoOn() {
        Shown shown;
        shown.node.infoOf(shown.node.pidOf("Registry")).trapExit = true;
        shown.select("Registry");
        shown.press(Qt::Key_Delete, Qt::ShiftModifier);
        QVERIFY(shown.actions.termQuestion());
        QTRY_VERIFY(
            labels(shown.actions.termQuestion()).contains("It traps exits, so it may go on."));
    }

    void aMessageIsSentAsATerm() {
        Shown shown;
        shown.select("Bob's list");
        shown.press(Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(shown.actions.termQuestion());
        shown.actions.termQuestion()->field()->edit()->setText("{add_entry, <<\"Dentist\">>}");
        QTest::mouseClick(shown.actions.termQuestion()->verbButton(), Qt::LeftButton);
        QTRY_COMPARE(shown.node.sent.size(), std::size_t(1));
        QTRY_COMPARE(shown.bar(), "The message was sent to <b>Bob's list</b>.");
        QCOMPARE(shown.node.sent[0].first, shown.node.pidOf("Bob's list"));
    }

    void suspendAndResumeAreOneKey() {
        Shown shown;
        shown.select("Registry");
        const auto modifiers = Qt::ControlModifier | Qt::ShiftModifier;
        shown.press(Qt::Key_S, modifiers);
        QTRY_COMPARE(shown.bar(),
                     "<b>Registry is suspended.</b> Messages queue up until it is resumed.");
        QTRY_COMPARE(shown.registry.action("process.suspend")->text(), "Re&sume");
        shown.press(Qt::Key_S, modifiers);
        QTRY_COMPARE(shown.bar(), "<b>Registry goes on.</b>");
    }

    void withoutASelectionTheActionsAreGreyedWithTheReason() {
        ObserverFixture fixture;
        QAction* kill = fixture.registry.action("process.kill");
        QVERIFY(!kill->isEnabled());
        QCOMPARE(ActionRegistry::reasonOf(kill), "Select a process first");
        fixture.context.select(fixture.context.subjectOf(fixture.node.pidOf("Registry")));
        QVERIFY(kill->isEnabled());
    }

    void aMenuIsAboutTheProcessThatWasSelectedWhenItOpened() {
        Shown shown;
        shown.actions.setAsksBeforeKills(false);
        shown.select("SQLite worker 1");
        const Pid meant = shown.node.pidOf("SQLite worker 1");
        shown.actions.openMenu(shown.window.mapToGlobal(QPoint(100, 100)), shown.page.outline());
        shown.node.crash(shown.node.placeNamed("SQLite worker 1"), "bad");
        QTRY_VERIFY(shown.context.subject().pid != meant); // the selection went on to the successor
        const std::size_t before = shown.node.exits.size();
        shown.registry.action("process.kill")->trigger();
        QTRY_VERIFY(shown.bar().startsWith("<b>#PID&lt;0.44.0&gt; had already ended (bad)"));
        QCOMPARE(shown.node.exits.size(), before);
        for (QMenu* menu : shown.page.outline()->findChildren<QMenu*>())
            menu->close();
    }

    void theMenuOfTheMenuBarIsBoundToItToo() {
        Shown shown;
        shown.actions.setAsksBeforeKills(false);
        QMenuBar bar;
        shown.registry.fillMenuBar(&bar);
        shown.actions.holdMenusOf(bar);
        shown.select("SQLite worker 1");
        const Pid meant = shown.node.pidOf("SQLite worker 1");
        QMenu* menu = bar.actions().at(int(MenuId::Process))->menu();
        menu->popup(shown.window.mapToGlobal(QPoint(100, 100)));
        shown.node.crash(shown.node.placeNamed("SQLite worker 1"), "bad");
        QTRY_VERIFY(shown.context.subject().pid != meant);
        const std::size_t before = shown.node.exits.size();
        shown.registry.action("process.kill")->trigger();
        QTRY_VERIFY(shown.bar().startsWith("<b>#PID&lt;0.44.0&gt; had already ended (bad)"));
        QCOMPARE(shown.node.exits.size(), before);
        menu->close();
    }

    void f4GoesToWhatTheProcessServes() {
        Pid went;
        ObserverHooks hooks;
        hooks.hasHome = [](Pid) { return true; };
        hooks.goHome = [&went](Pid pid) { went = pid; };
        Shown shown(hooks);
        shown.select("Bob's list");
        shown.press(Qt::Key_F4);
        QCOMPARE(went, shown.node.pidOf("Bob's list"));
    }
};

QTEST_MAIN(tst_ProcessActions)
#include "tst_process_actions.moc"
