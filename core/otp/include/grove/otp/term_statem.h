#pragma once

#include <grove/otp/gen_statem.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace grove::otp {

/// What a TermStatem does in one state: gen_statem's Module:State(Type, Content, Data).
using StateFunction = std::function<Term(const Term& type, const Term& content, const Term& data)>;

/// The callbacks of a TermStatem: plain functions over terms that return what OTP's return.
struct TermStatemCallbacks {
    /// `{ok, State, Data}`, `{ok, State, Data, Actions}`, `ignore`, `{stop, Reason}`.
    std::function<Term(const Term& arguments)> init;
    /// Type: `{call, From}`, `cast`, `info`, `internal`, `timeout`, `{timeout, Name}`,
    /// `state_timeout`, `enter`. Any term may be a state.
    std::function<Term(const Term& type, const Term& content, const Term& state, const Term& data)>
        handleEvent;
    /// Instead of handleEvent(), in mode StateFunctions: what is called in each state. States are
    /// atoms; one that is none, or has no function, ends the machine with its next event by badarg
    /// or undef.
    std::vector<std::pair<Atom, StateFunction>> states;
    /// Optional.
    std::function<void(const Term& reason, const Term& state, const Term& data)> terminate;
    /// With stateEnter they are called with `enter` and the old state when a state is entered.
    statem::CallbackMode mode = {};
};

/// A state machine whose states, data, events and decisions are terms: gen_statem as Erlang has it,
/// for machines whose rules come from outside the program (a script, a table, a test).
///
///     auto callbacks = std::make_shared<const otp::TermStatemCallbacks>(…);
///     const auto machine = co_await otp::TermStatem::startLink(callbacks, arguments);
///
/// Both callback modes, handle_event_function and state_functions: see TermStatemCallbacks.
/// What these may return, and which actions: see gen_statem's manual; all but changes of the
/// callback module, for which data can choose between rules. Here a wrong return or action is
/// possible, and ends the machine as it does in OTP: bad_return_from_state_function,
/// bad_action_from_state_function, …; a thrown term is a return value. Absolute times count in
/// milliseconds of the runtime's clock. Where the rules are C++, GenStatem finds such mistakes when
/// it is compiled.
class TermStatem final : public GenStatem<TermStatem> {
public:
    using State = Term;
    using Data = Term;
    using Callbacks = std::shared_ptr<const TermStatemCallbacks>;

    Init init(Callbacks callbacks, Term arguments);
    Next handleEvent(AnyEvent event);
    Entered handleEnter(const Term& old);
    void terminate(const Term& why);
    [[nodiscard]] statem::CallbackMode callbackMode() const noexcept { return m_callbacks->mode; }

private:
    friend struct detail::StatemGlue<TermStatem>;
    [[nodiscard]] Term decide(const Term& type, const Term& content) const;
    [[nodiscard]] Term callState(const Term& type, const Term& content) const;

    Callbacks m_callbacks;
};

} // namespace grove::otp
