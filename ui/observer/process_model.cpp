#include "process_figures.h"

#include <ui/observer/context.h>
#include <ui/observer/elsewhere.h>
#include <ui/observer/process_model.h>

#include <QPointer>
#include <QThread>

#include <algorithm>
#include <array>

namespace grove::ui {

using observe::ProcessRow;
using observe::RowOrder;
using observe::RowQuery;

namespace {
/// Figures of rows that are no longer visible are dropped when more than so many were kept.
constexpr std::size_t kFiguresMax = 2000;
} // namespace

ProcessModel::ProcessModel(ObserverContext& context, QObject* parent)
    : QAbstractTableModel(parent), m_context(context) {}

ProcessModel::~ProcessModel() = default;

void ProcessModel::setQuery(const RowQuery& query) {
    if (query.filter != m_query.filter)
        m_filterChanged = true;
    m_query = query;
    refreshOrder();
}

void ProcessModel::refreshOrder() {
    Q_ASSERT(thread() == QThread::currentThread());
    const std::uint64_t asked = ++m_asked;
    m_context.node().order(m_query, [self = QPointer(this), asked](Result<RowOrder> order) {
        if (self && order && asked == self->m_asked)
            self->take(std::move(*order));
    });
}

void ProcessModel::setHeld(bool held) {
    if (held == m_held)
        return;
    m_held = held;
    emit heldChanged();
    if (!held && m_pending)
        take(*std::exchange(m_pending, std::nullopt));
}

void ProcessModel::take(RowOrder order) {
    m_total = order.total;
    if (m_held || m_busy) {
        m_pending = std::move(order);
        emit ordered();
        return;
    }
    // Shown as gone for one refresh: those of the rows that the node no longer knows.
    std::unordered_set<Pid> stay;
    if (!m_filterChanged && !m_rows.empty()) {
        for (const auto& [pid, figures] : m_figures)
            if (figures.row.status == observe::Status::Gone && !m_gone.contains(pid) &&
                stay.size() < kGoneMax)
                stay.insert(pid);
    }
    m_filterChanged = false;
    m_gone = stay;
    if (std::max(m_rows.size(), order.pids.size()) < kDiffElsewhere) {
        applyDiff(diffRows(m_rows, order.pids, stay));
        return;
    }
    m_busy = true;
    runElsewhere(
        this,
        [before = m_rows, after = std::move(order.pids), stay = std::move(stay)] {
            return diffRows(before, after, stay);
        },
        [this](const RowDiff& diff) {
            m_busy = false;
            applyDiff(diff);
            if (m_pending && !m_held)
                take(*std::exchange(m_pending, std::nullopt));
        });
}

/// Persistent indexes (selection, current row) keep their pids.
void ProcessModel::sortInto(const std::vector<Pid>& order) {
    emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList old = persistentIndexList();
    std::vector<Pid> pids;
    std::unordered_map<Pid, int> rows;
    for (const QModelIndex& index : old) {
        pids.push_back(pidAt(index.row()));
        rows.emplace(pids.back(), -1);
    }
    m_rows = order;
    if (!rows.empty())
        for (std::size_t row = 0; row < m_rows.size(); ++row)
            if (const auto found = rows.find(m_rows[row]); found != rows.end())
                found->second = static_cast<int>(row);
    QModelIndexList now;
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const int row = rows[pids[i]];
        now << (row < 0 ? QModelIndex() : index(row, old[static_cast<qsizetype>(i)].column()));
    }
    changePersistentIndexList(old, now);
    emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

void ProcessModel::applyDiff(const RowDiff& diff) {
    if (diff.sortsFirst)
        sortInto(diff.kept);
    if (diff.removed > 0) {
        const std::size_t left = diff.kept.size() - diff.removed;
        beginRemoveRows({}, static_cast<int>(left), static_cast<int>(diff.kept.size()) - 1);
        for (std::size_t row = left; row < m_rows.size(); ++row)
            m_figures.erase(m_rows[row]);
        m_rows.resize(left);
        endRemoveRows();
    }
    if (!diff.inserted.empty()) {
        const std::size_t first = m_rows.size();
        beginInsertRows({}, static_cast<int>(first),
                        static_cast<int>(first + diff.inserted.size()) - 1);
        m_rows.insert(m_rows.end(), diff.inserted.begin(), diff.inserted.end());
        endInsertRows();
    }
    if (diff.sortsLast)
        sortInto(diff.final);
    if (diff.sortsFirst || diff.sortsLast || diff.removed > 0 || !diff.inserted.empty())
        emit rowsReordered();
    emit ordered();
}

void ProcessModel::readRows(int first, int last) {
    first = std::max(0, first);
    last = std::min(last, static_cast<int>(m_rows.size()) - 1);
    if (last < first)
        return;
    const TimePoint now = m_context.now();
    const std::span<const Pid> pids(m_rows.data() + first,
                                    static_cast<std::size_t>(last - first + 1));
    const std::vector<ProcessRow> rows = m_context.node().rows(pids);
    if (m_figures.size() > kFiguresMax)
        std::erase_if(m_figures, [now](const auto& kept) {
            return now - kept.second.readAt > std::chrono::seconds(60);
        });
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Figures& figures = m_figures[pids[i]];
        const Figures before = figures;
        figures.take(rows[i], now);
        emitChanges(first + static_cast<int>(i), before, figures);
    }
}

/// Only cells that show something else are painted again.
void ProcessModel::emitChanges(int row, const Figures& before, const Figures& after) {
    const ProcessRow& was = before.row;
    const ProcessRow& is = after.row;
    if (before.readAt == TimePoint{} ||
        (was.status == observe::Status::Gone) != (is.status == observe::Status::Gone)) {
        emit dataChanged(index(row, 0), index(row, kColumnCount - 1));
        return;
    }
    const auto note = [this, row](bool changed, Column column) {
        if (changed)
            emit dataChanged(index(row, int(column)), index(row, int(column)));
    };
    const bool looks = was.status != is.status || was.ownThread != is.ownThread;
    note(looks || was.name != is.name || was.label != is.label, Column::Name);
    note(looks, Column::Status);
    note(was.mailbox != is.mailbox, Column::Mailbox);
    note(was.reductions != is.reductions, Column::Reductions);
    note(before.reductionsPerSecond != after.reductionsPerSecond, Column::ReductionsDelta);
    note(was.memoryBytes != is.memoryBytes, Column::Memory);
    note(was.behaviour != is.behaviour, Column::Behaviour);
    note(was.application != is.application, Column::Application);
    note(was.initialCall != is.initialCall, Column::InitialCall);
    note(was.waitsAt != is.waitsAt, Column::WaitsAt);
    note(was.messagesIn != is.messagesIn, Column::MessagesIn);
    note(was.messagesOut != is.messagesOut, Column::MessagesOut);
    note(was.runTime != is.runTime, Column::RunTime);
    note(was.uptime != is.uptime, Column::Uptime);
    note(was.restarts != is.restarts, Column::Restarts);
    note(was.priority != is.priority, Column::Priority);
    note(was.parent != is.parent, Column::Parent);
}

Pid ProcessModel::pidAt(int row) const {
    return row >= 0 && static_cast<std::size_t>(row) < m_rows.size()
               ? m_rows[static_cast<std::size_t>(row)]
               : Pid();
}

int ProcessModel::rowOf(Pid pid) const {
    const auto found = std::ranges::find(m_rows, pid);
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

bool ProcessModel::isGone(Pid pid) const {
    const auto found = m_figures.find(pid);
    return found != m_figures.end() && found->second.row.status == observe::Status::Gone;
}

int ProcessModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ProcessModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

} // namespace grove::ui
