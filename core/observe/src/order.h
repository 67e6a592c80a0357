#pragma once
// The order of a process table, worked out away from the window's thread.

#include <grove/observe/rows.h>
#include <grove/runtime/runtime.h>

#include <functional>
#include <memory>
#include <unordered_map>

namespace grove::observe::detail {

class TreeNames;

/// Reductions of every process at the last query, for the column of what was done since.
struct ReductionsBefore {
    std::unordered_map<std::uint64_t, std::uint64_t> byPid; ///< raw pid → reductions
};

/// One query over all processes.
///
/// Reads every slot once; texts are made for a text column or a filter only.
/// Threads: one at a time.
class OrderJob {
public:
    OrderJob(const Runtime& runtime, const TreeNames& tree, RowQuery query);

    /// Returns: the order; empty as soon as `isStale()` says that nobody wants it any more.
    [[nodiscard]] RowOrder run(const std::function<bool()>& isStale, ReductionsBefore& before);

private:
    struct Entry {
        Pid pid;
        std::uint64_t number = 0;
        std::string text;
    };

    [[nodiscard]] bool isTextColumn() const;
    [[nodiscard]] bool passes(const ProcessRow& row) const;
    [[nodiscard]] std::uint64_t numberOf(const grove::ProcessRow& row,
                                         const ReductionsBefore& before) const;
    [[nodiscard]] std::string textOf(const ProcessRow& row) const;
    void sort(std::vector<Entry>& entries) const;

    const Runtime& m_runtime;
    const TreeNames& m_tree;
    RowQuery m_query;
    std::vector<std::string> m_words; ///< of the filter, lower case
};

} // namespace grove::observe::detail
