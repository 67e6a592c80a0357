#pragma once

#include <grove/term/term.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace grove {

/// A node: its name and which of its starts.
struct NodeId {
    Atom name;
    std::uint32_t creation = 0;

    [[nodiscard]] friend bool operator==(const NodeId&, const NodeId&) = default;
};

/// The node that this program's own pids and references belong to in terms: `nonode@nohost`,
/// creation 0, as of an Erlang node that takes part in no network.
[[nodiscard]] NodeId localNode() noexcept;

/// What a pid of any node is made of.
struct PidParts {
    NodeId node;
    std::uint32_t number;
    std::uint32_t serial;
};

/// What a port is made of. This program has none of its own; they come from Erlang and go back.
struct PortParts {
    NodeId node;
    std::uint64_t number;
};

/// What a reference of any node is made of: `count` words, the least significant first.
struct RefParts {
    static constexpr std::size_t kWordsMax = 5;

    NodeId node;
    std::size_t count;
    std::array<std::uint32_t, kWordsMax> words;
};

/// The pid of a process of any node. One of the local node becomes a Pid.
/// Requires: of the local node only numbers up to Pid::kIndexMax.
[[nodiscard]] Term pidTerm(const NodeId& node, std::uint32_t number, std::uint32_t serial) noexcept;
[[nodiscard]] Term portTerm(const NodeId& node, std::uint64_t number) noexcept;
/// A reference of any node. One of the local node has three words at least (zero if not given) and
/// becomes a Ref where they are those of one.
/// Requires: at most RefParts::kWordsMax words.
[[nodiscard]] Term refTerm(const NodeId& node, std::span<const std::uint32_t> words) noexcept;

/// Nothing for another kind. Pids and references of this program have parts, too.
[[nodiscard]] std::optional<PidParts> pidParts(const Term& term) noexcept;
[[nodiscard]] std::optional<PortParts> portParts(const Term& term) noexcept;
[[nodiscard]] std::optional<RefParts> refParts(const Term& term) noexcept;

} // namespace grove
