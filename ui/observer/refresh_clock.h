#pragma once

#include <QObject>
#include <QTimer>

#include <chrono>

class QToolButton;
class QWidget;

namespace grove::ui {

/// When live figures are read again: one interval for all pages of the observer. Lifecycle events
/// do not wait for it.
class RefreshClock : public QObject {
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kIntervalMin{500};
    static constexpr std::chrono::milliseconds kIntervalMax{30'000};

    explicit RefreshClock(QObject* parent = nullptr);

    std::chrono::milliseconds interval() const { return m_timer.intervalAsDuration(); }
    /// Values outside 0.5 s to 30 s are moved to the nearest end.
    void setInterval(std::chrono::milliseconds interval);
    bool isPaused() const { return m_paused; }
    void setPaused(bool paused);
    /// Ticks now, paused or not, and starts the interval anew.
    void refreshNow();

signals:
    /// Read live figures now. Pages that are not visible have nothing to do.
    void ticked();
    void changed();

private:
    QTimer m_timer;
    bool m_paused = false;
};

/// A flat button that says "every 1 s" or "paused", with the menu of intervals.
QToolButton* makeRefreshButton(RefreshClock& clock, QWidget* parent);

} // namespace grove::ui
