#pragma once

#include <grove/otp/call.h>
#include <grove/otp/event_handler_glue.h>

#include <expected>
#include <vector>

namespace grove::otp {

/// A class of event handlers: what a manager (GenEvent) runs for each event.
///
///     /// Counts alarms, and tells how many there were.
///     class AlarmCount final : public otp::GenEventHandler<AlarmCount> {
///     public:
///         struct Raised { int level = 0; GROVE_FIELDS(Raised, level) };
///         struct HowMany { using Reply = int; GROVE_FIELDS(HowMany) };
///         using Events = Messages<Raised>;
///         using Calls = Messages<HowMany>;
///         struct State { int count = 0; GROVE_MAP_FIELDS(State, count) };
///
///         void handleEvent(const Raised&) { ++state().count; }
///         void handleEvent(const Term&) {}               // events that are not for it
///         int handleCall(const HowMany&) { return state().count; }
///     };
///
///     const auto alarms = co_await otp::GenEvent::startLink({.name = "alarms"});
///     co_await otp::GenEvent::addHandler<AlarmCount>("alarms", otp::handler<AlarmCount>());
///     otp::GenEvent::notify("alarms", AlarmCount::Raised{3});
///     Result<int> n = co_await otp::GenEvent::call("alarms", otp::handler<AlarmCount>(),
///                                                  AlarmCount::HowMany{});
///
/// Callbacks (all are optional; plain functions or coroutines; messages are taken by const
/// reference):
/// - `init(args…)` -> State or HandlerInit; default: a State{}. One that may be swapped in takes
///   `(args…, Term handover)`: what terminate() of the handler before returned, `error` when there
///   was none, no term at all when it is added.
/// - `handleEvent(const M&)`, `handleEvent(const Term&)` -> Handled or nothing.
/// - `handleCall(const M&)`, `handleCall(const Term&)` -> HandlerReply<R>, R or nothing (`ok`).
/// - `handleInfo(const M&)`, `(const Exit&)`, `(const Down&)`, `(const Term&)` -> Handled or
/// nothing;
///   messages that did not come by notify().
/// - `terminate(Term why)` -> a Term or nothing (`ok`). `why`: the argument of deleteHandler() or
/// of
///   a swap; remove_handler; {error, What} after a failure; {stop, Reason} when its supervising
///   process has ended; stop when the manager ends.
/// An event or call that none of them takes fails with function_clause.
///
/// A handler that fails is removed and reported; the manager and the others live on. It runs in the
/// manager's process: a slow one delays all.
/// Departures from OTP: as GenServer's; a handler's class is known when it is compiled.
template <class Derived> class GenEventHandler {
public:
    template <class... Ts> using Messages = otp::Messages<Ts...>;
    using Events = otp::Messages<>;
    using Calls = otp::Messages<>;
    using Infos = otp::Messages<>;
    using Handled = otp::Handled;
    template <class R> using Reply = HandlerReply<R>;
    using Init = HandlerInit;

protected:
    GenEventHandler() = default;
    ~GenEventHandler() = default;

    [[nodiscard]] auto& state() noexcept {
        return *static_cast<typename Derived::State*>(m_state.object());
    }
    [[nodiscard]] const auto& state() const noexcept {
        return *static_cast<const typename Derived::State*>(m_state.object());
    }

private:
    template <class H, class... Args> friend class detail::HandlerBox;
    detail::AnyState m_state;
};

/// An event manager: a process that gives each event to all its handlers, the newest first. For
/// things that several parts of a program want to hear of, in the order in which they happened,
/// without knowing each other. See GenEventHandler for an example.
///
/// When not to use it: handlers run one after the other in one process; where they work long or
/// wait, let them be processes of their own that a handler or a Registry tells.
///
/// Names, supervising, debugging: as GenServer; `otp::worker<GenEvent>().name("alarms")`. It always
/// traps exits. sys::getState() is `[{Module, false | Id, State}]`; a function given to
/// sys::replaceState() is run for each of these, and where it fails the handler keeps its state.
class GenEvent final {
public:
    static constexpr const char* kBehaviour = "GenEvent";

    /// Nothing, or the term that OTP returns: `{error, Reason}`, `{'EXIT', Reason}`, …
    using Added = std::expected<void, Term>;

    /// Starts a manager without handlers, linked to the calling process.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions options = {});
    [[nodiscard]] static grove::Task<StartResult> start(StartOptions options = {});

    // Everything below but notify() waits for the manager, without limit where none is given, and
    // exits `noproc` when there is none.

    /// Installs a handler. The same name may be there already.
    template <class H, class... Args>
    [[nodiscard]] static grove::Task<Added> addHandler(ServerRef manager, HandlerName name,
                                                       Args... args) {
        return install(std::move(manager), std::move(name), detail::makerOf<H>(std::move(args)...),
                       {}, Supervised::No);
    }
    /// The same, supervised by the calling process: both are linked; when the process ends, the
    /// handler goes; when the handler goes, the process gets `{gen_event_EXIT, Handler, Reason}`:
    /// normal when it was removed, {swapped, New, Pid}, shutdown when the manager stopped, or what
    /// it failed with.
    template <class H, class... Args>
    [[nodiscard]] static grove::Task<Added> addSupHandler(ServerRef manager, HandlerName name,
                                                          Args... args) {
        return install(std::move(manager), std::move(name), detail::makerOf<H>(std::move(args)...),
                       {}, Supervised::Yes);
    }
    /// Puts another handler in the place of `old`, whose terminate(argument) runs first; the
    /// supervising process stays the same. Without an `old` the new one is installed all the same.
    template <class H, class... Args>
    [[nodiscard]] static grove::Task<Added>
    swapHandler(ServerRef manager, HandlerName old, Term argument, HandlerName name, Args... args) {
        return install(std::move(manager), std::move(name), detail::makerOf<H>(std::move(args)...),
                       Old{std::move(old), std::move(argument)}, Supervised::No);
    }
    /// The same, and the calling process supervises the new one.
    template <class H, class... Args>
    [[nodiscard]] static grove::Task<Added> swapSupHandler(ServerRef manager, HandlerName old,
                                                           Term argument, HandlerName name,
                                                           Args... args) {
        return install(std::move(manager), std::move(name), detail::makerOf<H>(std::move(args)...),
                       Old{std::move(old), std::move(argument)}, Supervised::Yes);
    }
    /// Removes a handler. Returns: what its terminate(argument) returned, `{'EXIT', Reason}` where
    /// that failed, `{error, module_not_found}`.
    [[nodiscard]] static grove::Task<Term> deleteHandler(ServerRef manager, HandlerName name,
                                                         Term argument);
    /// The names, the newest first.
    [[nodiscard]] static grove::Task<std::vector<HandlerName>> whichHandlers(ServerRef manager);

    /// Gives all handlers an event, some time later. Errors: raises badarg for a name that nobody
    /// has; an event to a pid that has ended is dropped.
    static void notify(const ServerRef& manager, Payload event);
    /// The same. Resumes: when all handlers have had it.
    [[nodiscard]] static grove::Task<> syncNotify(ServerRef manager, Payload event);

    /// Asks one handler. Errors: `bad_module` when there is no such handler; `handler_failed`, with
    /// why, when it failed. Exits `{Reason, {gen_event, call, [Manager, Handler, Request]}}` when
    /// there is no manager, or no answer within the limit.
    template <class M>
    [[nodiscard]] static grove::Task<Result<typename detail::ReplyTypeOf<M>::Type>>
    call(ServerRef manager, HandlerName name, M request, Duration limit = kCallLimit) {
        using R = typename detail::ReplyTypeOf<M>::Type;
        std::expected<Payload, Term> answer =
            co_await ask(std::move(manager), std::move(name), Payload(std::move(request)), limit);
        if (!answer)
            co_return std::unexpected(failed(answer.error()));
        if constexpr (std::is_void_v<R>)
            co_return Result<R>();
        else if constexpr (std::same_as<R, Term>)
            co_return answer->term();
        else
            co_return std::move(*answer).template take<R>();
    }
    /// The same by terms, as OTP returns it: the reply, or `{error, bad_module}`,
    /// `{error, {'EXIT', Reason}}`, `{error, Value}`.
    [[nodiscard]] static grove::Task<Term> call(ServerRef manager, HandlerName name, Term request,
                                                Duration limit = kCallLimit);

    /// Ends a manager: all its handlers' terminate(stop) run. As otp::stop().
    [[nodiscard]] static grove::Task<> stop(ServerRef manager, Term why = atoms::normal,
                                            Duration limit = kInfinity);

private:
    enum class Supervised : bool { No, Yes };
    struct Old {
        HandlerName name;
        Term argument;
    };

    static grove::Task<Added> install(ServerRef manager, HandlerName name,
                                      detail::HandlerMaker make, std::optional<Old> old,
                                      Supervised supervised);
    static grove::Task<std::expected<Payload, Term>> ask(ServerRef manager, HandlerName name,
                                                         Payload request, Duration limit);
    [[nodiscard]] static Error failed(const Term& error);
};

} // namespace grove::otp
