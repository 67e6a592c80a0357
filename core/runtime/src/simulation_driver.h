#pragma once

#include "slot.h"

#include <grove/runtime/simulation.h>

namespace grove::runtime {

/// What the runtime needs from a simulation in the place of threads.
class SimulationDriver {
public:
    /// A process has something to do. Requires: the caller owns it.
    virtual void enqueue(Slot& process) noexcept = 0;
    /// Blocking work of a process was done; its end is due at a virtual time drawn from the seed.
    virtual void finishBlocking(Pid pid) = 0;
    /// Runs one step, or lets time pass to the next thing that is due.
    /// Returns: false when nothing can happen any more.
    virtual bool passTime() = 0;

protected:
    ~SimulationDriver() = default;
};

} // namespace grove::runtime
