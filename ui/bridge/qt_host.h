#pragma once

#include <grove/runtime/hosted.h>

#include <QBasicTimer>
#include <QObject>

#include <atomic>
#include <functional>

namespace grove::ui {

/// Qt's thread as the thread of processes: their turns are posted to its event loop.
///
/// A turn is at most 200 signals or 4 ms; a nested event loop that comes across one leaves it
/// alone. Threads: made, used and destroyed on Qt's thread, except wake() and post(). Must outlive
/// its HostedScheduler.
class QtHost final : public QObject, public ThreadHost {
    Q_OBJECT
public:
    explicit QtHost(Runtime& runtime, QObject* parent = nullptr);
    ~QtHost() override;

    [[nodiscard]] HostedScheduler& scheduler() { return *m_scheduler; }
    /// Ends the hosted processes, on this thread. Later wake-ups and posts do nothing.
    void stop();

    /// Runs `work` on Qt's thread, later and in order; dropped if this is destroyed before.
    /// Threads: any, as long as this lives.
    void post(std::move_only_function<void()> work);

    void wake() noexcept override;
    void wakeAt(Instant at) noexcept override;

protected:
    bool event(QEvent* event) override;
    void timerEvent(QTimerEvent* event) override;

private:
    void drain();

    Runtime& m_runtime;
    std::unique_ptr<HostedScheduler> m_scheduler;
    QBasicTimer m_timer;
    Instant m_wakeAt = kNever;
};

} // namespace grove::ui
