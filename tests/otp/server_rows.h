#pragma once

#include "scenarios.h"
#include "script_server.h"

/// What rows about gen_server have in common.
namespace grove::test {

/// Starts a Script that is `how`, and hears of it.
inline Task<Pid> started(Term how, otp::StartOptions options = {}) {
    const otp::StartResult result =
        co_await Script::start(std::move(options), self(), std::move(how));
    check(result.isOk());
    checkEqual(co_await nextMessage(), tuple(atoms::init, result.pid()));
    co_return result.pid();
}

inline Task<Term> ask(otp::ServerRef server, Term request) {
    co_return co_await otp::call(server, request);
}

/// What a caller whose call failed exits with.
inline Term callExit(Term reason, Term server, Term request) {
    return tuple(std::move(reason), tuple(atoms::genServer, atoms::call,
                                          list({std::move(server), std::move(request)})));
}

/// Starts a Script that is `how` under a link, tells the listener how that went, and ends with the
/// next message as its reason.
inline Task<> startsLinked(Pid listener, Term how) {
    const otp::StartResult result = co_await Script::startLink(listener, std::move(how));
    send(listener, tuple(atom("started"), result.term()));
    const Message end = co_await receive(any());
    if (!end.term().isAtom(atoms::normal))
        exit(end.term());
}

} // namespace grove::test
