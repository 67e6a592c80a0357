#include "qt_host.h"

#include <QCoreApplication>
#include <QEvent>

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
    : QObject(parent), m_scheduler(std::make_unique<HostedScheduler>(runtime, *this)) {}

QtHost::~QtHost() {
    stop();
}

void QtHost::stop() {
    m_scheduler.reset();
}

void QtHost::post(std::move_only_function<void()> work) {
    QCoreApplication::postEvent(this, new WorkEvent(std::move(work)));
}

void QtHost::wake() noexcept {
    QCoreApplication::postEvent(this, new QEvent(kDrainEvent));
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

void QtHost::drain() {
    if (m_scheduler)
        m_scheduler->drain();
}

} // namespace grove::ui
