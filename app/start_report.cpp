#include "start_report.h"

#include <ui/common/views.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>

#include <QEvent>
#include <QFile>

#include <cstdio>
#include <unistd.h>

namespace grove::app {

namespace {

/// Since the system started this process, to 10 ms.
double msSinceStart() {
    QFile file(QStringLiteral("/proc/self/stat"));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray stat = file.readAll();
    // "pid (name) S …": the start in ticks since boot is the 22nd field.
    constexpr int kStartAfterName = 19;
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    QFile up(QStringLiteral("/proc/uptime"));
    if (!up.open(QIODevice::ReadOnly))
        return -1;
    const double now = up.readAll().split(' ').value(0).toDouble();
    return 1e3 * (now - fields.value(kStartAfterName).toDouble() /
                            static_cast<double>(sysconf(_SC_CLK_TCK)));
}

class Report final : public QObject {
public:
    explicit Report(ui::MainWindow& window) : QObject(&window), m_window(window) {
        window.todoPage()->view()->viewport()->installEventFilter(this);
    }

    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() != QEvent::Paint)
            return false;
        const ui::EntryModel* model = m_window.todoPage()->model();
        const qint64 entries = model ? model->entryCount() : 0;
        // The event is still to be painted: the report comes after it.
        if (!m_painted || entries > 0)
            QMetaObject::invokeMethod(this, [entries] { print(entries); }, Qt::QueuedConnection);
        m_painted = true;
        if (entries > 0)
            watched->removeEventFilter(this);
        return false;
    }

private:
    static void print(qint64 entries) {
        std::fprintf(stderr, "painted %.0f ms after the start, with %lld entries\n", msSinceStart(),
                     static_cast<long long>(entries));
    }

    ui::MainWindow& m_window;
    bool m_painted = false;
};

} // namespace

void reportStart(ui::MainWindow& window) {
    if (qEnvironmentVariableIsSet("GROVE_START_TIMES"))
        new Report(window);
}

} // namespace grove::app
