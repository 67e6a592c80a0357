#pragma once
// The words for what an exit did, and for what is gone or stopped. Pure functions.

#include <ui/observer/exit_log.h>
#include <ui/observer/hooks.h>

#include <QString>

#include <chrono>

namespace grove::ui {

/// What the words on an outcome need beside it.
struct OutcomeFacts {
    const ObserverHooks* hooks = nullptr;
    const Witness* witness = nullptr;
    bool kill = true; ///< else an exit with another reason
    // Of the supervisor that gave up first, if one did:
    std::uint32_t intensity = 0;
    std::chrono::milliseconds period{};
    QString takenOverBy; ///< the supervisor that restarted it
    bool late = false;   ///< kLateAfter has passed without a successor
};

/// From when on a process that should come back is said not to be back.
inline constexpr std::chrono::seconds kLateAfter{2};

/// Returns: the result bar of an exit: "SQLite worker 2 was killed and restarted in 1.4 ms. …".
BarText whatHappened(const observe::Outcome& outcome, const OutcomeFacts& facts);

/// Returns: "#PID<0.46.0> had already ended (normal) 0.2 s before. Nothing was done."
BarText tooLate(Pid pid, const ExitLog::Exit* exit, TimePoint now);

/// What is known of a process that is gone.
struct GoneFacts {
    Pid pid;
    QString reason; ///< empty: not known
    bool byPerson = false;
    QString clock;                    ///< "14:30:12", empty: not known
    std::chrono::nanoseconds lived{}; ///< 0: not known
    std::uint64_t queued = 0;         ///< messages when it was last seen
    Pid successor;
};
/// Returns: "#PID<0.46.0> is gone. It was killed by you at 14:30:12, after 4 min 3 s. Last seen: 2
/// messages queued. Its successor is #PID<0.97.0>."
QString goneText(const GoneFacts& facts);
/// Returns: "#PID<0.46.0> was killed 4 s ago. You see its successor, #PID<0.97.0>."
QString successorText(const GoneFacts& facts, std::chrono::nanoseconds ago);

/// What is known of an application that stopped.
struct StopFacts {
    const ObserverHooks* hooks = nullptr;
    std::string application;
    QString top; ///< title of its top supervisor
    bool killedByPerson = false;
    QString failed; ///< title of the child that failed too often, empty: not known
    std::uint32_t times = 0;
    std::chrono::milliseconds period{};
    QString reason; ///< printed, of the last failure
};
/// Returns: "The to-do application has stopped. TopSupervisor gave up: …"
QString stoppedText(const StopFacts& facts);

} // namespace grove::ui
