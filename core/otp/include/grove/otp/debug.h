#pragma once
// What can be watched of a server by people who debug it.

#include <grove/runtime/clock.h>
#include <grove/term/term.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grove::otp::sys {

/// Run for each event of a debugged server, in its process; must not wait. Gets its own state, the
/// event (`{in, Message}`, `{out, Reply, From, State}`, `{noreply, State}`, `{continue, Term}`) and
/// the server's name or pid. Returns: its next state; `done` takes it away, and so does raising.
using DebugFunction = std::function<Term(Term state, const Term& event, const Term& process)>;

/// A debug function with the name by which it is removed and the state it starts with.
struct DebugInstall {
    Term id;
    DebugFunction run;
    Term state;
};

/// How a server is debugged from its start: `{.debug = sys::debugged({.log = 20})}`.
struct DebugOptions {
    bool trace = false;
    bool statistics = false;
    std::size_t log = 0;   ///< how many events are kept
    std::string logToFile; ///< empty: no file
    std::vector<DebugInstall> install;
};
[[nodiscard]] std::shared_ptr<const DebugOptions> debugged(DebugOptions options);

/// What a server has done since its statistics were switched on.
struct Statistics {
    WallTime startTime{};
    WallTime currentTime{};
    std::uint64_t reductions = 0;
    std::uint64_t messagesIn = 0;
    std::uint64_t messagesOut = 0; ///< replies that callbacks returned
};

/// One event for people, as OTP writes it: `*DBG* counter got call {add,3} from <0.12.0>`.
[[nodiscard]] std::string formatEvent(const Term& process, const Term& event);

} // namespace grove::otp::sys
