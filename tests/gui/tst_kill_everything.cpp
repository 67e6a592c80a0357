// Every process of the running program is killed while entries are typed, in random order and
// without waiting for recovery; then every entry is there exactly once. SEED=n repeats a run.

#include "gui/program_fixture.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>

#include <QElapsedTimer>

#include <cstdio>
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

    void kill(const Alive& victim) {
        m_killed.insert(victim.pid);
        ++m_asked;
        m_fixture->program->node().exit(
            victim.pid, Term(atom("kill")),
            [this, victim, isFirst = true](Result<observe::Outcome> outcome) mutable {
                if (!std::exchange(isFirst, false))
                    return;
                outcome ? ++m_kills[victim.role] : ++m_tooLate;
            });
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

    void settle() {
        // Whoever sees a stopped application presses Start, also when that was pressed before.
        const QElapsedTimer waiting = started();
        while (m_fixture->savedText() != QStringLiteral("All changes saved") &&
               waiting.elapsed() < 60'000) {
            if (pressStart())
                ++m_starts;
            QTest::qWait(50);
        }
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
    int m_asked = 0;
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
        while (!missing().isEmpty() && limit.elapsed() < 30'000) {
            std::vector<Alive> victims;
            for (const Alive& process : processes())
                if (seen.contains(process.role) && m_kills[process.role] < kTimes &&
                    !m_killed.contains(process.pid))
                    victims.push_back(process);
            if (!victims.empty())
                kill(victims[m_random() % victims.size()]);
            addEntry();
            if (pressStart())
                ++m_starts;
            QCoreApplication::processEvents();
            if (victims.empty())
                QTest::qWait(10); // nothing left to kill before something is started again
            QVERIFY(f.window().isVisible());
        }
        if (!missing().isEmpty())
            describe();
        QVERIFY2(missing().isEmpty(),
                 qPrintable(QStringLiteral("not killed: ") + missing().join(QStringLiteral(", "))));
        settle();
        QCOMPARE(f.savedText(), QStringLiteral("All changes saved"));
        // Qt's words go to the program's log now.
        std::fprintf(stderr,
                     "%d kills asked, %d too late; %zu processes of %zu in the beginning and those "
                     "after them; %d entries; Start pressed %d times; longest pause of the event "
                     "loop %lld ms\n",
                     m_asked, m_tooLate, m_killed.size(), inTheBeginning.size(), m_entries,
                     m_starts, static_cast<long long>(longestGap));
        for (const Role& role : seen)
            std::fprintf(stderr, "  %s: killed %d times\n", role.c_str(), m_kills[role]);

        QVERIFY(f.window().isVisible());
        QVERIFY2(longestGap < 1000, qPrintable(QStringLiteral("%1 ms").arg(longestGap)));
        for (const todo::ListId list : {m_welcome, todo::kInbox}) {
            f.window().showList(list);
            QTRY_COMPARE(f.program->session().stateOf(list), ListState::Ready);
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
