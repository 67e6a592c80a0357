#include <ui/observer/context.h>
#include <ui/observer/format.h>

#include <QDeadlineTimer>
#include <QThread>

#include <array>

namespace grove::ui {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kEventsAtOnce = 1000;

/// Monotonic time as Qt reads it: the same clock that steady time points are counted on.
TimePoint machineNow() {
    return TimePoint(std::chrono::duration_cast<TimePoint::duration>(
        std::chrono::nanoseconds(QDeadlineTimer::current(Qt::PreciseTimer).deadlineNSecs())));
}

} // namespace

ObserverContext::ObserverContext(observe::Node& node, ObserverHooks hooks, Now now, QObject* parent)
    : QObject(parent), m_node(node), m_hooks(std::move(hooks)),
      m_now(now ? std::move(now) : Now(machineNow)), m_tree(m_fades, m_hooks, m_now) {
    m_ageing.setInterval(1s);
    connect(&m_ageing, &QTimer::timeout, &m_tree, &TreeModel::advance);
    m_ageing.start();
    m_node.setNotify([this] { pull(); });
    pull();
}

ObserverContext::~ObserverContext() {
    m_node.setNotify({});
}

void ObserverContext::pull() {
    Q_ASSERT(thread() == QThread::currentThread());
    bool any = false;
    for (bool more = true; more;) {
        const observe::EventPage page = m_node.eventsSince(m_eventsNext, kEventsAtOnce);
        any = any || !page.events.empty();
        for (const observe::LifecycleEvent& event : page.events)
            m_exits.record(event);
        m_eventsNext = page.next;
        more = page.events.size() == kEventsAtOnce;
    }
    const observe::TreeDelta delta = m_node.treeSince(m_tree.version());
    any = any || !delta.changed.empty() || !delta.removed.empty();
    m_tree.apply(delta);
    // Who looks at a place stays with it when its process is replaced.
    const observe::Place* place = m_tree.place(m_subject.place);
    if (place && place->pid != m_subject.pid)
        select({m_subject.place, place->pid});
    if (any)
        emit pulled();
}

void ObserverContext::select(const Subject& subject) {
    if (subject == m_subject)
        return;
    m_subject = subject;
    emit subjectChanged();
}

Subject ObserverContext::subjectOf(Pid pid) {
    return Subject{m_node.placeOf(pid), pid};
}

Subject ObserverContext::subjectAt(observe::PlaceId id) const {
    const observe::Place* place = m_tree.place(id);
    return place ? Subject{id, place->pid} : Subject{};
}

QString ObserverContext::titleOf(Pid pid) {
    if (const observe::Place* place = m_tree.place(m_node.placeOf(pid)))
        return text(place->name);
    const std::vector<observe::ProcessRow> rows = m_node.rows(std::array{pid});
    return rows.empty() || rows.front().status == observe::Status::Gone
               ? pidText(pid)
               : text(rows.front().title());
}

} // namespace grove::ui
