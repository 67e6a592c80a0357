#pragma once
// The processes that work for observers: tables leave them out, they would come and go with every
// refresh.

#include <grove/runtime/figures.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>

#include <cstdint>
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

    /// Starts `body(arguments…)` as one. Errors: raises as Runtime::spawnOpt().
    template <class... Params, class... Args>
    void spawn(grove::Task<> (*body)(Params...), Args&&... arguments) {
        const Starting starting(*this);
        add(starting.number,
            m_runtime.spawnOpt({.label = requestLabel(), .initialCall = "observe::LocalNode"},
                               &RequestPids::run<Params...>, this, starting.number, body,
                               Params(std::forward<Args>(arguments))...));
    }
    /// Takes those that are such processes out of figures in the order of their slots. Returns: the
    /// rest, moved together.
    [[nodiscard]] std::span<ProcessFigure> removeFrom(std::span<ProcessFigure> figures) const;

private:
    /// One that is being started. Nobody waits for it any more when that has raised.
    struct Starting {
        explicit Starting(RequestPids& pids) : all(pids), number(pids.begin()) {}
        ~Starting() { all.forget(number); }
        Starting(const Starting&) = delete;
        Starting& operator=(const Starting&) = delete;

        RequestPids& all;
        const std::uint64_t number;
    };

    /// It says itself who it is, so that what it reads then need not be asked for it; who has
    /// started it says so, too, in case that it never runs.
    template <class... Params>
    static grove::Task<> run(RequestPids* all, std::uint64_t number,
                             grove::Task<> (*body)(Params...), Params... arguments) {
        all->add(number, self());
        co_await body(std::move(arguments)...);
    }
    [[nodiscard]] std::uint64_t begin();
    void add(std::uint64_t number, Pid pid);
    /// If it was not added.
    void forget(std::uint64_t number);

    Runtime& m_runtime;
    mutable Mutex m_mutex;
    std::vector<Pid> m_pids GROVE_GUARDED_BY(m_mutex);
    std::uint64_t m_last GROVE_GUARDED_BY(m_mutex) = 0;
    std::vector<std::uint64_t> m_starting GROVE_GUARDED_BY(m_mutex); // not yet among them
};

} // namespace grove::observe::detail
