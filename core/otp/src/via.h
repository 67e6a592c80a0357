#pragma once

#include <grove/otp/start.h>
#include <grove/term/pid.h>

#include <optional>

namespace grove::otp {

/// The `registry` of names that partition supervisors resolve.
inline constexpr const char* kPartitionModule = "Elixir.PartitionSupervisor";

/// The process under such a name, whoever keeps it.
[[nodiscard]] std::optional<Pid> whereisVia(const Via& name);

} // namespace grove::otp
