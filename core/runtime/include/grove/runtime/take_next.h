#pragma once

#include <grove/runtime/message.h>

namespace grove::detail {

/// The next message without a wait, for a loop that takes every message: where one has been taken
/// in already and a receive would take it at once. Returns: false when the loop has to wait as
/// ever, because nothing is there or something else comes first (the turn is over, an exit or a
/// suspension, messages that were skipped). Threads: one that runs a process.
[[nodiscard]] bool takeNext(Message& into) noexcept;

} // namespace grove::detail
