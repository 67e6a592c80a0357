#include "tree_entry.h"

#include <grove/term/assert.h>
#include <ui/common/fade.h>
#include <ui/observer/tree_model.h>

#include <QThread>

#include <algorithm>
#include <ranges>

namespace grove::ui {

using observe::Place;
using observe::PlaceId;
using observe::PlaceState;
using observe::TreeDelta;

namespace {

/// Start order decides; the id only makes it total.
bool before(const Place& a, const Place& b) {
    return std::pair(a.order, a.id) < std::pair(b.order, b.id);
}

bool isDown(PlaceState state) {
    return state != PlaceState::Alive;
}

} // namespace

TreeModel::TreeModel(FadeDriver& fade, const ObserverHooks& hooks, Now now, QObject* parent)
    : QAbstractItemModel(parent), m_fade(fade), m_hooks(hooks), m_now(std::move(now)) {}

TreeModel::~TreeModel() = default;

TreeModel::Entry* TreeModel::find(PlaceId id) {
    const auto found = m_entries.find(id);
    return found == m_entries.end() ? nullptr : found->second.get();
}

const TreeModel::Entry* TreeModel::find(PlaceId id) const {
    return const_cast<TreeModel*>(this)->find(id);
}

TreeModel::Siblings& TreeModel::siblingsIn(PlaceId parent) {
    Entry* entry = find(parent);
    return entry ? entry->children : m_applications;
}

const std::vector<PlaceId>& TreeModel::childrenOf(PlaceId id) const {
    static const Siblings s_none;
    if (id == 0)
        return m_applications;
    const Entry* entry = find(id);
    return entry ? entry->children : s_none;
}

bool TreeModel::isLibrary(PlaceId id) const {
    const Entry* entry = find(id);
    return entry && entry->place.kind == observe::PlaceKind::Application &&
           entry->place.state == PlaceState::Alive && entry->children.empty();
}

void TreeModel::renumber(PlaceId parent, std::size_t from) {
    const Siblings& siblings = siblingsIn(parent);
    for (std::size_t row = from; row < siblings.size(); ++row)
        find(siblings[row])->row = static_cast<int>(row);
}

void TreeModel::apply(const TreeDelta& delta) {
    Q_ASSERT(thread() == QThread::currentThread());
    const std::size_t sizeBefore = m_entries.size();
    bool moved = false;
    for (const PlaceId id : delta.removed)
        if (Entry* entry = find(id); entry && !entry->leavingSince)
            markLeaving(*entry, m_now());
    for (std::size_t i = 0; i < delta.changed.size();) {
        const Place& place = delta.changed[i];
        Entry* entry = find(place.id);
        if (!entry) {
            i = insertRun(delta.changed, i);
            continue;
        }
        if (entry->place.parent != place.parent || entry->place.order != place.order) {
            move(*entry, place);
            moved = true;
        }
        change(*entry, place);
        ++i;
    }
    m_version = delta.version;
    while (m_leaving.size() > kLeavingMax)
        remove(m_leaving.front());
    if (moved || m_entries.size() != sizeBefore)
        emit shapeChanged();
}

/// Inserts the new places from `first` on that stand in one row under one parent. Returns the
/// number of the next place to look at.
std::size_t TreeModel::insertRun(std::span<const Place> changed, std::size_t first) {
    const Place& head = changed[first];
    const PlaceId parentId = find(head.parent) ? head.parent : 0;
    Siblings& siblings = siblingsIn(parentId);
    const auto at = std::ranges::upper_bound(
        siblings, head, before, [this](PlaceId id) -> const Place& { return find(id)->place; });
    const auto row = static_cast<std::size_t>(at - siblings.begin());
    std::size_t end = first + 1;
    while (end < changed.size() && changed[end].parent == head.parent && !find(changed[end].id) &&
           before(changed[end - 1], changed[end]) &&
           (row == siblings.size() || before(changed[end], find(siblings[row])->place)))
        ++end;
    const bool loading = m_version == 0;
    beginInsertRows(indexOf(parentId), static_cast<int>(row),
                    static_cast<int>(row + end - first - 1));
    Siblings ids;
    for (const Place& place : changed.subspan(first, end - first)) {
        auto entry = std::make_unique<Entry>(Entry{.place = place});
        entry->parent = parentId;
        ids.push_back(place.id);
        m_entries.insert_or_assign(place.id, std::move(entry));
    }
    siblings.insert(siblings.begin() + static_cast<std::ptrdiff_t>(row), ids.begin(), ids.end());
    renumber(parentId, row);
    endInsertRows();
    for (const PlaceId id : ids) {
        Entry& entry = *find(id);
        if (entry.place.pid)
            m_byPid[entry.place.pid] = id;
        noteAge(entry);
        if (entry.place.state == PlaceState::Gone)
            markLeaving(entry, loading ? entry.place.lastChange : m_now());
        else if (!loading && entry.place.state == PlaceState::Alive)
            m_fade.start(id, Wash::Started);
    }
    return end;
}

void TreeModel::move(Entry& entry, const Place& place) {
    const PlaceId from = entry.parent;
    const PlaceId to = find(place.parent) ? place.parent : 0;
    Siblings& target = siblingsIn(to);
    const auto at = std::ranges::upper_bound(
        target, place, before, [&](PlaceId id) -> const Place& { return find(id)->place; });
    const int row = static_cast<int>(at - target.begin());
    const bool stays = from == to && (row == entry.row || row == entry.row + 1);
    entry.place.parent = place.parent;
    entry.place.order = place.order;
    if (stays)
        return;
    const int old = entry.row;
    beginMoveRows(indexOf(from), old, old, indexOf(to), row);
    Siblings& source = siblingsIn(from);
    source.erase(source.begin() + old);
    const int landing = from == to && row > old ? row - 1 : row;
    target.insert(target.begin() + landing, place.id);
    entry.parent = to;
    renumber(from, static_cast<std::size_t>(from == to ? std::min(old, landing) : old));
    renumber(to, static_cast<std::size_t>(from == to ? std::min(old, landing) : landing));
    endMoveRows();
}

void TreeModel::change(Entry& entry, const Place& place) {
    if (entry.place == place && !entry.leavingSince)
        return;
    washFor(entry, place);
    if (entry.place.pid != place.pid) {
        if (const auto old = m_byPid.find(entry.place.pid);
            old != m_byPid.end() && old->second == place.id)
            m_byPid.erase(old);
        if (place.pid)
            m_byPid[place.pid] = place.id;
        entry.live.reset();
    }
    if (place.state != PlaceState::Gone && entry.leavingSince) {
        entry.leavingSince.reset();
        std::erase(m_leaving, place.id);
    }
    const bool leaves = place.state == PlaceState::Gone && !entry.leavingSince;
    entry.place = place;
    noteAge(entry);
    if (leaves)
        markLeaving(entry, m_now());
    else
        emitRow(entry);
    emit placeChanged(place.id);
}

void TreeModel::washFor(const Entry& entry, const Place& after) {
    const bool wasDown = isDown(entry.place.state) || entry.leavingSince.has_value();
    const bool down = isDown(after.state);
    if (!down && (wasDown || entry.place.pid != after.pid))
        m_fade.start(after.id, Wash::Started);
    else if (down && !wasDown)
        m_fade.start(after.id, Wash::Died);
}

/// Only texts of places that were restarted, or whose children were, change with time alone.
void TreeModel::noteAge(const Entry& entry) {
    if (entry.place.restarts > 0 || !entry.place.restartTimes.empty())
        m_aging.insert(entry.place.id);
}

void TreeModel::markLeaving(Entry& entry, TimePoint since) {
    if (!isDown(entry.place.state))
        m_fade.start(entry.place.id, Wash::Died);
    entry.leavingSince = since;
    m_leaving.push_back(entry.place.id);
    emitRow(entry);
    emit placeChanged(entry.place.id);
}

void TreeModel::eraseSubtree(PlaceId id) {
    const auto node = m_entries.extract(id);
    const Entry& entry = *node.mapped();
    for (const PlaceId child : entry.children)
        eraseSubtree(child);
    if (const auto pid = m_byPid.find(entry.place.pid); pid != m_byPid.end() && pid->second == id)
        m_byPid.erase(pid);
    m_aging.erase(id);
    m_outlined.erase(id);
    std::erase(m_leaving, id);
    m_fade.stop(id);
}

void TreeModel::remove(PlaceId id) {
    const Entry* entry = find(id);
    GROVE_ASSERT(entry != nullptr, "a place that leaves is in the model");
    const PlaceId parentId = entry->parent;
    const int row = entry->row;
    beginRemoveRows(indexOf(parentId), row, row);
    Siblings& siblings = siblingsIn(parentId);
    siblings.erase(siblings.begin() + row);
    eraseSubtree(id);
    renumber(parentId, static_cast<std::size_t>(row));
    endRemoveRows();
}

void TreeModel::advance() {
    const TimePoint now = m_now();
    bool removed = false;
    // Not always in order of time: a place may have been gone when the model was loaded.
    for (std::size_t i = 0; i < m_leaving.size();) {
        const PlaceId id = m_leaving[i];
        if (now - *find(id)->leavingSince < kLeavingTime) {
            ++i;
            continue;
        }
        remove(id);
        removed = true;
        i = 0; // its children may have been leaving as well
    }
    for (auto at = m_aging.begin(); at != m_aging.end();) {
        const Entry& entry = *find(*at);
        emitRow(entry, RestartsColumn, RestartsColumn);
        emit placeChanged(entry.place.id);
        const bool quiet =
            now - entry.place.lastChange > kRecentTime && budgetUsed(entry.place.id) == 0;
        at = quiet ? m_aging.erase(at) : std::next(at);
    }
    if (removed)
        emit shapeChanged();
}

void TreeModel::setRows(std::span<const observe::ProcessRow> rows) {
    for (const observe::ProcessRow& row : rows) {
        const auto found = m_byPid.find(row.pid);
        if (found == m_byPid.end() || row.status == observe::Status::Gone)
            continue;
        Entry& entry = *find(found->second);
        const bool same = entry.live && entry.live->status == row.status &&
                          entry.live->mailbox == row.mailbox &&
                          entry.live->ownThread == row.ownThread;
        const bool markSame = entry.live && entry.live->status == row.status;
        entry.live = row;
        if (same)
            continue;
        emitRow(entry, markSame ? MailboxColumn : NameColumn, MailboxColumn);
    }
}

void TreeModel::setHovered(PlaceId id) {
    if (id == m_hovered)
        return;
    m_hovered = id;
    std::unordered_set<PlaceId> outlined;
    for (const PlaceId other : restartsWith(id))
        outlined.insert(other);
    std::swap(outlined, m_outlined);
    for (const auto& set : {outlined, m_outlined})
        for (const PlaceId other : set)
            if (outlined.contains(other) != m_outlined.contains(other))
                if (const Entry* entry = find(other)) {
                    emitRow(*entry);
                    emit placeChanged(other);
                }
}

std::vector<PlaceId> TreeModel::restartsWith(PlaceId id) const {
    const Entry* entry = find(id);
    const Entry* supervisor = entry ? find(entry->parent) : nullptr;
    if (!supervisor || entry->place.restartType == observe::RestartType::Temporary)
        return {};
    std::vector<PlaceId> with;
    const auto strategy = supervisor->place.strategy;
    if (strategy == observe::Strategy::OneForOne)
        return with;
    for (const PlaceId sibling : supervisor->children) {
        const bool later = find(sibling)->row > entry->row;
        if (sibling != id && (later || strategy == observe::Strategy::OneForAll))
            with.push_back(sibling);
    }
    return with;
}

void TreeModel::emitRow(const Entry& entry, int first, int last) {
    emit dataChanged(createIndex(entry.row, first, quintptr(entry.place.id)),
                     createIndex(entry.row, last, quintptr(entry.place.id)));
}

const Place* TreeModel::place(PlaceId id) const {
    const Entry* entry = find(id);
    return entry ? &entry->place : nullptr;
}

const observe::ProcessRow* TreeModel::live(PlaceId id) const {
    const Entry* entry = find(id);
    return entry && entry->live ? &*entry->live : nullptr;
}

bool TreeModel::isLeaving(PlaceId id) const {
    const Entry* entry = find(id);
    return entry && entry->leavingSince;
}

int TreeModel::budgetUsed(PlaceId id) const {
    const Entry* entry = find(id);
    if (!entry)
        return 0;
    const auto oldest = m_now() - entry->place.period;
    return static_cast<int>(
        std::ranges::count_if(entry->place.restartTimes, [&](auto at) { return at > oldest; }));
}

std::vector<PlaceId> TreeModel::inOrder() const {
    std::vector<PlaceId> out;
    out.reserve(m_entries.size());
    std::vector<PlaceId> open(m_applications.rbegin(), m_applications.rend());
    while (!open.empty()) {
        const PlaceId id = open.back();
        open.pop_back();
        out.push_back(id);
        const Siblings& children = find(id)->children;
        open.insert(open.end(), children.rbegin(), children.rend());
    }
    return out;
}

QModelIndex TreeModel::indexOf(PlaceId id, int column) const {
    const Entry* entry = find(id);
    return entry ? createIndex(entry->row, column, quintptr(id)) : QModelIndex();
}

PlaceId TreeModel::placeAt(const QModelIndex& index) const {
    return index.isValid() ? PlaceId(index.internalId()) : 0;
}

QModelIndex TreeModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column,
                       quintptr(childrenOf(placeAt(parent))[static_cast<std::size_t>(row)]));
}

QModelIndex TreeModel::parent(const QModelIndex& index) const {
    const Entry* entry = find(placeAt(index));
    return entry ? indexOf(entry->parent) : QModelIndex();
}

int TreeModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(childrenOf(placeAt(parent)).size());
}

int TreeModel::columnCount(const QModelIndex&) const {
    return kColumnCount;
}

Qt::ItemFlags TreeModel::flags(const QModelIndex& index) const {
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable : Qt::NoItemFlags;
}

} // namespace grove::ui
