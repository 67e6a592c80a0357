#pragma once

#include <grove/otp/child_spec.h>
#include <grove/otp/server.h>
#include <grove/otp/type_name.h>

#include <tuple>

namespace grove::otp {

namespace detail {

template <class X> [[nodiscard]] const char* behaviourOf() {
    if constexpr (requires { X::kBehaviour; })
        return X::kBehaviour;
    else
        return "GenServer";
}

/// An argument of a start as a specification shows it: `undefined` for what is no term and big.
template <class A> [[nodiscard]] Term shownArgument(const A& argument) {
    constexpr bool kIsSmall = std::is_trivially_copyable_v<A> && sizeof(A) <= 64;
    if constexpr (std::convertible_to<const A&, Term>)
        return argument;
    else if constexpr (kIsSmall && Describable<A>)
        return toTerm(argument);
    else
        return atoms::undefined;
}

[[nodiscard]] inline Term shownStart(std::string_view name, Term arguments) {
    return tuple(atom(name), atom("start_link"), std::move(arguments));
}

} // namespace detail

/// A server class as a child: `otp::worker<Metrics>(10s).shutdown(2s)`. Its id is the class's name.
/// The arguments go to init() and are copied for every start; its specification shows them as
/// `{Counter, start_link, [5]}`.
///
/// A class that starts itself in its own way hides startLink() and takes the options first:
///     static Task<StartResult> startLink(StartOptions options, std::string list) {
///         options.name = otp::via("lists", list);
///         return GenServer::startLink(std::move(options), std::move(list));
///     }
/// A class may say `static constexpr otp::Restart kRestart = otp::Restart::Temporary;`.
template <class X, class... Args> [[nodiscard]] ChildSpec worker(Args... args) {
    static constexpr detail::TypeName kName = detail::typeName<X>();
    static_assert(
        requires(StartOptions options, Args... each) { X::startLink(options, each...); },
        "a class that hides startLink() takes StartOptions first and passes them on");
    ChildSpec spec(Term(atom(kName.view())), {});
    if constexpr (sizeof...(Args) == 0) { // functions that keep nothing take no memory
        spec.start([](StartOptions&& options) { return X::startLink(std::move(options)); })
            .startShownBy([] { return detail::shownStart(kName.view(), Term::nil()); });
    } else {
        // Shared by the copies of the specification, which nobody changes.
        const auto kept = std::make_shared<const std::tuple<Args...>>(std::move(args)...);
        spec.start([kept](StartOptions&& options) {
                return std::apply(
                    [&](const Args&... each) { return X::startLink(std::move(options), each...); },
                    *kept);
            })
            .startShownBy([kept] {
                const auto shown = [](const Args&... each) {
                    return list({detail::shownArgument(each)...});
                };
                return detail::shownStart(kName.view(), std::apply(shown, *kept));
            });
    }
    spec.behaviour(detail::behaviourOf<X>());
    if constexpr (requires { X::kRestart; })
        spec.restart(X::kRestart);
    return spec;
}

/// A child as whichChildren() tells it.
struct Child {
    enum class State : std::uint8_t { Running, Stopped, Restarting };

    Term id; ///< `undefined` under a dynamic supervisor
    State state = State::Stopped;
    Pid pid; ///< of a running one
    ChildType type = ChildType::Worker;
    std::string behaviour;
    Term modules; ///< see ChildSpec::modules()
};

/// What countChildren() counts.
struct ChildCounts {
    std::size_t specs = 0;
    std::size_t active = 0;
    std::size_t supervisors = 0; ///< specifications, alive or not
    std::size_t workers = 0;
    GROVE_MAP_FIELDS(ChildCounts, specs, active, supervisors, workers)
};

/// A process that starts others, watches them and starts them again when they end.
///
///     const auto tree = otp::supervisor("todo", {
///         .strategy = Strategy::RestForOne,
///         .children = {
///             otp::registry("lists"),
///             otp::worker<WriteTurn>(),
///             otp::dynamicSupervisor("cache"),
///             otp::worker<Metrics>(10s).shutdown(2s),
///         }});
///     const auto started = co_await otp::startLink(tree);
///
/// Children start from first to last, each complete before the next, and stop from last to first,
/// one at a time, each awaited. A child that fails to start at the beginning stops those before it,
/// and the start fails with
/// `{shutdown, {failed_to_start_child, Id, Reason}}`.
///
/// Strategy: who else is stopped and started when one child ends. Restart: whether it is started
/// again at all. Intensity: restarts allowed per period (default 3 in 5 s, as Elixir;
/// Intensity::erlang() is 1 in 5 s); one more, and the supervisor stops its children and ends with
/// `shutdown`, which its own supervisor then handles. A restart that fails is tried again and
/// counts each time. Shutdown: how long a child may take to end (5 s for workers, infinity for
/// supervisors) before it is killed.
///
/// A child is started again only after the one before has ended wholly: what it held is released.
/// It traps exits: an exit signal of its parent stops it in good order, one of a stranger is
/// ignored. Departure: a child that has been asked to end is linked to its supervisor no more (in
/// OTP until it has ended).
///
/// When not to use it: for children that come and go (dynamic_supervisor.h). Where the children
/// come as terms from outside the program: term_supervisor.h.
/// Observing: places.h has its children, their state and the restarts used without asking it.
class Supervisor {
public:
    /// Starts the tree; the caller is its parent.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start,
                                                            SupervisorOptions options);

    // Everything below asks the supervisor and waits as long as it takes (a slow start of a child
    // blocks it), and exits `{noproc, {gen_server, call, …}}` when there is none. `supervisor` may
    // be a name or a pid.

    /// Adds a child and starts it. Errors: `{already_started, Pid}`, `already_present`, or why it
    /// did not start; the specification is then not kept.
    [[nodiscard]] static grove::Task<StartResult> startChild(ServerRef supervisor, ChildSpec spec);
    /// Stops a child; its specification stays (a temporary one's goes). Errors: not_found.
    [[nodiscard]] static grove::Task<Result<void>> terminateChild(ServerRef supervisor, Term id);
    /// Starts a stopped child. Errors: `running`, `restarting`, `not_found`, or why it did not
    /// start.
    [[nodiscard]] static grove::Task<StartResult> restartChild(ServerRef supervisor, Term id);
    /// Forgets a stopped child. Errors: running, restarting, not_found.
    [[nodiscard]] static grove::Task<Result<void>> deleteChild(ServerRef supervisor, Term id);
    /// Newest first, as OTP.
    [[nodiscard]] static grove::Task<std::vector<Child>> whichChildren(ServerRef supervisor);
    [[nodiscard]] static grove::Task<ChildCounts> countChildren(ServerRef supervisor);
    /// Errors: not_found.
    [[nodiscard]] static grove::Task<Result<ChildSpec>> childSpec(ServerRef supervisor, Term id);
};

/// Starts a tree, or any child, linked to the calling process.
[[nodiscard]] grove::Task<StartResult> startLink(ChildSpec spec);

} // namespace grove::otp

/// `{Id, Pid | undefined | restarting, worker | supervisor, [Module]}`
template <> struct grove::TermConversion<grove::otp::Child> {
    static Term toTerm(const grove::otp::Child& child);
    static bool fromTerm(const Term& term, grove::otp::Child& child, Conversion& conversion);
};
