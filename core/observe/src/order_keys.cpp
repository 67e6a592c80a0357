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

std::vector<Pid> pidsOf(std::span<const ProcessFigure> keys) {
    std::vector<Pid> pids;
    pids.reserve(keys.size());
    for (const ProcessFigure& key : keys)
        pids.push_back(key.pid);
    return pids;
}

} // namespace

void OrderKeys::add(std::span<const ProcessFigure> keys) {
    if (keys.empty())
        return;
    const std::uint64_t first = m_keys.empty() ? keys.front().value : m_keys.front().value;
    Pid last = m_keys.empty() ? Pid() : m_keys.back().pid;
    std::uint64_t differing = 0;
    bool isByPid = true;
    for (const ProcessFigure& key : keys) {
        differing |= key.value ^ first;
        isByPid = isByPid && last < key.pid;
        last = key.pid;
    }
    m_differing |= differing;
    m_isByPid = m_isByPid && isByPid;
    m_keys.insert(m_keys.end(), keys.begin(), keys.end());
}

/// From the lowest digit to the highest, each without changing the order of what is equal.
template <class WordOf> void OrderKeys::sortBy(std::uint64_t differing, WordOf wordOf) {
    std::vector<ProcessFigure> sorted;
    while (differing != 0) {
        const auto shift = static_cast<unsigned>(std::countr_zero(differing));
        const auto digitOf = [&](const ProcessFigure& key) {
            return (wordOf(key) >> shift) & (kDigits - 1);
        };
        std::array<std::uint32_t, kDigits> next{};
        for (const ProcessFigure& key : m_keys)
            ++next[digitOf(key)];
        std::uint32_t before = 0;
        for (std::uint32_t& each : next)
            before += std::exchange(each, before);
        sorted.resize(m_keys.size());
        for (const ProcessFigure& key : m_keys)
            sorted[next[digitOf(key)]++] = key;
        m_keys.swap(sorted);
        differing &= ~((std::uint64_t{kDigits - 1}) << shift);
    }
}

void OrderKeys::sortByPid() {
    if (m_isByPid)
        return; // no slot among them has been used again
    const auto pidOf = [](const ProcessFigure& key) { return key.pid.raw(); };
    if (m_keys.size() < kFew) {
        std::ranges::sort(m_keys, {}, pidOf);
    } else {
        std::uint64_t differing = 0;
        for (const ProcessFigure& key : m_keys)
            differing |= pidOf(key) ^ pidOf(m_keys.front());
        sortBy(differing, pidOf);
    }
    m_isByPid = true;
}

std::vector<Pid> OrderKeys::sortedByPid(bool descending) && {
    sortByPid();
    if (descending)
        std::ranges::reverse(m_keys);
    return pidsOf(m_keys);
}

/// The value that more than half of them have, as in a table of idle processes.
std::optional<std::uint64_t> OrderKeys::valueOfMost() const {
    const std::size_t quarter = m_keys.size() / 4;
    const std::uint64_t seen[] = {m_keys[quarter].value, m_keys[2 * quarter].value,
                                  m_keys[3 * quarter].value};
    const std::uint64_t value = seen[0] == seen[1] ? seen[0] : seen[2];
    const auto count = std::ranges::count(m_keys, value, &ProcessFigure::value);
    return 2 * static_cast<std::size_t>(count) > m_keys.size() ? std::optional(value)
                                                               : std::nullopt;
}

/// Sorts only those that have another value.
std::vector<Pid> OrderKeys::sortedAround(std::uint64_t middle, bool descending) {
    OrderKeys before;
    OrderKeys after;
    for (const ProcessFigure& key : m_keys)
        if (key.value != middle)
            (key.value < middle != descending ? before : after).add({&key, 1});
    std::vector<Pid> pids = std::move(before).sorted(descending);
    pids.reserve(m_keys.size());
    for (const ProcessFigure& key : m_keys)
        if (key.value == middle)
            pids.push_back(key.pid);
    const std::vector<Pid> last = std::move(after).sorted(descending);
    pids.insert(pids.end(), last.begin(), last.end());
    return pids;
}

std::vector<Pid> OrderKeys::sorted(bool descending) && {
    const std::uint64_t turned = descending ? ~std::uint64_t{0} : 0;
    const auto valueOf = [turned](const ProcessFigure& key) { return key.value ^ turned; };
    if (m_keys.size() < kFew) {
        std::ranges::sort(m_keys, [&](const ProcessFigure& a, const ProcessFigure& b) {
            return a.value != b.value ? valueOf(a) < valueOf(b) : a.pid < b.pid;
        });
    } else {
        sortByPid();
        if (const auto middle = m_differing != 0 ? valueOfMost() : std::nullopt)
            return sortedAround(*middle, descending);
        sortBy(m_differing, valueOf);
    }
    return pidsOf(m_keys);
}

} // namespace grove::observe::detail
