#pragma once

#include <grove/otp/child_spec.h>
#include <grove/otp/server.h>
#include <grove/otp/spawn_server.h>
#include <grove/otp/type_name.h>
#include <grove/runtime/call.h>

#include <algorithm>
#include <concepts>
#include <expected>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

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
/// A task as exits show it.
[[nodiscard]] Term taskTerm(Pid task, Ref ref, Pid owner);
/// `{Reason, {'Elixir.Task', await_many, [Tasks, Limit]}}`.
[[noreturn]] void exitAwaitMany(Term reason, std::vector<Term> tasks, Duration limit);
/// The next answer or end of one of these, taken out of them; nothing after `limit`.
[[nodiscard]] grove::Task<std::optional<Message>> nextOf(std::vector<Ref>* waiting, Duration limit);
/// Makes the process that is to run, linked or not, and asks it for its result.
struct TaskStart {
    Pid pid;
    Ref ref;
};
[[nodiscard]] TaskStart startAsync(grove::Task<> body, const char* initialCall);
[[nodiscard]] Ref requestResult(Pid task);
/// `$callers` of what the running process starts: itself, then its own.
[[nodiscard]] Term callersHere();
[[nodiscard]] grove::Task<From> awaitOwner();
/// The same for a task that is nobody's child but a supervisor's. Nothing: the owner ended first.
[[nodiscard]] grove::Task<std::optional<From>> awaitRequest(Pid owner);
/// `callers`: `$callers` of the task; none: those that the running process gives.
[[nodiscard]] grove::Task<StartResult> startTask(StartOptions options, grove::Task<> body,
                                                 const char* initialCall, Term callers = {});

template <class F, class... Args>
grove::Task<TaskResultOf<F, Args...>> runTask(F function, Args... args) {
    if constexpr (requires { typename std::invoke_result_t<F, Args...>::promise_type; })
        co_return co_await function(std::move(args)...);
    else
        co_return function(std::move(args)...);
}

/// Runs a task and answers its owner.
template <class F, class... Args> grove::Task<> answerOwner(From owner, F function, Args... args) {
    if constexpr (std::is_void_v<TaskResultOf<F, Args...>>) {
        co_await runTask(std::move(function), std::move(args)...);
        grove::reply(owner, Payload(Term(atoms::ok)));
    } else {
        grove::reply(owner, Payload(co_await runTask(std::move(function), std::move(args)...)));
    }
}
/// The body of an awaited task: waits for its owner's request, then answers it.
template <class F, class... Args> grove::Task<> answerTask(F function, Args... args) {
    const From owner = co_await awaitOwner();
    co_await answerOwner(owner, std::move(function), std::move(args)...);
}
/// The same under a supervisor.
template <class F, class... Args>
grove::Task<> answerSupervised(Pid owner, F function, Args... args) {
    const std::optional<From> request = co_await awaitRequest(owner);
    if (request)
        co_await answerOwner(*request, std::move(function), std::move(args)...);
}
template <class F, class... Args> grove::Task<> discardTask(F function, Args... args) {
    co_await runTask(std::move(function), std::move(args)...);
}
/// A child that runs a function once. `callers`: see startTask().
template <class F, class... Args>
ChildSpec taskSpec(Term id, Term callers, F function, Args... args) {
    grove::detail::checkEntry<F>();
    ChildSpec spec(std::move(id),
                   [callers = std::move(callers), function,
                    kept = std::tuple<Args...>(std::move(args)...)](StartOptions options) {
                       return std::apply(
                           [&](const Args&... each) {
                               return startTask(std::move(options), discardTask(function, each...),
                                                "Task::start", callers);
                           },
                           kept);
                   });
    return spec.behaviour("Task").restart(Restart::Temporary);
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
/// result is sent once; one that nobody waits for any more is dropped. Its dictionary says who it
/// works for (`$callers`: who asked for it, and for whom that one works) and who started it
/// (`$ancestors`). Functions take their arguments by value; lambdas must not capture. When not to
/// use it: to run code one after the other (call it), or to keep a state (GenServer).
template <class T> class [[nodiscard]] AsyncTask {
public:
    AsyncTask(Pid pid, Ref ref, Pid owner) noexcept : m_pid(pid), m_ref(ref), m_owner(owner) {}
    /// Its process; none for Task::completed().

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
    /// Gives up on the task, which runs on, linked as it is: nothing of it comes any more.
    /// Returns: its outcome if it had one already.
    [[nodiscard]] grove::Task<std::optional<std::expected<T, Term>>> ignore() const {
        return forget(*this);
    }

private:
    using Outcome = std::expected<T, Term>;

    friend class Task;
    using Kept = std::conditional_t<std::is_void_v<T>, bool, T>;

    [[nodiscard]] static AsyncTask completed(Kept value) {
        AsyncTask task({}, makeRef(), self());
        task.m_completed = std::make_shared<const Kept>(std::move(value));
        return task;
    }
    [[nodiscard]] Term term() const { return detail::taskTerm(m_pid, m_ref, m_owner); }

    static grove::Task<T> await(AsyncTask task, Duration limit) {
        detail::checkOwner(task.m_owner);
        if constexpr (!std::is_void_v<T> && std::copy_constructible<T>)
            if (task.m_completed)
                co_return T(*task.m_completed);
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
        if constexpr (!std::is_void_v<T> && std::copy_constructible<T>)
            if (task.m_completed)
                co_return Outcome(*task.m_completed);
        auto got = co_await grove::receive(on<ReplyTo>(task.m_ref), after(limit));
        if (auto* result = std::get_if<CallResult>(&got))
            co_return outcomeOf(std::move(*result));
        co_return std::nullopt;
    }
    static grove::Task<std::optional<Outcome>> stop(AsyncTask task, Shutdown how) {
        if (auto done = co_await yield(task, Duration::zero()))
            co_return done;
        // A monitor of its own: the task's may be gone, as after ignore() or a timeout.
        const Ref watch = monitor(task.m_pid);
        unlink(task.m_pid);
        grove::exit(task.m_pid, how.isBrutalKill() ? Term(atoms::kill) : Term(atoms::shutdown));
        auto ended = co_await grove::receive(on<Down>(watch),
                                             after(how.isBrutalKill() ? kInfinity : how.limit()));
        if (std::holds_alternative<Timeout>(ended)) {
            grove::exit(task.m_pid, atoms::kill);
            ended = co_await grove::receive(on<Down>(watch), after(kInfinity));
        }
        const Term reason = std::get<Down>(ended).reason;
        auto done = co_await yield(task, Duration::zero()); // it may have answered just before
        demonitor(task.m_ref, Flush::Yes);
        if (!done)
            done = Outcome(std::unexpected(reason));
        if (!done->has_value() &&
            done->error() == Term(how.isBrutalKill() ? atoms::killed : atoms::shutdown))
            co_return std::nullopt;
        co_return done;
    }
    static grove::Task<std::optional<Outcome>> forget(AsyncTask task) {
        auto done = co_await yield(task, Duration::zero());
        if (!done)
            demonitor(task.m_ref, Flush::Yes);
        co_return done;
    }
    /// The outcomes within the limit, in the order of the tasks. With `stopsAtFailure` only up to
    /// the first failure.
    static grove::Task<std::vector<std::optional<Outcome>>>
    collect(std::vector<AsyncTask> tasks, Duration limit, bool stopsAtFailure) {
        std::vector<std::optional<Outcome>> outcomes(tasks.size());
        std::vector<Ref> waiting;
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            detail::checkOwner(tasks[i].m_owner);
            if (tasks[i].m_completed)
                outcomes[i] = co_await yield(tasks[i], Duration::zero());
            else
                waiting.push_back(tasks[i].m_ref);
        }
        const Instant deadline = addSaturated(now(), limit);
        while (!waiting.empty()) {
            const Duration left =
                deadline == kNever ? kInfinity : std::max(deadline - now(), Duration::zero());
            std::optional<Message> message = co_await detail::nextOf(&waiting, left);
            if (!message)
                break;
            const auto at = std::ranges::find(tasks, message->ref(), &AsyncTask::m_ref);
            std::optional<Outcome>& outcome =
                outcomes[static_cast<std::size_t>(at - tasks.begin())];
            outcome = outcomeOf(message->kind() == MessageKind::Reply
                                    ? CallResult(std::move(*message).takePayload())
                                    : CallResult::down(message->payload().term()));
            if (stopsAtFailure && !outcome->has_value())
                break;
        }
        co_return outcomes;
    }
    static grove::Task<std::vector<Kept>> awaitAll(std::vector<AsyncTask> tasks, Duration limit) {
        std::vector<std::optional<Outcome>> outcomes = co_await collect(tasks, limit, true);
        std::optional<Term> failed;
        for (const std::optional<Outcome>& outcome : outcomes)
            if (outcome && !outcome->has_value())
                failed = outcome->error();
        std::vector<Kept> values;
        for (std::optional<Outcome>& outcome : outcomes) {
            if (failed || !outcome)
                giveUp(tasks, failed.value_or(Term(atoms::timeout)), limit);
            if constexpr (std::is_void_v<T>)
                values.push_back(true);
            else
                values.push_back(std::move(**outcome));
        }
        co_return values;
    }
    [[noreturn]] static void giveUp(const std::vector<AsyncTask>& tasks, Term reason,
                                    Duration limit) {
        std::vector<Term> shown;
        for (const AsyncTask& task : tasks) {
            demonitor(task.m_ref, Flush::Yes);
            shown.push_back(task.term());
        }
        detail::exitAwaitMany(std::move(reason), std::move(shown), limit);
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
    std::shared_ptr<const Kept> m_completed; // none: it runs, or ran, in a process
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
    /// A result that is there already: nothing is started. Requires: a value that can be copied.
    template <class T> [[nodiscard]] static AsyncTask<T> completed(T value) {
        return AsyncTask<T>::completed(std::move(value));
    }
    /// Waits for all of them. Returns: their results, in the order of `tasks`. Errors: exits
    /// `{Reason, {'Elixir.Task', await_many, [Tasks, Limit]}}` as soon as one fails, with `timeout`
    /// when not all are done within `limit`.
    template <class T>
    [[nodiscard]] static auto awaitMany(std::vector<AsyncTask<T>> tasks,
                                        Duration limit = kCallLimit) {
        return AsyncTask<T>::awaitAll(std::move(tasks), limit);
    }
    /// What there is of each of them after at most `limit`, in the order of `tasks`; see
    /// AsyncTask::yield().
    template <class T>
    [[nodiscard]] static grove::Task<std::vector<std::optional<std::expected<T, Term>>>>
    yieldMany(std::vector<AsyncTask<T>> tasks, Duration limit = kCallLimit) {
        return AsyncTask<T>::collect(std::move(tasks), limit, false);
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
    return detail::taskSpec(std::move(id), {}, std::move(function), std::move(args)...);
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
