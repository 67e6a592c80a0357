#pragma once
// How a server's process is started: named, linked, acknowledged.

#include <grove/otp/server.h>
#include <grove/runtime/process.h>

namespace grove::otp::detail {

enum class Linked : bool { No, Yes };

/// What both sides of a start must know, made in the starter. Requires: a process.
[[nodiscard]] StartInfo prepareStart(StartOptions&& options, Linked linked);

/// What observers see of a process from its first moment; string literals.
struct ProcessKind {
    const char* behaviour;
    const char* initialCall;
};

/// Starts a process whose dictionary says where it comes from, see proc_lib.h. Without an
/// `initialCall` in the options it is `body`'s function.
[[nodiscard]] Spawned spawnDescendant(grove::Task<> body, const SpawnOptions& options);

/// What the starter's side of a start needs.
struct StartPlan {
    ServerName name;
    Ref ack; // what the acknowledgement answers
    Duration limit;
    SpawnOptions spawn;
};
[[nodiscard]] StartPlan planOf(const StartInfo& info, ProcessKind kind);

/// Starts the process whose body is `body` and waits for its acknowledgement. A name that is taken
/// is `{error, {already_started, Pid}}` without a process.
[[nodiscard]] grove::Task<StartResult> launch(StartPlan plan, grove::Task<> body);
/// The same, and the caller goes on monitoring the process: if it was started, or whatever came of
/// it.
enum class KeepDown : std::uint8_t { IfStarted, Always };
[[nodiscard]] grove::Task<MonitoredStart> launchMonitored(StartPlan plan, grove::Task<> body,
                                                          KeepDown keep = KeepDown::IfStarted);

/// A body that registers the name before it runs, or tells the starter who has it.
[[nodiscard]] grove::Task<> nameFirst(const StartInfo& info, grove::Task<> body);

// A process tells its starter how its start went; without a starter nobody.
/// It runs.
void acknowledge(const StartInfo& info);
/// It does not, and why.
void acknowledge(const StartInfo& info, const StartResult& result);

} // namespace grove::otp::detail
