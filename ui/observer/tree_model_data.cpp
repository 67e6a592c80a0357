// What the tree's cells say.

#include "tree_entry.h"

#include <ui/common/marks.h>
#include <ui/common/roles.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/format.h>
#include <ui/observer/tree_model.h>

#include <QStringList>

namespace grove::ui {

using observe::Place;
using observe::PlaceId;
using observe::PlaceKind;
using observe::PlaceState;

namespace {

bool isSupervisor(const Place& place) {
    return place.kind == PlaceKind::Supervisor || place.kind == PlaceKind::DynamicSupervisor;
}

} // namespace

QString TreeModel::statusOf(const Entry& entry) const {
    const Place& place = entry.place;
    if (entry.leavingSince)
        return place.lastReason.empty() ? tr("gone") : tr("gone (%1)").arg(text(place.lastReason));
    switch (place.state) {
    case PlaceState::Alive:
        if (!place.pid)
            return {};
        return entry.live ? statusText(entry.live->status, entry.live->ownThread)
                          : statusText(observe::Status::Waiting, place.ownThread);
    case PlaceState::Restarting:
        return tr("restarting");
    case PlaceState::NotStarted:
        return tr("not started");
    case PlaceState::Gone:
        return tr("gone");
    case PlaceState::Stopped:
        return tr("stopped");
    }
    return {};
}

int TreeModel::markFor(const Entry& entry) const {
    if (entry.leavingSince)
        return int(StatusMark::Gone);
    switch (entry.place.state) {
    case PlaceState::Alive:
        return int(entry.live ? markOf(entry.live->status, entry.live->ownThread)
                              : markOf(observe::Status::Waiting, entry.place.ownThread));
    case PlaceState::Restarting:
        return int(StatusMark::Restarting);
    case PlaceState::NotStarted:
        return int(StatusMark::NotStarted);
    case PlaceState::Gone:
        return int(StatusMark::Gone);
    case PlaceState::Stopped:
        return int(StatusMark::ApplicationStopped);
    }
    return int(StatusMark::None);
}

QString TreeModel::restartMark(PlaceId id) const {
    const Entry* entry = find(id);
    if (!entry || entry->place.restarts == 0)
        return {};
    const QString count = QStringLiteral("↻ %1").arg(number(entry->place.restarts));
    const auto age = m_now() - entry->place.lastChange;
    if (entry->place.state != PlaceState::Alive || age >= kRecentTime)
        return count;
    if (age < std::chrono::seconds(1))
        return tr("%1 · now").arg(count);
    return tr("%1 · %2 ago").arg(count, ageText(age));
}

QString TreeModel::restartsCell(const Entry& entry) const {
    const Place& place = entry.place;
    const bool runs = place.state == PlaceState::Alive || place.state == PlaceState::Restarting;
    const QString budget = runs ? budgetShort(static_cast<std::size_t>(budgetUsed(place.id)),
                                              place.intensity, place.period)
                                : QString();
    return budget.isEmpty() ? restartMark(place.id) : budget;
}

QVariant TreeModel::display(const Entry& entry, int column) const {
    switch (column) {
    case NameColumn:
        return text(entry.place.name);
    case PidColumn: // the last pid of a place that does not run would read as if it did
        return entry.place.state == PlaceState::NotStarted ||
                       entry.place.state == PlaceState::Stopped
                   ? QString()
                   : pidText(entry.place.pid);
    case StatusColumn:
        return statusOf(entry);
    case MailboxColumn:
        return entry.live && entry.place.state == PlaceState::Alive && !entry.leavingSince
                   ? QVariant(qlonglong(entry.live->mailbox))
                   : QVariant();
    case RestartsColumn:
        return restartsCell(entry);
    default:
        return {};
    }
}

QVariant TreeModel::colour(const Entry& entry, int column) const {
    const Place& place = entry.place;
    if (entry.leavingSince)
        return int(Token::Muted);
    switch (column) {
    case PidColumn:
        return int(Token::Muted);
    case StatusColumn:
        if (place.state == PlaceState::Restarting || place.state == PlaceState::Stopped)
            return int(Token::Danger);
        if (entry.live && entry.live->status == observe::Status::Holding)
            return int(Token::Warning);
        return int(Token::Muted);
    case RestartsColumn: {
        const int used = place.state == PlaceState::Alive ? budgetUsed(place.id) : 0;
        if (used > 0 && used + 1 >= static_cast<int>(place.intensity))
            return int(Token::Warning);
        if (used == 0 && place.restarts > 0)
            return int(m_now() - place.lastChange < kRecentTime ? Token::Accent : Token::Muted);
        return int(Token::Text);
    }
    default:
        return place.state == PlaceState::NotStarted ? QVariant(int(Token::Muted)) : QVariant();
    }
}

QString TreeModel::accessible(const Entry& entry) const {
    const Place& place = entry.place;
    QStringList parts{text(place.name), kindText(place.kind)};
    if (const QString status = statusOf(entry); !status.isEmpty())
        parts << status;
    if (isSupervisor(place)) {
        parts << strategyText(place.strategy);
        if (place.intensity > 0)
            parts << tr("%1 of %2 restarts used").arg(budgetUsed(place.id)).arg(place.intensity);
    }
    if (entry.live)
        parts << tr("%1 queued").arg(number(qint64(entry.live->mailbox)));
    if (place.restarts > 0)
        parts << (place.restarts == 1 ? tr("restarted once")
                                      : tr("restarted %1 times").arg(place.restarts));
    if (place.pid)
        parts << pidText(place.pid);
    return parts.join(QStringLiteral(", "));
}

QVariant TreeModel::data(const QModelIndex& index, int role) const {
    const Entry* found = find(placeAt(index));
    if (!found)
        return {};
    const Entry& entry = *found;
    const bool name = index.column() == NameColumn;
    switch (role) {
    case Qt::DisplayRole:
        return display(entry, index.column());
    case Qt::TextAlignmentRole:
        return index.column() >= MailboxColumn ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                               : QVariant();
    case Qt::ToolTipRole:
        return name && !entry.place.lastReason.empty()
                   ? QVariant(tr("Last ended with: %1").arg(text(entry.place.lastReason)))
                   : QVariant();
    case Qt::AccessibleTextRole:
        return name ? accessible(entry)
                    : QString(
                          headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() +
                          u' ' + display(entry, index.column()).toString());
    case PlaceRole:
        return QVariant::fromValue<quint64>(entry.place.id);
    case PidRole:
        return QVariant::fromValue<quint64>(entry.place.pid.raw());
    case WashKeyRole:
        return QVariant::fromValue<quint64>(entry.place.id);
    case MarkRole:
        return name && !isSupervisor(entry.place) ? QVariant(markFor(entry))
               : name && markFor(entry) != int(StatusMark::Waiting) &&
                       (entry.leavingSince || entry.place.state != PlaceState::Alive)
                   ? QVariant(markFor(entry))
                   : QVariant();
    case GlyphRole:
        return name && isSupervisor(entry.place) && !entry.leavingSince &&
                       entry.place.state == PlaceState::Alive
                   ? QVariant(int(glyphOf(entry.place.strategy)))
                   : QVariant();
    case SuffixRole:
        if (!name)
            return {};
        if (entry.place.kind == PlaceKind::Application)
            return isLibrary(entry.place.id) ? tr("library application, without processes")
                                             : tr("application");
        return m_hooks.note ? QVariant(m_hooks.note(entry.place)) : QVariant();
    case EmphasisRole:
        return name && entry.place.kind == PlaceKind::Application;
    case StrikeRole:
        return name && entry.leavingSince.has_value();
    case MonoRole:
        return index.column() == PidColumn;
    case OutlineRole:
        return m_outlined.contains(entry.place.id);
    case ForegroundTokenRole:
        return colour(entry, index.column());
    default:
        return {};
    }
}

QVariant TreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(section >= MailboxColumn ? Qt::AlignRight : Qt::AlignLeft) |
               int(Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return tr("Name");
    case PidColumn:
        return tr("Pid");
    case StatusColumn:
        return tr("Status");
    case MailboxColumn:
        return tr("Mailbox");
    case RestartsColumn:
        return tr("Restarts");
    default:
        return {};
    }
}

} // namespace grove::ui
