#include <grove/todo/change.h>
#include <grove/todo/text.h>

namespace grove::todo {

namespace {

Checked<std::string> checkLine(std::string_view text, std::string_view what,
                               std::size_t charactersMax, const char* empty) {
    const std::string_view kept = trimmed(text);
    if (!kept.empty() && kept.size() <= charactersMax && isPlain(kept)) // the rest cannot fail
        return std::string(kept);
    const std::string subject = "A " + std::string(what);
    if (kept.empty())
        return std::unexpected(Refused{empty});
    if (hasLineBreak(kept))
        return std::unexpected(Refused{subject + " is one line."});
    if (findInvalidUtf8(kept) || hasControl(kept))
        return std::unexpected(Refused{subject + " is text."});
    if (const std::size_t characters = characterCount(kept); characters > charactersMax)
        return std::unexpected(Refused{subject + " can have " + grouped(charactersMax) +
                                       " characters; this one has " + grouped(characters) + "."});
    return std::string(kept);
}

/// Checks each variant; keeps titles and names as they are stored.
struct Checker {
    Checked<void> operator()(AddEntries& change) const {
        for (NewEntry& entry : change.entries)
            if (auto ok = both(entry.title, entry.date); !ok)
                return ok;
        return some(change.entries);
    }
    Checked<void> operator()(SetTitles& change) const {
        for (TitleOf& entry : change.entries)
            if (auto ok = both(entry.title, std::nullopt); !ok)
                return ok;
        return some(change.entries);
    }
    Checked<void> operator()(SetDates& change) const {
        for (const DateOf& entry : change.entries)
            if (entry.date && !isDay(*entry.date))
                return std::unexpected(Refused{"There is no such day."});
        return some(change.entries);
    }
    Checked<void> operator()(SetDone& change) const { return some(change.entries); }
    Checked<void> operator()(DeleteEntries& change) const { return some(change.ids); }
    Checked<void> operator()(RestoreEntries& change) const { return some(change.ids); }
    Checked<void> operator()(ForgetEntries& change) const { return some(change.ids); }
    Checked<void> operator()(RenameList& change) const {
        auto name = checkListName(change.name);
        if (!name)
            return std::unexpected(std::move(name).error());
        change.name = *std::move(name);
        return {};
    }
    Checked<void> operator()(DeleteList&) const { return {}; }
    Checked<void> operator()(RestoreList&) const { return {}; }

private:
    static Checked<void> both(std::string& title, const std::optional<Date>& date) {
        auto kept = checkTitle(title);
        if (!kept)
            return std::unexpected(std::move(kept).error());
        title = *std::move(kept);
        if (date && !isDay(*date))
            return std::unexpected(Refused{"There is no such day."});
        return {};
    }
    template <class Items> static Checked<void> some(const Items& items) {
        if (items.empty())
            return std::unexpected(Refused{"There is nothing to change."});
        return {};
    }
};

} // namespace

Checked<std::string> checkTitle(std::string_view title) {
    return checkLine(title, "title", kTitleCharactersMax, "An entry needs a title.");
}

Checked<std::string> checkListName(std::string_view name) {
    return checkLine(name, "name", kNameCharactersMax, "A list needs a name.");
}

Refused nameTaken(std::string_view name) {
    return {"There is a list named " + std::string(name) + ". Choose another name."};
}

Refused entryGone(EntryId id) {
    return {"Entry " + std::to_string(id) + " is not in this list any more."};
}
Refused entriesGone() {
    return {"None of these entries is in this list any more."};
}
Refused nothingDeleted() {
    return {"None of these entries is deleted."};
}
Refused listDeleted() {
    return {"This list is deleted."};
}
Refused listNotDeleted() {
    return {"This list is not deleted."};
}
Refused inboxStays() {
    return {"Inbox is always there and keeps its name."};
}

Checked<Change> checkChange(Change change) {
    if (auto ok = std::visit(Checker{}, change); !ok)
        return std::unexpected(std::move(ok).error());
    return change;
}

void appendRange(std::vector<IdRange>& ranges, IdRange range) {
    if (!ranges.empty() && ranges.back().last + 1 == range.first)
        ranges.back().last = range.last;
    else
        ranges.push_back(range);
}

void appendId(std::vector<IdRange>& ranges, EntryId id) {
    appendRange(ranges, {id, id});
}

std::int64_t idCount(const std::vector<IdRange>& ranges) noexcept {
    std::int64_t count = 0;
    for (const IdRange& range : ranges)
        count += range.last - range.first + 1;
    return count;
}

std::size_t sizeBytes(const Change& change) noexcept {
    std::size_t bytes = sizeof(Change);
    if (const auto* add = std::get_if<AddEntries>(&change))
        for (const NewEntry& entry : add->entries)
            bytes += sizeof(NewEntry) + entry.title.size();
    else if (const auto* titles = std::get_if<SetTitles>(&change))
        for (const TitleOf& entry : titles->entries)
            bytes += sizeof(TitleOf) + entry.title.size();
    else if (const auto* dates = std::get_if<SetDates>(&change))
        bytes += dates->entries.size() * sizeof(DateOf);
    else if (const auto* done = std::get_if<SetDone>(&change))
        bytes += done->entries.size() * sizeof(DoneOf);
    else if (const auto* removed = std::get_if<DeleteEntries>(&change))
        bytes += removed->ids.size() * sizeof(IdRange);
    else if (const auto* restored = std::get_if<RestoreEntries>(&change))
        bytes += restored->ids.size() * sizeof(IdRange);
    else if (const auto* forgotten = std::get_if<ForgetEntries>(&change))
        bytes += forgotten->ids.size() * sizeof(IdRange);
    return bytes;
}

} // namespace grove::todo
