#pragma once

#include <grove/todo/list.h>

namespace grove::todo {

/// The most a list holds. A list is a value in memory, so there is a bound to what it costs: a full
/// one about 40 MB in the process of its server (40 bytes a title; measured, see
/// tests/todo/tst_bounds). Deleted entries count, since they can be restored.
struct ListBounds {
    std::size_t entries = 150'000;
    std::size_t titleBytes = 12'000'000;

    bool operator==(const ListBounds&) const = default;
};

/// What a change would add to a list.
struct Growth {
    std::size_t entries = 0;
    std::size_t titleBytes = 0;

    bool operator==(const Growth&) const = default;
};
[[nodiscard]] Growth growthOf(const Change& change) noexcept;

/// Looks whether a list has room for a change; `underWay` is what the changes sent before it will
/// add.
/// Returns: nothing to do, or the deleted entries to forget first, those with the lowest ids.
/// Errors: "The list Work is full: it holds 150,000 entries, the most a list can hold." Nothing
/// that makes a list no larger is refused, so a list that is over the bound can be worked with.
[[nodiscard]] Checked<std::optional<ForgetEntries>>
makeRoom(const List& list, const Growth& underWay, const Change& change, const ListBounds& bounds);

} // namespace grove::todo
