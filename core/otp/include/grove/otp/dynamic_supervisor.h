#pragma once

#include <grove/otp/supervisor.h>

namespace grove::otp {

/// A supervisor whose children come and go: each is started on demand and forgotten when it has
/// ended for good.
///
///     otp::dynamicSupervisor("lists", {.childrenMax = 10'000})
///     const auto started = co_await DynamicSupervisor::startChild("lists",
///     otp::worker<ListServer>(name));
///
/// Only one_for_one. Ids need not be unique. Restart and shutdown of each child, and the intensity,
/// are as Supervisor's. At its own end all children are asked to stop together, each with its own
/// limit, not one by one. When not to use it: for children that belong to the program's structure
/// (supervisor.h).
class DynamicSupervisor {
public:
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start,
                                                            DynamicSupervisorOptions options);

    /// Errors: `max_children`, or why it did not start; exits `{noproc, …}` without the supervisor.
    [[nodiscard]] static grove::Task<StartResult> startChild(ServerRef supervisor, ChildSpec spec);
    /// Errors: not_found.
    [[nodiscard]] static grove::Task<Result<void>> terminateChild(ServerRef supervisor, Pid child);
    [[nodiscard]] static grove::Task<std::vector<Child>> whichChildren(ServerRef supervisor);
    [[nodiscard]] static grove::Task<ChildCounts> countChildren(ServerRef supervisor);
};

} // namespace grove::otp
