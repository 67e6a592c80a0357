#pragma once

#include <grove/todo/entry.h>

#include <variant>

namespace grove::todo {

/// Entries from `first` to `last`, both included.
struct IdRange {
    EntryId first = 0;
    EntryId last = 0;

    bool operator==(const IdRange&) const = default;
    GROVE_FIELDS(IdRange, first, last)
};

struct TitleOf {
    EntryId id = 0;
    std::string title;
    bool operator==(const TitleOf&) const = default;
    GROVE_FIELDS(TitleOf, id, title)
};
struct DateOf {
    EntryId id = 0;
    std::optional<Date> date;
    bool operator==(const DateOf&) const = default;
    GROVE_FIELDS(DateOf, id, date)
};
struct DoneOf {
    EntryId id = 0;
    bool done = false;
    bool operator==(const DoneOf&) const = default;
    GROVE_FIELDS(DoneOf, id, done)
};

/// What can be done to a list. Each is done wholly or refused wholly.

/// Appends entries; their ids follow each other.
struct AddEntries {
    std::vector<NewEntry> entries;
    bool operator==(const AddEntries&) const = default;
    GROVE_FIELDS(AddEntries, entries)
};
struct SetTitles {
    std::vector<TitleOf> entries;
    bool operator==(const SetTitles&) const = default;
    GROVE_FIELDS(SetTitles, entries)
};
struct SetDates {
    std::vector<DateOf> entries;
    bool operator==(const SetDates&) const = default;
    GROVE_FIELDS(SetDates, entries)
};
struct SetDone {
    std::vector<DoneOf> entries;
    bool operator==(const SetDone&) const = default;
    GROVE_FIELDS(SetDone, entries)
};
/// Deletes those of the ranges that are there; refused when none is. Deleted entries can be
/// restored.
struct DeleteEntries {
    std::vector<IdRange> ids;
    bool operator==(const DeleteEntries&) const = default;
    GROVE_FIELDS(DeleteEntries, ids)
};
/// Brings back those of the ranges that are deleted; refused when none is.
struct RestoreEntries {
    std::vector<IdRange> ids;
    bool operator==(const RestoreEntries&) const = default;
    GROVE_FIELDS(RestoreEntries, ids)
};
/// Takes those of the ranges that are deleted away for good, to make room in a full list; refused
/// when none is. Nothing takes it back: a RestoreEntries finds less than was deleted.
struct ForgetEntries {
    std::vector<IdRange> ids;
    bool operator==(const ForgetEntries&) const = default;
    GROVE_FIELDS(ForgetEntries, ids)
};
struct RenameList {
    std::string name;
    bool operator==(const RenameList&) const = default;
    GROVE_FIELDS(RenameList, name)
};
struct DeleteList {
    bool operator==(const DeleteList&) const = default;
    GROVE_FIELDS(DeleteList)
};
/// Refused when another list has taken the name meanwhile.
struct RestoreList {
    bool operator==(const RestoreList&) const = default;
    GROVE_FIELDS(RestoreList)
};

using Change = std::variant<AddEntries, SetTitles, SetDates, SetDone, DeleteEntries, RestoreEntries,
                            RenameList, DeleteList, RestoreList, ForgetEntries>;

/// What a change did. The same for the list in memory and for the rows on disk.
struct Applied {
    std::int64_t version = 0;     ///< of the list, after the change; each change adds one
    std::vector<IdRange> touched; ///< the entries it added or changed
    Change inverse;               ///< takes it back

    bool operator==(const Applied&) const = default;
    GROVE_MAP_FIELDS(Applied, version, touched, inverse)
};

/// Adds an id to ranges that are built in ascending order.
void appendId(std::vector<IdRange>& ranges, EntryId id);
/// Returns how many ids the ranges hold.
[[nodiscard]] std::int64_t idCount(const std::vector<IdRange>& ranges) noexcept;
/// Joins ranges of one ascending run that touch each other.
void appendRange(std::vector<IdRange>& ranges, IdRange range);

/// Roughly how many bytes the change has, for limits on what is under way.
[[nodiscard]] std::size_t sizeBytes(const Change& change) noexcept;

/// "Entry 17 is not in this list any more."
[[nodiscard]] Refused entryGone(EntryId id);
[[nodiscard]] Refused entriesGone();
[[nodiscard]] Refused nothingDeleted();
[[nodiscard]] Refused listDeleted();
[[nodiscard]] Refused listNotDeleted();
[[nodiscard]] Refused inboxStays();

/// Checks what does not depend on the list: titles, names, dates, that there is something to do.
/// Titles and names come back as they are kept.
[[nodiscard]] Checked<Change> checkChange(Change change);

} // namespace grove::todo
