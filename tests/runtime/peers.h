#pragma once

#include "support/sim_fixture.h"

namespace grove::test {

/// Ends with the reason it is sent.
inline Task<> endsWhenTold() {
    Message message = co_await receive(any());
    grove::exit(message.term());
}

/// Returns: the next message, whatever it is.
inline Task<Term> next() {
    Message message = co_await receive(any());
    co_return message.term();
}

/// Sends `to` everything it gets.
inline Task<> forwarder(Pid to) {
    for (;;)
        send(to, co_await next());
}

/// Returns: whether nothing more has come. Whoever could have sent something has been asked before:
/// what it sent is here.
inline Task<bool> isQuiet() {
    const auto more = co_await receive(any(), after(Duration::zero()));
    co_return more.index() == 1;
}

} // namespace grove::test
