#pragma once
// The order of many processes by one number of each.

#include <grove/runtime/figures.h>

#include <cstdint>
#include <span>
#include <vector>

namespace grove::observe::detail {

/// The keys of a table.
///
/// Most processes of a large table are idle and alike: of those that have the value which seems to
/// be the one of most (after a look at the first keys) only the pids are kept, as they come, and
/// nothing is left to sort but the others. A bad guess costs time only.
class OrderKeys {
public:
    /// Memory for so many is set aside, but not touched.
    void reserve(std::size_t count);
    void add(std::span<const ProcessFigure> keys);

    /// The pids by value, equal ones by pid, in time that grows with the number of keys. Digits in
    /// which no two values differ cost nothing.
    [[nodiscard]] std::vector<Pid> sorted(bool descending) &&;
    [[nodiscard]] std::vector<Pid> sortedByPid(bool descending) &&;

private:
    std::uint64_t m_middle = 0;          // the value of most, once there are keys
    std::vector<Pid> m_alike;            // who has it
    std::vector<ProcessFigure> m_others; // who has not
    Pid m_last;                          // of the keys that have come
    bool m_isByPid = true;               // they came in the order of their pids
};

} // namespace grove::observe::detail
