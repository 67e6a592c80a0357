#pragma once

#include <grove/term/pid.h>

#include <optional>

namespace grove {

/// What the end of its parent means to a process.
struct ParentTie {
    /// They are linked; or they were when the parent ended, which this one has not heard of yet or
    /// is ending of.
    bool isLinked = false;
    /// An exit signal has come that ends it, or, where it traps exits, any exit signal of its
    /// parent: servers end by that.
    bool isTold = false;
};
/// Of a process of the running process's runtime, as it was at some moment of this call; nothing
/// for one that has ended or is about to be gone. Threads: any that runs a process. Never waits.
[[nodiscard]] std::optional<ParentTie> peekParentTie(Pid pid) noexcept;

} // namespace grove
