#pragma once

#include <grove/runtime/hosted.h>

#include <QObject>

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

protected:
    bool event(QEvent* event) override;

private:
    void drain();

    std::unique_ptr<HostedScheduler> m_scheduler;
};

} // namespace grove::ui
