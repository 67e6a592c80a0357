#pragma once
// The processes that work for observers: tables leave them out, they would come and go with every
// refresh.

#include <grove/runtime/figures.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>

#include <span>
#include <utility>
#include <vector>

namespace grove::observe::detail {

/// The label of such a process.
[[nodiscard]] Atom requestLabel();

/// Who they are, so that not every slot's label must be read to know.
///
/// Threads: any. One per runtime: `extension<RequestPids>(runtime)`.
class RequestPids {
public:
    explicit RequestPids(Runtime& runtime) : m_runtime(runtime) {}

    template <class... Args> void spawn(Args&&... args) {
        begin();
        add(m_runtime.spawnOpt({.label = requestLabel(), .initialCall = "observe::LocalNode"},
                               std::forward<Args>(args)...));
    }
    /// Takes those that are such processes out of figures in the order of their slots. Returns: the
    /// rest, moved together.
    [[nodiscard]] std::span<ProcessFigure> removeFrom(std::span<ProcessFigure> figures) const;

private:
    void begin();
    void add(Pid pid);

    Runtime& m_runtime;
    mutable Mutex m_mutex;
    std::vector<Pid> m_pids GROVE_GUARDED_BY(m_mutex);
    unsigned m_starting GROVE_GUARDED_BY(m_mutex) = 0; // not yet among them
};

} // namespace grove::observe::detail
