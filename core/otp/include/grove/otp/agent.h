#pragma once

#include <grove/otp/gen_server.h>

#include <functional>
#include <memory>

namespace grove::otp {

namespace detail {

/// A function on its way to an agent, as a message. Its term form is only its name.
struct AgentJob {
    std::shared_ptr<std::move_only_function<Payload(void* state)>> run;
};

} // namespace detail
} // namespace grove::otp

template <> struct grove::TermConversion<grove::otp::detail::AgentJob> {
    static Term toTerm(const grove::otp::detail::AgentJob&) { return atom("agent_function"); }
    static bool fromTerm(const Term& term, grove::otp::detail::AgentJob&, Conversion& conversion) {
        return conversion.failExpected("a function, which has no term form", term);
    }
};

namespace grove::otp {

/// A value in a process: functions come to it, one at a time.
///
///     const auto counter = (co_await Agent<int>::startLink(0)).pid();
///     co_await Agent<int>::update(counter, [](int& n) { ++n; });
///     int n = co_await Agent<int>::get(counter, [](const int& n) { return n; });
///
/// The functions run in the agent's process and cannot wait; what they capture travels with them,
/// by value. Errors: as otp::call. A function that raises ends the agent, and the caller exits
/// likewise. When not to use it: when functions take long (everybody waits), or for more than a
/// value (GenServer).
template <class S> class Agent final : public GenServer<Agent<S>> {
public:
    static constexpr const char* kBehaviour = "Agent";
    using State = S;
    using Calls = Messages<detail::AgentJob>;
    using Casts = Messages<detail::AgentJob>;

    S init(S first) { return first; }

    /// What `read(const S&)` returns.
    template <class F>
    [[nodiscard]] static auto get(ServerRef agent, F read, Duration limit = kCallLimit)
        -> grove::Task<std::remove_cvref_t<std::invoke_result_t<F, const S&>>> {
        return ask<std::remove_cvref_t<std::invoke_result_t<F, const S&>>>(
            std::move(agent),
            [read = std::move(read)](S& state) mutable { return read(std::as_const(state)); },
            limit);
    }
    /// Runs `change(S&)`.
    template <class F>
    [[nodiscard]] static grove::Task<> update(ServerRef agent, F change,
                                              Duration limit = kCallLimit) {
        return tell(std::move(agent), std::move(change), limit);
    }
    /// Runs `change(S&)` and gives what it returns.
    template <class F>
    [[nodiscard]] static auto getAndUpdate(ServerRef agent, F change, Duration limit = kCallLimit)
        -> grove::Task<std::remove_cvref_t<std::invoke_result_t<F, S&>>> {
        return ask<std::remove_cvref_t<std::invoke_result_t<F, S&>>>(std::move(agent),
                                                                     std::move(change), limit);
    }
    /// Runs `change(S&)` some time later; nobody waits.
    template <class F> static void cast(const ServerRef& agent, F change) {
        otp::cast(agent, Payload(job([change = std::move(change)](S& state) mutable {
                      change(state);
                      return Payload(Term(atoms::ok));
                  })));
    }

    Reply<Term> handleCall(detail::AgentJob job, From from) {
        grove::reply(from, (*job.run)(&this->state()));
        return Reply<Term>::noReply();
    }
    void handleCast(detail::AgentJob job) { static_cast<void>((*job.run)(&this->state())); }

private:
    template <class R> using Reply = otp::Reply<R>;
    template <class... Ts> using Messages = otp::Messages<Ts...>;
    using From = grove::From;

    template <class F> static detail::AgentJob job(F function) {
        return {std::make_shared<std::move_only_function<Payload(void*)>>(
            [function = std::move(function)](void* state) mutable {
                return function(*static_cast<S*>(state));
            })};
    }
    template <class R, class F>
    static grove::Task<R> ask(ServerRef agent, F function, Duration limit) {
        Term reply = co_await otp::call(std::move(agent),
                                        job([function = std::move(function)](S& state) mutable {
                                            return Payload(toTerm(R(function(state))));
                                        }),
                                        limit);
        Result<R> value = fromTerm<R>(reply);
        GROVE_ASSERT(value.has_value(), "an agent answered with another type than its function's");
        co_return std::move(*value);
    }
    template <class F> static grove::Task<> tell(ServerRef agent, F function, Duration limit) {
        co_await otp::call(std::move(agent),
                           job([function = std::move(function)](S& state) mutable {
                               function(state);
                               return Payload(Term(atoms::ok));
                           }),
                           limit);
    }
};

} // namespace grove::otp
