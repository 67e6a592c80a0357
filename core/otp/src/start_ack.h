#pragma once

#include <grove/otp/spawn_server.h>
#include <grove/term/describe.h>

namespace grove::otp::detail {

/// A starting process tells its starter how it went, where that is not just `ok`.
struct StartAck {
    Term result;         // a StartResult's term
    bool isLast = false; // it ends now, and is waited for
    GROVE_FIELDS(StartAck, result, isLast)
};

/// Who holds a name now.
[[nodiscard]] std::optional<Pid> findHolder(const ServerName& name);
/// The running process takes a name. Returns: who has it already.
[[nodiscard]] std::optional<Pid> takeName(const ServerName& name);
/// It gives the name back: its start fails.
void releaseName(const ServerName& name);

} // namespace grove::otp::detail
