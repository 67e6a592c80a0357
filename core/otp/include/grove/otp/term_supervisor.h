#pragma once
// Supervisors whose children come as terms.

#include <grove/otp/child_spec.h>
#include <grove/runtime/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace grove::otp {

/// A function that starts a process and returns what OTP's start functions return: `{ok, Pid}`,
/// `{ok, Pid, Info}`, `ignore`, `{error, Reason}`. It runs in the supervisor, passes the options on
/// and may raise.
using TermStart = std::function<grove::Task<Term>(StartOptions, std::vector<Term> arguments)>;

/// The functions that specifications in terms name: `start => {Module, Function, Arguments}`. A
/// name that nobody has added raises `undef` when it is called, as a function that is not exported.
///
///     extension<otp::StartFunctions>(runtime).add(atom("cache"), atom("start_link"), startCache);
///
/// Threads: any. One per runtime.
class StartFunctions {
public:
    /// Replaces one of the same name from its next call on.
    void add(Atom module, Atom function, TermStart start);
    /// Empty: there is none.
    [[nodiscard]] TermStart find(Atom module, Atom function) const;

private:
    mutable Mutex m_mutex;
    std::map<std::pair<Atom, Atom>, TermStart> m_functions GROVE_GUARDED_BY(m_mutex);
};

/// The callback module of a TermSupervisor or a TermDynamicSupervisor.
struct TermSupervisorCallbacks {
    Atom module; ///< its name, for reasons
    /// `{ok, {Flags, Specifications}}` or `ignore`; of a dynamic supervisor `{ok, Flags}` or
    /// `ignore`. Asked at the start, and again by sys::changeCode().
    std::function<Term(const Term& arguments)> init;
};

/// A supervisor whose flags, specifications and children are terms: supervisor as Erlang has it,
/// for trees that come from outside the program (a script, a file, a test), with
/// simple_one_for_one. It is the same process as a Supervisor's, and takes the same calls.
///
///     const auto callbacks = std::make_shared<const TermSupervisorCallbacks>(…);
///     const auto started = co_await TermSupervisor::startLink({}, callbacks, arguments);
///
/// Flags and specifications: see supervisor's manual; what is left out has Erlang's defaults (1
/// restart in 5 s). Here wrong ones are possible and refused as there: `supervisor_data`,
/// `start_spec`, `bad_start_spec`, `bad_return`. sys::changeCode() asks init() again: new flags and
/// specifications apply, new children are listed and not started, running ones stay as they are.
/// Where the children are C++, Supervisor finds such mistakes when it is compiled.
///
/// simple_one_for_one: init() gives one specification; startChild() gives arguments that are put
/// behind its own. After sys::changeCode() running children are of the new specification, and are
/// started again by its function with the arguments they were started with, all of them. A child
/// that ignores at a restart is forgotten (OTP lists it with the pid `undefined`). Departures: a
/// child that was temporary has kept its arguments and is started again where it is permanent now
/// (in OTP each such start fails, until the supervisor gives up); sys::changeCode() does not turn
/// such a supervisor into another kind or back.
class TermSupervisor {
public:
    using Callbacks = std::shared_ptr<const TermSupervisorCallbacks>;

    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start, Callbacks callbacks,
                                                            Term arguments);
    /// Elixir's Supervisor.start_link(children, options), with Elixir's defaults (3 restarts in
    /// 5 s). Errors: as init().
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start, Term children,
                                                            Term options);
    /// What Elixir's Supervisor.init(children, options) gives to be returned from init(). Errors:
    /// raises `{badarg, Text}` without `strategy` among the options, as Elixir's ArgumentError.
    [[nodiscard]] static Term init(Term children, const Term& options);

    // Everything below asks a supervisor of either sort, as Supervisor's functions do, and returns
    // what OTP's functions return.

    /// `what`: a specification; under simple_one_for_one a list of arguments.
    [[nodiscard]] static grove::Task<Term> startChild(ServerRef supervisor, Term what);
    /// `which`: an id; under simple_one_for_one a pid.
    [[nodiscard]] static grove::Task<Term> terminateChild(ServerRef supervisor, Term which);
    [[nodiscard]] static grove::Task<Term> restartChild(ServerRef supervisor, Term id);
    [[nodiscard]] static grove::Task<Term> deleteChild(ServerRef supervisor, Term id);
    [[nodiscard]] static grove::Task<Term> getChildspec(ServerRef supervisor, Term id);
    [[nodiscard]] static grove::Task<Term> whichChildren(ServerRef supervisor);
    [[nodiscard]] static grove::Task<Term> countChildren(ServerRef supervisor);
    /// `ok`, or `{error, Why}` for what no supervisor takes. `autoShutdown` as among the flags;
    /// `undefined`: not known.
    [[nodiscard]] static Term checkChildspecs(const Term& specifications,
                                              const Term& autoShutdown = atoms::undefined);
};

/// The same for a DynamicSupervisor, as Elixir has it.
class TermDynamicSupervisor {
public:
    using Callbacks = TermSupervisor::Callbacks;

    /// init() returns `{ok, Flags}`, a map of `strategy`, `intensity` (1 if left out), `period`,
    /// `max_children` and `extra_arguments`.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start, Callbacks callbacks,
                                                            Term arguments);
    /// A wrong specification is refused here, before the supervisor hears of it.
    [[nodiscard]] static grove::Task<Term> startChild(ServerRef supervisor, Term specification);
};

} // namespace grove::otp
