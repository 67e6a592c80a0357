#pragma once
// What both kinds of supervisor do with a child.

#include "restart_window.h"

#include <grove/otp/child_spec.h>
#include <grove/otp/logger.h>
#include <grove/otp/places.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/exit_hook.h>
#include <grove/runtime/process.h>
#include <grove/term/describe.h>

#include <memory>
#include <span>
#include <vector>

namespace grove::otp {

/// A child specification on its way to a supervisor, made or still to be read.
struct SpecHandle {
    std::shared_ptr<const ChildSpec> spec;
    Term unread = {}; ///< where there is no `spec`
};

namespace supervision {

/// What a start function that raises is told as.
enum class RaisedAs : std::uint8_t {
    CatchValue, ///< `{'EXIT', …}`, as `catch` gives it: Erlang's supervisors
    ExitReason, ///< what the process would have ended with: Elixir's
};
/// Runs a start function. The specification must stay where it is meanwhile.
[[nodiscard]] grove::Task<StartResult> startProcess(const ChildSpec* spec, PlaceId place,
                                                    std::uint32_t restarts,
                                                    RaisedAs raisedAs = RaisedAs::CatchValue);

/// Asks a child to end, waits as its shutdown says, kills it where it must. Nothing of it is left
/// in the mailbox. Returns: why it ended.
[[nodiscard]] grove::Task<Term> stopProcess(Pid pid, Shutdown shutdown);

/// Why a child had ended before it was to be stopped: the reason of its exit signal, which is taken
/// out of the mailbox, or `noproc` where none has come.
[[nodiscard]] grove::Task<Term> exitReason(Pid pid);

/// Ends the running supervisor: for a child that is the supervisor itself, since a start function
/// may return any pid.
[[nodiscard]] grove::Task<> killItself();

/// Whether a child's end after stopProcess() was what was asked for.
[[nodiscard]] bool isExpectedEnd(const ChildSpec& spec, const Term& reason) noexcept;

/// Whether a child that ended with `reason` is started again.
[[nodiscard]] bool isRestarted(Restart restart, const Term& reason) noexcept;

/// Supervisor reports: `context` is start_error, child_terminated, shutdown or shutdown_error.
void report(const char* context, const Term& reason, const ChildSpec& spec, Pid child);
void reportProgress(const ChildSpec& spec, Pid child);
/// A child has been started again: an event for observers.
void reportRestart(Pid child, std::uint32_t restarts);

/// Writes down the place of the calling supervisor: the one it was started at, or a root of its
/// own. Whatever ends the supervisor, its place and those of its children are then shown as ended.
[[nodiscard]] PlaceId openPlace(const StartOptions& start, PlaceKind kind, Strategy strategy,
                                Intensity intensity);
[[nodiscard]] Places& places();

/// The places as the running supervisor writes about itself and its children: nothing once another
/// process has taken its place over.
class OwnPlaces {
public:
    OwnPlaces() : m_places(places()), m_by(self()) {}

    PlaceId ensure(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec) {
        return m_places.ensure(parent, order, kind, spec);
    }
    [[nodiscard]] std::vector<PlaceId> ensureAll(PlaceId parent, std::span<const ChildSpec> specs) {
        return m_places.ensureAll(parent, specs);
    }
    PlaceId add(PlaceId parent, PlaceKind kind, const ChildSpec& spec) {
        return m_places.add(parent, kind, spec);
    }
    void setSpec(PlaceId id, const ChildSpec& spec) { m_places.setSpec(id, spec, m_by); }
    void setOrder(PlaceId id, std::uint32_t order) { m_places.setOrder(id, order, m_by); }
    void setStarted(PlaceId id, Pid pid, Instant at) { m_places.setStarted(id, pid, at, m_by); }
    void setEnded(PlaceId id, const Term& reason, PlaceState state, Instant at) {
        m_places.setEnded(id, reason, state, at, m_by);
    }
    void setRestarts(PlaceId id, std::uint32_t restarts) {
        m_places.setRestarts(id, restarts, m_by);
    }
    void setRestartTimes(PlaceId id, std::vector<Instant> times) {
        m_places.setRestartTimes(id, std::move(times), m_by);
    }
    void addRestartTime(PlaceId id, Instant at, Intensity intensity) {
        m_places.addRestartTime(id, at, intensity, m_by);
    }
    void remove(PlaceId id) { m_places.remove(id, m_by); }

private:
    Places& m_places;
    Pid m_by;
};

/// A supervisor's restarts: counted, written down at its place, and reported when there were too
/// many.
class Restarts {
public:
    Restarts() = default;
    Restarts(PlaceId place, Intensity intensity) : m_place(place), m_window(intensity) {}

    /// Counts a restart of a child. Returns: whether it is allowed; if not, the supervisor gives up
    /// and has said so.
    [[nodiscard]] bool add(const ChildSpec& child, Pid parent);
    /// From now on; the restarts so far go on counting.
    void setIntensity(Intensity intensity);

private:
    PlaceId m_place = 0;
    RestartWindow m_window{Intensity{}};
};

/// Adds one child to what countChildren() counts.
void count(ChildCounts& counts, const ChildSpec& child, bool isActive) noexcept;

} // namespace supervision
} // namespace grove::otp

template <> struct grove::TermConversion<grove::otp::SpecHandle> {
    static Term toTerm(const grove::otp::SpecHandle& handle);
    static bool fromTerm(const Term& term, grove::otp::SpecHandle& handle, Conversion& conversion);
};
