#pragma once
// Slots' counters as rows for people.

#include <grove/observe/rows.h>
#include <grove/runtime/info.h>
#include <grove/runtime/runtime.h>

#include <source_location>

namespace grove::observe::detail {

class TreeNames;

[[nodiscard]] SourcePlace sourcePlace(const std::source_location& where);

/// Reads rows without a message or an allocation in the runtime.
/// Threads: any; one reader by one thread at a time.
class RowReader {
public:
    RowReader(const Runtime& runtime, const TreeNames& tree) : m_runtime(runtime), m_tree(tree) {}

    /// Returns: the row, with status Gone if there is no such process.
    [[nodiscard]] ProcessRow read(Pid pid) const;
    [[nodiscard]] ProcessRow convert(const grove::ProcessRow& row) const;
    /// What to call a process, also one that has ended.
    [[nodiscard]] std::string title(Pid pid) const;

private:
    [[nodiscard]] std::string applicationOf(const grove::ProcessRow& row) const;

    const Runtime& m_runtime;
    const TreeNames& m_tree;
};

} // namespace grove::observe::detail
