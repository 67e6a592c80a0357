#include "order_keys.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace grove::observe::detail {

namespace {

constexpr unsigned kDigitBits = 11; // the counts of a digit stay in the nearest cache
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
/// Fewer are sorted by comparing them.
constexpr std::size_t kFew = 512;

/// A value that many of the keys have, if there is one. Requires: keys.
std::uint64_t valueOfMany(std::span<const ProcessFigure> keys) {
    const std::size_t count = keys.size();
    const std::uint64_t seen[] = {keys[count / 4].value, keys[count / 2].value,
                                  keys[count - count / 4 - 1].value};
    return seen[0] == seen[1] ? seen[0] : seen[2];
}

/// From the lowest digit to the highest in which the words of the entries differ, each without
/// changing the order of what is equal.
template <class Entry, class WordOf>
void sortByDigits(std::vector<Entry>& entries, const WordOf& wordOf) {
    std::uint64_t differing = 0;
    for (const Entry& entry : entries)
        differing |= wordOf(entry) ^ wordOf(entries.front());
    std::vector<Entry> sorted;
    while (differing != 0) {
        const auto shift = static_cast<unsigned>(std::countr_zero(differing));
        const auto digitOf = [&](const Entry& entry) {
            return (wordOf(entry) >> shift) & (kDigits - 1);
        };
        std::array<std::uint32_t, kDigits> next{};
        for (const Entry& entry : entries)
            ++next[digitOf(entry)];
        std::uint32_t before = 0;
        for (std::uint32_t& each : next)
            before += std::exchange(each, before);
        sorted.resize(entries.size());
        for (const Entry& entry : entries)
            sorted[next[digitOf(entry)]++] = entry;
        entries.swap(sorted);
        differing &= ~((std::uint64_t{kDigits - 1}) << shift);
    }
}

void sortByPid(std::vector<Pid>& pids) {
    if (pids.size() < kFew)
        std::ranges::sort(pids);
    else
        sortByDigits(pids, [](Pid pid) { return pid.raw(); });
}

void sortKeys(std::vector<ProcessFigure>& keys, bool descending, bool isByPid) {
    const std::uint64_t turned = descending ? ~std::uint64_t{0} : 0;
    const auto valueOf = [turned](const ProcessFigure& key) { return key.value ^ turned; };
    if (keys.size() < kFew) {
        std::ranges::sort(keys, [&](const ProcessFigure& a, const ProcessFigure& b) {
            return a.value != b.value ? valueOf(a) < valueOf(b) : a.pid < b.pid;
        });
        return;
    }
    if (!isByPid)
        sortByDigits(keys, [](const ProcessFigure& key) { return key.pid.raw(); });
    sortByDigits(keys, valueOf);
}

/// Adds the pids of keys, in order, to those that come before them.
void appendSorted(std::vector<Pid>& pids, std::vector<ProcessFigure> keys, bool descending,
                  bool isByPid) {
    if (keys.size() >= kFew) { // what was said to be the value of most may not have been
        const auto alike = std::ranges::count(keys, valueOfMany(keys), &ProcessFigure::value);
        if (2 * static_cast<std::size_t>(alike) > keys.size()) {
            OrderKeys around;
            around.add(keys);
            const std::vector<Pid> sorted = std::move(around).sorted(descending);
            pids.insert(pids.end(), sorted.begin(), sorted.end());
            return;
        }
    }
    sortKeys(keys, descending, isByPid);
    for (const ProcessFigure& key : keys)
        pids.push_back(key.pid);
}

} // namespace

void OrderKeys::reserve(std::size_t count) {
    m_alike.reserve(count);
    m_others.reserve(count);
}

void OrderKeys::add(std::span<const ProcessFigure> keys) {
    if (keys.empty())
        return;
    if (m_alike.empty() && m_others.empty())
        m_middle = valueOfMany(keys);
    const std::size_t before = m_alike.size();
    m_alike.resize(before + keys.size());
    Pid* alike = m_alike.data() + before;
    bool isByPid = m_isByPid;
    for (const ProcessFigure& key : keys) {
        isByPid = isByPid && m_last < key.pid;
        m_last = key.pid;
        if (key.value == m_middle)
            *alike++ = key.pid;
        else
            m_others.push_back(key);
    }
    m_isByPid = isByPid;
    m_alike.resize(static_cast<std::size_t>(alike - m_alike.data()));
}

std::vector<Pid> OrderKeys::sortedByPid(bool descending) && {
    std::vector<Pid> pids = std::move(m_alike);
    for (const ProcessFigure& key : m_others)
        pids.push_back(key.pid);
    if (!m_isByPid || !m_others.empty()) // else no slot among them has been used again
        sortByPid(pids);
    if (descending)
        std::ranges::reverse(pids);
    return pids;
}

std::vector<Pid> OrderKeys::sorted(bool descending) && {
    if (!m_isByPid)
        sortByPid(m_alike);
    std::vector<ProcessFigure> before;
    std::vector<ProcessFigure> after;
    for (const ProcessFigure& key : m_others)
        (key.value < m_middle != descending ? before : after).push_back(key);
    std::vector<Pid> first;
    appendSorted(first, std::move(before), descending, m_isByPid);
    std::vector<Pid> pids = std::move(m_alike);
    pids.insert(pids.begin(), first.begin(), first.end());
    appendSorted(pids, std::move(after), descending, m_isByPid);
    return pids;
}

} // namespace grove::observe::detail
