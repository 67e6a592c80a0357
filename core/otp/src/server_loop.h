#pragma once
// One server between two waits: its messages, what its callbacks decide, and what sys.h asks of it.

#include "behaviour.h"

#include <grove/otp/call.h>
#include <grove/otp/logger.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/take_next.h>

namespace grove::otp::detail {

/// What a turn of the loop leaves to do: wait for the next message, finish what the turn has begun,
/// answer a request of sys.h, or hibernate. At first: wait for init.
enum class Left : std::uint8_t { Nothing, Rest, System, Hibernate, Init };

/// What is kept of a turn that is not over with its callback: the callback waits, has failed, or
/// wants more than to go on. Most turns need none.
struct Turn {
    Attempt<Outcome> decided;
    std::optional<grove::Task<Outcome>> pending; // decides
    From from;                                   // of the call that is being handled
    Message request;                             // of sys.h
    Term end;                                    // why the process ends: its last one

    static void* operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void* block, std::size_t size) noexcept { release(block, size); }
};

/// One server's loop between two waits. It lies in the frame of serve(), which every server has:
/// both are kept small.
class ServerLoop final : public Behaviour {
public:
    explicit ServerLoop(const Opening& opening)
        : Behaviour(*opening.type->create(), opening.info), m_type(opening.type) {
        if (opening.info.options.hibernateAfter)
            ensureRare().hibernateAfter = *opening.info.options.hibernateAfter;
    }
    ~ServerLoop() {
        m_turn.reset(); // uses the server
        const bool isChanged = m_rare && m_rare->first != nullptr;
        (isChanged ? m_rare->firstType : m_type)->destroy(isChanged ? m_rare->first : m_server);
    }

    Attempt<Step> resume(Term what) {
        return attempt([&] {
            if (m_type->handleContinue == nullptr)
                grove::error(atoms::undef);
            return m_type->handleContinue(*m_server, std::move(what));
        });
    }
    Attempt<Step> timeOut() {
        return attempt([&] {
            if (m_type->handleTimeout != nullptr)
                return m_type->handleTimeout(*m_server);
            Payload timeout{Term(atoms::timeout)};
            return info(timeout);
        });
    }
    Attempt<Step> finish(Term why) {
        return attempt([&] {
            return m_type->terminate == nullptr ? Step{}
                                                : m_type->terminate(*m_server, std::move(why));
        });
    }

    /// Does with the message that has come, or with the end of the wait for one, what can be done
    /// at once, and with the messages that have come as well. Most go to a plain function that
    /// decides no more than an answer, which is sent: then nothing is left. Not inlined: what it
    /// needs lies on the stack, not in the frame.
    /// `message`: moved from, where it lies; null at the end of the wait.
    [[gnu::noinline]] Left turn(Message* message) {
        if (message == nullptr && !hasTimeout()) {
            m_hibernates = true; // and again after a request of sys.h
            return Left::Hibernate;
        }
        if (message == nullptr) {
            beginTurn({}, timeOut());
            return Left::Rest;
        }
        Message taken = std::move(*message);
        for (;;) {
            if (isSystemRequest(taken)) {
                newTurn().request = std::move(taken);
                return Left::System;
            }
            if (isParentsExit(taken)) {
                newTurn().decided = stopWith(taken.payload().term());
                return Left::Rest;
            }
            const Left left = dispatch(taken);
            if (left != Left::Nothing || hasTimeout() || m_hibernates ||
                !grove::detail::takeNext(taken))
                return left;
        }
    }
    /// A turn begins; what the latest one has decided has been done.
    Turn& newTurn() {
        m_turn.reset(new Turn);
        return *m_turn;
    }
    [[nodiscard]] std::unique_ptr<Turn> takeTurn() noexcept { return std::move(m_turn); }
    void keepTurn(std::unique_ptr<Turn> turn) noexcept { m_turn = std::move(turn); }
    [[nodiscard]] bool hasTurn() const noexcept { return m_turn != nullptr; }
    /// A turn that takes what a callback gave: its decision, or the task that will make it.
    void beginTurn(const From& from, Attempt<Step> step) {
        Turn& turn = newTurn();
        turn.from = from;
        take(turn, std::move(step));
    }
    static void take(Turn& turn, Attempt<Step> step) {
        if (step && step->pending)
            turn.pending.emplace(std::move(*step->pending));
        else if (step)
            turn.decided = std::move(step->done);
        else
            turn.decided = std::unexpected(std::move(step.error()));
    }
    /// Sends what has been decided. Returns: false when it ends the process.
    [[nodiscard]] bool goesOn(Turn& turn) {
        if (!turn.decided)
            return false;
        follow(*turn.decided, turn.from);
        return turn.decided->kind != Outcome::Kind::Stop;
    }
    [[nodiscard]] bool hasTimeout() const noexcept { return m_timeout >= Duration::zero(); }
    /// How long it waits for the next message. Past that it handles its timeout, or without one
    /// hibernates.
    [[nodiscard]] Duration limit() const {
        if (isOnHold)
            return kInfinity;
        if (hasTimeout())
            return grove::detail::checkedLimit(m_timeout);
        if (m_hibernates)
            return Duration::zero();
        return m_rare ? grove::detail::checkedLimit(m_rare->hibernateAfter) : kInfinity;
    }
    void hibernateNext() noexcept { m_hibernates = true; }
    [[nodiscard]] Attempt<Step> replaceState(const sys::Request& request) override;
    [[nodiscard]] Attempt<std::expected<Step, Term>>
    changeCode(const sys::Request& request) override;
    [[nodiscard]] Term miscTerm(bool isSuspended) const override;
    [[nodiscard]] Atom module() const override { return m_type->module; }
    [[nodiscard]] Term stateTerm() const override { return m_type->stateTerm(*m_server); }
    [[nodiscard]] Term viewTerm() const override { return m_type->viewTerm(*m_server); }

    /// Takes what init has decided, and acknowledges it. Returns: whether there is something to
    /// serve.
    [[nodiscard]] bool opened(const StartInfo& start, Attempt<Outcome> decided) {
        std::optional<Outcome> first = acknowledgeInit(*this, start, std::move(decided));
        if (!first)
            return false;
        if (first->continues)
            newTurn().decided = std::move(*first);
        else
            follow(*first, {});
        if (start.options.debug)
            beginWatched(*start.options.debug);
        return true;
    }

    /// The message's callback, with everything left to do. Requires: isWatched().
    Attempt<Step> dispatchWatched(Message& taken, const From& from) {
        tell(tuple(atom("in"), taken.term()));
        Payload payload = payloadOf(taken);
        return attempt([&] { return dispatchTyped(taken, payload, from); });
    }
    /// Sends the answer, and tells what was decided. Nothing is left to send.
    void settleWatched(Outcome& outcome, const From& from);

    bool isOnHold = false; // by sys.h: takes only what acts then, too

private:
    /// Keeps a step where its callback has put it.
    struct StepThere {
        union {
            Step step;
        };
        StepThere() noexcept {}
        StepThere(const StepThere&) = delete;
        StepThere& operator=(const StepThere&) = delete;
        ~StepThere() {}
    };
    /// None of those that are taken as a whole.
    static Payload payloadOf(Message& taken) noexcept {
        const bool isWhole = taken.kind() == MessageKind::Exit ||
                             taken.kind() == MessageKind::Down ||
                             taken.kind() == MessageKind::Reply;
        return isWhole ? Payload() : std::move(taken).takePayload();
    }
    Left dispatch(Message& taken) {
        const From from = taken.kind() == MessageKind::Call ? taken.from() : From{};
        Payload payload = payloadOf(taken);
        StepThere there;
        Attempt<void> done =
            attempt([&] { ::new (&there.step) Step(dispatchTyped(taken, payload, from)); });
        if (!done) [[unlikely]] {
            newTurn().decided = std::unexpected(std::move(done.error()));
            return Left::Rest;
        }
        Step& step = there.step;
        if (!step.pending && step.done.goesOn()) [[likely]] {
            follow(step.done, from);
            GROVE_ASSERT(step.done.isEmpty(), "who goes on holds no more than an answer");
            return Left::Nothing; // nothing of it is left to destroy
        }
        beginTurn(from, std::move(step));
        there.step.~Step();
        return Left::Rest;
    }
    // Inlined into what catches: an exception pays for each function that it leaves.
    [[gnu::always_inline]] inline Step dispatchTyped(Message& taken, Payload& payload,
                                                     const From& from) {
        switch (taken.kind()) {
        case MessageKind::Call:
            return call(payload, from);
        case MessageKind::Cast:
            return cast(payload);
        case MessageKind::Exit:
            if (m_type->handleExit != nullptr)
                return m_type->handleExit(*m_server, std::move(taken).takeExit());
            break;
        case MessageKind::Down:
            if (m_type->handleDown != nullptr)
                return m_type->handleDown(*m_server, std::move(taken).takeDown());
            break;
        case MessageKind::Plain:
            return info(payload);
        case MessageKind::Reply:
            if (m_type->handleReply != nullptr)
                return m_type->handleReply(*m_server, std::move(taken));
            break;
        }
        payload = Payload(taken.term());
        return info(payload);
    }
    [[gnu::always_inline]] inline Step call(Payload& payload, const From& from) {
        if (const Handler* handler = findHandler(m_type->calls, payload)) {
            Step step = handler->run(*m_server, payload, &from);
            if (step.matched)
                return step;
        } else if (m_type->handleCallTerm != nullptr) {
            return m_type->handleCallTerm(*m_server, payload, &from);
        }
        grove::error(atoms::functionClause);
    }
    [[gnu::always_inline]] inline Step cast(Payload& payload) {
        if (const Handler* handler = findHandler(m_type->casts, payload)) {
            Step step = handler->run(*m_server, payload, nullptr);
            if (step.matched)
                return step;
        } else if (m_type->handleCastTerm != nullptr) {
            return m_type->handleCastTerm(*m_server, payload);
        }
        grove::error(atoms::functionClause);
    }
    Step info(Payload& payload) {
        if (const Handler* handler = findHandler(m_type->infos, payload)) {
            Step step = handler->run(*m_server, payload, nullptr);
            if (step.matched)
                return step;
        }
        if (m_type->handleInfoTerm != nullptr)
            return m_type->handleInfoTerm(*m_server, payload);
        logReport(LogLevel::Warning, LogKind::Text,
                  tuple(atom("unexpected_message"), Term(m_type->name), payload.term()));
        return {};
    }

public:
    /// Sends the answer that a callback of a call gave; then none is left to send.
    static void settle(Outcome& outcome, const From& from) {
        if (outcome.kind != Outcome::Kind::Reply && outcome.kind != Outcome::Kind::ReplyAndStop)
            return;
        outcome.kind =
            outcome.kind == Outcome::Kind::Reply ? Outcome::Kind::Go : Outcome::Kind::Stop;
        grove::reply(from, std::move(outcome.reply));
    }

private:
    /// The same, and notes how long to wait afterwards.
    void follow(Outcome& outcome, const From& from) {
        settle(outcome, from);
        m_timeout = outcome.timeout;
        m_hibernates = outcome.hibernates;
    }

    bool m_hibernates = false;
    Duration m_timeout = Outcome::kNoTimeout;
    const ServerType* m_type;
    std::unique_ptr<Turn> m_turn; // to be finished
};

} // namespace grove::otp::detail
