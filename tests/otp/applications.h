#pragma once

#include "children.h"
#include "in_system.h"

#include <grove/otp/application.h>
#include <grove/otp/call.h>
#include <grove/runtime/extension.h>

/// Applications of the running test.
namespace grove::test {

inline otp::Applications& applications() {
    return extension<otp::Applications>(Runtime::current());
}
inline otp::ApplicationStatus statusOf(const char* name) {
    return applications().status(name).value();
}
/// Under a top supervisor of the application's name.
inline void addApplication(const char* name, std::vector<otp::ChildSpec> children,
                           std::vector<std::string> dependencies = {}, bool restartAtOnce = false) {
    const Result<void> added =
        applications().add({.name = name,
                            .description = "for a test",
                            .version = "1.0",
                            .dependencies = std::move(dependencies),
                            .top = otp::supervisor(name, {.children = std::move(children)}),
                            .restartAtOnce = restartAtOnce});
    check(added.has_value());
}
/// Waits until it is so; the runner's patience ends.
inline Task<> awaitState(std::string name, otp::ApplicationState wanted) {
    while (applications().status(name)->state != wanted)
        co_await sleep(std::chrono::milliseconds(1));
}
inline Task<> startIt(std::string name) {
    check((co_await otp::Applications::start(std::move(name))).has_value());
}
inline Task<> stopIt(std::string name) {
    check((co_await otp::Applications::stop(std::move(name))).has_value());
}

/// Has `app`, with restartAtOnce, run and end while nothing starts (the name `gate` is taken).
inline Task<> endBehindTheGate() {
    addApplication("app", {child("a")}, {}, true);
    co_await startIt("app");
    static_cast<void>(co_await isUp("a"));
    check(registerName(atom("gate"), self()).has_value());
    exit(whereis(atom("app")).value(), atoms::kill);
}
/// It is stopped, and runs when something can start again.
inline Task<> runsWhenTheGateOpens() {
    check(statusOf("app").state == otp::ApplicationState::Stopped);
    static_cast<void>(unregisterName(atom("gate")));
    static_cast<void>(co_await isUp("a"));
    co_await awaitState("app", otp::ApplicationState::Running);
}

/// Ends the top supervisor of an application from outside.
inline Task<Term> endTop(const char* name, Atom reason) {
    const Pid top = whereis(atom(name)).value();
    if (reason == atoms::kill)
        co_return co_await killAndAwaitDown(top);
    static_cast<void>(co_await attempt(otp::stop(top, reason)));
    co_return Term(reason);
}

/// Kills whoever has the name. Returns: whoever has it next.
inline Task<Pid> killNamed(const char* name) {
    const Pid before = whereis(atom(name)).value();
    co_await killAndAwaitDown(before);
    while (!whereis(atom(name)))
        co_await sleep(std::chrono::milliseconds(1));
    check(whereis(atom(name)) != before);
    co_return whereis(atom(name)).value();
}

/// What the handler of node stops is told from now on, in order: "app :reason".
inline std::shared_ptr<const std::vector<std::string>> toldStops() {
    auto told = std::make_shared<std::vector<std::string>>();
    applications().setNodeStopHandler([told](const otp::NodeStop& why) {
        told->push_back(why.application + ' ' + inspect(why.reason));
    });
    return told;
}

inline constexpr const char* kController = "application_controller";

} // namespace grove::test
