#pragma once

#include <grove/term/identifiers.h>

#include <string>

namespace grove::detail {

/// A pid (two words), port (two) or reference (at most five) that is an object, whatever its node.
[[nodiscard]] Term boxedIdentifier(TermKind kind, const NodeId& node,
                                   std::span<const std::uint32_t> words) noexcept;

/// The reference of this program with these words, if there may be one.
[[nodiscard]] std::optional<Ref> localRef(std::span<const std::uint32_t> words) noexcept;

/// `<0.93.0>`, `<0.1.2.3>`: with 0 for the local node, or the name of the node.
[[nodiscard]] std::string identifierText(const Term& identifier);

/// Erlang's order of pids, ports or references. Requires: two of one kind.
[[nodiscard]] std::weak_ordering compareIdentifiers(const Term& a, const Term& b) noexcept;

} // namespace grove::detail
