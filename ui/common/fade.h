#pragma once

#include <QColor>
#include <QElapsedTimer>
#include <QHash>
#include <QList>
#include <QObject>
#include <QTimer>

#include <optional>

namespace grove::ui {

enum class Wash { Started, Died };

/// The washes of all rows of a view: one 60 Hz timer, running only while something fades.
///
/// Threads: the window's only. A key is whatever the model gives as WashKeyRole.
class FadeDriver : public QObject {
    Q_OBJECT
public:
    static constexpr int kDurationMs = 600;

    explicit FadeDriver(QObject* parent = nullptr);

    /// Begins (again) the wash of a row.
    void start(quint64 key, Wash wash);
    void stop(quint64 key);
    /// The colour to paint over the row's ground now, or nothing.
    std::optional<QColor> colorOf(quint64 key) const;
    bool isRunning() const { return m_timer.isActive(); }

signals:
    /// 60 times a second while something fades, and once with the keys that have ended.
    void stepped(const QList<quint64>& keys);

private:
    struct Running {
        Wash wash;
        qint64 startedMs;
    };
    void step();

    QHash<quint64, Running> m_running;
    QElapsedTimer m_clock;
    QTimer m_timer;
};

} // namespace grove::ui
