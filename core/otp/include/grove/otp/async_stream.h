#pragma once

#include <grove/otp/task.h>

#include <algorithm>
#include <deque>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace grove::otp {

enum class StreamOrder : bool { AsCompleted, AsGiven };
enum class StreamLink : bool { No, Yes };
enum class OnTaskTimeout : bool { Exit, KillTask };

struct StreamOptions {
    std::optional<std::size_t> maxConcurrency =
        {}; ///< tasks at a time; none: as many as schedulers
    StreamOrder order = StreamOrder::AsGiven;
    Duration timeout = kCallLimit; ///< of each task
    /// What happens when a task takes longer: the consumer exits, or the task is killed.
    OnTaskTimeout onTimeout = OnTaskTimeout::Exit;
    StreamLink link = StreamLink::Yes; ///< of the tasks to the consumer
};

namespace detail {

/// Starts a task and asks it for its result.
[[nodiscard]] TaskStart startStreamed(grove::Task<> body, StreamLink link);
/// Nothing of it comes any more, except an exit signal that is here already.
void killStreamed(const TaskStart& task) noexcept;
/// An exit signal that is here already is taken away.
[[nodiscard]] grove::Task<> forgetExit(Pid task);
/// `{timeout, {'Elixir.Task.Supervised', stream, [Limit]}}`.
[[noreturn]] void exitStream(Duration limit);
[[nodiscard]] std::size_t concurrencyOf(const StreamOptions& options);

} // namespace detail

/// The results of one function for many inputs, each in a task of its own, some at a time.
///
///     auto sizes = otp::asyncStream(paths, readSize, {.maxConcurrency = 8});
///     while (auto size = co_await sizes.next())
///         if (*size) total += **size;
///
/// Nothing runs until next() is called, and no more tasks than maxConcurrency run or wait to be
/// taken. A task that fails ends a linked consumer that does not trap exits; otherwise its place in
/// the stream says why. stop() before the end kills what still runs; so does the destructor, which
/// may leave an exit signal of a task in the mailbox of a consumer that traps exits.
///
/// Threads: the process that made it. When not to use it: for a handful of different computations
/// (Task::awaitMany()).
template <class A, class R> class [[nodiscard]] AsyncStream {
public:
    using Result = std::expected<R, Term>;
    using Function = grove::Task<R> (*)(A);

    AsyncStream(std::vector<A> inputs, Function function, StreamOptions options)
        : m_inputs(std::move(inputs)), m_function(function), m_options(options) {}
    AsyncStream(AsyncStream&&) = delete;
    ~AsyncStream() {
        for (const Running& each : m_running)
            detail::killStreamed(each.task);
    }

    /// The next result; nothing at the end. Errors: exits `{timeout, {'Elixir.Task.Supervised',
    /// stream, [Limit]}}` when a task takes too long; raises badarg for a maxConcurrency of 0.
    [[nodiscard]] grove::Task<std::optional<Result>> next() { return next(this); }
    /// The same with the number of the input it belongs to, counted from 0.
    [[nodiscard]] grove::Task<std::optional<std::pair<std::size_t, Result>>> nextNumbered() {
        return nextNumbered(this);
    }
    /// Ends what still runs. Nothing of it is left in the mailbox.
    [[nodiscard]] grove::Task<> stop() { return stop(this); }

private:
    struct Running {
        std::size_t number;
        detail::TaskStart task;
        Instant deadline;
    };
    using Numbered = std::pair<std::size_t, Result>;

    static grove::Task<std::optional<Result>> next(AsyncStream* stream) {
        std::optional<Numbered> got = co_await nextNumbered(stream);
        if (!got)
            co_return std::nullopt;
        co_return std::move(got->second);
    }
    static grove::Task<std::optional<Numbered>> nextNumbered(AsyncStream* stream) {
        for (;;) {
            stream->startMore();
            if (std::optional<Numbered> ready = stream->takeReady())
                co_return ready;
            if (stream->m_running.empty())
                co_return std::nullopt;
            co_await stream->awaitOne();
        }
    }
    static grove::Task<> stop(AsyncStream* stream) {
        stream->m_started = stream->m_inputs.size();
        stream->m_done.clear();
        while (!stream->m_running.empty()) {
            const Running last = stream->m_running.back();
            stream->m_running.pop_back();
            detail::killStreamed(last.task);
            co_await detail::forgetExit(last.task.pid);
        }
    }

    void startMore() {
        const std::size_t most = detail::concurrencyOf(m_options);
        while (m_started < m_inputs.size() && m_running.size() + m_done.size() < most) {
            const detail::TaskStart task = detail::startStreamed(
                detail::answerTask(m_function, std::move(m_inputs[m_started])), m_options.link);
            m_running.push_back({m_started, task, addSaturated(now(), m_options.timeout)});
            ++m_started;
        }
    }
    [[nodiscard]] std::optional<Numbered> takeReady() {
        const auto at = m_options.order == StreamOrder::AsCompleted
                            ? m_done.begin()
                            : std::ranges::find(m_done, m_taken, &Numbered::first);
        if (at == m_done.end())
            return std::nullopt;
        Numbered ready = std::move(*at);
        m_done.erase(at);
        ++m_taken;
        return ready;
    }
    /// Waits for the first of the running ones.
    grove::Task<> awaitOne() { return awaitOne(this); }
    static grove::Task<> awaitOne(AsyncStream* stream) {
        std::vector<Running>& running = stream->m_running;
        const Instant deadline = std::ranges::min(running, {}, &Running::deadline).deadline;
        std::vector<Ref> waiting;
        for (const Running& each : running)
            waiting.push_back(each.task.ref);
        const Duration left =
            deadline == kNever ? kInfinity : std::max(deadline - now(), Duration::zero());
        std::optional<Message> message = co_await detail::nextOf(&waiting, left);
        if (!message && stream->m_options.onTimeout == OnTaskTimeout::Exit) {
            co_await stop(stream);
            detail::exitStream(stream->m_options.timeout);
        }
        const auto at = message
                            ? std::ranges::find(running, message->ref(),
                                                [](const Running& each) { return each.task.ref; })
                            : std::ranges::find(running, deadline, &Running::deadline);
        const Running ended = *at;
        running.erase(at);
        if (!message) {
            detail::killStreamed(ended.task);
            stream->m_done.emplace_back(ended.number, std::unexpected(Term(atoms::timeout)));
        } else {
            stream->m_done.emplace_back(ended.number, resultOf(std::move(*message)));
        }
        unlink(ended.task.pid);
        co_await detail::forgetExit(ended.task.pid);
    }
    static Result resultOf(Message message) {
        if (message.kind() == MessageKind::Down)
            return std::unexpected(message.payload().term());
        auto value = std::move(message).takePayload().template take<R>();
        GROVE_ASSERT(value.has_value(), "a task answered with another type than its function's");
        return std::move(*value);
    }

    std::vector<A> m_inputs;
    Function m_function;
    StreamOptions m_options;
    std::size_t m_started = 0; // inputs given to tasks
    std::size_t m_taken = 0;   // results given out
    std::vector<Running> m_running;
    std::deque<Numbered> m_done; // not given out yet
};

/// `asyncStream(inputs, function)` for a function `Task<R> function(A)`.
template <class A, class R>
[[nodiscard]] AsyncStream<A, R> asyncStream(std::vector<A> inputs, grove::Task<R> (*function)(A),
                                            StreamOptions options = {}) {
    return AsyncStream<A, R>(std::move(inputs), function, options);
}

} // namespace grove::otp
