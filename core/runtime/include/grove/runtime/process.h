#pragma once

#include <grove/runtime/clock.h>
#include <grove/runtime/exit_hook.h>
#include <grove/runtime/message.h>
#include <grove/runtime/task.h>
#include <grove/runtime/waiter.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// What the code inside a process does. Every function here is for the thread that runs a process
/// (or holds an External); it asserts so.
namespace grove {

class HostedScheduler;

/// A process or the name of one.
class Destination {
public:
    Destination(Pid pid) noexcept : m_pid(pid) {}
    Destination(Atom name) noexcept : m_name(name), m_isName(true) {}

    [[nodiscard]] bool isName() const noexcept { return m_isName; }
    [[nodiscard]] Pid pid() const noexcept { return m_pid; }
    [[nodiscard]] Atom name() const noexcept { return m_name; }

private:
    Pid m_pid;
    Atom m_name;
    bool m_isName = false;
};

enum class Priority : std::uint8_t { Low, Normal, High, Max };
enum class TrapExit : std::uint8_t { No, Yes };
enum class Flush : std::uint8_t { No, Yes };

/// How long a reference works as an alias: an address to which messages for this process can be
/// sent and that can be taken back.
enum class Alias : std::uint8_t {
    None,
    ExplicitUnalias, // until unalias()
    Reply,           // of alias(): until the first message has come by it
    Demonitor,       // of a monitor: until that is over
    ReplyDemonitor,  // of a monitor: until that is over; the first message by it ends both
};

/// How a monitor is made.
struct MonitorOptions {
    Alias alias = Alias::None;
    Term tag{}; // stands first in the message in place of 'DOWN'; none: 'DOWN'
};

/// What becomes of messages beyond the maximum of a mailbox.
enum class MailboxAction : std::uint8_t {
    Report,     // they stay; an event (EventKind::Custom) says so, once until it is half empty
    DropNewest, // they are dropped
    DropOldest, // each drops the oldest one
    Exit,       // the process ends with {mailbox_limit, Max}, which cannot be trapped
};

/// How many messages may wait in a mailbox, and what happens then. Judged when messages are taken
/// in, before the process sees them. Exit, Down and Reply are never dropped; who made a call that
/// is dropped is told that the server is down with {mailbox_limit, Max}.
struct MailboxLimit {
    std::uint32_t lengthMax = 0; // 0: no limit
    MailboxAction action = MailboxAction::Report;
};

/// How a process starts. Texts are string literals: they are kept as pointers.
struct SpawnOptions {
    bool link = false;      // to the spawner, before it can end
    bool monitor = false;   // by the spawner, before it can end
    bool trapExit = false;  // as if its first act were to trap exits
    bool ownThread = false; // a thread of its own, on which it may block
    bool observed = false;  // lifecycle events are recorded even while it has no name
    Priority priority = Priority::Normal;
    Atom label{};                      // shown where there is no name
    const char* initialCall = nullptr; // default: the function itself
    const char* behaviour = nullptr;   // "GenServer", "Supervisor", …
    Pid parent{};                      // default: the spawner
    std::uint32_t restarts = 0;        // how often its supervisor has started its place anew
    ExitHook* exitHook = nullptr;      // as if its first act were to add it
    HostedScheduler* host = nullptr;   // runs on this thread of somebody else's; must outlive it
    MailboxLimit mailbox{};
    const MonitorOptions* monitorOptions = nullptr; // of `monitor`; borrowed for the call
};

struct Spawned {
    Pid pid;
    Ref monitor; // none unless asked for
};

namespace detail {

// Requires: on a thread that runs a process.
[[nodiscard]] Pid spawnPlain(Task<> task);
[[nodiscard]] Spawned spawnMonitored(Task<> task);
[[nodiscard]] Spawned spawnHere(Task<> task, const SpawnOptions& options);

inline constexpr SpawnOptions kLinked{.link = true};

template <class R, class... Args> consteval bool takesByValue(R (*)(Args...)) {
    return (!std::is_reference_v<Args> && ...);
}
template <class F, class R, class... Args> consteval bool takesByValue(R (F::*)(Args...) const) {
    return (!std::is_reference_v<Args> && ...);
}

/// What spawn() accepts: a function, or a lambda that captures nothing.
template <class F> consteval void checkEntry() {
    using Plain = std::remove_cvref_t<F>;
    static_assert(std::is_pointer_v<std::decay_t<F>> || std::is_empty_v<Plain>,
                  "spawn() takes a function or a lambda without captures: captures live in the "
                  "lambda, which is gone when the process runs. Pass values as arguments.");
}

template <class F, class... Args> [[nodiscard]] Task<> makeEntry(F&& function, Args&&... args) {
    checkEntry<F>();
    using Made = std::invoke_result_t<F, Args...>;
    static_assert(std::same_as<Made, Task<>>, "a process's function returns Task<>");
    return std::forward<F>(function)(std::forward<Args>(args)...);
}

} // namespace detail

// -- oneself --------------------------------------------------------------------------------------

/// The pid of the running process.
[[nodiscard]] Pid self() noexcept;
/// A reference like no other.
[[nodiscard]] Ref makeRef() noexcept;
/// A number above all that any process of the runtime was given before.
[[nodiscard]] std::int64_t uniqueInteger() noexcept;
/// Time as the process's runtime has it: virtual under simulation.
[[nodiscard]] Instant now() noexcept;
[[nodiscard]] WallTime wallTime() noexcept;
/// Returns: the old value.
TrapExit setTrapExit(TrapExit trap) noexcept;
Priority setPriority(Priority priority) noexcept;
/// Returns: the old value.
MailboxLimit setMailboxLimit(MailboxLimit limit) noexcept;
/// Who does input and output for this process and names the application it belongs to: that of its
/// spawner unless set. None: nobody has set one.
[[nodiscard]] Pid groupLeader() noexcept;
/// For one process, not for those it has spawned. A signal, in order with others.
void setGroupLeader(Pid leader, Pid of);
/// Shown by observers where there is no name.
void setLabel(Atom label) noexcept;
void setLabel(std::string_view label) noexcept;
/// The kind of process for observers, a string literal: "GenServer", "Supervisor", "Task", …
void setBehaviour(const char* behaviour) noexcept;
/// The function for observers, a string literal: "ListServer.init/1".
void setInitialCall(const char* initialCall) noexcept;
/// Lifecycle events of this process are recorded from now on.
void setObserved() noexcept;

/// The process dictionary: private to the process, gone with it.
/// Returns: the old value, or none.
std::optional<Term> dictionaryPut(Term key, Term value);
[[nodiscard]] std::optional<Term> dictionaryGet(const Term& key) noexcept;
std::optional<Term> dictionaryErase(const Term& key) noexcept;

// -- starting processes ---------------------------------------------------------------------------

/// Starts a process: `spawn(countTo, 10)`. Arguments are moved into the process by value.
template <class F, class... Args> Pid spawn(F&& function, Args&&... args) {
    return detail::spawnPlain(
        detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...));
}
/// The same, linked from its first moment.
template <class F, class... Args> Pid spawnLink(F&& function, Args&&... args) {
    return detail::spawnHere(
               detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...),
               detail::kLinked)
        .pid;
}
/// The same, monitored from its first moment.
template <class F, class... Args> Spawned spawnMonitor(F&& function, Args&&... args) {
    return detail::spawnMonitored(
        detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...));
}
template <class F, class... Args>
Spawned spawnOpt(const SpawnOptions& options, F&& function, Args&&... args) {
    return detail::spawnHere(
        detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...), options);
}

/// Whether spawnRequest() answers.
enum class SpawnReply : std::uint8_t { Yes, No, SuccessOnly, ErrorOnly };

namespace detail {

[[nodiscard]] Ref requestSpawn(SpawnReply reply, Task<> task, const SpawnOptions& options);

} // namespace detail

/// As spawnOpt(), but the outcome is a message: `{spawn_reply, Ref, ok, Pid}`, or `{spawn_reply,
/// Ref, error, Reason}` where spawnOpt() raises. Returns: the Ref; of the monitor, too, if there is
/// one.
template <class F, class... Args>
Ref spawnRequest(SpawnReply reply, const SpawnOptions& options, F&& function, Args&&... args) {
    return detail::requestSpawn(
        reply, detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...), options);
}
/// All processes that live; one that is exiting is not among them. A moment's.
[[nodiscard]] std::vector<Pid> processes();

// -- sending --------------------------------------------------------------------------------------

/// Sends a message; to a process that has ended it is dropped silently.
/// Errors: raises error(badarg) for a name that nobody has.
void send(Destination to, Payload message);
/// Sends a message by an alias; when that works no more it is dropped silently.
void send(Ref alias, Payload message);
/// As send(), for GenServer's cast: arrives with kind Cast; an unknown name is ignored.
void sendCast(Destination to, Payload message);
/// As send(), but an unknown name is ignored. Returns: whether there was somebody to send to.
bool trySend(Destination to, Payload message);
/// Sends an exit signal. `normal` ends only its own sender; `kill` cannot be trapped and arrives as
/// `killed`; anything else is trapped as a message or ends the process.
void exit(Pid to, Term reason);

// -- links and monitors ---------------------------------------------------------------------------

/// Errors: raises error(noproc) when `peer` has ended and exits are not trapped.
void link(Pid peer);
/// From now on no exit signal of that link arrives.
void unlink(Pid peer);
/// Watches a process: one Down arrives when it ends, at once when there is none.
[[nodiscard]] Ref monitor(Destination target);
[[nodiscard]] Ref monitor(Destination target, const MonitorOptions& options);
/// Ends a monitor (or a sendRequest()). With Flush::Yes, also removes its Down or Reply from the
/// mailbox. Returns: whether the monitor was still active.
bool demonitor(Ref ref, Flush flush = Flush::No);

/// An address of this process that can be taken back. Requires: ExplicitUnalias or Reply.
[[nodiscard]] Ref alias(Alias mode = Alias::ExplicitUnalias);
/// What is sent by `alias` from now on is dropped; a monitor of that reference stays.
/// Returns: whether it was an alias of this process.
bool unalias(Ref alias);

// -- names ----------------------------------------------------------------------------------------

/// Errors: badarg when the name is taken or `undefined`, or the process has ended or has a name.
[[nodiscard]] Result<void> registerName(Atom name, Pid pid);
/// Errors: badarg when nobody has the name.
[[nodiscard]] Result<void> unregisterName(Atom name);
[[nodiscard]] std::optional<Pid> whereis(Atom name) noexcept;
[[nodiscard]] std::vector<Atom> registered();

// -- pausing --------------------------------------------------------------------------------------

namespace detail {

class PauseAwaiter final : public Waiter {
public:
    PauseAwaiter(WaitKind waitKind, Duration pause) noexcept : Waiter(waitKind), m_pause(pause) {}
    ~PauseAwaiter() = default;
    bool tryMatch(Message&) override { return false; }
    bool await_ready() { return begin(m_pause); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    void await_resume() const noexcept {}

private:
    Duration m_pause;
};

class HibernateAwaiter final : public Waiter {
public:
    HibernateAwaiter() noexcept : Waiter(WaitKind::Hibernate) {}
    ~HibernateAwaiter() = default;
    bool tryMatch(Message&) override { return false; }
    bool await_ready() { return begin(); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept;
    void await_resume() const noexcept;
};

} // namespace detail

/// `co_await hibernate()`: waits until there is a message, which stays in the mailbox; at once when
/// there is one. Meanwhile the process holds no memory but its frames and what it says about
/// itself. Departure from OTP: the frames stay, and it goes on where it was.
[[nodiscard]] inline detail::HibernateAwaiter hibernate() noexcept {
    return {};
}

/// `co_await yield()`: lets others run. For long loops that wait for nothing.
[[nodiscard]] inline detail::PauseAwaiter yield() noexcept {
    return {detail::WaitKind::Yield, Duration::zero()};
}
/// `co_await sleep(2s)`: at least that long; kInfinity for ever. Messages wait meanwhile.
[[nodiscard]] inline detail::PauseAwaiter sleep(Duration pause) noexcept {
    return {pause <= Duration::zero() ? detail::WaitKind::Yield : detail::WaitKind::Sleep, pause};
}

/// Stops running the process's code until the caller has resumed it as often or has ended. Its
/// signals are still served. Both are signals, in order with everything else that is sent to it.
/// Errors: both raise error(badarg) for a process that has ended, resumeProcess() also for one that
/// the caller has not suspended.
void suspendProcess(Pid pid);
void resumeProcess(Pid pid);

} // namespace grove
