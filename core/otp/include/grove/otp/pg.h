#pragma once

#include <grove/otp/call.h>
#include <grove/otp/child_spec.h>

#include <string_view>
#include <utility>
#include <vector>

namespace grove::otp {

/// Groups of processes, as OTP's pg: any process may be put into any number of groups, several
/// times into one, by anybody. Groups are any terms and belong to a scope, a process that keeps
/// them.
///
///     otp::processGroups("subscribers")                       // a child of a supervisor
///     co_await Pg::join("subscribers", topic, self());
///     for (const Pid member : Pg::getMembers("subscribers", topic)) send(member, news);
///
/// A member that ends has left its groups; a group without members is none. Reading takes no
/// message: a hash and a short lock. join(), leave() and the monitors are calls to the scope,
/// without a limit. Errors: those exit `{noproc, {gen_server, call, …}}` when the scope does not
/// run; getMembers() gives nobody then, and whichGroups() raises badarg, as OTP's do.
///
/// There is one node: every member is a local one. When not to use it: to find one process by a key
/// (Registry).
class Pg {
public:
    using Members = std::vector<Pid>;
    struct Group {
        Term name;
        Members members;
    };

    /// Starts a scope linked to the calling process. Requires: an atom as its name.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start);

    [[nodiscard]] static grove::Task<> join(Atom scope, Term group, Members members);
    [[nodiscard]] static grove::Task<> join(Atom scope, Term group, Pid member) {
        return join(scope, std::move(group), Members{member});
    }
    /// Each of `members` leaves once. Errors: not_joined when none of them was there.
    [[nodiscard]] static grove::Task<Result<void>> leave(Atom scope, Term group, Members members);
    [[nodiscard]] static grove::Task<Result<void>> leave(Atom scope, Term group, Pid member) {
        return leave(scope, std::move(group), Members{member});
    }

    /// Those who joined last come first; a process as often as it has joined.
    [[nodiscard]] static Members getMembers(Atom scope, const Term& group);
    [[nodiscard]] static Members getLocalMembers(Atom scope, const Term& group) {
        return getMembers(scope, group);
    }
    /// Groups that have members.
    [[nodiscard]] static std::vector<Term> whichGroups(Atom scope);
    [[nodiscard]] static std::vector<Term> whichLocalGroups(Atom scope) {
        return whichGroups(scope);
    }

    /// From now on the caller gets `{Ref, join | leave, Group, [Pid]}` for each change of a group,
    /// until demonitor(). Returns: the reference, and who is in it now.
    [[nodiscard]] static grove::Task<std::pair<Ref, Members>> monitor(Atom scope, Term group);
    /// The same for all groups of a scope.
    [[nodiscard]] static grove::Task<std::pair<Ref, std::vector<Group>>> monitorScope(Atom scope);
    /// Ends a monitor; none of its messages is left in the mailbox. Returns: whether there was one.
    [[nodiscard]] static grove::Task<bool> demonitor(Atom scope, Ref ref);
};

/// A scope as a child; `scope` is its name and id.
[[nodiscard]] ChildSpec processGroups(std::string_view scope = "pg");

} // namespace grove::otp
