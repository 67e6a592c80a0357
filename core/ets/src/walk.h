#pragma once

#include "table.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace grove::ets {

/// A way through a table, some keys at a time: nobody is held up by a pin between two steps.
/// Each key that is there all the time is met exactly once.
class Walk {
public:
    using Direction = Index::Direction;

    Walk(std::shared_ptr<Table> table, Direction direction)
        : m_table(std::move(table)), m_direction(direction) {}

    struct Entry {
        Term key;
        Term value; // see Table
    };
    /// The next entries; none at the end. Borrowed until the next step.
    [[nodiscard]] const std::vector<Entry>& step();

    [[nodiscard]] Table& table() const noexcept { return *m_table; }
    [[nodiscard]] const std::shared_ptr<Table>& share() const noexcept { return m_table; }

private:
    std::shared_ptr<Table> m_table;
    Direction m_direction;
    Term m_last; // the last key met; none: not begun
    std::vector<Entry> m_entries;
    std::vector<Cell> m_values; // of one step
};

} // namespace grove::ets
