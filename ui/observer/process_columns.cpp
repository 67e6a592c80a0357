// What the cells of the process table say.

#include "process_figures.h"

#include <ui/common/marks.h>
#include <ui/common/roles.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>

namespace grove::ui {

using observe::Column;
using observe::ProcessRow;
using observe::Status;

namespace {

/// From so many messages on, and from so much memory on, a figure is shown as a warning.
constexpr std::uint64_t kMailboxWarning = 1000;
constexpr std::uint64_t kMemoryWarning = 64ULL << 20;

} // namespace

QString ProcessModel::columnTitle(Column column) {
    switch (column) {
    case Column::Pid:
        return tr("Pid");
    case Column::Name:
        return tr("Name");
    case Column::Status:
        return tr("Status");
    case Column::Mailbox:
        return tr("Mailbox");
    case Column::Reductions:
        return tr("Reductions");
    case Column::ReductionsDelta:
        return tr("Reductions/s");
    case Column::Memory:
        return tr("Memory");
    case Column::Behaviour:
        return tr("Behaviour");
    case Column::Application:
        return tr("Application");
    case Column::InitialCall:
        return tr("Initial call");
    case Column::WaitsAt:
        return tr("Waits at");
    case Column::MessagesIn:
        return tr("Messages in");
    case Column::MessagesOut:
        return tr("Messages out");
    case Column::RunTime:
        return tr("Run time");
    case Column::Uptime:
        return tr("Uptime");
    case Column::Restarts:
        return tr("Restarts");
    case Column::Priority:
        return tr("Priority");
    case Column::Parent:
        return tr("Parent");
    }
    return {};
}

bool ProcessModel::isNumber(Column column) {
    switch (column) {
    case Column::Mailbox:
    case Column::Reductions:
    case Column::ReductionsDelta:
    case Column::Memory:
    case Column::MessagesIn:
    case Column::MessagesOut:
    case Column::RunTime:
    case Column::Uptime:
    case Column::Restarts:
        return true;
    default:
        return false;
    }
}

QVariant ProcessModel::display(const ProcessRow& row, Column column) const {
    switch (column) {
    case Column::Pid:
        return pidText(row.pid);
    case Column::Name:
        return text(row.title());
    case Column::Status:
        return statusText(row.status, row.ownThread);
    case Column::Mailbox:
        return qlonglong(row.mailbox);
    case Column::Reductions:
        return qlonglong(row.reductions);
    case Column::Memory:
        return bytes(qint64(row.memoryBytes));
    case Column::Behaviour:
        return text(row.behaviour);
    case Column::Application:
        return text(row.application);
    case Column::InitialCall:
        return text(row.initialCall);
    case Column::WaitsAt:
        return sourceText(row.waitsAt);
    case Column::MessagesIn:
        return qlonglong(row.messagesIn);
    case Column::MessagesOut:
        return qlonglong(row.messagesOut);
    case Column::RunTime:
        return spanText(row.runTime);
    case Column::Uptime:
        return ageText(row.uptime);
    case Column::Restarts:
        return qlonglong(row.restarts);
    case Column::Priority:
        return priorityText(row.priority);
    case Column::Parent:
        return pidText(row.parent);
    case Column::ReductionsDelta:
        break; // needs two readings
    }
    return {};
}

QVariant ProcessModel::colour(const ProcessRow& row, Column column) const {
    if (row.status == Status::Gone)
        return int(Token::Muted);
    switch (column) {
    case Column::Mailbox:
        return row.mailbox >= kMailboxWarning ? QVariant(int(Token::Warning)) : QVariant();
    case Column::Memory:
        return row.memoryBytes >= kMemoryWarning ? QVariant(int(Token::Warning)) : QVariant();
    case Column::Status:
        return int(row.status == Status::Holding ? Token::Warning : Token::Muted);
    case Column::Name:
        return {};
    default:
        return isNumber(column) ? QVariant() : QVariant(int(Token::Muted));
    }
}

QVariant ProcessModel::data(const QModelIndex& index, int role) const {
    if (!hasIndex(index.row(), index.column()))
        return {};
    const auto column = Column(index.column());
    if (role == Qt::TextAlignmentRole)
        return isNumber(column) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    if (role == MonoRole)
        return column == Column::Pid || column == Column::Parent || column == Column::WaitsAt;
    const Pid pid = pidAt(index.row());
    if (role == PidRole)
        return QVariant::fromValue<quint64>(pid.raw());
    const auto found = m_figures.find(pid);
    if (found == m_figures.end()) { // never visible so far: only what needs no reading
        const bool isPid = column == Column::Pid;
        if (role == Qt::AccessibleTextRole)
            return isPid || column == Column::Name ? columnTitle(column) + u' ' + pidText(pid)
                                                   : columnTitle(column);
        return role == Qt::DisplayRole && isPid ? QVariant(pidText(pid)) : QVariant();
    }
    const Figures& figures = found->second;
    const bool gone = figures.row.status == Status::Gone;
    switch (role) {
    case Qt::DisplayRole:
        if (column == Column::ReductionsDelta)
            return figures.reductionsPerSecond && !gone ? perSecond(*figures.reductionsPerSecond)
                                                        : QString();
        return display(figures.row, column);
    case Qt::AccessibleTextRole:
        return column == Column::Name
                   ? tr("%1, %2, %3 queued, %4")
                         .arg(text(figures.row.title()),
                              statusText(figures.row.status, figures.row.ownThread),
                              number(qint64(figures.row.mailbox)), pidText(pid))
                   : columnTitle(column) + u' ' + display(figures.row, column).toString();
    case MarkRole:
        return column == Column::Name
                   ? QVariant(int(markOf(figures.row.status, figures.row.ownThread)))
                   : QVariant();
    case StrikeRole:
        return gone && (column == Column::Name || column == Column::Pid);
    case GoneRole:
        return gone;
    case ForegroundTokenRole:
        return colour(figures.row, column);
    default:
        return {};
    }
}

QVariant ProcessModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount)
        return {};
    if (role == Qt::DisplayRole)
        return columnTitle(Column(section));
    if (role == Qt::TextAlignmentRole)
        return int(isNumber(Column(section)) ? Qt::AlignRight : Qt::AlignLeft) |
               int(Qt::AlignVCenter);
    return {};
}

} // namespace grove::ui
