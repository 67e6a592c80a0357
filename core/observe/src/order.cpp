#include "order.h"

#include "row_reader.h"
#include "tree_names.h"

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

OrderJob::OrderJob(const Runtime& runtime, const TreeNames& tree, RowQuery query)
    : m_runtime(runtime), m_tree(tree), m_query(std::move(query)),
      m_words(wordsOf(m_query.filter)) {}

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

std::uint64_t OrderJob::numberOf(const grove::ProcessRow& row,
                                 const ReductionsBefore& before) const {
    switch (m_query.order) {
    case Column::Status:
        return static_cast<std::uint64_t>(row.status);
    case Column::Mailbox:
        return row.mailboxLength;
    case Column::Reductions:
        return row.reductions;
    case Column::ReductionsDelta: {
        const auto found = before.byPid.find(row.pid.raw());
        return row.reductions - (found == before.byPid.end() ? 0 : found->second);
    }
    case Column::Memory:
        return row.memoryBytes;
    case Column::MessagesIn:
        return row.received;
    case Column::MessagesOut:
        return row.sent;
    case Column::RunTime:
        return static_cast<std::uint64_t>(row.runTime.count());
    case Column::Uptime: // younger is less
        return ~static_cast<std::uint64_t>(row.spawnedAt.time_since_epoch().count());
    case Column::Restarts:
        return row.restarts;
    case Column::Priority:
        return static_cast<std::uint64_t>(row.priority);
    case Column::Parent:
        return row.parent.index();
    default:
        return 0; // by pid alone
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

void OrderJob::sort(std::vector<Entry>& entries) const {
    const bool byPid = m_query.order == Column::Pid;
    std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
        const Entry& first = m_query.descending ? b : a;
        const Entry& second = m_query.descending ? a : b;
        if (!byPid && first.number != second.number)
            return first.number < second.number;
        if (!byPid && first.text != second.text)
            return first.text < second.text;
        return byPid ? first.pid < second.pid
                     : a.pid < b.pid; // equal ones stay in the order of their pids
    });
}

RowOrder OrderJob::run(const std::function<bool()>& isStale, ReductionsBefore& before) {
    RowOrder out;
    std::vector<Entry> entries;
    ReductionsBefore nowDone;
    const bool wantsReductions = m_query.order == Column::ReductionsDelta;
    const RowReader reader(m_runtime, m_tree);
    std::array<grove::ProcessRow, 256> chunk;
    for (std::uint32_t slot = 0;;) {
        const auto got = m_runtime.rows(slot, chunk);
        for (std::size_t i = 0; i < got.count; ++i) {
            const grove::ProcessRow& row = chunk[i];
            if (row.label == requestLabel())
                continue;
            ++out.total;
            if (wantsReductions)
                nowDone.byPid[row.pid.raw()] = row.reductions;
            Entry entry{.pid = row.pid, .number = numberOf(row, before), .text = {}};
            if (!m_words.empty() || isTextColumn()) {
                const ProcessRow full = reader.convert(row);
                if (!passes(full))
                    continue;
                entry.text = textOf(full);
            }
            entries.push_back(std::move(entry));
        }
        if (isStale())
            return {};
        if (got.nextSlot >= m_runtime.counters().slotsUsed || got.nextSlot == slot)
            break;
        slot = got.nextSlot;
    }
    if (wantsReductions)
        before = std::move(nowDone);
    sort(entries);
    out.pids.reserve(entries.size());
    for (const Entry& entry : entries)
        out.pids.push_back(entry.pid);
    return out;
}

} // namespace grove::observe::detail
