#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <span>

/// Maps of more than 32 entries. See MapNode (map_range.h) for the form.
namespace grove::detail::map_tree {

[[nodiscard]] bool isTree(const Term& map) noexcept;

/// Returns: the key's place in the map, with its value behind it; null if it is not there.
[[nodiscard]] const Term* find(const Term& map, const Term& key) noexcept;

/// Takes the terms out of `entries`; of two with one key the last counts.
/// Returns: a map of any size, or none when there are at most 32 different keys; `entries` then
/// starts with `left` entries of different keys, in any order.
[[nodiscard]] Term make(std::span<MapEntry> entries, std::size_t& left) noexcept;

/// Adds or replaces an entry: in place where `map` is the only owner, in copies of the nodes on the
/// way to it elsewhere.
void put(Term& map, Term key, Term value) noexcept;

/// The same for a map that stays as it is, whoever owns it.
[[nodiscard]] Term with(const Term& map, Term key, Term value) noexcept;

/// Requires: the key is there, and more than 33 entries are.
void remove(Term& map, const Term& key) noexcept;

} // namespace grove::detail::map_tree
