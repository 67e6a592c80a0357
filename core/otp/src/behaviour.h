#pragma once
// What the processes of all behaviours do alike: they start, answer the requests of sys.h, and stop
// in good order.

#include "debugging.h"

#include <grove/otp/server.h>
#include <grove/otp/sys.h>
#include <grove/runtime/end.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/message.h>

#include <algorithm>
#include <coroutine>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace grove::otp::detail {

/// Waits for what a callback gave: nothing at all for a plain function. What it throws is a value
/// from here on; this and attempt() around the callback are the only places that invoke callbacks.
template <class O> class FinishOf {
public:
    explicit FinishOf(Attempt<StepOf<O>> step) : m_step(std::move(step)) {}
    FinishOf(const FinishOf&) = delete;
    FinishOf& operator=(const FinishOf&) = delete;

    bool await_ready() {
        if (!m_step || !m_step->pending)
            return true;
        m_task.emplace(std::move(*m_step->pending));
        return false;
    }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        return m_task->await_suspend(awaiter);
    }
    Attempt<O> await_resume() {
        if (m_task)
            return m_task->await_resume();
        if (!m_step)
            return std::unexpected(std::move(m_step.error()));
        return std::move(m_step->done);
    }

private:
    Attempt<StepOf<O>> m_step;
    std::optional<grove::detail::AttemptAwaiter<O>> m_task;
};
using Finish = FinishOf<Outcome>;

/// Ends the process with a reason other than normal: without an exception where the server is all
/// that it does.
class EndWith {
public:
    explicit EndWith(Term reason) noexcept : m_reason(std::move(reason)) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> server) noexcept {
        m_isAlone = isAlone(server.promise());
        return false;
    }
    void await_resume() { end(std::move(m_reason), m_isAlone); }

    static bool isAlone(const grove::detail::PromiseBase& server) noexcept {
        constexpr std::uint32_t kDepth = 1; // the process's first frame
        return server.depth == kDepth;
    }
    static void end(Term reason, bool isAlone) {
        if (!isAlone)
            grove::exit(std::move(reason));
        grove::detail::endWith(std::move(reason));
    }

private:
    Term m_reason;
    bool m_isAlone = false;
};

template <class H>
[[nodiscard]] const H* findHandlerAmong(std::span<const H> handlers,
                                        const Payload& payload) noexcept {
    if (payload.kind() == Payload::Kind::Box) {
        const Description* description = &payload.description();
        const auto at = std::ranges::find(handlers, description, &H::description);
        return at == handlers.end() ? nullptr : &*at;
    }
    const Term* term = payload.asTerm();
    if (term == nullptr)
        return nullptr;
    const std::optional<Atom> tag =
        term->tupleSize() > 0 ? term->element(0).asAtom() : term->asAtom();
    if (!tag)
        return nullptr;
    const auto at = std::ranges::find_if(handlers, [&](const H& handler) {
        const Description& described = *handler.description;
        const bool fits = described.fields.empty() ? term->isAtom() : term->tupleSize() > 1;
        return fits && described.form == Form::Tuple && described.tag() == *tag;
    });
    return at == handlers.end() ? nullptr : &*at;
}

/// The handler of the type of a message, or of the term that describes one; null when there is
/// none. Whether it is worth a look is asked inline: many classes have no handlers, and many terms
/// describe nothing.
template <class H>
[[nodiscard]] const H* findHandler(std::span<const H> handlers, const Payload& payload) noexcept {
    const Term* const term = payload.asTerm();
    if (handlers.empty() || (term != nullptr && !term->isAtom() && !term->isTuple()))
        return nullptr;
    return findHandlerAmong(handlers, payload);
}

/// One process of a behaviour, as those parts see it. Only what is rarely done is virtual.
///
/// Threads: its process.
class Behaviour {
public:
    Behaviour(ServerCore& server, const StartInfo& info);
    Behaviour(const Behaviour&) = delete;
    Behaviour& operator=(const Behaviour&) = delete;

    [[nodiscard]] Pid parent() const noexcept { return m_server->parent(); }

    [[nodiscard]] static bool isSystemRequest(const Message& message) noexcept {
        return message.kind() == MessageKind::Call && message.get<sys::Request>() != nullptr;
    }
    [[nodiscard]] bool isParentsExit(const Message& message) const noexcept {
        return message.kind() == MessageKind::Exit && message.sender() == parent();
    }

    Attempt<Step> begin(const InitCall& init) {
        return attempt([&] { return init.run(*m_server, init.arguments); });
    }
    /// What the starter hears of an init that raised.
    [[nodiscard]] virtual Term startError(const Caught& caught) const;

    // For sys.h:
    [[nodiscard]] virtual Term stateTerm() const = 0;
    [[nodiscard]] virtual Term viewTerm() const = 0;
    /// Of OTP: gen_server, gen_statem, …
    [[nodiscard]] virtual Atom module() const = 0;
    /// The last part of a status.
    [[nodiscard]] virtual Term miscTerm(bool isSuspended) const = 0;
    [[nodiscard]] virtual Attempt<Step> replaceState(const sys::Request& request) = 0;
    /// Gives the process another implementation, or lets its own make another state. What went
    /// wrong stays without effect.
    [[nodiscard]] virtual Attempt<std::expected<Step, Term>>
    changeCode(const sys::Request& request);

    /// Whether somebody debugs it: then it tells what happens to it.
    [[nodiscard]] bool isWatched() const noexcept { return m_rare && m_rare->debugging; }
    /// Requires: isWatched(). Not so any more, perhaps, when it returns.
    void tell(const Term& event);
    void beginWatched(const sys::DebugOptions& options);
    /// Does what a request of debugging asks for. Returns: the answer.
    [[nodiscard]] Term debug(const sys::Request& request);
    [[nodiscard]] Term debugTerm() const;
    [[nodiscard]] Term loggedEvents() const;

protected:
    ~Behaviour() = default;

    /// What few processes need.
    struct Rare {
        Term shownName;                       // in events; none: its pid
        std::unique_ptr<Debugging> debugging; // none: nobody debugs it
        Duration hibernateAfter = kInfinity;
        std::shared_ptr<ServerCore> successor; // after a change of code: owns *m_server
        // Then, what *m_server was when it began.
        ServerCore* first = nullptr;
        const ServerType* firstType = nullptr;
    };
    [[nodiscard]] Rare& ensureRare();

    ServerCore* m_server;
    std::unique_ptr<Rare> m_rare;

private:
    void forgetDebugging() noexcept;
    void ensureDebugging();
};

/// Why a decision stops the process; nothing to go on.
[[nodiscard]] std::optional<Term> stopReason(const Attempt<Outcome>& decided);
[[nodiscard]] Outcome stopWith(Term reason);

// What open() does, step by step.
/// Registers the name. Returns: false when somebody else has it, which has been acknowledged.
[[nodiscard]] bool takeNameFor(const StartInfo& info);
/// Acknowledges what init has decided. Returns: the first decision; nothing when there is nothing
/// to serve. Errors: exits when init has failed.
[[nodiscard]] std::optional<Outcome> acknowledgeInit(Behaviour& process, const StartInfo& info,
                                                     Attempt<Outcome> decided);
/// Registers, runs init and acknowledges. Returns: the first decision; nothing when there is
/// nothing to serve.
[[nodiscard]] grove::Task<std::optional<Outcome>> open(Behaviour* process, const StartInfo* info,
                                                       InitCall init);

/// Serves a request of sys.h. Returns: a decision where it ends the process or a callback of it
/// failed.
[[nodiscard]] grove::Task<std::optional<Attempt<Outcome>>>
serveSystem(Behaviour* process, Message message, bool* isSuspended);

/// What a process takes next: everything, or while it is suspended only what acts then, too.
struct Wanted {
    const Behaviour* process;
    bool isSuspended;
    bool operator()(const Message& waiting) const noexcept {
        return !isSuspended || Behaviour::isSystemRequest(waiting) ||
               process->isParentsExit(waiting);
    }
};

} // namespace grove::otp::detail
