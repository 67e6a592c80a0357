#pragma once
// The event recorder: watches for lifecycle events and tells the observer's thread.

#include "local_state.h"

#include <grove/otp/child_spec.h>

namespace grove::observe::detail {

/// Returns: the recorder as a permanent child. `tell` is called, from the recorder's process, after
/// something happened.
[[nodiscard]] otp::ChildSpec recorderSpec(std::shared_ptr<LocalState> state,
                                          std::function<void()> tell);

} // namespace grove::observe::detail
