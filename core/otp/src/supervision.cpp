#include "supervision.h"

#include <grove/otp/server.h>
#include <grove/runtime/end.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/info.h>
#include <grove/runtime/parent_tie.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

#include <algorithm>

namespace grove::otp::supervision {

namespace {

/// Shows a supervisor's end in the tree before anybody hears of it.
class PlaceHook final : public ExitHook {
public:
    PlaceHook(PlaceId place, bool isRoot) : m_place(place), m_isRoot(isRoot) {}

    void released(Runtime& runtime, Pid pid, const Term& reason) noexcept override {
        Places& board = extension<Places>(runtime);
        if (m_isRoot)
            board.remove(m_place);
        else
            board.setEnded(m_place, reason, PlaceState::NotStarted, runtime.clock().now(), pid);
        delete this;
    }

private:
    PlaceId m_place;
    bool m_isRoot;
};

/// How long a start waits for a predecessor that has its name; then the name counts as taken.
constexpr Duration kPredecessorLimit = std::chrono::seconds(5);

/// Whether a process is about to end: it has been told to by its parent, or it is a server whose
/// parent is gone, or a supervisor above it is about to, which ends its children one after the
/// other. One that was started without a link, or was let go since, as the top of an application
/// is, stays when its parent ends.
bool isLeaving(Pid pid) {
    for (;;) {
        const std::optional<ProcessRow> row = peekRow(pid);
        if (!row || row->status == ProcessStatus::Exiting)
            return true;
        if (row->behaviour == nullptr || !row->parent)
            return false;
        const std::optional<ParentTie> tie = peekParentTie(pid);
        if (!tie)
            return true; // it ended between the two looks
        if (tie->isTold || !tie->isLinked)
            return tie->isTold;
        const std::optional<ProcessRow> parent = peekRow(row->parent);
        if (!parent || parent->status == ProcessStatus::Exiting)
            return true;
        if (parent->behaviour == nullptr ||
            !std::string_view(parent->behaviour).ends_with("Supervisor"))
            return false;
        pid = row->parent;
    }
}

/// Returns: whether the process that a start met under its name was one of a tree that is on its
/// way out, and has ended now. A killed supervisor's children end in their own time: a worker in
/// blocking work when that returns, one that traps exits when it has cleaned up.
grove::Task<bool> isPredecessorGone(Term why) {
    const std::optional<Pid> holder =
        why.isTagged(atoms::alreadyStarted, 2) ? why.element(1).asPid() : std::nullopt;
    if (!holder || !isLeaving(*holder))
        co_return false;
    const Ref watch = monitor(*holder);
    const auto ended = co_await grove::receive(on<Down>(watch), after(kPredecessorLimit));
    demonitor(watch, Flush::Yes);
    co_return std::holds_alternative<Down>(ended);
}

StartOptions optionsOf(const ChildSpec& spec, PlaceId place, std::uint32_t restarts) {
    StartOptions options = spec.options();
    options.place = place;
    options.restarts = restarts;
    return options;
}

} // namespace

grove::Task<StartResult> startProcess(const ChildSpec* spec, PlaceId place, std::uint32_t restarts,
                                      RaisedAs raisedAs) {
    for (;;) {
        auto begun = attempt(
            [&] { return std::optional(spec->start()(optionsOf(*spec, place, restarts))); });
        Attempt<StartResult> started = std::unexpected(Caught{});
        if (begun)
            started = co_await attempt(std::move(**begun));
        else
            started = std::unexpected(std::move(begun.error()));
        if (!started)
            co_return StartResult::error(raisedAs == RaisedAs::CatchValue
                                             ? started.error().catchValue()
                                             : started.error().exitReason());
        if (!started->isError() || !co_await isPredecessorGone(started->reason()))
            co_return std::move(*started);
    }
}

grove::Task<> killItself() {
    grove::exit(self(), atoms::kill);
    co_await grove::receive(on([](const Message&) { return false; }));
}

grove::Task<Term> exitReason(Pid pid) {
    auto exited = co_await grove::receive(on<Exit>(pid), after(Duration::zero()));
    if (auto* exit = std::get_if<Exit>(&exited))
        co_return std::move(exit->reason);
    co_return atoms::noproc;
}

grove::Task<Term> stopProcess(Pid pid, Shutdown shutdown) {
    if (pid == self())
        co_await killItself();
    const Ref watch = grove::detail::stopLinked(
        pid, shutdown.isBrutalKill() ? Term(atoms::kill) : Term(atoms::shutdown));
    // Only the monitor says that it has ended: a child may send its supervisor exit signals.
    const Duration limit = shutdown.isBrutalKill() ? kInfinity : shutdown.limit();
    auto ended = co_await grove::receive(on<Down>(watch), after(limit));
    if (std::holds_alternative<Timeout>(ended)) {
        grove::exit(pid, atoms::kill);
        ended = co_await grove::receive(on<Down>(watch), after(kInfinity));
    }
    Term& reason = std::get<Down>(ended).reason;
    if (reason.isAtom(atoms::noproc))
        co_return co_await exitReason(pid);
    co_return std::move(reason);
}

bool isExpectedEnd(const ChildSpec& spec, const Term& reason) noexcept {
    if (reason.isAtom(spec.shutdown().isBrutalKill() ? atoms::killed : atoms::shutdown))
        return true;
    return spec.restart() != Restart::Permanent && isQuietReason(reason);
}

bool isRestarted(Restart restart, const Term& reason) noexcept {
    return restart == Restart::Permanent ||
           (restart == Restart::Transient && !isQuietReason(reason));
}

void report(const char* context, const Term& reason, const ChildSpec& spec, Pid child) {
    if (!extension<Logger>(Runtime::current()).takes(LogLevel::Error))
        return;
    logReport(LogLevel::Error, LogKind::SupervisorReport,
              map({{atoms::supervisor, self()},
                   {atom("context"), atom(context)},
                   {atom("reason"), reason},
                   {atom("offender"),
                    mapPut(spec.term(), atoms::pid, child ? Term(child) : atoms::undefined)}}));
}

void reportProgress(const ChildSpec& spec, Pid child) {
    Logger& log = extension<Logger>(Runtime::current());
    if (!log.takes(LogLevel::Debug))
        return;
    log.report(LogLevel::Debug, LogKind::Progress, self(),
               map({{atoms::supervisor, self()},
                    {atom("started"), mapPut(spec.term(), atoms::pid, child)}}));
}

bool Restarts::add(const ChildSpec& child, Pid parent) {
    const Instant at = now();
    const bool isAllowed = m_window.add(at);
    OwnPlaces().addRestartTime(m_place, at, m_window.intensity());
    if (!isAllowed) {
        report("shutdown", atom("reached_max_restart_intensity"), child, {});
        Runtime::current().postEvent(EventKind::Escalated, self(), parent, Atom(), 0,
                                     "reached_max_restart_intensity");
    }
    return isAllowed;
}

void Restarts::setIntensity(Intensity intensity) {
    m_window.setIntensity(intensity);
    OwnPlaces().setRestartTimes(m_place, m_window.counting(now()));
}

void count(ChildCounts& counts, const ChildSpec& child, bool isActive) noexcept {
    ++counts.specs;
    counts.active += isActive ? 1 : 0;
    ++(child.type() == ChildType::Supervisor ? counts.supervisors : counts.workers);
}

void reportRestart(Pid child, std::uint32_t restarts) {
    Runtime::current().postEvent(EventKind::Restarted, child, self(), Atom(), restarts, "");
}

Places& places() {
    return extension<Places>(Runtime::current());
}

PlaceId openPlace(const StartOptions& start, PlaceKind kind, Strategy strategy,
                  Intensity intensity) {
    Places& board = places();
    const bool isRoot = start.place == 0;
    PlaceId place = start.place;
    if (isRoot) {
        ChildSpec spec(start.name.isNone() ? Term(self()) : start.name.term(), {});
        spec.name(start.name).label(start.label).type(ChildType::Supervisor);
        spec.behaviour(kind == PlaceKind::DynamicSupervisor ? "DynamicSupervisor" : "Supervisor");
        place = board.add(0, kind, spec);
        board.setStarted(place, self(), now());
    }
    board.setSupervisor(place, kind, strategy, intensity, self());
    addExitHook(*new PlaceHook(place, isRoot)); // deletes itself
    return place;
}

} // namespace grove::otp::supervision

namespace grove {

Term TermConversion<otp::SpecHandle>::toTerm(const otp::SpecHandle& handle) {
    if (handle.spec)
        return handle.spec->term();
    return handle.unread.isNone() ? Term(atoms::undefined) : handle.unread;
}

bool TermConversion<otp::SpecHandle>::fromTerm(const Term& term, otp::SpecHandle& handle,
                                               Conversion&) {
    handle.unread = term;
    return true;
}

} // namespace grove
