#pragma once
// What an exit would do, and what it did.

#include <grove/observe/tree.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace grove::observe {

/// What will happen to one process or place.
enum class Fate : std::uint8_t {
    Restarts,  ///< ends and its supervisor starts it again
    Ends,      ///< ends and nothing starts it again
    Reopens,   ///< ends; who uses it starts it again on next use (or at once when shown)
    TrapsExit, ///< gets the exit as a message and may go on
    Unaffected,
};

enum class Verdict : std::uint8_t {
    RestartsAlone, ///< one for one
    RestartsAll,   ///< one for all: `siblings` restart with it
    RestartsRest,  ///< rest for one: `siblings` started after it restart with it
    NotRestarted,  ///< temporary, or transient and the reason is normal
    NotSupervised,
    SupervisorGivesUp, ///< the intensity is used up: the supervisor ends, `escalatesTo` decides
    ApplicationStops,  ///< the top supervisor ends
    MayTrap,           ///< an exit other than kill to a process that traps exits
    Ignored,           ///< exit normal to a process that does not trap
    AlreadyGone,
};

struct Affected {
    Pid pid;
    PlaceId place = 0;
    std::string title;
    Fate fate = Fate::Unaffected;
};

struct Consequences {
    Verdict verdict = Verdict::AlreadyGone;
    Pid pid;
    std::string title;              ///< of the process
    std::vector<std::string> path;  ///< "todo", "TopSupervisor", "DatabaseSupervisor"
    std::vector<Affected> affected; ///< every process that ends or restarts, the target first
    std::uint32_t siblings = 0;     ///< how many siblings restart with it
    std::string supervisor;         ///< title of the supervisor that decides, empty if none
    Strategy strategy = Strategy::OneForOne;
    std::uint32_t restartsUsed = 0, intensity = 0;
    std::chrono::milliseconds period{};
    std::chrono::milliseconds budgetFreeIn{}; ///< when the next used restart leaves the window
    std::vector<std::string> givesUp; ///< titles of the supervisors that give up, innermost first
    std::string
        escalatesTo; ///< title of the supervisor that takes over, empty if the application stops
    std::string application;          ///< name of the application that stops, for ApplicationStops
    std::vector<std::string> told;    ///< who is told: links and monitors
    std::uint32_t callers = 0;        ///< beside those, who waits for its answer to a call
    std::uint64_t queuedMessages = 0; ///< messages in its mailbox that go with it
};

/// One step of a recovery, `after` the action.
struct RecoveryEvent {
    std::chrono::nanoseconds after{};
    std::string text;
    Pid pid;
};

/// What an exit did. Complete once every process predicted to restart is back, or after `settled`
/// turned true.
struct Outcome {
    Pid pid;
    std::string title;
    std::string reason;
    Verdict verdict = Verdict::AlreadyGone; ///< what really happened
    bool settled = false;                   ///< nothing more is expected
    Pid successor; ///< the new process at its place, none if it is not back
    std::chrono::nanoseconds
        recovery{};                 ///< from the action to the last restarted process being back
    std::vector<Affected> affected; ///< what ended or restarted
    std::vector<std::string> gaveUp;
    std::vector<RecoveryEvent> events; ///< in order, 3 to 8 of them
};

} // namespace grove::observe
