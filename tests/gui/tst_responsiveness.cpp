// No event keeps the window's thread for long, with 10,000 entries in a list and the observer open.
// Prints the longest event of each kind of use; what is compared is processor time of the thread,
// which other programs do not disturb.

#include "gui/program_fixture.h"

#include <ui/common/segmented_control.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/processes_page.h>
#include <ui/todo/import_dialog.h>

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QPushButton>
#include <QScrollBar>
#include <QTimer>

#include <cstdio>
#include <ctime>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

namespace {

constexpr int kEntries = 10'000;
/// What one event may take. A build without optimization is held to much less.
#ifdef NDEBUG
constexpr double kMsMax = 16;
#else
constexpr double kMsMax = 160;
#endif

double threadMs() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

/// Measures every event that is not inside of another.
class TimedApplication : public QApplication {
public:
    using QApplication::QApplication;

    struct Longest {
        double ms = 0;
        double wallMs = 0;
        QByteArray what;
        int over = 0; ///< events above kMsMax
    };

    bool notify(QObject* receiver, QEvent* event) override {
        if (m_depth > 0)
            return QApplication::notify(receiver, event);
        const int type = event->type();
        const QByteArray name =
            receiver->metaObject()->className() + QByteArray(" ") + receiver->objectName().toUtf8();
        ++m_depth;
        QElapsedTimer wall;
        wall.start();
        const double before = threadMs();
        const bool done = QApplication::notify(receiver, event);
        const double took = threadMs() - before;
        --m_depth;
        if (took > kMsMax)
            ++m_longest.over;
        if (took > m_longest.ms) {
            m_longest.ms = took;
            m_longest.wallMs = static_cast<double>(wall.nsecsElapsed()) / 1e6;
            m_longest.what = name + " event " + QByteArray::number(type);
        }
        return done;
    }

    Longest take() { return std::exchange(m_longest, {}); }

private:
    int m_depth = 0;
    Longest m_longest;
};

TimedApplication* s_application = nullptr;

} // namespace

class tst_Responsiveness : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<ProgramFixture> m_fixture;

    ProgramFixture& f() { return *m_fixture; }

    /// Lets the program run as if nobody touched it.
    static void goOn(int ms) {
        QEventLoop loop;
        QTimer::singleShot(ms, &loop, &QEventLoop::quit);
        loop.exec();
    }

    /// Does something a person does, and reports the longest event until `ms` later.
    void during(const char* what, const std::function<void()>& doing, int ms = 300) {
        static_cast<void>(s_application->take());
        doing();
        goOn(ms);
        const auto longest = s_application->take();
        std::fprintf(stderr, "%-44s %6.1f ms (%.1f by the clock)  %s\n", what, longest.ms,
                     longest.wallMs, longest.what.constData());
        QVERIFY2(longest.ms <= kMsMax, what);
    }

    /// A key goes straight to its receiver here: wrap it into an event of the loop.
    static void later(const std::function<void()>& work) {
        QMetaObject::invokeMethod(qApp, work, Qt::QueuedConnection);
        QCoreApplication::processEvents();
    }

    void import() {
        QFile file(f().folder.filePath(QStringLiteral("Everything.csv")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const QDate today = QDate::currentDate();
        for (int line = 0; line < kEntries; ++line)
            file.write(today.addDays(line % 600 - 100).toString(Qt::ISODate).toUtf8() +
                       ",Something to do " + QByteArray::number(line) + '\n');
        file.close();
        f().window().importFile(file.fileName());
        auto* dialog = f().window().findChild<ImportDialog*>();
        QVERIFY(dialog);
        QPushButton* start = nullptr;
        for (QPushButton* button : dialog->findChildren<QPushButton*>())
            if (button->isDefault())
                start = button;
        QTRY_VERIFY_WITH_TIMEOUT(start && start->isEnabled(), 20'000);
        start->click();
        QTRY_VERIFY_WITH_TIMEOUT(f().barWith(QStringLiteral("Imported")), 60'000);
        f().window().activateWindow(); // as a window manager does when a dialog is gone
        QApplication::setActiveWindow(&f().window());
    }

private slots:
    void initTestCase() {
        ProgramFixture::prepare();
        m_fixture = std::make_unique<ProgramFixture>();
        f().start();
        QTRY_COMPARE(f().titles().size(), 7);
    }
    void cleanupTestCase() {
        f().end();
        m_fixture.reset();
    }

    void importing() {
        during("import 10,000 entries", [this] { import(); });
        QTRY_COMPARE(f().model().entryCount(), qint64(kEntries));
    }

    void editing() {
        QScrollBar* bar = f().todo().view()->verticalScrollBar();
        during("scroll the list", [&] {
            for (int step = 0; step < 40; ++step)
                later([&] { bar->setValue(bar->maximum() * step / 40); });
        });
        during("add an entry", [this] {
            later([this] { f().quickAdd()->setFocus(); });
            for (const QChar letter : QStringLiteral("Buy milk"))
                later([=, this] { QTest::keyClick(f().quickAdd(), letter.toLatin1()); });
            later([this] { QTest::keyClick(f().quickAdd(), Qt::Key_Return); });
        });
        during("tick one off and take it back", [this] {
            later([this] { f().todo().focusTarget()->setFocus(); });
            later([] { ProgramFixture::press(Qt::Key_Space); });
            goOn(100);
            later([] {
                QTest::keyClick(QApplication::focusWidget(), Qt::Key_Z, Qt::ControlModifier);
            });
        });
        during("show another list and come back", [this] {
            const todo::ListId big = f().todo().list();
            later([this] { f().window().showList(todo::kInbox); });
            goOn(100);
            later([this, big] { f().window().showList(big); });
        });
        during("find a word", [this] {
            later([this] { f().todo().find(); });
            for (const QChar letter : QStringLiteral("do 99"))
                later([=] { QTest::keyClick(QApplication::focusWidget(), letter.toLatin1()); });
            goOn(100);
            later([] { QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape); });
        });
    }

    void observing() {
        during("split: the tree below", [this] { later([this] { f().window().setSplit(true); }); });
        during("five refreshes of the tree", [] {}, 5000);
        during(
            "the inspector", [this] { later([this] { f().window().setInspectorShown(true); }); },
            3000);
        during(
            "the drawn tree",
            [this] { later([this] { f().program->tree().setForm(TreePage::Form::Drawn); }); },
            2500);
        during(
            "the table of processes",
            [this] { later([this] { f().window().showPage(QStringLiteral("processes")); }); },
            3000);
        during(
            "sort by memory",
            [this] {
                later([this] {
                    f().program->processes().table()->headerView()->setSortIndicator(
                        int(observe::Column::Memory), Qt::DescendingOrder);
                });
            },
            1500);
        during(
            "kill a SQLite worker",
            [this] {
                const observe::Place* worker = f().placeNamed(QStringLiteral("SQLite worker 1"));
                QVERIFY(worker);
                f().program->node().exit(worker->pid, Term(atom("kill")), [](auto) {});
            },
            1500);
        during("dark and light", [] {
            later([] { Theme::instance().setMode(ThemeMode::Dark); });
            goOn(200);
            later([] { Theme::instance().setMode(ThemeMode::Light); });
        });
        during("a smaller window", [this] {
            for (const QSize size : {QSize(1100, 700), QSize(900, 560), QSize(1280, 800)})
                later([this, size] { f().window().resize(size); });
        });
    }
};

int main(int argc, char** argv) {
    TimedApplication application(argc, argv);
    s_application = &application;
    tst_Responsiveness test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}
#include "tst_responsiveness.moc"
