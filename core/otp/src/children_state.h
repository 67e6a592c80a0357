#pragma once
// What supervisors show as their state.

#include <grove/otp/supervisor.h>
#include <grove/term/describe.h>

namespace grove::otp {

/// What sys::getState() shows of a supervisor's process: `server->children()`.
template <class Server> struct ChildrenState {
    const Server* server = nullptr;
};

} // namespace grove::otp

template <class Server> struct grove::TermConversion<grove::otp::ChildrenState<Server>> {
    static Term toTerm(const grove::otp::ChildrenState<Server>& state) {
        return grove::toTerm(state.server->children());
    }
    static bool fromTerm(const Term& term, grove::otp::ChildrenState<Server>&,
                         Conversion& conversion) {
        return conversion.failExpected("nothing: a supervisor's state is its own", term);
    }
};
