#include <grove/todo/bounds.h>
#include <grove/todo/text.h>

namespace grove::todo {

namespace {

std::string fullText(const List& list, const Growth& held, const Growth& more,
                     const ListBounds& bounds) {
    const std::string start = "The list " + list.name() + " is full: ";
    const std::string end = " Use another list for more.";
    if (held.entries + more.entries <= bounds.entries)
        return start + "its titles have " + grouped(held.titleBytes) +
               " bytes, and a list can hold " + grouped(bounds.titleBytes) + "." + end;
    if (held.entries >= bounds.entries)
        return start + "it holds " + grouped(held.entries) + " entries, the most a list can hold." +
               end;
    return start + "it holds " + grouped(held.entries) + " entries, and " + grouped(more.entries) +
           " more are over the " + grouped(bounds.entries) + " that a list can hold." + end;
}

} // namespace

Growth growthOf(const Change& change) noexcept {
    Growth growth;
    if (const auto* add = std::get_if<AddEntries>(&change)) {
        growth.entries = add->entries.size();
        for (const NewEntry& entry : add->entries)
            growth.titleBytes += entry.title.size();
    } else if (const auto* titles = std::get_if<SetTitles>(&change)) {
        // As if the old titles stayed: they may be gone before this change is done.
        for (const TitleOf& entry : titles->entries)
            growth.titleBytes += entry.title.size();
    }
    return growth;
}

Checked<std::optional<ForgetEntries>> makeRoom(const List& list, const Growth& underWay,
                                               const Change& change, const ListBounds& bounds) {
    const Growth more = growthOf(change);
    Growth held{.entries = list.size() + list.deletedCount() + underWay.entries,
                .titleBytes = list.titleBytes() + underWay.titleBytes};
    if (const auto* titles = std::get_if<SetTitles>(&change)) {
        std::size_t before = 0;
        for (const TitleOf& entry : titles->entries)
            if (const Entry* old = list.find(entry.id))
                before += old->title.size();
        if (more.titleBytes <= before)
            return std::nullopt; // no longer than they were
    }
    const auto fits = [&] {
        return (more.entries == 0 || held.entries + more.entries <= bounds.entries) &&
               (more.titleBytes == 0 || held.titleBytes + more.titleBytes <= bounds.titleBytes);
    };
    if (fits())
        return std::nullopt;
    ForgetEntries forget;
    for (const Entry& entry : list.deletedEntries()) {
        --held.entries;
        held.titleBytes -= entry.title.size();
        appendId(forget.ids, entry.id);
        if (fits())
            return forget;
    }
    return std::unexpected(Refused{fullText(list, held, more, bounds)});
}

} // namespace grove::todo
