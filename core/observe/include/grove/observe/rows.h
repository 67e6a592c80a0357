#pragma once
// What an observer shows of processes: plain values, copied out of a node.

#include <grove/term/pid.h>
#include <grove/term/ref.h>
#include <grove/term/term.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace grove::observe {

/// What a process is doing, as its slot said at one moment. Never derived from a message to it.
enum class Status : std::uint8_t {
    Runnable,  ///< waits for a scheduler
    Running,   ///< runs a callback now
    Waiting,   ///< waits in a receive
    Blocked,   ///< its blocking function runs in the pool or on its own thread
    Suspended, ///< suspended by somebody
    Holding,   ///< holds its scheduler: RuntimeOptions::holdLimit
    Exiting,   ///< runs no more code of its own, is being taken down
    Gone,      ///< no such process any more
};

enum class Priority : std::uint8_t { Low, Normal, High, Max };

/// A place in the source. Empty file: not known.
struct SourcePlace {
    std::string file; ///< base name only
    std::uint32_t line = 0;
    std::string function;
    bool operator==(const SourcePlace&) const = default;
};

/// One process in a table. Counters are totals since it started.
struct ProcessRow {
    Pid pid;
    std::string name;        ///< registered name, empty if none
    std::string label;       ///< set by the process or its supervisor, empty if none
    std::string behaviour;   ///< "GenServer", "Supervisor", "Task", …; empty for a bare process
    std::string application; ///< name of the application it belongs to, empty if none
    std::string initialCall; ///< "ListServer::init"
    SourcePlace waitsAt;     ///< innermost await, empty while running
    Status status = Status::Gone;
    Priority priority = Priority::Normal;
    bool ownThread = false;
    Pid parent;
    std::uint64_t mailbox = 0; ///< messages queued
    std::uint64_t messagesIn = 0;
    std::uint64_t messagesOut = 0;
    std::uint64_t reductions = 0;
    std::uint64_t memoryBytes = 0;
    std::chrono::nanoseconds runTime{};
    std::chrono::nanoseconds uptime{};
    std::uint32_t restarts = 0; ///< of its place in its supervisor

    /// Returns: what to call it: name, else label, else initial call, else the pid.
    std::string title() const;
};

enum class Column : std::uint8_t {
    Pid,
    Name,
    Status,
    Mailbox,
    Reductions,
    ReductionsDelta,
    Memory,
    Behaviour,
    Application,
    InitialCall,
    WaitsAt,
    MessagesIn,
    MessagesOut,
    RunTime,
    Uptime,
    Restarts,
    Priority,
    Parent,
};

/// Which processes, in which order.
struct RowQuery {
    Column order = Column::Pid;
    bool descending = false;
    std::string filter; ///< every word must occur in pid, name, label, behaviour, application or
                        ///< wait point; case-insensitive
    bool operator==(const RowQuery&) const = default;
};

/// Answer to a RowQuery: pids in order. `deltas` has the reductions since the query before, for
/// ReductionsDelta.
struct RowOrder {
    std::vector<Pid> pids;
    std::size_t total = 0; ///< processes alive, before the filter
};

struct ProcessLink {
    Pid pid;
    std::string title;
};

/// One process in the inspector.
struct ProcessInfo {
    ProcessRow row;
    bool trapExit = false;
    std::vector<ProcessLink> links, monitors, monitoredBy, ancestors; ///< ancestors: parent first
    std::vector<SourcePlace> awaits;                                  ///< innermost first
    std::vector<std::pair<Term, Term>> dictionary;
    std::uint64_t mailboxBytes = 0;
    std::optional<std::string> blockedIn; ///< what it waits for while Blocked or Exiting
};

struct MailboxMessage {
    std::uint64_t index = 0;
    Term term;
    std::string kind;
    Pid from;
};
struct MailboxPage {
    std::uint64_t first = 0;
    std::uint64_t total = 0;
    std::vector<MailboxMessage> messages;
};

/// A server's state as sys:get_state gives it.
struct StateView {
    Term term;
    std::string behaviour;
};

} // namespace grove::observe
