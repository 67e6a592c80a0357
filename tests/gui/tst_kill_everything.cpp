// Every process of the running program is killed with the Delete key on its row, in the tree or the
// table, while entries are typed, in random order and without waiting for recovery; then every
// entry is there exactly once. SEED=n repeats a run.

#include "gui/program_fixture.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <ui/observer/processes_page.h>

#include <QElapsedTimer>
#include <QPushButton>

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <set>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

namespace {

/// What is killed more than once stays the same under its name: a place's process is another one
/// after each kill.
using Role = std::string;

/// Every role is killed so often.
constexpr int kTimes = 2;
/// After so many entries the other list is shown.
constexpr int kEntriesInARow = 5;

} // namespace

class tst_KillEverything : public QObject {
    Q_OBJECT

private:
    struct Alive {
        Role role;
        Pid pid;
    };

    /// What runs now, as the observer lists it.
    std::vector<Alive> processes() {
        m_fixture->program->context().pull();
        std::optional<observe::RowOrder> order;
        m_fixture->program->node().order({}, [&order](Result<observe::RowOrder> answer) {
            if (answer)
                order = *std::move(answer);
        });
        // No wait for any recovery: the answer comes from counters.
        for (QElapsedTimer waiting = started(); !order && waiting.elapsed() < 10'000;)
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
        if (!order) {
            QTest::qFail("the node lists its processes", __FILE__, __LINE__);
            return {};
        }
        std::vector<Alive> alive;
        for (const observe::ProcessRow& row : m_fixture->program->node().rows(order->pids))
            if (row.status != observe::Status::Gone && row.status != observe::Status::Exiting)
                alive.push_back({roleOf(row), row.pid});
        for (const Alive& process : alive)
            m_listed.insert(process.pid);
        return alive;
    }

    static QElapsedTimer started() {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }

    Role roleOf(const observe::ProcessRow& row) {
        const observe::PlaceId id = m_fixture->program->node().placeOf(row.pid);
        if (const observe::Place* place = m_fixture->program->context().tree().place(id))
            return place->name;
        return row.title();
    }

    /// Lets the program go on until something holds. No wait for any recovery: whoever calls waits
    /// for what a person would see before the next key.
    static bool waitFor(const std::function<bool()>& holds) {
        for (QElapsedTimer waiting = started(); waiting.elapsed() < 5'000;) {
            if (holds())
                return true;
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
        }
        return holds();
    }

    bool isAlive(Pid pid) {
        const auto rows = m_fixture->program->node().rows(std::array{pid});
        return rows.front().status != observe::Status::Gone &&
               rows.front().status != observe::Status::Exiting;
    }

    /// Goes to the row of a process, in the tree if it has one there and a coin says so. Returns
    /// the view that has the keyboard then, null if the process has no row any more.
    QWidget* selectRow(const Alive& victim) {
        ui::ObserverContext& context = m_fixture->program->context();
        context.pull();
        const Subject subject = context.subjectOf(victim.pid);
        const observe::Place* place = context.tree().place(subject.place);
        if (place && place->pid == victim.pid && m_random() % 2 == 0) {
            m_fixture->window().showPage(QStringLiteral("tree"));
            m_fixture->program->tree().reveal(subject);
            ++m_inTree;
            return m_fixture->program->tree().outline();
        }
        m_fixture->window().showPage(QStringLiteral("processes"));
        ProcessesPage& page = m_fixture->program->processes();
        page.refreshNow();
        if (!waitFor(
                [&] { return page.model()->rowOf(victim.pid) >= 0 || !isAlive(victim.pid); }) ||
            page.model()->rowOf(victim.pid) < 0)
            return nullptr;
        page.reveal(victim.pid);
        ++m_inTable;
        return page.table();
    }

    /// It was killed, unless it ended in between for another reason.
    void countKill(const Alive& victim) {
        QVERIFY(waitFor([&] { return !isAlive(victim.pid); }));
        m_fixture->program->context().pull();
        const ExitLog::Exit* exit = m_fixture->program->context().exits().find(victim.pid);
        if (exit && !exit->reason.contains(u"killed")) { // only of those that are observed
            ++m_tooLate;
            return;
        }
        m_killed.insert(victim.pid);
        ++m_kills[victim.role];
    }

    KillQuestion* question() {
        KillQuestion* open = m_fixture->program->processActions().killQuestion();
        return open && open->isVisible() ? open : nullptr;
    }

    /// As a window manager does when a dialog is gone.
    void activateWindow() {
        m_fixture->window().activateWindow();
        QApplication::setActiveWindow(&m_fixture->window());
    }

    /// However it ends, the line has the keyboard again.
    void kill(const Alive& victim) {
        pressDelete(victim);
        activateWindow();
        m_fixture->quickAdd()->setFocus();
    }

    /// Delete on its row, and Alt+K in the question.
    void pressDelete(const Alive& victim) {
        QWidget* view = selectRow(victim);
        if (view)
            view->setFocus();
        if (!view || m_fixture->program->context().subject().pid != victim.pid) {
            ++m_tooLate;
            return;
        }
        ++m_asked;
        // Of a Delete that came too late the question may still come: nobody wants that one.
        const auto dismissOther = [&] {
            KillQuestion* open = question();
            if (!open || open->subject().pid == victim.pid)
                return;
            QTest::keyClick(open, Qt::Key_Escape);
            activateWindow();
            view->setFocus();
        };
        dismissOther();
        QTest::keyClick(view, Qt::Key_Delete);
        if (!waitFor([&] {
                const bool wrong = question() && question()->subject().pid != victim.pid;
                dismissOther();
                if (wrong) // it stood in the way
                    QTest::keyClick(view, Qt::Key_Delete);
                return question() || !isAlive(victim.pid);
            }) ||
            !question()) {
            QVERIFY2(!isAlive(victim.pid), qPrintable(QString::fromStdString(victim.role)));
            ++m_tooLate; // the bar says so
            return;
        }
        QCOMPARE(question()->subject().pid, victim.pid);
        QVERIFY(waitFor([&] { return question()->isActiveWindow(); })); // else Alt+K goes nowhere
        if (!question()->verbButton()->isEnabled()) { // it ended while it was asked about
            QTest::keyClick(question(), Qt::Key_Escape);
            ++m_tooLate;
        } else {
            QTest::keyClick(question(), Qt::Key_K, Qt::AltModifier);
            countKill(victim);
        }
        waitFor([&] { return !question(); });
    }

    /// As a person does it; the line keeps the keyboard.
    void addEntry() {
        const QString title = QStringLiteral("entry %1").arg(++m_entries);
        QLineEdit* line = m_fixture->quickAdd();
        QTest::keyClicks(line, title);
        QTest::keyClick(line, Qt::Key_Return);
        m_typed[m_fixture->todo().list()].append(title);
        if (m_entries % kEntriesInARow == 0) {
            const todo::ListId shown = m_fixture->todo().list();
            m_fixture->window().showList(shown == todo::kInbox ? m_welcome : todo::kInbox);
        }
    }

    /// Returns whether it was there to be pressed.
    bool pressStart() {
        InlineBar* bar = nullptr;
        for (InlineBar* each : m_fixture->todo().bars()->findChildren<InlineBar*>())
            if (each->isVisible() && ProgramFixture::link(each, QStringLiteral("Start")))
                bar = each;
        if (!bar)
            return false;
        QTest::mouseClick(ProgramFixture::link(bar, QStringLiteral("Start")), Qt::LeftButton);
        return true;
    }

    /// Where everything stands, for a run that does not come to its end.
    void describe() {
        TodoSession& session = m_fixture->program->session();
        std::fprintf(stderr, "%s; the window's process is %s\n", qPrintable(m_fixture->savedText()),
                     session.process().toString().c_str());
        for (const todo::ListId list : {m_welcome, todo::kInbox})
            std::fprintf(stderr, "list %lld: state %d, server %s, %zu entries shown\n",
                         static_cast<long long>(list), static_cast<int>(session.stateOf(list)),
                         session.serverOf(list).toString().c_str(), session.entries(list).size());
        for (const Alive& process : processes())
            std::fprintf(stderr, "  %s %s%s\n", process.pid.toString().c_str(),
                         process.role.c_str(), m_killed.contains(process.pid) ? " (killed)" : "");
    }

    /// Whoever sees a stopped application presses Start, also when that was pressed before.
    void settle(const std::function<bool()>& done) {
        QTRY_VERIFY_WITH_TIMEOUT(pressStartUnless(done), 60'000);
    }

    bool pressStartUnless(const std::function<bool()>& done) {
        if (done())
            return true;
        m_starts += pressStart() ? 1 : 0;
        return false;
    }

    /// The pids killed against the pids that the observer listed: whoever was killed is gone, and
    /// of those in the beginning nobody is left who was not killed or did not end with one who was.
    void compareWithTheListOfProcesses(const std::set<Pid>& inTheBeginning) {
        std::set<Pid> alive;
        for (const Alive& process : processes())
            alive.insert(process.pid);
        for (const Pid pid : m_killed) {
            const QString words = QString::fromStdString(pid.toString());
            QVERIFY2(m_listed.contains(pid), qPrintable(words));
            QVERIFY2(!alive.contains(pid), qPrintable(words));
        }
        int withOthers = 0;
        for (const Pid pid : inTheBeginning) {
            QVERIFY2(!alive.contains(pid), qPrintable(QString::fromStdString(pid.toString())));
            withOthers += m_killed.contains(pid) ? 0 : 1;
        }
        std::fprintf(
            stderr, "of %zu processes in the beginning %zu were killed, %d ended with one\n",
            inTheBeginning.size(), inTheBeginning.size() - std::size_t(withOthers), withOthers);
    }

    /// Titles of a list as the program prints it after the window is gone, sorted.
    QStringList printed(const QString& list) {
        QStringList titles;
        for (const QString& line : m_fixture->printedList(list)) {
            QString title = line.mid(line.indexOf(QLatin1Char(',')) + 1);
            if (title.startsWith(QLatin1Char('"')))
                title = title.mid(1, title.size() - 2);
            titles.append(title);
        }
        titles.sort();
        return titles;
    }

    std::unique_ptr<ProgramFixture> m_fixture;
    std::mt19937 m_random;
    std::set<Pid> m_killed;
    std::map<Role, int> m_kills; ///< that found their process alive
    std::map<todo::ListId, QStringList> m_typed;
    todo::ListId m_welcome = 0;
    std::set<Pid> m_listed; ///< every pid that the table ever listed
    int m_asked = 0;
    int m_inTree = 0;
    int m_inTable = 0;
    int m_tooLate = 0;
    int m_entries = 0;
    int m_starts = 0;

private slots:
    void initTestCase() { ProgramFixture::prepare(); }

    void everyProcessIsKilledAndEveryEntryIsThereOnce() {
        const auto seed = qEnvironmentVariableIsSet("SEED")
                              ? static_cast<std::uint32_t>(qEnvironmentVariable("SEED").toUInt())
                              : std::random_device()();
        m_random.seed(seed);
        qInfo("SEED=%u", seed);
        m_fixture = std::make_unique<ProgramFixture>();
        m_fixture->start();
        ProgramFixture& f = *m_fixture;
        QTRY_COMPARE(f.titles().size(), 7);
        m_welcome = f.todo().list();
        for (const QString& title : f.titles())
            m_typed[m_welcome].append(title);
        f.window().setSplit(true);
        QTRY_VERIFY(f.program->session().serverOf(m_welcome));
        f.quickAdd()->setFocus();

        qint64 longestGap = 0;
        QElapsedTimer sinceTick = started();
        QTimer ticks;
        connect(&ticks, &QTimer::timeout, this,
                [&] { longestGap = std::max(longestGap, sinceTick.restart()); });
        ticks.start(5);

        std::set<Role> seen;
        std::set<Pid> inTheBeginning;
        for (const Alive& process : processes()) {
            seen.insert(process.role);
            inTheBeginning.insert(process.pid);
        }
        QVERIFY2(seen.size() > 10, "the observer lists the program's processes");
        const auto missing = [&] {
            QStringList names;
            for (const Role& role : seen)
                if (m_kills[role] < kTimes)
                    names.append(QStringLiteral("%1 (%2 of %3)")
                                     .arg(QString::fromStdString(role))
                                     .arg(m_kills[role])
                                     .arg(kTimes));
            return names;
        };
        const QElapsedTimer limit = started();
        while (!missing().isEmpty() && limit.elapsed() < 60'000) {
            std::vector<Alive> victims;
            for (const Alive& process : processes())
                if (seen.contains(process.role) && m_kills[process.role] < kTimes &&
                    !m_killed.contains(process.pid))
                    victims.push_back(process);
            if (!victims.empty())
                kill(victims[m_random() % victims.size()]);
            if (QTest::currentTestFailed())
                return;
            addEntry();
            if (pressStart())
                ++m_starts;
            QCoreApplication::processEvents();
            if (victims.empty()) // nothing to kill before something is started again
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            QVERIFY(f.window().isVisible());
        }
        if (!missing().isEmpty())
            describe();
        QVERIFY2(missing().isEmpty(),
                 qPrintable(QStringLiteral("not killed: ") + missing().join(QStringLiteral(", "))));
        settle([&f] { return f.savedText() == QStringLiteral("All changes saved"); });
        // Qt's words go to the program's log now.
        std::fprintf(stderr,
                     "Delete pressed %d times (%d rows of the tree, %d of the table), %d too late; "
                     "%zu of %zu processes killed; %d entries; Start pressed %d times; longest "
                     "pause of the event loop %lld ms\n",
                     m_asked, m_inTree, m_inTable, m_tooLate, m_killed.size(), m_listed.size(),
                     m_entries, m_starts, static_cast<long long>(longestGap));
        for (const Role& role : seen)
            std::fprintf(stderr, "  %s: killed %d times\n", role.c_str(), m_kills[role]);
        compareWithTheListOfProcesses(inTheBeginning);
        if (QTest::currentTestFailed())
            return;

        QVERIFY(f.window().isVisible());
        QVERIFY2(longestGap < 1000, qPrintable(QStringLiteral("%1 ms").arg(longestGap)));
        for (const todo::ListId list : {m_welcome, todo::kInbox}) {
            f.window().showList(list);
            settle([&f, list] { return f.program->session().stateOf(list) == ListState::Ready; });
            m_typed[list].sort();
            QStringList shown = f.titles();
            shown.sort();
            QCOMPARE(shown, m_typed[list]);
            QCOMPARE(f.model().entryCount(), qint64(shown.size()));
        }
        f.end();
        QCOMPARE(printed(welcomeListName()), m_typed[m_welcome]);
        QCOMPARE(printed(QStringLiteral("Inbox")), m_typed[todo::kInbox]);
        m_fixture.reset();
    }
};

QTEST_MAIN(tst_KillEverything)
#include "tst_kill_everything.moc"
