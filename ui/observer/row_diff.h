#pragma once

#include <grove/term/pid.h>

#include <unordered_set>
#include <vector>

namespace grove::ui {

/// How rows in one order become rows in another: first they are sorted into `kept`, whose last
/// `removed` rows then go; then the rows of `inserted` come behind; then they are sorted into
/// `final`. Nothing but these steps is needed to change a table without a reset.
struct RowDiff {
    std::vector<Pid> kept; ///< those that stay, in their new order, then those that go
    std::size_t removed = 0;
    std::vector<Pid> inserted;
    std::vector<Pid> final;
    bool sortsFirst = false; ///< `kept` differs from the rows before
    bool sortsLast = false;  ///< `final` differs from kept and inserted
};

/// Rows of `before` that are missing in `after` but in `stay` keep their place behind the row
/// before them. Threads: any; pure. Complexity: linear.
RowDiff diffRows(const std::vector<Pid>& before, const std::vector<Pid>& after,
                 const std::unordered_set<Pid>& stay);

} // namespace grove::ui
