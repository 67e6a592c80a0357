#pragma once

#include "behaviour.h"
#include "statem_timeouts.h"

#include <grove/otp/statem.h>
#include <grove/runtime/receive.h>

#include <deque>
#include <vector>

namespace grove::otp::detail {

/// One state machine between two waits: its events, and what its callbacks decide.
///
/// A transition is begin(), then enter() for as long as wantsEnter(), each with what its callback
/// decided, then finish(). Threads: the machine's process.
class StatemLoop final : public Behaviour {
public:
    StatemLoop(StatemCore* machine, const StatemType* type, const StartInfo* info)
        : Behaviour(*machine, *info), m_machine(*machine), m_type(*type), m_info(*info) {}

    // -- events

    /// The next event that is in hand already, which becomes the current one: inserted and retried
    /// ones, then zero timeouts. Returns: whether there was one.
    [[nodiscard]] bool takeInHand();
    /// Makes a message the current event. Returns: false for one that means nothing any more.
    [[nodiscard]] bool accept(Message&& message);
    /// Gives the current event to its callback.
    [[nodiscard]] Attempt<StatemStep> run();
    [[nodiscard]] Attempt<StatemStep> runEnter();
    [[nodiscard]] Attempt<Step> runTerminate();

    // -- transitions

    /// Takes what init decided: as an event's callback that led into the first state.
    void beginFirst();
    /// Returns: whether it goes on; if not, it has failed or stops.
    [[nodiscard]] bool goesOn(Attempt<StatemOutcome>& decided);
    void begin(Attempt<StatemOutcome> decided);
    void enter(Attempt<StatemOutcome> decided);
    [[nodiscard]] bool wantsEnter() const noexcept { return m_entersFrom.has_value(); }
    void finish();
    /// There is nothing to be done. Returns: whether the last transition asked for hibernation; the
    /// machine has then given back what memory it can.
    [[nodiscard]] bool takeHibernation();
    /// Gives back what memory it can.
    void trim();
    /// After so long without a message it hibernates; kInfinity: never.
    [[nodiscard]] Duration hibernateAfter() const noexcept {
        return m_info.options.hibernateAfter.value_or(kInfinity);
    }

    // -- the end

    /// It stops, for a reason from outside.
    void stop(const Attempt<Outcome>& decided);
    void stop(Term reason);
    [[nodiscard]] bool isStopping() const noexcept { return m_end.has_value(); }
    /// terminate() has run: what it raised replaces the reason.
    void terminated(const Attempt<Outcome>& outcome);
    [[nodiscard]] const Term& exitReason() const noexcept { return m_end->exitReason; }
    /// Tells the log of an end that somebody should hear of.
    void report() const;

    // -- Behaviour
    [[nodiscard]] Term startError(const Caught& caught) const override;
    [[nodiscard]] Term stateTerm() const override { return m_type.stateTerm(m_machine); }
    [[nodiscard]] Term viewTerm() const override { return m_type.viewTerm(m_machine); }
    [[nodiscard]] Atom module() const override { return atoms::genStatem; }
    [[nodiscard]] Term miscTerm(bool isSuspended) const override;
    [[nodiscard]] Attempt<Step> replaceState(const sys::Request& request) override;
    [[nodiscard]] Attempt<std::expected<Step, Term>>
    changeCode(const sys::Request& request) override;

private:
    struct End {
        Term terminateReason; // what terminate() is given
        Term exitReason;
        Term report; // {Class, Reason, Stack}
    };

    [[nodiscard]] StatemStep dispatch();
    [[nodiscard]] std::span<const StatemHandler> handlers() const noexcept;
    void act(std::vector<StatemAction>& actions);
    void reply(StatemAction& action);
    void stopAndReply(StatemOutcome& decided);
    [[nodiscard]] Term currentTerm() const; // {Type, Content} of the current event
    [[nodiscard]] Term stateOnly() const;
    void fail(const Caught& caught);
    [[nodiscard]] Term nameTerm() const;
    [[nodiscard]] Term reportTerm() const;

    StatemCore& m_machine;
    const StatemType& m_type;
    const StartInfo& m_info;

    std::optional<StatemEvent> m_event; // that is handled now
    std::deque<StatemEvent> m_queue;    // in hand, oldest first
    std::vector<StatemEvent> m_postponed;
    StatemTimeouts m_timeouts;

    // Of the transition under way:
    std::optional<AnyState> m_entersFrom; // handleEnter() is to run; the state before
    std::vector<StatemEvent> m_inserted;
    std::vector<StatemAction> m_timeoutActions;
    bool m_changesState = false;
    bool m_postpones = false;
    bool m_hibernates = false;

    std::optional<End> m_end;
};

} // namespace grove::otp::detail
