#pragma once

#include "children.h"

#include <grove/otp/term_supervisor.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

/// Supervisors by terms: what they start, what they are made of, and how that fails.
namespace grove::test {

// -- what is started

inline const Atom kModule = atom("t");

/// `{t, start, [Listener, Id, How]}`: a Child.
inline Task<Term> startChildOf(otp::StartOptions options, std::vector<Term> arguments) {
    const otp::StartResult started = co_await Child::startLink(
        std::move(options), arguments.at(0).toPid(), arguments.at(1), arguments.at(2));
    co_return started.term();
}
/// `{t, tell, …}`: the same, and tells its arguments before.
inline Task<Term> startTelling(otp::StartOptions options, std::vector<Term> arguments) {
    send(arguments.at(0).toPid(), tuple(atom("arguments"), listOf(arguments)));
    return startChildOf(std::move(options), std::move(arguments));
}
/// `{t, give, [Value]}`: starts nothing and returns that.
inline Task<Term> give(otp::StartOptions, std::vector<Term> arguments) {
    co_return arguments.at(0);
}
inline void addStartFunctions() {
    auto& functions = extension<otp::StartFunctions>(Runtime::current());
    functions.add(kModule, atom("start"), startChildOf);
    functions.add(kModule, atom("tell"), startTelling);
    functions.add(kModule, atom("give"), give);
}

// -- terms

inline Term startOf(const char* function, Term arguments) {
    return tuple(kModule, atom(function), std::move(arguments));
}
inline Term with(Term spec, const char* key, Term value) {
    return mapPut(std::move(spec), atom(key), std::move(value));
}
inline Term specOf(const char* id, Term start) {
    return map({{atoms::id, atom(id)}, {atoms::start, std::move(start)}});
}
inline Term spec(const char* id, Term how = atom("plain")) {
    return specOf(id, startOf("start", list({self(), atom(id), std::move(how)})));
}
inline Term giving(const char* id, Term value) {
    return specOf(id, startOf("give", list({std::move(value)})));
}
inline Term flag(const char* key, Term value) {
    return map({{atom(key), std::move(value)}});
}
inline Term initOf(Term flags, Term specs) {
    return tuple(atoms::ok, tuple(std::move(flags), std::move(specs)));
}
inline Term tag(const char* name, Term value) {
    return tuple(atom(name), std::move(value));
}
inline Term failed(Term why) {
    return tuple(atoms::error, std::move(why));
}
inline const Atom kSimple = atom("simple_one_for_one");

// -- supervisors

/// Says what it is asked for; `{error, R}` and `{exit, R}` do so.
inline otp::TermSupervisor::Callbacks saying() {
    return std::make_shared<const otp::TermSupervisorCallbacks>(
        otp::TermSupervisorCallbacks{kModule, [](const Term& arguments) {
                                         if (arguments.isTagged(atoms::error, 2))
                                             error(arguments.element(1));
                                         if (arguments.isTagged(atoms::exit, 2))
                                             exit(arguments.element(1));
                                         return arguments;
                                     }});
}
inline Task<Pid> startTermTree(Term init) {
    addStartFunctions();
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await otp::TermSupervisor::startLink({}, saying(), init);
    check(started.isOk());
    co_return started.pid();
}
/// Both kinds of start fail alike: with an exit signal of the same reason.
inline Task<Term> failureOf(Task<otp::StartResult> start) {
    addStartFunctions();
    setTrapExit(TrapExit::Yes);
    const otp::StartResult result = co_await std::move(start);
    const Exit signal = co_await receive(on<Exit>());
    checkEqual(result.term(), failed(signal.reason));
    co_return result.reason();
}
inline Task<Term> failureOf(Term init) {
    return failureOf(otp::TermSupervisor::startLink({}, saying(), std::move(init)));
}
inline Task<> endsWith(Pid tree, Term reason) {
    const Exit ended = co_await receive(on<Exit>(tree));
    checkEqual(ended.reason, std::move(reason));
}
/// `[{Id, Pid | undefined | restarting}]`, as which_children tells them.
inline Task<Term> listed(Pid tree) {
    const Term children = co_await otp::TermSupervisor::whichChildren(tree);
    std::vector<Term> shown;
    for (const Term& child : children.listElements())
        shown.push_back(tuple(child.element(0), child.element(1)));
    co_return listFrom(shown);
}

} // namespace grove::test
