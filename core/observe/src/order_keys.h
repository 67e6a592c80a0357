#pragma once
// The order of many processes by one number of each.

#include <grove/runtime/figures.h>

#include <optional>
#include <span>
#include <vector>

namespace grove::observe::detail {

/// The keys of a table, and what is seen of them while they are gathered, so that they need not be
/// looked at again to know what there is to sort.
class OrderKeys {
public:
    void reserve(std::size_t count) { m_keys.reserve(count); }
    void add(std::span<const ProcessFigure> keys);
    [[nodiscard]] std::span<const ProcessFigure> keys() const noexcept { return m_keys; }

    /// The pids by value, equal ones by pid, in time that grows with the number of keys. Digits in
    /// which no two values differ cost nothing.
    [[nodiscard]] std::vector<Pid> sorted(bool descending) &&;
    [[nodiscard]] std::vector<Pid> sortedByPid(bool descending) &&;

private:
    [[nodiscard]] std::optional<std::uint64_t> valueOfMost() const;
    [[nodiscard]] std::vector<Pid> sortedAround(std::uint64_t middle, bool descending);
    void sortByPid();
    template <class WordOf> void sortBy(std::uint64_t differing, WordOf wordOf);

    std::vector<ProcessFigure> m_keys;
    std::uint64_t m_differing = 0; // bits in which not all values are alike
    bool m_isByPid = true;         // they came in the order of their pids
};

} // namespace grove::observe::detail
