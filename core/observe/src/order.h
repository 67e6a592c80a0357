#pragma once
// The order of a process table, worked out away from the window's thread.

#include "order_keys.h"
#include "request_pids.h"

#include <grove/observe/rows.h>
#include <grove/runtime/figures.h>

#include <functional>
#include <memory>
#include <vector>

namespace grove::observe::detail {

class TreeNames;

/// Reductions of every process there was at the last query, in the order of their slots, for the
/// column of what was done since.
struct ReductionsBefore {
    std::vector<ProcessFigure> totals;
};

/// One query over all processes.
///
/// Reads every slot once, and of a slot only what it is ordered by; whole rows and texts for a text
/// column or a filter only.
/// Threads: one at a time.
class OrderJob {
public:
    OrderJob(Runtime& runtime, const TreeNames& tree, RowQuery query);

    /// Returns: the order; empty as soon as `isStale()` says that nobody wants it any more.
    [[nodiscard]] RowOrder run(const std::function<bool()>& isStale, ReductionsBefore& before);

private:
    struct TextKey {
        std::string text;
        Pid pid;
    };
    /// What has been read of the processes: their keys by number, or by text.
    struct Found {
        OrderKeys keys;
        std::vector<TextKey> textKeys;
        std::size_t total = 0; // before the filter
    };

    [[nodiscard]] bool isTextColumn() const;
    [[nodiscard]] Figure figure() const;
    [[nodiscard]] bool passes(const ProcessRow& row) const;
    [[nodiscard]] std::string textOf(const ProcessRow& row) const;
    /// Returns: false when nobody wants it any more.
    /// Calls `each` with those that are not requests, piece by piece, in the order of their slots.
    template <class Each>
    bool readFigures(const std::function<bool()>& isStale, std::size_t& total, Each each) const;
    /// Calls `each` with the number of every process that passes; with no text column.
    template <class Each>
    bool readRows(const std::function<bool()>& isStale, Found& found, Each each) const;
    bool readDeltas(const std::function<bool()>& isStale, ReductionsBefore& before,
                    Found& found) const;
    [[nodiscard]] std::vector<Pid> sorted(std::vector<TextKey> keys) const;

    const Runtime& m_runtime;
    const RequestPids& m_requests;
    const TreeNames& m_tree;
    RowQuery m_query;
    std::vector<std::string> m_words; ///< of the filter, lower case
};

} // namespace grove::observe::detail
