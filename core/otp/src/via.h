#pragma once

#include <grove/otp/start.h>
#include <grove/otp/via_module.h>
#include <grove/term/pid.h>

#include <optional>

namespace grove::otp {

/// The `registry` of names that partition supervisors resolve.
inline constexpr const char* kPartitionModule = "Elixir.PartitionSupervisor";

/// The process under such a name, whoever keeps it.
[[nodiscard]] std::optional<Pid> whereisVia(const Via& name);
/// As whereis(), but nothing where the keeper of a name does not run and whereis() raises.
[[nodiscard]] std::optional<Pid> findServer(const ServerRef& server);

/// A keeper of names that is none of OTP's; null: there is no such.
[[nodiscard]] ViaModule* findViaModule(Atom name);

} // namespace grove::otp
