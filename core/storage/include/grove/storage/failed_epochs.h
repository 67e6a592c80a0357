#pragma once

#include <grove/term/describe.h>
#include <grove/term/pid.h>

#include <cstdint>
#include <map>

namespace grove::storage {

/// Whose writes to a key failed last, and in which epoch: later ones of it must not be done.
struct FailedEpoch {
    Pid sender;
    std::uint64_t epoch = 0;
    GROVE_MAP_FIELDS(FailedEpoch, sender, epoch)
};

/// By key.
using FailedEpochs = std::map<std::int64_t, FailedEpoch>;

/// Returns: whether a write of that epoch must not be done. Another sender or epoch of the key ends
/// that.
[[nodiscard]] bool isAfterFailure(FailedEpochs& failed, std::int64_t key, Pid sender,
                                  std::uint64_t epoch);

} // namespace grove::storage
