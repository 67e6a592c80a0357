#include <grove/otp/async_stream.h>
#include <grove/otp/call.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

namespace grove::otp::detail {

TaskStart startStreamed(grove::Task<> body, StreamLink link) {
    SpawnOptions options;
    options.link = link == StreamLink::Yes;
    options.behaviour = "Task";
    options.initialCall = "Task::asyncStream";
    const Pid pid = spawnDescendant(std::move(body), options).pid;
    return {pid, requestResult(pid)};
}

void killStreamed(const TaskStart& task) noexcept {
    unlink(task.pid);
    grove::exit(task.pid, atoms::kill);
    demonitor(task.ref, Flush::Yes);
}

grove::Task<> forgetExit(Pid task) {
    co_await grove::receive(on<Exit>(task), after(Duration::zero()));
}

void exitStream(Duration limit) {
    grove::exit(tuple(atoms::timeout, tuple(atom("Elixir.Task.Supervised"), atom("stream"),
                                            list({limitTerm(limit)}))));
}

std::size_t concurrencyOf(const StreamOptions& options) {
    const std::size_t most =
        options.maxConcurrency.value_or(Runtime::current().schedulers().size());
    if (most == 0)
        grove::error(tuple(atoms::badarg, Term("maxConcurrency must be greater than zero")));
    return most;
}

} // namespace grove::otp::detail
