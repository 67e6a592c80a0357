#pragma once
// Processes that start as those of OTP's behaviours do, without being of a behaviour.

#include <grove/otp/call.h>
#include <grove/otp/spawn_server.h>
#include <grove/runtime/process.h>

#include <concepts>
#include <optional>
#include <utility>

/// OTP's proc_lib: what GenServer, Supervisor, Task and all the others start with.
///
///     Task<> reader(proc_lib::Parent parent, std::string path) {
///         Result<File> file = open(path);
///         if (!file)
///             proc_lib::initFail(parent, atom("no_file"));
///         proc_lib::initAck(parent); // startLink() returns now
///         …
///     }
///     const StartResult started = co_await proc_lib::startLink(reader, path);
///
/// Every such process knows where it comes from: its dictionary holds `$ancestors` (the pids or
/// names of those above it, the nearest first) and `$initial_call`. One that ends with another
/// reason than normal, shutdown or {shutdown, _} is told to the log as a crash, with both.
///
/// When to use it: for a loop of one's own that supervisors start. When not: GenServer does all of
/// this, and answers sys requests, too.
///
/// Departures from OTP: who starts is a parameter (as in `init_ack/2`), not found in the
/// dictionary. What is acknowledged is a StartResult, not any term. `$initial_call` names the
/// function, without module and arity. A name in the options is registered before the process's own
/// code runs.
///
/// Threads: a process's or an External's.
namespace grove::otp::proc_lib {

/// Whom a process that starts tells how it went.
class Parent {
public:
    explicit Parent(const detail::StartInfo& info) noexcept
        : m_pid(info.starter), m_start(info.ack) {}

    [[nodiscard]] Pid pid() const noexcept { return m_pid; }
    [[nodiscard]] Ref start() const noexcept { return m_start; }

private:
    Pid m_pid;
    Ref m_start;
};

// -- for who starts -------------------------------------------------------------------------------

namespace detail {

/// Of a process whose function is its own description.
inline constexpr otp::detail::ProcessKind kPlain{.behaviour = nullptr, .initialCall = nullptr};

template <class F, class... Args>
grove::Task<> bodyOf(const otp::detail::StartInfo& info, F&& function, Args&&... args) {
    return otp::detail::nameFirst(info,
                                  grove::detail::makeEntry(std::forward<F>(function), Parent(info),
                                                           std::forward<Args>(args)...));
}

template <class F, class... Args>
grove::Task<StartResult> launch(otp::detail::Linked linked, StartOptions options, F function,
                                Args... args) {
    otp::detail::StartInfo info = otp::detail::prepareStart(std::move(options), linked);
    grove::Task<> body = bodyOf(info, std::move(function), std::move(args)...);
    return otp::detail::launch(otp::detail::planOf(info, kPlain), std::move(body));
}

} // namespace detail

/// Starts `function(Parent, args…)` in a process that is linked to the calling one.
/// Resumes: when it has called initAck() or initFail(), has ended, or the options' timeout is over.
/// Returns: what it acknowledged; `{error, Reason}` when it ended before, `{error, timeout}` when
/// it was late and has been killed. Of a failed start nothing is left in the mailbox; who does not
/// trap exits ends with a child that failed with an exit.
template <class F, class... Args>
[[nodiscard]] grove::Task<StartResult> startLink(StartOptions options, F function, Args... args) {
    return detail::launch(otp::detail::Linked::Yes, std::move(options), std::move(function),
                          std::move(args)...);
}
template <class F, class... Args>
    requires(!std::same_as<F, StartOptions>)
[[nodiscard]] grove::Task<StartResult> startLink(F function, Args... args) {
    return startLink(StartOptions{}, std::move(function), std::move(args)...);
}
/// The same without a link.
template <class F, class... Args>
[[nodiscard]] grove::Task<StartResult> start(StartOptions options, F function, Args... args) {
    return detail::launch(otp::detail::Linked::No, std::move(options), std::move(function),
                          std::move(args)...);
}
template <class F, class... Args>
    requires(!std::same_as<F, StartOptions>)
[[nodiscard]] grove::Task<StartResult> start(F function, Args... args) {
    return start(StartOptions{}, std::move(function), std::move(args)...);
}
/// The same with a monitor from its first moment. Its Down arrives also when the start failed;
/// there is none where the name was taken.
template <class F, class... Args>
[[nodiscard]] grove::Task<MonitoredStart> startMonitor(StartOptions options, F function,
                                                       Args... args) {
    otp::detail::StartInfo info =
        otp::detail::prepareStart(std::move(options), otp::detail::Linked::No);
    grove::Task<> body = detail::bodyOf(info, std::move(function), std::move(args)...);
    return otp::detail::launchMonitored(otp::detail::planOf(info, detail::kPlain), std::move(body),
                                        otp::detail::KeepDown::Always);
}
template <class F, class... Args>
    requires(!std::same_as<F, StartOptions>)
[[nodiscard]] grove::Task<MonitoredStart> startMonitor(F function, Args... args) {
    return startMonitor(StartOptions{}, std::move(function), std::move(args)...);
}

/// As grove::spawnOpt() and so on: nobody waits for the start, the rest is as above.
template <class F, class... Args>
Spawned spawnOpt(const SpawnOptions& options, F&& function, Args&&... args) {
    return otp::detail::spawnDescendant(
        grove::detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...), options);
}
template <class F, class... Args> Pid spawn(F&& function, Args&&... args) {
    return proc_lib::spawnOpt({}, std::forward<F>(function), std::forward<Args>(args)...).pid;
}
template <class F, class... Args> Pid spawnLink(F&& function, Args&&... args) {
    return proc_lib::spawnOpt({.link = true}, std::forward<F>(function),
                              std::forward<Args>(args)...)
        .pid;
}
template <class F, class... Args> Spawned spawnMonitor(F&& function, Args&&... args) {
    return proc_lib::spawnOpt({.monitor = true}, std::forward<F>(function),
                              std::forward<Args>(args)...);
}

// -- for who is started ---------------------------------------------------------------------------

/// It runs: the start function returns `{ok, Pid}`, with `info` `{ok, Pid, Info}`.
void initAck(const Parent& parent, Term info = {});
/// The start function returns this, whatever the process does next.
void initAck(const Parent& parent, const StartResult& result);
/// It does not run: the process ends with exit(why), and when it has ended the start function
/// returns `result`. As OTP 26 has it.
[[noreturn]] void initFail(const Parent& parent, const StartResult& result, Term why);
/// The same with the result `{error, Why}`.
[[noreturn]] void initFail(const Parent& parent, Term why);

// -- of any such process --------------------------------------------------------------------------

/// Asks a process to end with `why`, as a system message; only who serves those does.
/// Resumes: when it has ended with `why`. Errors: exits `noproc` when there is none, `timeout` when
/// it has not ended within `limit`, and with the other reason if it ends with one.
[[nodiscard]] inline grove::Task<> stop(ServerRef process, Term why = atoms::normal,
                                        Duration limit = kInfinity) {
    return otp::stop(std::move(process), std::move(why), limit);
}

/// What `pid` began with, as `$initial_call` says; nothing when it has ended or is no such process.
[[nodiscard]] grove::Task<std::optional<Term>> translateInitialCall(Pid pid);

} // namespace grove::otp::proc_lib
