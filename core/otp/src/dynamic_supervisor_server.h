#pragma once
// The process of a dynamic supervisor.

#include "children_state.h"
#include "dynamic_children.h"
#include "supervisor_terms.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <vector>

namespace grove::otp {

/// See dynamic_supervisor.h and, for one that is made from callbacks, term_supervisor.h.
class DynamicSupervisorServer final : public GenServer<DynamicSupervisorServer> {
public:
    static constexpr const char* kBehaviour = "DynamicSupervisor";
    using State = ChildrenState<DynamicSupervisorServer>;

    struct StartChild {
        SpecHandle child;
        GROVE_FIELDS(StartChild, child)
    };
    struct TerminateChild {
        Pid child;
        GROVE_FIELDS(TerminateChild, child)
    };
    struct WhichChildren {
        using Reply = std::vector<Child>;
        GROVE_FIELDS(WhichChildren)
    };
    struct CountChildren {
        using Reply = ChildCounts;
        GROVE_FIELDS(CountChildren)
    };
    using RetryRestart = DynamicChildren::RetryRestart;
    using Calls = Messages<StartChild, TerminateChild, WhichChildren, CountChildren>;
    using Infos = Messages<RetryRestart>;

    Init init(StartOptions start, MadeFrom<DynamicSupervisorOptions> from);
    std::expected<State, Term> codeChange(Term oldVersion, Term oldState, Term extra);
    grove::Task<Reply<Term>> handleCall(StartChild request);
    grove::Task<Reply<Term>> handleCall(TerminateChild request);
    Reply<std::vector<Child>> handleCall(WhichChildren) { return children(); }
    Reply<ChildCounts> handleCall(CountChildren) { return m_children.counts(); }
    grove::Task<Next> handleInfo(Exit signal);
    grove::Task<Next> handleInfo(RetryRestart message);
    grove::Task<> terminate(Term why);

    [[nodiscard]] std::vector<Child> children() const { return m_children.children(); }

private:
    MadeFrom<DynamicSupervisorOptions> m_from; // its options: see m_options
    DynamicSupervisorOptions m_options;
    PlaceId m_place = 0;
    supervision::Restarts m_restarts;
    DynamicChildren m_children{m_restarts, supervision::RaisedAs::ExitReason};
};

} // namespace grove::otp
