#pragma once

#include <grove/otp/statem.h>

namespace grove::otp {

/// What the loops may do with the private parts of servers and state machines.
struct ServerAccess {
    static void setParent(ServerCore& server, Pid parent) noexcept { server.m_parent = parent; }
    static detail::AnyState& state(ServerCore& server) noexcept { return server.m_state; }
    static detail::StatemOutcome takeFirst(StatemCore& machine) noexcept {
        return std::exchange(machine.m_first, {});
    }
};

} // namespace grove::otp
