#pragma once
// What can be asked of any server by people who debug it.

#include <grove/otp/start.h>
#include <grove/runtime/call.h>
#include <grove/runtime/task.h>
#include <grove/term/describe.h>

#include <functional>

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
        Stop
    };
    What what = What::GetState;
    Term argument;                     ///< ReplaceState: the state; Terminate, Stop: the reason
    std::function<Term(Term)> replace; ///< ReplaceState: makes the new state from the old one
};

/// The server's whole State as a term.
/// All of these: Errors: exit `{timeout, {sys, Fun, [Server]}}` when it has not answered within
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

} // namespace grove::otp::sys

template <> struct grove::TermConversion<grove::otp::sys::Request> {
    static Term toTerm(const grove::otp::sys::Request& request);
    static bool fromTerm(const Term& term, grove::otp::sys::Request& request,
                         Conversion& conversion);
};
