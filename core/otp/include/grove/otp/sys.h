#pragma once
// What can be asked of any server by people who debug it.

#include <grove/otp/debug.h>
#include <grove/otp/server.h>
#include <grove/runtime/call.h>
#include <grove/runtime/task.h>
#include <grove/term/describe.h>

#include <expected>
#include <functional>
#include <optional>

namespace grove::otp::sys {

/// A request to the server's loop rather than to its callbacks. It queues in order with everything
/// else, and is served while the server is suspended, too. Term form: `{system, get_state}` and so
/// on.
struct Request {
    enum class What : std::uint8_t {
        GetState,
        GetView,
        GetStatus,
        ReplaceState,
        Suspend,
        Resume,
        Terminate,
        Stop,
        ChangeCode,
        Debug,
        Unknown
    };
    What what = What::GetState;
    /// ReplaceState: the state; Terminate, Stop: the reason; ChangeCode: the old version; Debug:
    /// what to do, or the id of what is installed; Unknown: the request.
    Term argument;
    std::function<Term(Term)> replace = {}; ///< ReplaceState: makes the new state from the old one
    DebugFunction install = {};             ///< Debug
    Term state = {};                        ///< Debug: of what is installed
    Term extra = {};                        ///< ChangeCode
    const detail::ServerType* (*successor)() = nullptr; ///< ChangeCode: none: the same class
};

/// The server's whole State as a term.
/// All of these: any server answers, whatever its behaviour; requests wait in order with everything
/// else. Errors: exit `{timeout, {sys, Fun, [Server]}}` when it has not answered within
/// `limit` (it may be in a callback), `{noproc, …}` when there is none.
[[nodiscard]] grove::Task<Term> getState(ServerRef server, Duration limit = kCallLimit);
/// What view() makes of the State, or the State itself.
[[nodiscard]] grove::Task<Term> getView(ServerRef server, Duration limit = kCallLimit);
/// `{status, Pid, {module, gen_server}, [Dictionary, running | suspended, Parent, Debug, Misc]}`.
[[nodiscard]] grove::Task<Term> getStatus(ServerRef server, Duration limit = kCallLimit);
/// Gives the server another State; its restored() runs. Returns: the new state.
/// Errors: exits `{callback_failed, …}` when the function raises or the term is no State; the old
/// one stays.
[[nodiscard]] grove::Task<Term> replaceState(ServerRef server, Term state,
                                             Duration limit = kCallLimit);
[[nodiscard]] grove::Task<Term> replaceState(ServerRef server, std::function<Term(Term)> change,
                                             Duration limit = kCallLimit);
/// The server handles nothing but these requests until resume(); everything else waits in order.
/// Exit signals act.
[[nodiscard]] grove::Task<> suspend(ServerRef server, Duration limit = kCallLimit);
[[nodiscard]] grove::Task<> resume(ServerRef server, Duration limit = kCallLimit);
/// Asks the server to end with `reason` after its terminate().
[[nodiscard]] grove::Task<> terminate(ServerRef server, Term why, Duration limit = kCallLimit);

/// The server's class has changed what its State is made of: runs its
/// `std::expected<State, Term> codeChange(Term oldVersion, Term oldState, Term extra)`; without
/// one, the old state is read as the new one. Then restored() runs. Requires: suspend() before.
/// Returns: nothing, or why not: `{error, R}` that codeChange() gave, `{'EXIT', {R, Stack}}` when
/// it raised, `{unknown_system_msg, …}` when the server runs; the old state stays.
[[nodiscard]] grove::Task<std::expected<void, Term>>
changeCode(ServerRef server, Term oldVersion, Term extra, Duration limit = kCallLimit);
/// The same, with an object of the class that `successor` tells in the server's place.
[[nodiscard]] grove::Task<std::expected<void, Term>>
changeCode(ServerRef server, const detail::ServerType* (*successor)(), Term oldVersion, Term extra,
           Duration limit);
/// The same with another class of servers, whose object takes over from the running one. Requires:
/// New is a GenServer that can be made without arguments.
template <class New>
[[nodiscard]] grove::Task<std::expected<void, Term>>
changeCode(ServerRef server, Term oldVersion, Term extra, Duration limit = kCallLimit) {
    static constexpr auto successor = []() -> const detail::ServerType* {
        return &detail::Glue<New>::serverType();
    };
    return changeCode(std::move(server), +successor, std::move(oldVersion), std::move(extra),
                      limit);
}

// -- debugging: a server that nobody debugs pays nothing for it

enum class Switch : bool { Off, On };

/// Each event is written to the program's log, as formatEvent() puts it.
[[nodiscard]] grove::Task<> trace(ServerRef server, Switch on, Duration limit = kCallLimit);
/// Counts from now on, or no more.
[[nodiscard]] grove::Task<> statistics(ServerRef server, Switch on, Duration limit = kCallLimit);
/// Nothing while they are switched off.
[[nodiscard]] grove::Task<std::optional<Statistics>> getStatistics(ServerRef server,
                                                                   Duration limit = kCallLimit);
/// Keeps the last 10 events, or none any more.
[[nodiscard]] grove::Task<> log(ServerRef server, Switch on, Duration limit = kCallLimit);
/// Keeps the last `events` of them. Requires: at least one.
[[nodiscard]] grove::Task<> log(ServerRef server, std::size_t events, Duration limit = kCallLimit);
/// The events kept, oldest first.
[[nodiscard]] grove::Task<std::vector<Term>> getLog(ServerRef server, Duration limit = kCallLimit);
/// Writes each event as a line to a file, which is made anew. Errors: open_file.
[[nodiscard]] grove::Task<Result<void>> logToFile(ServerRef server, std::string path,
                                                  Duration limit = kCallLimit);
[[nodiscard]] grove::Task<> stopLogToFile(ServerRef server, Duration limit = kCallLimit);
/// Runs a function for each event. One of the same id that is there already stays.
[[nodiscard]] grove::Task<> install(ServerRef server, DebugInstall function,
                                    Duration limit = kCallLimit);
[[nodiscard]] grove::Task<> remove(ServerRef server, Term id, Duration limit = kCallLimit);
/// Ends all of this.
[[nodiscard]] grove::Task<> noDebug(ServerRef server, Duration limit = kCallLimit);

/// Any request in terms, as OTP's servers know them: `get_state`, `{debug, {trace, true}}`, …
/// Returns: the answer as it is; `{error, {unknown_system_msg, Request}}` for what is none.
[[nodiscard]] grove::Task<Term> request(ServerRef server, Term what, Duration limit = kCallLimit);

} // namespace grove::otp::sys

template <> struct grove::TermConversion<grove::otp::sys::Request> {
    static Term toTerm(const grove::otp::sys::Request& request);
    static bool fromTerm(const Term& term, grove::otp::sys::Request& request,
                         Conversion& conversion);
};
