#pragma once

#include <grove/term/term.h>

#include <cstddef>

/// Changing a tuple where it lies, for shared tables: one holder changes it while others copy it.
/// To everybody else terms never change.
namespace grove::detail {

/// Nobody else has a share. Stays true as long as nobody can copy the holder's Term.
[[nodiscard]] bool isHeldOnce(const Term& term) noexcept;

/// A new tuple with the same elements, each read at once: it may be changed meanwhile by
/// storeImmediate(). Requires: a tuple of immediate values.
[[nodiscard]] Term copyOfImmediates(const Term& tuple) noexcept;

/// Requires: isHeldOnce(), and whoever else looks at the element goes through copyOfImmediates();
/// the element (from 0) and its new value are immediate.
void storeImmediate(const Term& tuple, std::size_t index, const Term& value) noexcept;

} // namespace grove::detail
