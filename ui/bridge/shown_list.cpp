#include "shown_list.h"

#include <grove/term/assert.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace grove::ui {

namespace {

/// What makes a person's list out of another: entries that differ, and those that are not there any
/// more.
EntriesChange difference(const todo::List& before, const todo::List& after) {
    EntriesChange change;
    if (before.size() == 0)
        change.upserted.reserve(after.size());
    for (const todo::Entry& entry : after.entries()) {
        const todo::Entry* old = before.find(entry.id);
        if (old == nullptr || !(*old == entry))
            change.upserted.push_back(entry);
    }
    for (const todo::Entry& entry : before.entries())
        if (after.find(entry.id) == nullptr)
            change.removed.push_back(entry.id);
    return change;
}

} // namespace

bool ShownList::isPending(todo::EntryId entry) const {
    if (!m_pendingRanges)
        m_pendingRanges = pendingRanges();
    const auto after = std::ranges::upper_bound(*m_pendingRanges, entry, {}, &todo::IdRange::first);
    return after != m_pendingRanges->begin() && entry <= std::prev(after)->last;
}

std::vector<todo::IdRange> ShownList::pendingRanges() const {
    std::vector<todo::IdRange> all;
    for (const Pending& pending : m_pending)
        all.insert(all.end(), pending.touched.begin(), pending.touched.end());
    std::ranges::sort(all, {}, &todo::IdRange::first);
    std::vector<todo::IdRange> apart;
    for (const todo::IdRange& range : all) {
        if (!apart.empty() && range.first <= apart.back().last)
            apart.back().last = std::max(apart.back().last, range.last);
        else
            apart.push_back(range);
    }
    return apart;
}

EntriesChange ShownList::touchedNow(const std::vector<todo::IdRange>& ranges) const {
    EntriesChange change;
    for (const todo::IdRange& range : ranges)
        for (todo::EntryId id = range.first; id <= range.last; ++id) {
            if (const todo::Entry* entry = m_shown.find(id))
                change.upserted.push_back(*entry);
            else
                change.removed.push_back(id);
        }
    return change;
}

void ShownList::apply(Pending& pending) {
    pending.touched.clear();
    pending.inverse.reset();
    // One that does not fit any more will be refused by the list's server, too.
    if (auto applied = m_shown.apply(pending.change)) {
        pending.touched = std::move(applied->touched);
        pending.inverse = std::move(applied->inverse);
    }
}

/// What is on disk now; without m_disk by taking back what is pending.
todo::List ShownList::diskList() const {
    if (m_disk)
        return *m_disk;
    todo::List list = m_shown;
    for (const Pending& pending : m_pending | std::views::reverse) {
        if (pending.isOnDisk || !pending.inverse)
            continue;
        const auto undone = list.apply(*pending.inverse);
        GROVE_ASSERT(undone.has_value(), "what was done can be taken back");
    }
    todo::ListData data = list.data();
    data.version = m_diskVersion;
    data.nextId = m_diskNextId;
    const auto isNew = [this](const todo::Entry& entry) { return entry.id >= m_diskNextId; };
    std::erase_if(data.entries, isNew);
    std::erase_if(data.deletedEntries, isNew);
    return todo::List(std::move(data));
}

std::int64_t ShownList::diskVersion() const {
    return m_disk ? m_disk->version() : m_diskVersion;
}

/// Requires: isLoaded(). From here to meetDisk() both lists are kept.
void ShownList::partFromDisk() {
    if (!m_disk)
        m_disk = diskList();
}

/// Requires: m_shown is m_disk.
void ShownList::meetDisk() {
    m_diskVersion = m_shown.version();
    m_diskNextId = m_shown.nextId();
    m_disk.reset();
}

/// Requires: m_disk.
EntriesChange ShownList::rebuild() {
    const todo::List before = std::exchange(m_shown, *std::exchange(m_disk, std::nullopt));
    meetDisk();
    m_isUncertain = false;
    m_pendingRanges.reset();
    for (Pending& pending : m_pending)
        if (!pending.isOnDisk)
            apply(pending);
    return difference(before, m_shown);
}

EntriesChange ShownList::rebuildWhenKnown() {
    return m_isUncertain && !m_pending.empty() ? EntriesChange{} : rebuild();
}

Reread ShownList::compare(const todo::ListData& data) const {
    std::optional<todo::List> made;
    if (!m_disk && !m_pending.empty())
        made = diskList();
    const todo::List& disk = m_disk ? *m_disk : made ? *made : m_shown;
    Reread out{.known = disk.size(),
               .isOlder = data.version < std::max(disk.version(), m_acknowledged)};
    const bool isNewer = data.version > disk.version();
    auto read = data.entries.begin();
    for (const todo::Entry& entry : disk.entries()) { // both ascend by id
        read = std::find_if(read, data.entries.end(),
                            [&](const todo::Entry& other) { return other.id >= entry.id; });
        const bool isThere = read != data.entries.end() && read->id == entry.id;
        if (isThere && (*read == entry || isNewer))
            ++out.found;
        else if (!isThere && isNewer) // deleted since, perhaps
            out.found +=
                std::ranges::binary_search(data.deletedEntries, entry.id, {}, &todo::Entry::id);
    }
    return out;
}

EntriesChange ShownList::load(todo::ListData data) {
    m_isUncertain = m_isLoaded;
    m_isLoaded = true;
    m_disk.emplace(std::move(data));
    return rebuildWhenKnown();
}

void ShownList::forget() {
    m_isLoaded = false;
    m_disk.reset();
    m_shown = {};
    m_acknowledged = 0;
    m_isUncertain = false;
}

todo::Checked<EntriesChange> ShownList::begin(const todo::OperationId& operation,
                                              const todo::Change& change) {
    Pending pending{.operation = operation, .change = change};
    if (isLoaded()) {
        auto applied = m_shown.apply(change);
        if (!applied)
            return std::unexpected(std::move(applied.error()));
        pending.touched = std::move(applied->touched);
        pending.inverse = std::move(applied->inverse);
    }
    m_pendingRanges.reset();
    m_pending.push_back(std::move(pending));
    return touchedNow(m_pending.back().touched);
}

EntriesChange ShownList::landed(const todo::ListChanged& landed) {
    if (!isLoaded() || landed.version <= diskVersion())
        return {};
    const auto own = std::ranges::find(m_pending, landed.operation, &Pending::operation);
    if (!m_disk && own != m_pending.end() && own->inverse &&
        std::all_of(m_pending.begin(), own,
                    [](const Pending& pending) { return pending.isOnDisk; })) {
        // In order, and nothing of somebody else's in between: what is shown has it already.
        own->isOnDisk = true;
        ++m_diskVersion;
        if (const auto* add = std::get_if<todo::AddEntries>(&landed.change))
            m_diskNextId += static_cast<todo::EntryId>(add->entries.size());
        return {};
    }
    if (!m_disk && own == m_pending.end() && m_pending.empty()) {
        auto applied = m_shown.apply(landed.change);
        if (!applied)
            return {}; // a gap: its server ends over it, and the list is loaded anew
        meetDisk();
        return touchedNow(applied->touched);
    }
    partFromDisk();
    if (!m_disk->apply(landed.change))
        return {}; // a gap, too
    if (own != m_pending.end())
        own->isOnDisk = true;
    return rebuildWhenKnown();
}

EntriesChange ShownList::answered(const todo::OperationId& operation,
                                  const todo::ChangeAnswer& answer) {
    const auto own = std::ranges::find(m_pending, operation, &Pending::operation);
    if (own == m_pending.end())
        return {};
    if (answer.applied)
        m_acknowledged = std::max(m_acknowledged, answer.applied->version);
    const bool isShownRightly = answer.done && own->isOnDisk && !m_isUncertain;
    if (isLoaded() && !isShownRightly)
        partFromDisk(); // while it can still be taken back
    m_pending.erase(own);
    m_pendingRanges.reset();
    return isLoaded() && !isShownRightly ? rebuildWhenKnown() : EntriesChange{};
}

} // namespace grove::ui
