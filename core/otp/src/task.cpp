#include "start_ack.h"

#include <grove/otp/call.h>
#include <grove/otp/registry.h>
#include <grove/otp/task.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/receive.h>

namespace grove::otp::detail {

namespace {

constexpr const char* kBehaviour = "Task";

/// Registers a task's name, tells the starter and goes on with the task itself.
grove::Task<> runStarted(StartInfo info, grove::Task<> body) {
    if (const std::optional<Pid> holder = takeName(info.options.name)) {
        if (info.linked)
            unlink(info.starter);
        acknowledge(info, StartResult::error(tuple(atoms::alreadyStarted, *holder)));
        co_return;
    }
    acknowledge(info);
    co_await std::move(body);
}

} // namespace

void exitAwait(Term reason, Pid task, Ref ref, Pid owner, Duration limit) {
    const Term shown = map({{atom("__struct__"), atom("Elixir.Task")},
                            {atom("owner"), owner},
                            {atoms::pid, task},
                            {atom("ref"), ref}});
    grove::exit(tuple(std::move(reason),
                      tuple(atom("Elixir.Task"), atom("await"), list({shown, limitTerm(limit)}))));
}

void checkOwner(Pid owner) {
    if (self() != owner)
        grove::error(tuple(atoms::badarg, Term("only the process that started a task awaits it")));
}

TaskStart startAsync(grove::Task<> body, const char* initialCall) {
    SpawnOptions options;
    options.link = true;
    options.behaviour = kBehaviour;
    options.initialCall = initialCall;
    const Pid pid = grove::detail::spawnHere(std::move(body), options).pid;
    return {pid, sendRequest(pid, Payload(Term(atom("run"))))};
}

grove::Task<From> awaitOwner() {
    const Message request = co_await grove::receive(
        on([](const Message& waiting) { return waiting.kind() == MessageKind::Call; }));
    co_return request.from();
}

grove::Task<StartResult> startTask(StartOptions options, grove::Task<> body,
                                   const char* initialCall) {
    StartInfo info = prepareStart(std::move(options), Linked::Yes);
    grove::Task<> process = runStarted(info, std::move(body));
    return launch(std::move(info), {kBehaviour, initialCall}, std::move(process));
}

} // namespace grove::otp::detail
