#include "ui/observer_fixture.h"

#include <ui/observer/consequence_text.h>
#include <ui/observer/outcome_text.h>
#include <ui/observer/row_diff.h>
#include <ui/observer/term_text.h>

#include <QTest>

using namespace grove;
using namespace grove::observe;
using namespace grove::ui;
using namespace std::chrono_literals;

class tst_ObserverTexts : public QObject {
    Q_OBJECT

private:
    static Consequences worker3(Verdict verdict) {
        Consequences c;
        c.verdict = verdict;
        c.pid = Pid::make(46, 0);
        c.title = "SQLite worker 3";
        c.path = {"todo", "TopSupervisor", "DatabaseSupervisor"};
        c.supervisor = "DatabaseSupervisor";
        c.intensity = 3;
        c.period = 5s;
        c.affected = {{c.pid, 7, c.title, Fate::Restarts}};
        c.told = {"DatabaseSupervisor"};
        c.callers = 2;
        return c;
    }
    static Outcome killed(Verdict verdict) {
        Outcome o;
        o.pid = Pid::make(45, 0);
        o.title = "SQLite worker 2";
        o.reason = "killed";
        o.verdict = verdict;
        o.settled = true;
        o.successor = Pid::make(97, 0);
        o.recovery = 1400us;
        o.affected = {{o.pid, 6, o.title, Fate::Restarts}};
        return o;
    }
    static QStringList flat(const QList<ui::Fact>& facts) {
        QStringList out;
        for (const ui::Fact& fact : facts)
            out << fact.key + ": " + fact.value;
        return out;
    }

private slots:
    void initTestCase() { test::useTheme(); }

    void saysWhatWillHappen_data() {
        QTest::addColumn<int>("verdict");
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("siblings");
        QTest::addColumn<QString>("words");
        const auto permanent = int(RestartType::Permanent);
        const auto transient = int(RestartType::Transient);
        const auto temporary = int(RestartType::Temporary);
        QTest::newRow("one for one") << int(Verdict::RestartsAlone) << permanent << 0
                                     << "Its supervisor starts a new one; nothing else restarts.";
        QTest::newRow("one for all") << int(Verdict::RestartsAll) << permanent << 3
                                     << "Its 3 siblings are stopped and all 4 start again.";
        QTest::newRow("one for all, two") << int(Verdict::RestartsAll) << permanent << 1
                                          << "Its sibling is stopped and both start again.";
        QTest::newRow("rest for one") << int(Verdict::RestartsRest) << permanent << 2
                                      << "It and the 2 started after it start again.";
        QTest::newRow("rest for one, last")
            << int(Verdict::RestartsRest) << permanent << 0
            << "Its supervisor starts a new one; nothing else restarts.";
        QTest::newRow("transient")
            << int(Verdict::RestartsAlone) << transient << 0
            << "Started again unless it ends normally; a kill is not normal.";
        QTest::newRow("transient, normal") << int(Verdict::NotRestarted) << transient << 0
                                           << "Nothing restarts it: it ends normally (transient).";
        QTest::newRow("temporary")
            << int(Verdict::NotRestarted) << temporary << 0 << "Nothing restarts it (temporary).";
        QTest::newRow("unsupervised") << int(Verdict::NotSupervised) << permanent << 0
                                      << "Nothing restarts it: no supervisor owns it.";
        QTest::newRow("traps") << int(Verdict::MayTrap) << permanent << 0
                               << "It traps exits, so it may go on.";
        QTest::newRow("ignored") << int(Verdict::Ignored) << permanent << 0
                                 << "Nothing happens: it ignores an exit with the reason normal.";
        QTest::newRow("gone") << int(Verdict::AlreadyGone) << permanent << 0
                              << "It has already ended. Nothing will be done.";
        QTest::newRow("top") << int(Verdict::ApplicationStops) << permanent << 0
                             << "The to-do application stops. Start brings it back.";
        QTest::newRow("budget out") << int(Verdict::SupervisorGivesUp) << permanent << 0
                                    << "This is the 4th in 5 s: DatabaseSupervisor gives up, and "
                                       "TopSupervisor restarts it with its 3 workers.";
    }
    void saysWhatWillHappen() {
        QFETCH(int, verdict);
        QFETCH(int, type);
        QFETCH(int, siblings);
        QFETCH(QString, words);
        ObserverHooks hooks;
        hooks.applicationTitle = [](const QString& name) {
            return name == "todo" ? QString("to-do") : QString();
        };
        Consequences c = worker3(Verdict(verdict));
        c.siblings = std::uint32_t(siblings);
        c.application = "todo";
        if (c.verdict == Verdict::SupervisorGivesUp) {
            c.restartsUsed = 3;
            c.givesUp = {"DatabaseSupervisor"};
            c.escalatesTo = "TopSupervisor";
            c.affected.resize(4);
        }
        QCOMPARE(whatWillHappen(c, {&hooks, RestartType(type)}), words);
    }

    void whatTheRuntimeKeepsNeedsNoSupervisor() {
        Consequences c = worker3(Verdict::RestartsAlone);
        c.supervisor.clear();
        c.application = "kernel";
        c.intensity = 0;
        const ui::ConsequenceWords words{nullptr, RestartType::Permanent};
        QCOMPARE(whatWillHappen(c, words), "The runtime starts it again; nothing else restarts.");
        QCOMPARE(questionFacts(c, words).at(0).key, "What happens");
        c.affected.resize(2);
        QCOMPARE(whatWillHappen(c, words), "The runtime starts it again with its worker.");
        c.affected.resize(4);
        QCOMPARE(whatWillHappen(c, words), "The runtime starts it again with its 3 workers.");
    }

    void theProgramAroundTheObserverMayKnowBetter() {
        ObserverHooks hooks;
        hooks.whatWillHappen = [](const Consequences& c) {
            return c.verdict == Verdict::NotRestarted
                       ? QString(
                             "Nothing restarts it (temporary). It is opened again when the list "
                             "is next used.")
                       : QString();
        };
        QCOMPARE(whatWillHappen(worker3(Verdict::NotRestarted), {&hooks, RestartType::Temporary}),
                 "Nothing restarts it (temporary). It is opened again when the list is next used.");
        QCOMPARE(whatWillHappen(worker3(Verdict::RestartsAlone), {&hooks, RestartType::Permanent}),
                 "Its supervisor starts a new one; nothing else restarts.");
    }

    void theKillQuestionHasItsFacts() {
        ObserverHooks hooks;
        hooks.kept = [](const Consequences&) {
            return QString("every saved entry; 2 queued writes are sent again");
        };
        Consequences c = worker3(Verdict::RestartsAlone);
        c.restartsUsed = 1;
        QCOMPARE(flat(questionFacts(c, {&hooks, RestartType::Permanent})),
                 (QStringList{"Restarts: this worker alone (one for one)",
                              "Budget: 1 of 3 restarts in 5 s used",
                              "Told: DatabaseSupervisor; 2 callers that wait",
                              "Kept: every saved entry; 2 queued writes are sent again"}));
        c.restartsUsed = 2;
        QCOMPARE(questionFacts(c, {}).at(1).value,
                 "2 of 3 restarts in 5 s used; this uses the last one");
        c.restartsUsed = 3;
        c.verdict = Verdict::SupervisorGivesUp;
        c.budgetFreeIn = 3200ms;
        c.givesUp = {"DatabaseSupervisor"};
        c.escalatesTo = "TopSupervisor";
        QCOMPARE(questionFacts(c, {}).at(1).value,
                 "3 of 3 restarts in 5 s used; one more in the next 4 s stops DatabaseSupervisor");
        QCOMPARE(questionFacts(c, {}).at(0).key, "What happens");
    }

    void manyWhoAreToldAreCounted() {
        Consequences c = worker3(Verdict::RestartsAlone);
        c.told.assign(1204, "somebody");
        c.callers = 1;
        QCOMPARE(questionFacts(c, {}).at(2).value,
                 "somebody; somebody; somebody; somebody; 1,200 more; 1 caller that waits");
    }

    void thePathIsReadFromTheApplicationDown() {
        QCOMPARE(pathText(worker3(Verdict::RestartsAlone)),
                 "todo › TopSupervisor › DatabaseSupervisor");
    }

    void ordinalsReadAsPeopleSayThem() {
        QStringList said;
        for (std::uint32_t n : {1U, 2U, 3U, 4U, 11U, 12U, 13U, 21U, 102U, 113U})
            said << ordinal(n);
        QCOMPARE(said, (QStringList{"1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st",
                                    "102nd", "113th"}));
    }

    void whatStopsAnApplicationOrTheWindowIsAlwaysAsked() {
        ObserverHooks hooks;
        const Pid window = Pid::make(32, 0);
        hooks.isWindow = [window](Pid pid) { return pid == window; };
        QVERIFY(!alwaysAsks(worker3(Verdict::RestartsAlone), hooks));
        QVERIFY(alwaysAsks(worker3(Verdict::ApplicationStops), hooks));
        Consequences c = worker3(Verdict::RestartsAlone);
        c.pid = window;
        QVERIFY(alwaysAsks(c, hooks));
    }

    void saysWhatHappened() {
        struct Kept final : Witness {
            QString kept(const Outcome&) const override {
                return QString("2 writes waited; both are saved.");
            }
        } witness;
        QCOMPARE(
            whatHappened(killed(Verdict::RestartsAlone), {.witness = &witness}),
            (BarText{BarKind::Success, "<b>SQLite worker 2 was killed</b> and restarted in 1.4 ms. "
                                       "2 writes waited; both are saved."}));
        Outcome all = killed(Verdict::RestartsAll);
        all.affected.push_back({Pid::make(44, 0), 5, "SQLite worker 1", Fate::Restarts});
        all.affected.push_back({Pid::make(46, 0), 7, "SQLite worker 3", Fate::Restarts});
        QCOMPARE(whatHappened(all, {}).text,
                 "<b>SQLite worker 2 was killed.</b> It and its 2 siblings "
                 "were restarted in 1.4 ms.");
        Outcome gaveUp = all;
        gaveUp.verdict = Verdict::SupervisorGivesUp;
        gaveUp.affected.push_back({Pid::make(43, 0), 4, "DatabaseSupervisor", Fate::Restarts});
        gaveUp.gaveUp = {"DatabaseSupervisor"};
        gaveUp.recovery = 3200us;
        QCOMPARE(
            whatHappened(gaveUp, {.intensity = 3, .period = 5s, .takenOverBy = "TopSupervisor"}),
            (BarText{BarKind::Warning,
                     "<b>DatabaseSupervisor gave up</b> (4 restarts in 5 s; 3 are allowed). "
                     "TopSupervisor restarted it and its 3 workers in 3.2 ms."}));
        QCOMPARE(whatHappened(killed(Verdict::NotRestarted), {}).text,
                 "<b>SQLite worker 2 was killed.</b> Nothing restarts it.");
        QCOMPARE(whatHappened(killed(Verdict::MayTrap), {.kill = false}).text,
                 "<b>SQLite worker 2 got the exit as a message</b> and goes on.");
        Outcome waiting = killed(Verdict::RestartsAlone);
        waiting.settled = false;
        waiting.successor = Pid();
        QCOMPARE(whatHappened(waiting, {.late = true}),
                 (BarText{BarKind::Danger, "<b>SQLite worker 2 is not back after 2 s.</b> Its "
                                           "supervisor is trying to start it."}));
    }

    void whatComesFromOutsideIsEscaped() {
        Outcome o = killed(Verdict::NotRestarted);
        o.title = "<img src=x>";
        QVERIFY(!whatHappened(o, {}).text.contains("<img"));
    }

    void saysThatAnActionCameTooLate() {
        const TimePoint now{};
        const ExitLog::Exit exit{Pid::make(46, 0), "normal", now - 200ms, false};
        QCOMPARE(
            tooLate(exit.pid, &exit, now).text,
            "<b>#PID&lt;0.46.0&gt; had already ended (normal) 0.2 s before.</b> Nothing was done.");
        QCOMPARE(tooLate(exit.pid, nullptr, now).text,
                 "<b>#PID&lt;0.46.0&gt; had already ended.</b> Nothing was done.");
    }

    void saysWhatIsGone() {
        GoneFacts facts{.pid = Pid::make(46, 0),
                        .reason = "killed",
                        .byPerson = true,
                        .clock = "14:30:12",
                        .lived = 4min + 3s,
                        .queued = 2,
                        .successor = Pid::make(97, 0)};
        QCOMPARE(
            goneText(facts),
            "<b>#PID&lt;0.46.0&gt; is gone.</b> It was killed by you at 14:30:12, after 4 min 3 s. "
            "Last seen: 2 messages queued. Its successor is #PID&lt;0.97.0&gt;.");
        QCOMPARE(successorText(facts, 4s),
                 "<b>#PID&lt;0.46.0&gt; was killed 4 s ago.</b> You see its "
                 "successor, #PID&lt;0.97.0&gt;.");
        QVERIFY(successorText(facts, 900ms)
                    .startsWith("<b>#PID&lt;0.46.0&gt; was killed just now.</b>"));
    }

    void saysWhyAnApplicationStopped() {
        ObserverHooks hooks;
        hooks.applicationTitle = [](const QString&) { return QString("to-do"); };
        hooks.keptWhileStopped = [](const QString&) {
            return QString("Saved entries are on disk; 2 changes wait here.");
        };
        StopFacts facts{.hooks = &hooks,
                        .application = "todo",
                        .top = "TopSupervisor",
                        .failed = "DatabaseSupervisor",
                        .times = 4,
                        .period = 5s,
                        .reason = "killed"};
        QCOMPARE(
            stoppedText(facts),
            "<b>The to-do application has stopped.</b> TopSupervisor gave up: DatabaseSupervisor "
            "failed 4 times in 5 s, last reason <tt>killed</tt>. Saved entries are on disk; 2 "
            "changes wait here.");
        facts.killedByPerson = true;
        QCOMPARE(stoppedText(facts),
                 "<b>You stopped the to-do application</b> by killing "
                 "TopSupervisor. Saved entries are on disk; 2 changes wait here.");
    }

    void aTypedTermIsReadOrItsErrorHasAColumn() {
        QVERIFY(readTerm("{reply, 42}"));
        const auto wrong = readTerm("{reply, 42");
        QVERIFY(!wrong);
        QCOMPARE(wrong.error().message, "expected , or }");
        QCOMPARE(wrong.error().column, 11);
    }

    void termsAreLaidOutOverLines() {
        QCOMPARE(laidOut("{ok, [1, 2]}", 80), "{ok, [1, 2]}");
        QCOMPARE(laidOut("%{name: \"a, {b\", entries: [1, 22, 333]}", 24),
                 "%{\n  name: \"a, {b\",\n  entries: [1, 22, 333]\n}");
        QCOMPARE(laidOut("{#PID<0.1.0>, <<1, 2, 3>>}", 18), "{\n  #PID<0.1.0>,\n  <<1, 2, 3>>\n}");
    }

    void unbalancedTextIsLaidOutAsItIs() {
        QCOMPARE(laidOut("{[(…", 2), "{[(…");
        QCOMPARE(laidOut("\"open", 2), "\"open");
        QCOMPARE(laidOut("]})", 2), "]})");
    }

    void rowsBecomeOtherRowsWithoutAReset() {
        const auto pids = [](std::initializer_list<std::uint32_t> numbers) {
            std::vector<Pid> out;
            for (auto n : numbers)
                out.push_back(Pid::make(n, 0));
            return out;
        };
        const RowDiff same = diffRows(pids({1, 2, 3}), pids({1, 2, 3}), {});
        QVERIFY(!same.sortsFirst && !same.sortsLast && same.removed == 0 && same.inserted.empty());
        const RowDiff appended = diffRows(pids({1, 2}), pids({1, 2, 3}), {});
        QVERIFY(!appended.sortsFirst && !appended.sortsLast);
        QCOMPARE(appended.inserted, pids({3}));
        const RowDiff mixed = diffRows(pids({1, 2, 3, 4}), pids({4, 5, 1, 3}), {});
        QCOMPARE(mixed.kept, pids({4, 1, 3, 2}));
        QCOMPARE(mixed.removed, std::size_t(1));
        QCOMPARE(mixed.inserted, pids({5}));
        QCOMPARE(mixed.final, pids({4, 5, 1, 3}));
        QVERIFY(mixed.sortsFirst && mixed.sortsLast);
        const RowDiff ghost = diffRows(pids({1, 2, 3}), pids({3, 1}), {Pid::make(2, 0)});
        QCOMPARE(ghost.final, pids({3, 1, 2}));
        QCOMPARE(ghost.removed, std::size_t(0));
    }
};

QTEST_MAIN(tst_ObserverTexts)
#include "tst_observer_texts.moc"
