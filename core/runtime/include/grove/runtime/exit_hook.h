#pragma once

#include <grove/term/pid.h>
#include <grove/term/term.h>

namespace grove {

class Runtime;

/// Something to be given back when a process ends, whatever ends it: run once, in step 3 of a
/// death, after the frames and names are gone and before links and monitors are told.
///
/// Owns: nothing; whoever adds a hook keeps it alive until it has run or was removed. released()
/// may delete it.
class ExitHook {
public:
    ExitHook() = default;
    ExitHook(const ExitHook&) = delete;
    ExitHook& operator=(const ExitHook&) = delete;

    /// Threads: whoever takes the process down. Must not wait; may send, and may start processes
    /// from outside (Runtime::spawn).
    virtual void released(Runtime& runtime, Pid pid, const Term& reason) noexcept = 0;

    ExitHook* next = nullptr; ///< for the runtime

protected:
    ~ExitHook() = default;
};

/// For the running process. Hooks run in the reverse of the order in which they were added.
void addExitHook(ExitHook& hook) noexcept;
/// Returns: whether it was there. Complexity: linear in the process's hooks.
bool removeExitHook(ExitHook& hook) noexcept;

} // namespace grove
