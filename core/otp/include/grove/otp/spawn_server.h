#pragma once
// How a server's process is started: named, linked, acknowledged.

#include <grove/otp/server.h>
#include <grove/runtime/process.h>

namespace grove::otp::detail {

enum class Linked : bool { No, Yes };

/// What both sides of a start must know, made in the starter. Requires: a process.
[[nodiscard]] StartInfo prepareStart(StartOptions options, Linked linked);

/// Starts the process whose body is `body` and waits for its acknowledgement. A name that is taken
/// is
/// `{error, {already_started, Pid}}` without a process.
[[nodiscard]] grove::Task<StartResult> launch(StartInfo info, const ServerType& type,
                                              grove::Task<> body);

/// For processes that are no servers: tells the starter that the start has come this far.
void acknowledge(const StartInfo& info, StartResult result);

} // namespace grove::otp::detail
