#pragma once
// How a server's process is started: named, linked, acknowledged.

#include <grove/otp/server.h>
#include <grove/runtime/process.h>

namespace grove::otp::detail {

enum class Linked : bool { No, Yes };

/// What both sides of a start must know, made in the starter. Requires: a process.
[[nodiscard]] StartInfo prepareStart(StartOptions options, Linked linked);

/// What observers see of a process from its first moment; string literals.
struct ProcessKind {
    const char* behaviour;
    const char* initialCall;
};

/// Starts the process whose body is `body` and waits for its acknowledgement. A name that is taken
/// is
/// `{error, {already_started, Pid}}` without a process.
[[nodiscard]] grove::Task<StartResult> launch(StartInfo info, ProcessKind kind, grove::Task<> body);
/// The same, and the caller goes on monitoring a process that was started.
[[nodiscard]] grove::Task<MonitoredStart> launchMonitored(StartInfo info, ProcessKind kind,
                                                          grove::Task<> body);

// A process tells its starter how its start went; without a starter nobody.
/// It runs.
void acknowledge(const StartInfo& info);
/// It does not, and why.
void acknowledge(const StartInfo& info, const StartResult& result);

} // namespace grove::otp::detail
