#pragma once
// The process of a supervisor.

#include "children_state.h"
#include "dynamic_children.h"
#include "supervisor_terms.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <optional>
#include <vector>

namespace grove::otp {

/// See supervisor.h and, for a supervisor that is made from callbacks, term_supervisor.h.
class SupervisorServer final : public GenServer<SupervisorServer> {
public:
    static constexpr const char* kBehaviour = "Supervisor";
    using State = ChildrenState<SupervisorServer>;

    struct StartChild {
        SpecHandle child; // or arguments, where there is a pattern
        GROVE_FIELDS(StartChild, child)
    };
    struct TerminateChild {
        Term id; // or a pid, where there is a pattern
        GROVE_FIELDS(TerminateChild, id)
    };
    struct RestartChild {
        Term id;
        GROVE_FIELDS(RestartChild, id)
    };
    struct DeleteChild {
        Term id;
        GROVE_FIELDS(DeleteChild, id)
    };
    struct WhichChildren {
        using Reply = std::vector<Child>;
        GROVE_FIELDS(WhichChildren)
    };
    struct CountChildren {
        using Reply = ChildCounts;
        GROVE_FIELDS(CountChildren)
    };
    struct GetChildspec {
        using Reply = SpecHandle; // empty: not found
        Term id;
        GROVE_FIELDS(GetChildspec, id)
    };
    struct TryAgain {
        Term id;
        GROVE_FIELDS(TryAgain, id)
    };
    using RetryRestart = DynamicChildren::RetryRestart;
    using Calls = Messages<StartChild, TerminateChild, RestartChild, DeleteChild, WhichChildren,
                           CountChildren, GetChildspec>;
    using Infos = Messages<TryAgain, RetryRestart>;

    // supervisor_server.cpp: what it is made of, starting, stopping
    grove::Task<Init> init(StartOptions start, MadeFrom<SupervisorOptions> from);
    std::expected<State, Term> codeChange(Term oldVersion, Term oldState, Term extra);
    grove::Task<> terminate(Term why);

    // supervisor_restarts.cpp: when a child ends
    grove::Task<Next> handleInfo(Exit signal);
    grove::Task<Next> handleInfo(TryAgain message);
    grove::Task<Next> handleInfo(RetryRestart message);

    // supervisor_calls.cpp: what can be asked of it
    grove::Task<Reply<Term>> handleCall(StartChild request);
    grove::Task<Reply<Term>> handleCall(TerminateChild request);
    grove::Task<Reply<Term>> handleCall(RestartChild request);
    Reply<Term> handleCall(DeleteChild request);
    Reply<std::vector<Child>> handleCall(WhichChildren) { return children(); }
    Reply<ChildCounts> handleCall(CountChildren);
    Reply<SpecHandle> handleCall(GetChildspec request);
    [[nodiscard]] std::vector<Child> children() const;

private:
    struct Entry {
        ChildSpec spec;
        PlaceId place = 0;
        Pid pid; // none: not running
        bool isRestarting = false;
        std::uint32_t restarts = 0;
    };
    using Index = std::size_t;

    [[nodiscard]] std::optional<Index> find(const Term& id) const;
    [[nodiscard]] PlaceId placeFor(const ChildSpec& spec, Index index);
    void openWith(const StartOptions& start, SupervisorPlan plan);
    void change(SupervisorPlan plan);
    [[nodiscard]] grove::Task<StartResult> starting(Index index);
    const StartResult& noteStarted(Index index, const StartResult& started);
    [[nodiscard]] bool beginStop(Index index);
    void noteStopped(Index index, const Term& reason);
    [[nodiscard]] grove::Task<> stopFrom(Index first, std::optional<Index> except);
    void drop(Index index);

    [[nodiscard]] grove::Task<Next> childEnded(Index index, Term reason);
    [[nodiscard]] grove::Task<Next> restart(Index index);
    [[nodiscard]] grove::Task<> startGroup(Index first, Index last);
    [[nodiscard]] bool endsWith(const Entry& child) const;
    [[nodiscard]] Next after(const DynamicChildren::Ended& ended) const;

    [[nodiscard]] grove::Task<Term> startOneMore(Term arguments);
    [[nodiscard]] grove::Task<Term> startSpecified(ChildSpec spec);
    [[nodiscard]] grove::Task<Term> terminateOne(Term which);

    MadeFrom<SupervisorOptions> m_from; // its options have moved to m_options
    SupervisorOptions m_options;        // its children have moved to m_children
    PlaceId m_place = 0;
    supervision::OwnPlaces m_places;
    supervision::Restarts m_restarts;
    std::vector<Entry> m_children;      // in start order; none where there is a pattern
    std::optional<ChildSpec> m_pattern; // simple_one_for_one
    DynamicChildren m_dynamic{m_restarts, supervision::RaisedAs::CatchValue};
};

} // namespace grove::otp
