#pragma once

#include <grove/otp/event_handler.h>
#include <grove/otp/gen_server.h>

#include <memory>
#include <vector>

namespace grove::otp::detail {

/// A payload inside a message; copies share it.
class SharedPayload {
public:
    SharedPayload() = default;
    explicit SharedPayload(Payload payload) noexcept
        : m_payload(std::make_shared<Payload>(std::move(payload))) {}
    /// Another share of the value itself.
    [[nodiscard]] Payload payload() const { return m_payload->shared(); }
    /// The value itself where nobody else has a share.
    [[nodiscard]] Payload takePayload() && {
        return m_payload.use_count() == 1 ? std::move(*m_payload) : m_payload->shared();
    }
    [[nodiscard]] Term term() const { return m_payload ? m_payload->term() : Term(atoms::none); }

private:
    std::shared_ptr<Payload> m_payload;
};

// What a manager is asked. Terms show them as OTP's messages.

/// An event for all handlers.
struct ManagerEvent {
    SharedPayload event;
};
struct InstallHandler {
    HandlerName name;
    HandlerMaker make;
    bool isSupervised = false;        // by the caller
    std::optional<HandlerName> old{}; // to be swapped out
    Term argument{};                  // of its terminate()
};
struct DeleteHandler {
    HandlerName name;
    Term argument;
};
struct CallHandler {
    HandlerName name;
    SharedPayload request;
};
struct WhichHandlers {};

/// A handler's answer, or the term that OTP returns instead.
struct HandlerAnswer {
    SharedPayload answer;
    std::optional<Term> error{};
};

/// A handler in its manager.
struct Installed {
    HandlerName name;
    std::unique_ptr<HandlerCore> object;
    Pid supervisor; // none: nobody
};
struct ManagerState {
    std::vector<Installed> handlers; // the newest first
};

} // namespace grove::otp::detail

// One way only: these are made by GenEvent's functions, never from terms.
#define GROVE_SHOWN_AS_TERM(Type)                                                                  \
    template <> struct grove::TermConversion<grove::otp::detail::Type> {                           \
        static Term toTerm(const grove::otp::detail::Type& value);                                 \
        static bool fromTerm(const Term& term, grove::otp::detail::Type&,                          \
                             Conversion& conversion) {                                             \
            return conversion.failExpected("a message of GenEvent", term);                         \
        }                                                                                          \
    };
GROVE_SHOWN_AS_TERM(ManagerEvent)
GROVE_SHOWN_AS_TERM(InstallHandler)
GROVE_SHOWN_AS_TERM(DeleteHandler)
GROVE_SHOWN_AS_TERM(CallHandler)
GROVE_SHOWN_AS_TERM(WhichHandlers)
GROVE_SHOWN_AS_TERM(HandlerAnswer)
GROVE_SHOWN_AS_TERM(ManagerState)
#undef GROVE_SHOWN_AS_TERM

namespace grove::otp::detail {

/// The process behind GenEvent.
class EventManager final : public GenServer<EventManager> {
public:
    static constexpr const char* kBehaviour = "GenEvent";
    static constexpr Atom kModule = atoms::genEvent;

    using State = ManagerState;
    using Calls = Messages<ManagerEvent, InstallHandler, DeleteHandler, CallHandler, WhichHandlers>;
    using Casts = Messages<ManagerEvent>;

    State init();
    grove::Task<Reply<Term>> handleCall(ManagerEvent event);
    grove::Task<Reply<Term>> handleCall(InstallHandler wanted, From from);
    grove::Task<Reply<Term>> handleCall(DeleteHandler wanted);
    grove::Task<Reply<HandlerAnswer>> handleCall(CallHandler wanted);
    Reply<Term> handleCall(WhichHandlers);
    grove::Task<Reply<Term>> handleCall(Term request, From from);
    grove::Task<Next> handleCast(ManagerEvent event);
    grove::Task<Next> handleCast(Term message);
    grove::Task<Next> handleInfo(Term message);
    grove::Task<Next> handleInfo(Exit signal);
    grove::Task<Next> handleInfo(Down signal);
    grove::Task<> terminate(Term why);
    /// As sys::replace_state does it: for each handler alone.
    void changeState(const std::function<Term(Term)>& change);

private:
    enum class As : std::uint8_t { Event, Info };
    using Signal = std::variant<Exit, Down>;

    [[nodiscard]] std::optional<std::size_t> find(const HandlerName& name);
    grove::Task<> tellAll(As as, Payload message);
    grove::Task<> tellAll(Signal signal, Term shown);
    /// Installs a handler at a place. Returns: nothing, or why not, as add_handler returns it.
    grove::Task<std::optional<Term>> install(Installed handler, std::optional<Term> handover,
                                             std::size_t at);
    /// Takes a handler out. Returns: what its terminate() gave, or how that failed.
    grove::Task<Term> remove(std::size_t at, Term why, Term told);
    /// Does what a callback decided. Returns: whether there is still a handler at that place.
    grove::Task<bool> follow(std::size_t at, Attempt<HandlerOutcome> outcome, Term during);
    grove::Task<> fail(std::size_t at, Term what, Term during);
    /// The decision after an event: hibernates if a callback has asked for it.
    [[nodiscard]] Next rest();
    template <class R> [[nodiscard]] Reply<R> restAfter(Reply<R> reply);

    bool m_hibernates = false; // a callback has asked for it
};

} // namespace grove::otp::detail
