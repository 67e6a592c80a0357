#include "ancestry.h"
#include "start_ack.h"

#include <grove/otp/call.h>
#include <grove/otp/registry.h>
#include <grove/otp/task.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/receive.h>

#include <algorithm>

namespace grove::otp::detail {

namespace {

constexpr const char* kBehaviour = "Task";

From accept(const Message& request) {
    keepCallers(request.payload().term().element(1));
    return request.from();
}

/// Tells the starter and goes on with the task itself.
grove::Task<> runStarted(StartInfo info, Term callers, grove::Task<> body) {
    keepCallers(std::move(callers));
    acknowledge(info);
    co_await std::move(body);
}

} // namespace

Term taskTerm(Pid task, Ref ref, Pid owner) {
    return map({{atom("__struct__"), atom("Elixir.Task")},
                {atom("owner"), owner},
                {atoms::pid, task ? Term(task) : Term(atoms::nil)},
                {atom("ref"), ref}});
}

void exitAwait(Term reason, Pid task, Ref ref, Pid owner, Duration limit) {
    grove::exit(
        tuple(std::move(reason), tuple(atom("Elixir.Task"), atom("await"),
                                       list({taskTerm(task, ref, owner), limitTerm(limit)}))));
}

void exitAwaitMany(Term reason, std::vector<Term> tasks, Duration limit) {
    grove::exit(tuple(std::move(reason), tuple(atom("Elixir.Task"), atom("await_many"),
                                               list({listFrom(tasks), limitTerm(limit)}))));
}

grove::Task<std::optional<Message>> nextOf(std::vector<Ref>* waiting, Duration limit) {
    auto got = co_await grove::receive(
        on([waiting](const Message& message) {
            return (message.kind() == MessageKind::Reply || message.kind() == MessageKind::Down) &&
                   std::ranges::find(*waiting, message.ref()) != waiting->end();
        }),
        after(limit));
    Message* message = std::get_if<Message>(&got);
    if (message == nullptr)
        co_return std::nullopt;
    std::erase(*waiting, message->ref());
    co_return std::move(*message);
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
    const Pid pid = spawnDescendant(std::move(body), options).pid;
    return {pid, requestResult(pid)};
}

grove::Task<From> awaitOwner() {
    const Message request = co_await grove::receive(
        on([](const Message& waiting) { return waiting.kind() == MessageKind::Call; }));
    co_return accept(request);
}

grove::Task<std::optional<From>> awaitRequest(Pid owner) {
    const Ref watch = monitor(owner);
    auto got = co_await grove::receive(on([owner](const Message& waiting) {
                                           return waiting.kind() == MessageKind::Call &&
                                                  waiting.sender() == owner;
                                       }),
                                       on<Down>(watch));
    demonitor(watch, Flush::Yes);
    if (const Message* request = std::get_if<Message>(&got))
        co_return accept(*request);
    co_return std::nullopt;
}

Ref requestResult(Pid task) {
    return sendRequest(task, Payload(tuple(atom("run"), callersHere())));
}

grove::Task<StartResult> startTask(StartOptions options, grove::Task<> body,
                                   const char* initialCall, Term callers) {
    StartInfo info = prepareStart(std::move(options), Linked::Yes);
    if (callers.isNone())
        callers = callersHere();
    grove::Task<> process = nameFirst(info, runStarted(info, std::move(callers), std::move(body)));
    return launch(planOf(info, {kBehaviour, initialCall}), std::move(process));
}

} // namespace grove::otp::detail
