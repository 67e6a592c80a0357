// Pictures of every page of the running program, light and dark, at the usual and the smallest
// size. Usage: grove_screenshots OUTDIR (see screenshots.sh).

#include "gui/program_fixture.h"

#include <ui/common/segmented_control.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/processes_page.h>
#include <ui/todo/import_dialog.h>

#include <QDir>
#include <QFile>
#include <QPainter>
#include <QPushButton>

#include <cstdio>

using namespace grove;
using namespace grove::test;
using namespace grove::ui;

namespace {

constexpr int kLimitMs = 20'000;
constexpr int kAnswersMs = 50; ///< what is read of processes comes back by then
constexpr int kImportLines = 10'000;

class Pictures {
public:
    Pictures(QString folder, QSize size, ThemeMode mode)
        : m_folder(std::move(folder)), m_size(size), m_mode(mode) {}

    void take() {
        Theme::instance().setMode(m_mode);
        m_f.settings.setValue(QStringLiteral("window/version"), 1);
        m_f.settings.setValue(QStringLiteral("window/theme"), m_mode == ThemeMode::Dark
                                                                  ? QStringLiteral("dark")
                                                                  : QStringLiteral("light"));
        m_f.start(m_size);
        await("the welcome list", [this] { return m_f.titles().size() == 7; });
        keep("welcome");
        lists();
        observer();
        kills();
        import();
        stopped();
        m_f.end();
    }

    int faults() const { return m_faults; }

private:
    void await(const char* what, const std::function<bool()>& condition) {
        if (QTest::qWaitFor(condition, kLimitMs))
            return;
        std::fprintf(stderr, "not within %d s: %s\n", kLimitMs / 1000, what);
        ++m_faults;
    }

    void keep(const char* name, QWidget* over = nullptr) {
        await("the end of the washes",
              [this] { return !m_f.program->context().fades().isRunning(); });
        m_f.program->context().refresh().refreshNow();
        QTest::qWait(kAnswersMs);
        QImage image = m_f.window().grab().toImage();
        if (over) {
            QPainter painter(&image);
            const QPoint at((m_f.window().width() - over->width()) / 2,
                            (m_f.window().height() - over->height()) / 2);
            painter.drawPixmap(at, over->grab());
            painter.setPen(Qt::gray); // a window manager's frame
            painter.drawRect(QRect(at, over->size()).adjusted(-1, -1, 0, 0));
        }
        const QString file =
            QStringLiteral("%1/%2-%3-%4.png")
                .arg(m_folder, QLatin1String(name),
                     m_mode == ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light"))
                .arg(m_size.width());
        if (!image.save(file)) {
            std::fprintf(stderr, "cannot write %s\n", qPrintable(file));
            ++m_faults;
        }
    }

    void lists() {
        m_f.window().setSplit(true);
        const todo::ListId list = m_f.todo().list();
        await("the list's process",
              [this, list] { return bool(m_f.program->session().serverOf(list)); });
        keep("split");
        emit m_f.window().listProcessWanted(list, true);
        m_f.window().setInspectorShown(true);
        keep("split-inspector");
        m_f.window().setSplit(false);
        m_f.window().setInspectorShown(false);
    }

    void observer() {
        m_f.window().showPage(QStringLiteral("tree"));
        keep("tree");
        m_f.program->tree().setForm(TreePage::Form::Drawn);
        keep("drawn");
        m_f.program->tree().setForm(TreePage::Form::Outline);
        m_f.window().showPage(QStringLiteral("processes"));
        keep("processes");
        m_f.window().setInspectorShown(true);
        m_f.program->processes().table()->selectRow(3);
        keep("processes-inspector");
        m_f.window().setInspectorShown(false);
    }

    Subject at(const char* place) {
        const observe::Place* found = m_f.placeNamed(QString::fromLatin1(place));
        return found ? m_f.program->context().subjectAt(found->id) : Subject{};
    }

    void kills() {
        ProcessActions& actions = m_f.program->processActions();
        m_f.window().showPage(QStringLiteral("tree"));
        m_f.program->tree().reveal(at("SQLite worker 1"));
        m_f.program->context().select(at("SQLite worker 1"));
        actions.kill(at("SQLite worker 1"));
        await("the question",
              [&actions] { return actions.killQuestion() && actions.killQuestion()->isVisible(); });
        if (actions.killQuestion()) {
            keep("question", actions.killQuestion());
            actions.killQuestion()->verbButton()->click();
        }
        await("what happened", [this] { return m_f.barWith(QStringLiteral("was killed")); });
        keep("killed");
        m_f.window().setInspectorShown(true);
        keep("killed-inspector");
        m_f.window().setInspectorShown(false);
    }

    void import() {
        QFile file(m_f.folder.filePath(QStringLiteral("Everything.csv")));
        if (!file.open(QIODevice::WriteOnly))
            return;
        const QDate today = QDate::currentDate();
        for (int line = 0; line < kImportLines; ++line)
            file.write(line % 500 == 7
                           ? QByteArray("2023-02-30,There is no such day\n")
                           : today.addDays(line % 600 - 100).toString(Qt::ISODate).toUtf8() +
                                 ",Something to do " + QByteArray::number(line) + '\n');
        file.close();
        m_f.window().setSplit(false);
        m_f.window().showList(m_f.listNamed(welcomeListName()));
        m_f.window().importFile(file.fileName());
        auto* dialog = m_f.window().findChild<ImportDialog*>();
        QPushButton* start = nullptr;
        for (QPushButton* button : dialog->findChildren<QPushButton*>())
            if (button->isDefault())
                start = button;
        await("the preview", [start] { return start && start->isEnabled(); });
        keep("import", dialog);
        start->click();
        await("the report", [this] { return m_f.barWith(QStringLiteral("Imported")); });
        keep("imported");
        m_f.window().setSplit(true);
        keep("imported-split");
    }

    void stopped() {
        m_f.program->node().exit(at("TopSupervisor").pid, Term(atom("kill")), [](auto) {});
        await("the bar of the stopped application",
              [this] { return m_f.barWith(QStringLiteral("to-do application")); });
        keep("stopped");
    }

    ProgramFixture m_f;
    QString m_folder;
    QSize m_size;
    ThemeMode m_mode;
    int m_faults = 0;
};

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    if (application.arguments().size() != 2) {
        std::fprintf(stderr, "usage: grove_screenshots OUTDIR\n");
        return 2;
    }
    const QString folder = application.arguments().at(1);
    if (!QDir().mkpath(folder))
        return 1;
    QApplication::setQuitOnLastWindowClosed(false);
    ProgramFixture::prepare();
    int faults = 0;
    for (const QSize size : {QSize(1280, 800), QSize(900, 560)})
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            Pictures pictures(folder, size, mode);
            pictures.take();
            faults += pictures.faults();
        }
    return faults == 0 ? 0 : 1;
}
