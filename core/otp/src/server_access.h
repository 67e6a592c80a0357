#pragma once

#include <grove/otp/server.h>

namespace grove::otp {

/// What the loop may do with a server's private parts.
struct ServerAccess {
    static void setParent(ServerCore& server, Pid parent) noexcept { server.m_parent = parent; }
};

} // namespace grove::otp
