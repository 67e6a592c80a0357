#pragma once
// One number of every process: what a table is ordered by, many times cheaper than whole rows.

#include <grove/runtime/runtime.h>

#include <cstdint>
#include <span>

namespace grove {

/// Which number of a ProcessRow.
enum class Figure : std::uint8_t {
    None, // always 0
    Status,
    Priority,
    MailboxLength,
    Reductions,
    MemoryBytes,
    Received,
    Sent,
    RunTime, // ns
    Age,     // less of the younger, equal within a millisecond; no duration: it never changes, so
             // that what is read at different times compares
    Restarts,
    Parent, // its index
};

struct ProcessFigure {
    std::uint64_t value = 0;
    Pid pid;
};

/// As Runtime::rows(): what is not asked for is not read, and slots are read in order of memory.
/// Threads: any.
[[nodiscard]] Runtime::RowRange figures(const Runtime& runtime, Figure figure,
                                        std::uint32_t firstSlot,
                                        std::span<ProcessFigure> figures) noexcept;

} // namespace grove
