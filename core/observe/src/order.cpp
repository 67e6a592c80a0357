#include "order.h"

#include "row_reader.h"
#include "tree_names.h"

#include <grove/runtime/extension.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace grove::observe::detail {

namespace {

std::string lowerCase(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::vector<std::string> wordsOf(std::string_view filter) {
    std::vector<std::string> words;
    std::string word;
    for (char c : lowerCase(filter) + ' ') {
        if (c != ' ' && c != '\t') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

} // namespace

OrderJob::OrderJob(Runtime& runtime, const TreeNames& tree, RowQuery query)
    : m_runtime(runtime), m_requests(extension<RequestPids>(runtime)), m_tree(tree),
      m_query(std::move(query)), m_words(wordsOf(m_query.filter)) {}

bool OrderJob::isTextColumn() const {
    switch (m_query.order) {
    case Column::Name:
    case Column::Behaviour:
    case Column::Application:
    case Column::InitialCall:
    case Column::WaitsAt:
        return true;
    default:
        return false;
    }
}

bool OrderJob::passes(const ProcessRow& row) const {
    const std::string all = lowerCase("#PID" + row.pid.toString() + '\n' + m_tree.titleOf(row.pid) +
                                      '\n' + row.name + '\n' + row.label + '\n' + row.behaviour +
                                      '\n' + row.application + '\n' + row.initialCall + '\n' +
                                      row.waitsAt.file + ':' + std::to_string(row.waitsAt.line));
    return std::ranges::all_of(m_words,
                               [&](const std::string& word) { return all.contains(word); });
}

Figure OrderJob::figure() const {
    switch (m_query.order) {
    case Column::Status:
        return Figure::Status;
    case Column::Mailbox:
        return Figure::MailboxLength;
    case Column::Reductions:
    case Column::ReductionsDelta:
        return Figure::Reductions;
    case Column::Memory:
        return Figure::MemoryBytes;
    case Column::MessagesIn:
        return Figure::Received;
    case Column::MessagesOut:
        return Figure::Sent;
    case Column::RunTime:
        return Figure::RunTime;
    case Column::Uptime:
        return Figure::Age;
    case Column::Restarts:
        return Figure::Restarts;
    case Column::Priority:
        return Figure::Priority;
    case Column::Parent:
        return Figure::Parent;
    default:
        return Figure::None; // by pid or a text
    }
}

std::string OrderJob::textOf(const ProcessRow& row) const {
    switch (m_query.order) {
    case Column::Name: {
        const std::string title = m_tree.titleOf(row.pid);
        return lowerCase(title.empty() ? row.title() : title);
    }
    case Column::Behaviour:
        return lowerCase(row.behaviour);
    case Column::Application:
        return lowerCase(row.application);
    case Column::InitialCall:
        return lowerCase(row.initialCall);
    case Column::WaitsAt:
        return lowerCase(row.waitsAt.file) + ':' + std::to_string(1'000'000 + row.waitsAt.line);
    default:
        return {};
    }
}

template <class Each>
bool OrderJob::readFigures(const std::function<bool()>& isStale, std::size_t& total,
                           Each each) const {
    const std::uint32_t used = m_runtime.counters().slotsUsed;
    std::array<ProcessFigure, 1024> chunk; // stays in the nearest cache until it is copied
    for (std::uint32_t slot = 0; slot < used;) {
        const auto got = figures(m_runtime, figure(), slot, chunk);
        slot = got.nextSlot;
        const auto others = m_requests.removeFrom(std::span(chunk).first(got.count));
        total += others.size();
        each(std::span<const ProcessFigure>(others));
        if (isStale())
            return false;
    }
    return true;
}

template <class Each>
bool OrderJob::readRows(const std::function<bool()>& isStale, Found& found, Each each) const {
    const bool isText = isTextColumn();
    const RowReader reader(m_runtime, m_tree);
    std::array<grove::ProcessRow, 256> chunk;
    std::array<ProcessFigure, 1> number;
    const std::uint32_t used = m_runtime.counters().slotsUsed;
    for (std::uint32_t slot = 0; slot < used;) {
        const auto got = m_runtime.rows(slot, chunk);
        slot = got.nextSlot;
        for (const grove::ProcessRow& row : std::span(chunk).first(got.count)) {
            if (row.label == requestLabel())
                continue;
            ++found.total;
            const ProcessRow full = reader.convert(row);
            if (!passes(full))
                continue;
            if (isText)
                found.textKeys.push_back({textOf(full), row.pid});
            else if (figures(m_runtime, figure(), row.pid.index(), number).count == 1 &&
                     number.front().pid == row.pid)
                each(std::span<const ProcessFigure>(number));
        }
        if (isStale())
            return false;
    }
    return true;
}

/// What all have done since the query before, and of it those that the filter lets through. A
/// process that was not there before has done it all since.
bool OrderJob::readDeltas(const std::function<bool()>& isStale, ReductionsBefore& before,
                          Found& found) const {
    std::vector<ProcessFigure> passing;
    const auto addTo = [](std::vector<ProcessFigure>& keys) {
        return [&keys](std::span<const ProcessFigure> more) {
            keys.insert(keys.end(), more.begin(), more.end());
        };
    };
    if (!m_words.empty() && !readRows(isStale, found, addTo(passing)))
        return false;
    std::vector<ProcessFigure> totals;
    totals.reserve(m_runtime.counters().slotsUsed);
    found.total = 0;
    if (!readFigures(isStale, found.total, addTo(totals)))
        return false;
    std::vector<ProcessFigure> deltas(totals);
    auto last = before.totals.begin();
    for (ProcessFigure& delta : deltas) {
        while (last != before.totals.end() && last->pid.index() < delta.pid.index())
            ++last;
        if (last != before.totals.end() && last->pid == delta.pid)
            delta.value -= last->value;
    }
    before.totals = std::vector(totals.begin(), totals.end()); // with room for these only
    if (!m_words.empty()) {
        const auto slotOf = [](const ProcessFigure& key) { return key.pid.index(); };
        for (ProcessFigure& key : passing) {
            const auto at = std::ranges::lower_bound(deltas, slotOf(key), {}, slotOf);
            key.value = at != deltas.end() && at->pid == key.pid ? at->value : 0;
        }
        deltas = std::move(passing);
    }
    found.keys.add(deltas);
    return true;
}

std::vector<Pid> OrderJob::sorted(std::vector<TextKey> keys) const {
    std::ranges::sort(keys, [&](const TextKey& a, const TextKey& b) {
        const auto order = m_query.descending ? b.text <=> a.text : a.text <=> b.text;
        return order != 0 ? order < 0 : a.pid < b.pid;
    });
    std::vector<Pid> pids;
    pids.reserve(keys.size());
    for (const TextKey& key : keys)
        pids.push_back(key.pid);
    return pids;
}

RowOrder OrderJob::run(const std::function<bool()>& isStale, ReductionsBefore& before) {
    Found found;
    const auto add = [&found](std::span<const ProcessFigure> keys) { found.keys.add(keys); };
    bool isRead = false;
    if (m_query.order == Column::ReductionsDelta) {
        isRead = readDeltas(isStale, before, found);
    } else if (m_words.empty() && !isTextColumn()) {
        found.keys.reserve(m_runtime.counters().slotsUsed);
        isRead = readFigures(isStale, found.total, add);
    } else {
        isRead = readRows(isStale, found, add);
    }
    if (!isRead)
        return {};
    RowOrder order{.pids = {}, .total = found.total};
    if (isTextColumn())
        order.pids = sorted(std::move(found.textKeys));
    else if (m_query.order == Column::Pid)
        order.pids = std::move(found.keys).sortedByPid(m_query.descending);
    else
        order.pids = std::move(found.keys).sorted(m_query.descending);
    return order;
}

} // namespace grove::observe::detail
