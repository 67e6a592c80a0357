#pragma once

#include <grove/runtime/exit_hook.h>

namespace grove {

/// addExitHook() for any process, from any thread: for what is given to a process by others. These
/// hooks run after the process's own, the latest first, and cannot be removed.
///
/// Returns: false when the process has ended or its hooks have run already; this one then never
/// runs. Complexity: a short lock.
[[nodiscard]] bool addExitHook(Runtime& runtime, Pid pid, ExitHook& hook);

} // namespace grove
