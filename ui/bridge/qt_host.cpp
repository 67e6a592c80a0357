#include "qt_host.h"

#include <QCoreApplication>
#include <QEvent>
#include <QThread>
#include <QTimerEvent>

namespace grove::ui {

namespace {

const auto kDrainEvent = static_cast<QEvent::Type>(QEvent::registerEventType());
const auto kWorkEvent = static_cast<QEvent::Type>(QEvent::registerEventType());

class WorkEvent final : public QEvent {
public:
    explicit WorkEvent(std::move_only_function<void()> work)
        : QEvent(kWorkEvent), m_work(std::move(work)) {}
    void run() { m_work(); }

private:
    std::move_only_function<void()> m_work;
};

} // namespace

QtHost::QtHost(Runtime& runtime, QObject* parent)
    : QObject(parent), m_runtime(runtime),
      m_scheduler(std::make_unique<HostedScheduler>(runtime, *this)) {}

QtHost::~QtHost() {
    stop();
}

void QtHost::stop() {
    m_scheduler.reset();
    m_timer.stop();
}

void QtHost::post(std::move_only_function<void()> work) {
    QCoreApplication::postEvent(this, new WorkEvent(std::move(work)));
}

void QtHost::wake() noexcept {
    QCoreApplication::postEvent(this, new QEvent(kDrainEvent));
}

void QtHost::wakeAt(Instant at) noexcept {
    Q_ASSERT(thread() == QThread::currentThread());
    if (at == m_wakeAt)
        return;
    m_wakeAt = at;
    if (at == kNever) {
        m_timer.stop();
        return;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - m_runtime.clock().now());
    const auto ms = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000'000);
    m_timer.start(static_cast<int>(ms), Qt::PreciseTimer, this);
}

bool QtHost::event(QEvent* event) {
    if (event->type() == kDrainEvent) {
        drain();
        return true;
    }
    if (event->type() == kWorkEvent) {
        static_cast<WorkEvent*>(event)->run();
        return true;
    }
    return QObject::event(event);
}

void QtHost::timerEvent(QTimerEvent* event) {
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    m_wakeAt = kNever;
    drain();
}

void QtHost::drain() {
    if (m_scheduler)
        m_scheduler->drain();
}

} // namespace grove::ui
