#include "shown_list.h"

#include <algorithm>
#include <iterator>

namespace grove::ui {

namespace {

/// What makes a person's list out of another: entries that differ, and those that are not there any
/// more.
EntriesChange difference(const todo::List& before, const todo::List& after) {
    EntriesChange change;
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

EntriesChange ShownList::rebuild() {
    const todo::List before = std::move(m_shown);
    m_shown = *m_disk;
    m_isUncertain = false;
    m_pendingRanges.reset();
    for (Pending& pending : m_pending) {
        if (pending.isOnDisk)
            continue;
        // One that does not fit any more will be refused by the list's server, too.
        if (auto applied = m_shown.apply(pending.change))
            pending.touched = std::move(applied->touched);
        else
            pending.touched.clear();
    }
    return difference(before, m_shown);
}

EntriesChange ShownList::rebuildWhenKnown() {
    return m_isUncertain && !m_pending.empty() ? EntriesChange{} : rebuild();
}

Reread ShownList::compare(const todo::ListData& data) const {
    Reread out{.known = m_disk->size(),
               .isOlder = data.version < std::max(m_disk->version(), m_acknowledged)};
    const bool isNewer = data.version > m_disk->version();
    auto read = data.entries.begin();
    for (const todo::Entry& entry : m_disk->entries()) { // both ascend by id
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
    const bool wasLoaded = isLoaded();
    m_disk = todo::List(std::move(data));
    m_isUncertain = wasLoaded;
    return rebuildWhenKnown();
}

void ShownList::forget() {
    m_disk.reset();
    m_shown = {};
    m_acknowledged = 0;
    m_isUncertain = false;
}

todo::Checked<EntriesChange> ShownList::begin(const todo::OperationId& operation,
                                              const todo::Change& change) {
    std::vector<todo::IdRange> touched;
    if (isLoaded()) {
        auto applied = m_shown.apply(change);
        if (!applied)
            return std::unexpected(std::move(applied.error()));
        touched = std::move(applied->touched);
    }
    m_pending.push_back({operation, change, touched, false});
    m_pendingRanges.reset();
    return touchedNow(touched);
}

EntriesChange ShownList::landed(const todo::ListChanged& landed) {
    if (!isLoaded() || landed.version <= m_disk->version())
        return {};
    const auto own = std::ranges::find(m_pending, landed.operation, &Pending::operation);
    auto applied = m_disk->apply(landed.change);
    if (!applied)
        return {}; // a gap: its server ends over it, and the list is loaded anew
    if (own != m_pending.end()) {
        own->isOnDisk = true;
        // In order, and nothing of somebody else's in between: what is shown has it already.
        if (std::all_of(m_pending.begin(), own,
                        [](const Pending& pending) { return pending.isOnDisk; }))
            return {};
    } else if (m_pending.empty()) {
        static_cast<void>(m_shown.apply(landed.change)); // the same list as on disk: it fits
        return touchedNow(applied->touched);
    }
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
    m_pending.erase(own);
    m_pendingRanges.reset();
    return isLoaded() && !isShownRightly ? rebuildWhenKnown() : EntriesChange{};
}

} // namespace grove::ui
