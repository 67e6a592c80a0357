#pragma once

#include <grove/runtime/call.h>
#include <grove/runtime/clock.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/events.h>
#include <grove/runtime/info.h>
#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace grove {

namespace runtime {
class Core;
}

struct RuntimeOptions {
    unsigned schedulers = 0;               // 0: one per processor
    Clock* clock = nullptr;                // must outlive the runtime; default: the system's
    std::uint64_t seed = 0;                // 0: from the system
    std::uint32_t processesMax = 1U << 24; // address space is reserved for that many
    std::size_t eventBytesMax = std::size_t{64} << 20;
    bool everyProcessOwnThread = false; // spawn all as if with SpawnOptions::ownThread
    /// A callback that takes longer is a hold. The watchdog looks every 1 to 3 ms and counts from
    /// the look before a callback began, so one that takes up to 3 ms less may be one, too.
    Duration holdLimit = std::chrono::milliseconds(8);
};

/// Processes, and the threads that run them. Nothing of it is global: two may run side by side.
///
/// Threads: every member from any thread unless it says otherwise.
/// Owns: its threads and processes. Its pids mean nothing to another runtime.
class Runtime {
public:
    explicit Runtime(RuntimeOptions options = {});
    /// As stop().
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Ends all processes with `kill`, waits until the last has ended, and ends the threads.
    /// Requires: not called by a process; Externals and HostedSchedulers are gone.
    void stop();

    // -- from outside -----------------------------------------------------------------------------
    /// Starts a process without a parent.
    template <class F, class... Args> Pid spawn(F&& function, Args&&... args) {
        return spawnTask(detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...),
                         {});
    }
    /// The same with options; `link` and `monitor` need a process or an External (spawnOpt()).
    template <class F, class... Args>
    Pid spawnOpt(const SpawnOptions& options, F&& function, Args&&... args) {
        return spawnTask(detail::makeEntry(std::forward<F>(function), std::forward<Args>(args)...),
                         options);
    }
    /// Returns: false when a name has no process.
    bool send(Destination to, Payload message);
    /// An exit signal from nobody.
    void exit(Pid to, Term reason);
    /// As the functions of process.h, from nobody: lasts until somebody resumes it.
    void suspendProcess(Pid pid);
    /// Takes back any one suspension.
    void resumeProcess(Pid pid);
    [[nodiscard]] std::optional<Pid> whereis(Atom name) const noexcept;
    [[nodiscard]] std::vector<Atom> registered() const;

    // -- reading: no message, no lock, no allocation
    // ------------------------------------------------
    [[nodiscard]] std::optional<ProcessRow> peekRow(Pid pid) const noexcept;
    /// Fills `rows` with the processes in slots [firstSlot, counters().slotsUsed).
    /// Returns: how many, and the slot to go on from (equal to slotsUsed at the end).
    struct RowRange {
        std::size_t count = 0;
        std::uint32_t nextSlot = 0;
    };
    [[nodiscard]] RowRange rows(std::uint32_t firstSlot, std::span<ProcessRow> rows) const noexcept;
    [[nodiscard]] RuntimeCounters counters() const noexcept;
    [[nodiscard]] std::vector<SchedulerRow> schedulers() const;

    // -- lifecycle events -------------------------------------------------------------------------
    [[nodiscard]] EventBatch eventsSince(std::uint64_t sequence, std::size_t countMax) const;
    /// The sequence number that the next event will have.
    [[nodiscard]] std::uint64_t nextEventSequence() const noexcept;
    /// Runs `tell` once, when the next event is posted, on whatever thread posts it: it must be
    /// quick and must not wait. Look at nextEventSequence() afterwards: what was posted before this
    /// call is not told.
    void onNextEvent(std::move_only_function<void()> tell);
    /// Records an event of a process; for supervisors and tools. Never waits; may be dropped.
    void postEvent(EventKind kind, Pid pid, Pid other, Atom name, std::uint32_t number,
                   std::string_view text);

    [[nodiscard]] Clock& clock() const noexcept;
    [[nodiscard]] bool isSimulated() const noexcept;
    /// stop() has begun: what ends now is not to be started again.
    [[nodiscard]] bool isStopping() const noexcept;

    /// What runs when a process has ended with a reason other than normal, shutdown, {shutdown, _},
    /// killed: on its scheduler, after its frames are gone. Must not wait. Set before the first
    /// spawn.
    using CrashHandler = std::function<void(Pid pid, const Term& reason, const ProcessRow& row)>;
    void setCrashHandler(CrashHandler handler);

    /// The runtime of the process that runs on this thread. Requires: there is one.
    [[nodiscard]] static Runtime& current() noexcept;

    /// For this room.
    [[nodiscard]] runtime::Core& core() const noexcept { return *m_core; }
    explicit Runtime(std::unique_ptr<runtime::Core> core) noexcept;

private:
    Pid spawnTask(Task<> task, const SpawnOptions& options);

    std::unique_ptr<runtime::Core> m_core;
};

/// A plain thread that takes part: it has a pid and a mailbox, may call and receive by blocking,
/// and is shown as a process of status External. While it lives, the free functions of process.h
/// (send, spawnMonitor, link, …) work on its thread; what would be awaited blocks instead. It traps
/// exits; kill is a message, too, since a thread cannot be ended from outside.
///
/// Threads: the one that made it, which must run no process and hold no other External.
class External {
public:
    explicit External(Runtime& runtime, std::string_view label = "external");
    ~External();
    External(const External&) = delete;
    External& operator=(const External&) = delete;

    [[nodiscard]] Pid pid() const noexcept { return m_pid; }

    /// Blocks until the call's outcome. Under simulation, runs the simulation meanwhile.
    [[nodiscard]] CallResult call(Destination to, Payload payload, Duration limit = kCallLimit);

    /// Blocks until the awaiter's wait is over: `external.wait(receive(on<Down>(ref), after(5s)))`,
    /// `external.wait(isAlive(pid))`.
    template <class Awaiter>
        requires(std::derived_from<std::remove_cvref_t<Awaiter>, detail::Waiter>)
    auto wait(Awaiter&& awaiter) {
        if (!awaiter.await_ready())
            waitFor(awaiter);
        return awaiter.await_resume();
    }
    /// `external.receive(on<Down>(ref), after(5s))`.
    template <class... Matchers> auto receive(Matchers... matchers) {
        return wait(grove::receive(std::move(matchers)...));
    }

private:
    struct Impl;
    void waitFor(detail::Waiter& waiter);

    Pid m_pid;
    std::unique_ptr<Impl> m_impl;
};

} // namespace grove
