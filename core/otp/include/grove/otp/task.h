#pragma once

#include <grove/otp/child_spec.h>
#include <grove/otp/server.h>
#include <grove/otp/spawn_server.h>
#include <grove/otp/type_name.h>
#include <grove/runtime/call.h>

#include <tuple>
#include <type_traits>

namespace grove::otp {

namespace detail {

/// What a task's function gives: F's result, or what its grove::Task gives.
template <class R> struct TaskResult {
    using Type = R;
};
template <class R> struct TaskResult<grove::Task<R>> {
    using Type = R;
};
template <class F, class... Args>
using TaskResultOf = typename TaskResult<std::invoke_result_t<F, Args...>>::Type;

/// `{Reason, {'Elixir.Task', await, [Task, Limit]}}`, raised in the owner.
[[noreturn]] void exitAwait(Term reason, Pid task, Ref ref, Pid owner, Duration limit);
void checkOwner(Pid owner);
/// Makes the process that is to run, linked or not, and asks it for its result.
struct TaskStart {
    Pid pid;
    Ref ref;
};
[[nodiscard]] TaskStart startAsync(grove::Task<> body, const char* initialCall);
[[nodiscard]] grove::Task<From> awaitOwner();
[[nodiscard]] grove::Task<StartResult> startTask(StartOptions options, grove::Task<> body,
                                                 const char* initialCall);

template <class F, class... Args>
grove::Task<TaskResultOf<F, Args...>> runTask(F function, Args... args) {
    if constexpr (requires { typename std::invoke_result_t<F, Args...>::promise_type; })
        co_return co_await function(std::move(args)...);
    else
        co_return function(std::move(args)...);
}

/// The body of an awaited task: waits for its owner's request, then answers it.
template <class F, class... Args> grove::Task<> answerTask(F function, Args... args) {
    const From owner = co_await awaitOwner();
    if constexpr (std::is_void_v<TaskResultOf<F, Args...>>) {
        co_await runTask(std::move(function), std::move(args)...);
        grove::reply(owner, Payload(Term(atoms::ok)));
    } else {
        grove::reply(owner, Payload(co_await runTask(std::move(function), std::move(args)...)));
    }
}
template <class F, class... Args> grove::Task<> discardTask(F function, Args... args) {
    co_await runTask(std::move(function), std::move(args)...);
}
template <class F, class... Args> grove::Task<> loopTask(Duration every, F function, Args... args) {
    for (;;) {
        co_await grove::sleep(every);
        co_await runTask(function, args...);
    }
}

} // namespace detail

/// A computation in a process of its own, whose result its owner awaits.
///
///     const auto sum = otp::Task::async(sumUp, numbers);   // Task<int> sumUp(std::vector<int>
///     numbers) int got = co_await sum.await();                      // at most 5 s
///
/// The process is linked to its owner: if it fails, so does an owner that does not trap exits. Its
/// result is sent once; one that nobody waits for any more is dropped. Functions take their
/// arguments by value; lambdas must not capture. When not to use it: to run code one after the
/// other (call it), or to keep a state (GenServer).
template <class T> class [[nodiscard]] AsyncTask {
public:
    AsyncTask(Pid pid, Ref ref, Pid owner) noexcept : m_pid(pid), m_ref(ref), m_owner(owner) {}

    [[nodiscard]] Pid pid() const noexcept { return m_pid; }
    [[nodiscard]] Ref ref() const noexcept { return m_ref; }

    /// Waits for the result. Errors: exits `{timeout, {'Elixir.Task', await, …}}` (the task runs
    /// on, its answer is dropped), or `{Reason, …}` when it failed; badarg in a process that is not
    /// the owner.
    [[nodiscard]] grove::Task<T> await(Duration limit = kCallLimit) const {
        return await(*this, limit);
    }
    /// Nothing yet after `limit`; may be asked again. The outcome holds the result or why the task
    /// ended.
    [[nodiscard]] grove::Task<std::optional<std::expected<T, Term>>>
    yield(Duration limit = kCallLimit) const {
        return yield(*this, limit);
    }
    /// Ends the task: its result if it had one already, why it had ended, or nothing.
    [[nodiscard]] grove::Task<std::optional<std::expected<T, Term>>>
    shutdown(Shutdown shutdown = std::chrono::seconds(5)) const {
        return stop(*this, shutdown);
    }

private:
    using Outcome = std::expected<T, Term>;

    static grove::Task<T> await(AsyncTask task, Duration limit) {
        detail::checkOwner(task.m_owner);
        auto got = co_await grove::receive(on<ReplyTo>(task.m_ref), after(limit));
        if (auto* result = std::get_if<CallResult>(&got)) {
            if (!result->isReply())
                detail::exitAwait(result->reason(), task.m_pid, task.m_ref, task.m_owner, limit);
            co_return take(std::move(*result));
        }
        demonitor(task.m_ref, Flush::Yes);
        detail::exitAwait(atoms::timeout, task.m_pid, task.m_ref, task.m_owner, limit);
    }
    static grove::Task<std::optional<Outcome>> yield(AsyncTask task, Duration limit) {
        detail::checkOwner(task.m_owner);
        auto got = co_await grove::receive(on<ReplyTo>(task.m_ref), after(limit));
        if (auto* result = std::get_if<CallResult>(&got))
            co_return outcomeOf(std::move(*result));
        co_return std::nullopt;
    }
    static grove::Task<std::optional<Outcome>> stop(AsyncTask task, Shutdown how) {
        if (auto done = co_await yield(task, Duration::zero()))
            co_return done;
        unlink(task.m_pid);
        grove::exit(task.m_pid, how.isBrutalKill() ? Term(atoms::kill) : Term(atoms::shutdown));
        auto ended = co_await yield(task, how.isBrutalKill() ? kInfinity : how.limit());
        if (!ended) {
            grove::exit(task.m_pid, atoms::kill);
            ended = co_await yield(task, kInfinity);
        }
        if (ended && !ended->has_value() &&
            ended->error() == Term(how.isBrutalKill() ? atoms::killed : atoms::shutdown))
            co_return std::nullopt;
        co_return ended;
    }
    static T take(CallResult result) {
        if constexpr (!std::is_void_v<T>) {
            auto value = std::move(result).takeReply().template take<T>();
            GROVE_ASSERT(value.has_value(),
                         "a task answered with another type than its function's");
            return std::move(*value);
        }
    }
    static Outcome outcomeOf(CallResult result) {
        if (result.isDown())
            return std::unexpected(result.reason());
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return take(std::move(result));
    }

    Pid m_pid;
    Ref m_ref;
    Pid m_owner;
};

/// How computations are started; see AsyncTask for what comes back.
class Task {
public:
    /// Runs `function(args…)` in a new process linked to this one. Requires: a described result, or
    /// none.
    template <class F, class... Args>
    [[nodiscard]] static AsyncTask<detail::TaskResultOf<F, Args...>> async(F function,
                                                                           Args... args) {
        grove::detail::checkEntry<F>();
        const auto started = detail::startAsync(
            detail::answerTask(std::move(function), std::move(args)...), "Task::async");
        return {started.pid, started.ref, self()};
    }
    /// Runs `function(args…)` for its effects, linked to this process.
    template <class F, class... Args>
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions options, F function,
                                                            Args... args) {
        grove::detail::checkEntry<F>();
        return detail::startTask(std::move(options),
                                 detail::discardTask(std::move(function), std::move(args)...),
                                 "Task::start");
    }
};

/// A task as a child: run once, never restarted by default.
template <class F, class... Args> [[nodiscard]] ChildSpec task(Term id, F function, Args... args) {
    ChildSpec spec(std::move(id), [function, kept = std::tuple<Args...>(std::move(args)...)](
                                      StartOptions options) {
        return std::apply(
            [&](const Args&... each) {
                return Task::startLink(std::move(options), function, each...);
            },
            kept);
    });
    return spec.behaviour("Task").restart(Restart::Temporary);
}

/// A child that runs `function(args…)` every so often, the first time after one period:
/// `otp::loop("metrics", 10s, reportMetrics)`. Permanent.
template <class F, class... Args>
[[nodiscard]] ChildSpec loop(std::string_view name, Duration every, F function, Args... args) {
    grove::detail::checkEntry<F>();
    ChildSpec spec(Term(atom(name)), [every, function,
                                      kept = std::tuple<Args...>(std::move(args)...)](
                                         StartOptions options) {
        return std::apply(
            [&](const Args&... each) {
                return detail::startTask(std::move(options),
                                         detail::loopTask(every, function, each...), "Task::loop");
            },
            kept);
    });
    return spec.behaviour("Task").name(name);
}

} // namespace grove::otp
