#pragma once

#include <grove/runtime/clock.h>
#include <grove/term/atom.h>
#include <grove/term/pid.h>

#include <cstdint>
#include <string>
#include <vector>

namespace grove {

/// What happened to a process.
enum class EventKind : std::uint8_t {
    Spawned,   // other: the parent
    Named,     // name
    Unnamed,   // name
    Exited,    // text: the reason
    Restarted, // posted by a supervisor; pid: the new process, other: the supervisor
    Escalated, // posted by a supervisor that gives up; other: its parent, text: why
    HoldBegan, // a callback holds its scheduler: RuntimeOptions::holdLimit
    HoldEnded,
    Custom,   // posted by whoever likes; text
    Labelled, // name: what it is called from now on
};

/// One lifecycle event. Recorded for processes that have a supervisor, a name or a trace (see
/// SpawnOptions::observed); of all others only counts are kept.
struct Event {
    std::uint64_t sequence = 0; // 1, 2, …
    Instant at{};
    Pid pid;
    Pid other;
    EventKind kind = EventKind::Custom;
    Atom name;
    std::uint32_t number = 0; // Restarted: how many so far; HoldEnded: milliseconds
    std::string text;         // printed once, cut at 256 bytes; empty when no longer kept
};

/// What a reader of events gets.
struct EventBatch {
    std::vector<Event> events; // in order
    std::uint64_t next = 1;    // where to read on
    std::uint64_t missed = 0;  // events that were gone before they were read
};

/// Longest text of an event in bytes.
inline constexpr std::size_t kEventTextMax = 256;

} // namespace grove
