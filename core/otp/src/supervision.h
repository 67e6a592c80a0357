#pragma once
// What both kinds of supervisor do with a child.

#include <grove/otp/child_spec.h>
#include <grove/otp/logger.h>
#include <grove/otp/places.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/exit_hook.h>
#include <grove/term/describe.h>

#include <memory>

namespace grove::otp {

/// A child specification on its way to a supervisor.
struct SpecHandle {
    std::shared_ptr<const ChildSpec> spec;
};

namespace supervision {

/// Runs a start function. What it raises becomes the reason: `{'EXIT', …}` as `catch` gives it.
[[nodiscard]] grove::Task<StartResult> startProcess(ChildSpec spec, PlaceId place,
                                                    std::uint32_t restarts);

/// Asks a child to end, waits as its shutdown says, kills it where it must. Nothing of it is left
/// in the mailbox. Returns: why it ended.
[[nodiscard]] grove::Task<Term> stopProcess(Pid pid, Shutdown shutdown);

/// Whether a child's end after stopProcess() was what was asked for.
[[nodiscard]] bool isExpectedEnd(const ChildSpec& spec, const Term& reason) noexcept;

/// Whether a child that ended with `reason` is started again.
[[nodiscard]] bool isRestarted(Restart restart, const Term& reason) noexcept;

/// Supervisor reports: `context` is start_error, child_terminated, shutdown or shutdown_error.
void report(const char* context, const Term& reason, const ChildSpec& spec, Pid child);
void reportProgress(const ChildSpec& spec, Pid child);
/// The supervisor gives up: an event for observers.
void reportEscalation(Pid parent);
/// A child has been started again: an event for observers.
void reportRestart(Pid child, std::uint32_t restarts);

/// Writes down the place of the calling supervisor: the one it was started at, or a root of its
/// own. Whatever ends the supervisor, its place and those of its children are then shown as ended.
[[nodiscard]] PlaceId openPlace(const StartOptions& start, PlaceKind kind, Strategy strategy,
                                Intensity intensity);
[[nodiscard]] Places& places();

} // namespace supervision
} // namespace grove::otp

template <> struct grove::TermConversion<grove::otp::SpecHandle> {
    static Term toTerm(const grove::otp::SpecHandle& handle);
    static bool fromTerm(const Term& term, grove::otp::SpecHandle& handle, Conversion& conversion);
};
