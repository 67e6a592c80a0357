#pragma once

#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/task.h>

#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace grove::otp {

/// A supervisor of tasks: they run under it, not under who starts them, and end with it.
///
///     otp::taskSupervisor("tasks")                                             // a child
///     const auto sum = co_await TaskSupervisor::async("tasks", sumUp, numbers);
///     int got = co_await sum.await();
///     co_await TaskSupervisor::startChild("tasks", sendMail, address);         // nobody waits
///
/// Tasks are never restarted unless startChild() is told otherwise. async() links the task to its
/// owner as Task::async() does: one's failure ends the other. asyncNoLink() does not: an owner
/// hears of a failure only where it awaits. What is awaited, and its errors: AsyncTask.
///
/// Errors: exits `{noproc, …}` without the supervisor; raises `{max_children, Text}` where a task
/// to be awaited finds no room. When not to use it: where a task should simply end with its owner
/// (Task::async()).
class TaskSupervisor {
    template <class F, class... Args> using TaskFor = AsyncTask<detail::TaskResultOf<F, Args...>>;

public:
    template <class F, class... Args>
    [[nodiscard]] static grove::Task<TaskFor<F, Args...>> async(ServerRef supervisor, F function,
                                                                Args... args) {
        const Pid pid =
            (co_await startAwaited(std::move(supervisor), std::move(function), std::move(args)...));
        link(pid); // it waits for the request: it is here, unless it was killed
        co_return TaskFor<F, Args...>(pid, detail::requestResult(pid), self());
    }
    template <class F, class... Args>
    [[nodiscard]] static grove::Task<TaskFor<F, Args...>> asyncNoLink(ServerRef supervisor,
                                                                      F function, Args... args) {
        const Pid pid =
            (co_await startAwaited(std::move(supervisor), std::move(function), std::move(args)...));
        co_return TaskFor<F, Args...>(pid, detail::requestResult(pid), self());
    }
    /// Runs `function(args…)` for its effects; nobody waits. Errors: max_children.
    template <class F, class... Args>
    [[nodiscard]] static grove::Task<StartResult> startChild(ServerRef supervisor, F function,
                                                             Args... args) {
        return startChild(std::move(supervisor), Restart::Temporary, std::move(function),
                          std::move(args)...);
    }
    template <class F, class... Args>
    [[nodiscard]] static grove::Task<StartResult> startChild(ServerRef supervisor, Restart restart,
                                                             F function, Args... args) {
        ChildSpec spec = detail::taskSpec(atoms::undefined, detail::callersHere(),
                                          std::move(function), std::move(args)...);
        return DynamicSupervisor::startChild(std::move(supervisor), spec.restart(restart));
    }

    [[nodiscard]] static grove::Task<std::vector<Pid>> children(ServerRef supervisor);
    /// Errors: not_found.
    [[nodiscard]] static grove::Task<Result<void>> terminateChild(ServerRef supervisor, Pid task) {
        return DynamicSupervisor::terminateChild(std::move(supervisor), task);
    }

private:
    /// Returns: a task that waits for the caller's request.
    template <class F, class... Args>
    static grove::Task<Pid> startAwaited(ServerRef supervisor, F function, Args... args) {
        grove::detail::checkEntry<F>();
        ChildSpec spec(atoms::undefined, [owner = self(), function,
                                          kept = std::tuple<Args...>(std::move(args)...)](
                                             StartOptions options) {
            return std::apply(
                [&](const Args&... each) {
                    return detail::startTask(std::move(options),
                                             detail::answerSupervised(owner, function, each...),
                                             "Task::async");
                },
                kept);
        });
        spec.behaviour("Task").restart(Restart::Temporary);
        co_return runningOf(
            co_await DynamicSupervisor::startChild(std::move(supervisor), std::move(spec)));
    }
    [[nodiscard]] static Pid runningOf(const StartResult& started);
};

/// A task supervisor as a child; `name` is also its id.
[[nodiscard]] ChildSpec taskSupervisor(std::string_view name,
                                       DynamicSupervisorOptions options = {});

} // namespace grove::otp
