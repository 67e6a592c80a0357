#include <grove/todo/list.h>

#include <algorithm>
#include <limits>

namespace grove::todo {

List::Place::Place(const std::optional<Date>& date, EntryId entry) noexcept
    : day(date ? static_cast<std::int32_t>(std::chrono::sys_days(*date).time_since_epoch().count())
               : std::numeric_limits<std::int32_t>::min()),
      id(entry) {}

List::List(ListData data)
    : m_id(data.id), m_name(std::move(data.name)), m_version(data.version), m_nextId(data.nextId),
      m_deleted(data.deleted) {
    for (Entry& entry : data.entries)
        insert(std::move(entry));
    for (Entry& entry : data.deletedEntries) {
        m_titleBytes += entry.title.size();
        m_deletedEntries.emplace(entry.id, std::move(entry));
    }
}

void List::insert(Entry entry) {
    m_unplaced.emplace_back(entry.date, entry.id);
    m_open += entry.done ? 0 : 1;
    m_titleBytes += entry.title.size();
    m_entries.emplace_hint(m_entries.end(), entry.id, std::move(entry));
}

std::set<List::Place>& List::byDate() const {
    m_byDate.insert(m_unplaced.begin(), m_unplaced.end());
    m_unplaced = {}; // a list that is read has many, and keeps no room for as many more
    return m_byDate;
}

void List::replace(Entry& entry, Entry changed) {
    if (entry.date != changed.date) {
        byDate().erase({entry.date, entry.id});
        m_unplaced.emplace_back(changed.date, entry.id);
    }
    m_open += (changed.done ? 0 : 1) - (entry.done ? 0 : 1);
    m_titleBytes += changed.title.size() - entry.title.size();
    entry = std::move(changed);
}

void List::moveToDeleted(EntryId id) {
    auto node = m_entries.extract(id);
    byDate().erase({node.mapped().date, id});
    m_open -= node.mapped().done ? 0 : 1;
    m_deletedEntries.insert(std::move(node));
}

EntryId List::add(NewEntry entry) {
    const EntryId id = m_nextId++;
    insert({.id = id, .title = std::move(entry.title), .date = entry.date, .done = entry.done});
    ++m_version;
    return id;
}

bool List::remove(EntryId id) {
    if (!m_entries.contains(id))
        return false;
    moveToDeleted(id);
    ++m_version;
    return true;
}

const Entry* List::find(EntryId id) const noexcept {
    auto it = m_entries.find(id);
    return it == m_entries.end() ? nullptr : &it->second;
}

std::vector<Entry> List::entriesOn(std::optional<Date> date) const {
    std::vector<Entry> found;
    const Place from(date, 0);
    const std::set<Place>& places = byDate();
    for (auto it = places.lower_bound(from); it != places.end() && it->day == from.day; ++it)
        found.push_back(m_entries.at(it->id));
    return found;
}

std::vector<Entry> List::entriesByDate() const {
    return firstByDate(m_entries.size());
}

std::vector<Entry> List::firstByDate(std::size_t countMax) const {
    std::vector<Entry> first;
    first.reserve(std::min(countMax, m_entries.size()));
    for (const Place& place : byDate() | std::views::take(countMax))
        first.push_back(m_entries.at(place.id));
    return first;
}

ListData List::data() const {
    ListData data{
        .id = m_id, .name = m_name, .version = m_version, .nextId = m_nextId, .deleted = m_deleted};
    data.entries.reserve(m_entries.size());
    for (const auto& [id, entry] : m_entries)
        data.entries.push_back(entry);
    for (const auto& [id, entry] : m_deletedEntries)
        data.deletedEntries.push_back(entry);
    return data;
}

bool List::operator==(const List& other) const {
    return m_id == other.m_id && m_name == other.m_name && m_version == other.m_version &&
           m_nextId == other.m_nextId && m_deleted == other.m_deleted &&
           m_entries == other.m_entries && m_deletedEntries == other.m_deletedEntries;
}

// -- changes --------------------------------------------------------------------------------------

Checked<Applied> List::apply(const Change& change) {
    if (m_deleted && !std::holds_alternative<RestoreList>(change))
        return std::unexpected(listDeleted());
    struct Visitor {
        List& list;
        Checked<Applied> operator()(const AddEntries& c) { return list.applyAdd(c); }
        Checked<Applied> operator()(const SetTitles& c) { return list.applyTitles(c); }
        Checked<Applied> operator()(const SetDates& c) { return list.applyDates(c); }
        Checked<Applied> operator()(const SetDone& c) { return list.applyDone(c); }
        Checked<Applied> operator()(const DeleteEntries& c) { return list.applyDelete(c); }
        Checked<Applied> operator()(const RestoreEntries& c) { return list.applyRestore(c); }
        Checked<Applied> operator()(const ForgetEntries& c) { return list.applyForget(c); }
        Checked<Applied> operator()(const RenameList& c) { return list.applyRename(c); }
        Checked<Applied> operator()(const DeleteList&) { return list.applyDeleteList(); }
        Checked<Applied> operator()(const RestoreList&) { return list.applyRestoreList(); }
    };
    return std::visit(Visitor{*this}, change);
}

Checked<Applied> List::applied(std::vector<IdRange> touched, Change inverse) {
    return Applied{
        .version = ++m_version, .touched = std::move(touched), .inverse = std::move(inverse)};
}

template <class Items> std::optional<EntryId> List::findMissing(const Items& items) const {
    for (const auto& item : items)
        if (!m_entries.contains(item.id))
            return item.id;
    return std::nullopt;
}

Checked<Applied> List::applyAdd(const AddEntries& change) {
    const EntryId first = m_nextId;
    for (const NewEntry& entry : change.entries)
        insert({.id = m_nextId++, .title = entry.title, .date = entry.date, .done = entry.done});
    const IdRange ids{first, m_nextId - 1};
    return applied({ids}, DeleteEntries{{ids}});
}

Checked<Applied> List::applyTitles(const SetTitles& change) {
    if (auto missing = findMissing(change.entries))
        return std::unexpected(entryGone(*missing));
    SetTitles inverse;
    std::vector<IdRange> touched;
    for (const TitleOf& item : change.entries) {
        Entry& entry = m_entries.at(item.id);
        m_titleBytes += item.title.size() - entry.title.size();
        inverse.entries.push_back({item.id, std::exchange(entry.title, item.title)});
        appendId(touched, item.id);
    }
    std::ranges::reverse(inverse.entries); // an entry named twice gets its first value back
    return applied(std::move(touched), std::move(inverse));
}

Checked<Applied> List::applyDates(const SetDates& change) {
    if (auto missing = findMissing(change.entries))
        return std::unexpected(entryGone(*missing));
    SetDates inverse;
    std::vector<IdRange> touched;
    for (const DateOf& item : change.entries) {
        Entry& entry = m_entries.at(item.id);
        inverse.entries.push_back({item.id, entry.date});
        Entry changed = entry;
        changed.date = item.date;
        replace(entry, std::move(changed));
        appendId(touched, item.id);
    }
    std::ranges::reverse(inverse.entries);
    return applied(std::move(touched), std::move(inverse));
}

Checked<Applied> List::applyDone(const SetDone& change) {
    if (auto missing = findMissing(change.entries))
        return std::unexpected(entryGone(*missing));
    SetDone inverse;
    std::vector<IdRange> touched;
    for (const DoneOf& item : change.entries) {
        Entry& entry = m_entries.at(item.id);
        inverse.entries.push_back({item.id, entry.done});
        m_open += (item.done ? 0 : 1) - (entry.done ? 0 : 1);
        entry.done = item.done;
        appendId(touched, item.id);
    }
    std::ranges::reverse(inverse.entries);
    return applied(std::move(touched), std::move(inverse));
}

Checked<Applied> List::applyDelete(const DeleteEntries& change) {
    std::vector<IdRange> touched;
    for (const IdRange& range : change.ids) {
        auto it = m_entries.lower_bound(range.first);
        while (it != m_entries.end() && it->first <= range.last) {
            const EntryId id = (it++)->first;
            moveToDeleted(id);
            appendId(touched, id);
        }
    }
    if (touched.empty())
        return std::unexpected(entriesGone());
    return applied(touched, RestoreEntries{touched});
}

Checked<Applied> List::applyRestore(const RestoreEntries& change) {
    std::vector<IdRange> touched;
    for (const IdRange& range : change.ids) {
        auto it = m_deletedEntries.lower_bound(range.first);
        while (it != m_deletedEntries.end() && it->first <= range.last) {
            auto node = m_deletedEntries.extract(it++);
            appendId(touched, node.key());
            m_titleBytes -= node.mapped().title.size(); // insert() counts it again
            insert(std::move(node.mapped()));
        }
    }
    if (touched.empty())
        return std::unexpected(nothingDeleted());
    return applied(touched, DeleteEntries{touched});
}

Checked<Applied> List::applyForget(const ForgetEntries& change) {
    std::vector<IdRange> touched;
    for (const IdRange& range : change.ids) {
        auto it = m_deletedEntries.lower_bound(range.first);
        while (it != m_deletedEntries.end() && it->first <= range.last) {
            appendId(touched, it->first);
            m_titleBytes -= it->second.title.size();
            it = m_deletedEntries.erase(it);
        }
    }
    if (touched.empty())
        return std::unexpected(nothingDeleted());
    return applied(touched, RestoreEntries{touched});
}

Checked<Applied> List::applyRename(const RenameList& change) {
    if (m_id == kInbox)
        return std::unexpected(inboxStays());
    return applied({}, RenameList{std::exchange(m_name, change.name)});
}

Checked<Applied> List::applyDeleteList() {
    if (m_id == kInbox)
        return std::unexpected(inboxStays());
    m_deleted = true;
    return applied({}, RestoreList{});
}

Checked<Applied> List::applyRestoreList() {
    if (!m_deleted)
        return std::unexpected(listNotDeleted());
    m_deleted = false;
    return applied({}, DeleteList{});
}

} // namespace grove::todo
