#pragma once

#include <grove/otp/supervisor.h>

#include <concepts>
#include <functional>
#include <optional>
#include <string_view>

namespace grove::otp {

/// What a partition supervisor is made of.
struct PartitionSupervisorOptions {
    std::size_t partitions = 0; ///< 0: one for each scheduler
    Strategy strategy = Strategy::OneForOne;
    Intensity intensity = Intensity::elixir();
};

/// A supervisor that starts the same child several times, and sends each key to one of them: for a
/// process through which too much would go.
///
///     otp::partitionSupervisor("caches", otp::worker<Cache>())                // a child
///     co_await otp::call(otp::partition("caches", userId), Cache::Get{url});
///
/// It is a Supervisor with the children 0, 1, …, so strategy, restarts and the functions of
/// Supervisor are those. A key that is an integer goes to partition `|key| mod partitions`, any
/// other to `phash2(key, partitions)`: always to the same, also after it was restarted. A function
/// in place of the specification makes one for each partition from its number.
///
/// When not to use it: for processes that are started on demand, one for each key (Registry and
/// DynamicSupervisor); for a partitioned DynamicSupervisor it is just right.
class PartitionSupervisor {
public:
    /// Makes the specification of a partition; its id is replaced.
    using MakeChild = std::function<ChildSpec(std::size_t partition)>;

    /// Requires: an atom as its name.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start, MakeChild child,
                                                            PartitionSupervisorOptions options);

    /// How many there are. Errors: exits `{noproc, {'Elixir.PartitionSupervisor', partitions,
    /// [Name]}}` when it does not run; so do all below.
    [[nodiscard]] static std::size_t partitions(Atom name);
    [[nodiscard]] static std::size_t partitionOf(Atom name, const Term& key);
    /// The process that a key goes to; nothing while it is being restarted for the first time.
    [[nodiscard]] static std::optional<Pid> whereis(Atom name, const Term& key);
    /// The same, and nothing when it does not run.
    [[nodiscard]] static std::optional<Pid> find(Atom name, const Term& key);

    /// As Supervisor's; the ids are the numbers of the partitions.
    [[nodiscard]] static grove::Task<std::vector<Child>> whichChildren(ServerRef supervisor) {
        return Supervisor::whichChildren(std::move(supervisor));
    }
    [[nodiscard]] static grove::Task<ChildCounts> countChildren(ServerRef supervisor) {
        return Supervisor::countChildren(std::move(supervisor));
    }
};

/// The name of the partition for a key: `{via, 'Elixir.PartitionSupervisor', {Name, Key}}`. For
/// calls; nothing can be started under it.
[[nodiscard]] Via partition(std::string_view name, Term key);

/// A partition supervisor as a child; `name` is also its id.
[[nodiscard]] ChildSpec partitionSupervisor(std::string_view name,
                                            PartitionSupervisor::MakeChild child,
                                            PartitionSupervisorOptions options = {});
[[nodiscard]] ChildSpec partitionSupervisor(std::string_view name, ChildSpec child,
                                            PartitionSupervisorOptions options = {});

} // namespace grove::otp
