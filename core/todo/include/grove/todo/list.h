#pragma once

#include <grove/todo/change.h>

#include <map>
#include <ranges>
#include <set>

namespace grove::todo {

/// The parts of a list as plain data: what is stored, and what an observer sees.
struct ListData {
    ListId id = 0;
    std::string name;
    std::int64_t version = 0;
    EntryId nextId = 1;
    bool deleted = false;
    std::vector<Entry> entries;        ///< ascending by id
    std::vector<Entry> deletedEntries; ///< ascending by id

    bool operator==(const ListData&) const = default;
    GROVE_MAP_FIELDS(ListData, id, name, version, nextId, deleted, entries, deletedEntries)
};

/// A to-do list as a value: entries with ids of their own, found by id and by date.
///
///     auto list = List::from("Bob's list", std::vector<NewEntry>{{"Dentist", Date(2023y / 12 /
///     19)}}); EntryId id = list.add({.title = "Shopping"}); list.update(id, [](Entry& entry) {
///     entry.done = true; });
///
/// A value: copies are independent. Threads: one at a time. Ids and versions only grow.
class List {
public:
    List() = default;
    explicit List(ListId id, std::string name) : m_id(id), m_name(std::move(name)) {}
    explicit List(ListData data);
    /// Builds a list from any range of NewEntry. Requires: their titles pass checkTitle().
    template <std::ranges::input_range Entries>
    [[nodiscard]] static List from(std::string name, Entries&& entries) {
        List list(0, std::move(name));
        for (const NewEntry& entry : entries)
            list.add(entry);
        return list;
    }

    /// Returns the new entry's id. Requires: the title passes checkTitle().
    EntryId add(NewEntry entry);
    /// Calls `change(Entry&)` on the entry; its id cannot change. Returns false when it is not
    /// there.
    template <class ChangeEntry> bool update(EntryId id, ChangeEntry&& change) {
        auto it = m_entries.find(id);
        if (it == m_entries.end())
            return false;
        Entry changed = it->second;
        change(changed);
        changed.id = id;
        replace(it->second, std::move(changed));
        ++m_version;
        return true;
    }
    /// Returns false when it is not there.
    bool remove(EntryId id);

    /// Does a checked change (see checkChange), or refuses it and changes nothing.
    Checked<Applied> apply(const Change& change);

    [[nodiscard]] ListId id() const noexcept { return m_id; }
    [[nodiscard]] const std::string& name() const noexcept { return m_name; }
    [[nodiscard]] std::int64_t version() const noexcept { return m_version; }
    [[nodiscard]] bool isDeleted() const noexcept { return m_deleted; }
    [[nodiscard]] std::size_t size() const noexcept { return m_entries.size(); }
    /// Returns how many entries are not done.
    [[nodiscard]] std::size_t openCount() const noexcept { return m_open; }
    /// Returns how many entries are deleted and can be restored.
    [[nodiscard]] std::size_t deletedCount() const noexcept { return m_deletedEntries.size(); }
    /// Returns how many bytes the titles have, those of deleted entries too.
    [[nodiscard]] std::size_t titleBytes() const noexcept { return m_titleBytes; }
    /// The id that the next entry will get.
    [[nodiscard]] EntryId nextId() const noexcept { return m_nextId; }

    /// Borrowed until the next change; null when it is not there or deleted.
    [[nodiscard]] const Entry* find(EntryId id) const noexcept;
    /// The entries of one day (or without a date), by id.
    [[nodiscard]] std::vector<Entry> entriesOn(std::optional<Date> date) const;
    /// All, those without a date first, then by date, then by id.
    [[nodiscard]] std::vector<Entry> entriesByDate() const;
    /// The first of them, at most so many.
    [[nodiscard]] std::vector<Entry> firstByDate(std::size_t countMax) const;
    /// All, by id.
    [[nodiscard]] auto entries() const { return std::views::values(m_entries); }
    /// Those that are deleted, by id.
    [[nodiscard]] auto deletedEntries() const { return std::views::values(m_deletedEntries); }

    [[nodiscard]] ListData data() const;
    bool operator==(const List& other) const;

private:
    /// Where an entry stands by date: those without one first.
    struct Place {
        std::int32_t day = 0; ///< counted from 1970
        EntryId id = 0;
        Place(const std::optional<Date>& date, EntryId entry) noexcept;
        auto operator<=>(const Place&) const noexcept = default;
    };

    Checked<Applied> applied(std::vector<IdRange> touched, Change inverse);
    Checked<Applied> applyAdd(const AddEntries& change);
    Checked<Applied> applyTitles(const SetTitles& change);
    Checked<Applied> applyDates(const SetDates& change);
    Checked<Applied> applyDone(const SetDone& change);
    Checked<Applied> applyDelete(const DeleteEntries& change);
    Checked<Applied> applyRestore(const RestoreEntries& change);
    Checked<Applied> applyForget(const ForgetEntries& change);
    Checked<Applied> applyRename(const RenameList& change);
    Checked<Applied> applyDeleteList();
    Checked<Applied> applyRestoreList();

    /// Returns the entry of the first id that is not there, if any.
    template <class Items> std::optional<EntryId> findMissing(const Items& items) const;
    void replace(Entry& entry, Entry changed);
    void insert(Entry entry);
    std::set<Place>& byDate() const;
    void moveToDeleted(EntryId id);

    ListId m_id = 0;
    std::string m_name;
    std::int64_t m_version = 0;
    EntryId m_nextId = 1;
    bool m_deleted = false;
    std::size_t m_open = 0;
    std::size_t m_titleBytes = 0;
    std::map<EntryId, Entry> m_entries;
    std::map<EntryId, Entry> m_deletedEntries;
    /// Of m_entries. What is added waits in m_unplaced until somebody asks by date.
    mutable std::set<Place> m_byDate;
    mutable std::vector<Place> m_unplaced;
};

} // namespace grove::todo

namespace grove {

/// A list is described by its data.
template <> struct TermConversion<todo::List> {
    static Term toTerm(const todo::List& list);
    static bool fromTerm(const Term& term, todo::List& list, Conversion& conversion);
};

} // namespace grove
