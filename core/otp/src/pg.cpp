#include "named_tables.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/pg.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

namespace grove::otp {

namespace {

struct ExactlyEqual {
    bool operator()(const Term& a, const Term& b) const noexcept { return equalsExact(a, b); }
};

/// Who is in which group of a scope. Written by the scope's process, read by anybody.
///
/// Threads: any; each member takes the lock for a few steps.
class GroupTable {
public:
    /// They come before those who are there.
    void add(const Term& group, const Pg::Members& members) {
        const Lock lock(m_mutex);
        Pg::Members& all = m_groups[group];
        all.insert(all.begin(), members.begin(), members.end());
        if (all.empty())
            m_groups.erase(group);
    }
    /// Returns: whether it was there; once less now.
    bool removeOne(const Term& group, Pid member) {
        const Lock lock(m_mutex);
        const auto at = m_groups.find(group);
        if (at == m_groups.end())
            return false;
        const auto found = std::ranges::find(at->second, member);
        if (found == at->second.end())
            return false;
        at->second.erase(found);
        if (at->second.empty())
            m_groups.erase(at);
        return true;
    }
    [[nodiscard]] Pg::Members members(const Term& group) const {
        const Lock lock(m_mutex);
        const auto at = m_groups.find(group);
        return at == m_groups.end() ? Pg::Members() : at->second;
    }
    [[nodiscard]] std::vector<Pg::Group> groups() const {
        const Lock lock(m_mutex);
        std::vector<Pg::Group> all;
        for (const auto& [name, members] : m_groups)
            all.push_back({name, members});
        return all;
    }

private:
    mutable Mutex m_mutex;
    std::unordered_map<Term, Pg::Members, std::hash<Term>, ExactlyEqual>
        m_groups GROVE_GUARDED_BY(m_mutex); // no empty ones
};

Term pidsTerm(const Pg::Members& pids) {
    return listOf(std::vector<Term>(pids.begin(), pids.end()));
}

Pg::Members pidsOf(const Term& list) {
    Pg::Members pids;
    for (const Term& pid : list.listElements())
        pids.push_back(pid.toPid());
    return pids;
}

class ScopeServer final : public GenServer<ScopeServer> {
public:
    static constexpr const char* kBehaviour = "ProcessGroups";
    struct State {
        Atom scope;
        GROVE_MAP_FIELDS(State, scope)
    };

    struct JoinLocal {
        Term group;
        Pg::Members members;
        GROVE_FIELDS(JoinLocal, group, members)
    };
    struct LeaveLocal {
        Term group;
        Pg::Members members;
        GROVE_FIELDS(LeaveLocal, group, members)
    };
    /// Answer: `{Ref, [{Group, [Pid]}]}`.
    struct Monitor {
        GROVE_FIELDS(Monitor)
    };
    /// Answer: `{Ref, [Pid]}`.
    struct MonitorGroup {
        Term group;
        GROVE_FIELDS(MonitorGroup, group)
    };
    /// Answer: whether there was one.
    struct Demonitor {
        Ref ref;
        GROVE_FIELDS(Demonitor, ref)
    };
    using Calls = Messages<JoinLocal, LeaveLocal, Monitor, MonitorGroup, Demonitor>;

    Init init(Atom scope) {
        m_table = std::make_shared<GroupTable>();
        NamedTables<GroupTable>::keep(scope, m_table);
        return Init::ok(State{scope});
    }
    Reply<Term> handleCall(JoinLocal request);
    Reply<Term> handleCall(LeaveLocal request);
    Reply<Term> handleCall(Monitor, From from);
    Reply<Term> handleCall(MonitorGroup request, From from);
    Reply<Term> handleCall(Demonitor request);
    void handleInfo(Down signal);

private:
    struct Member {
        Ref watch;
        std::vector<Term> groups; // once for each time it has joined
    };
    struct Watcher {
        Pid pid;
        bool isOfScope = false;
        Term group;
    };

    [[nodiscard]] bool removeOne(Pid pid, const Term& group);
    void tell(const char* what, const Term& group, const Pg::Members& members) const;
    void memberEnded(Pid pid);

    std::shared_ptr<GroupTable> m_table;
    std::map<std::uint64_t, Member> m_members;
    std::map<Ref, Watcher> m_watchers; // by what they are told; it is also a monitor of them
};

// -- members

ScopeServer::Reply<Term> ScopeServer::handleCall(JoinLocal request) {
    for (const Pid pid : request.members) {
        Member& member = m_members[pid.raw()];
        if (!member.watch)
            member.watch = grove::monitor(pid);
        member.groups.push_back(request.group);
    }
    m_table->add(request.group, request.members);
    tell("join", request.group, request.members);
    return Term(atoms::ok);
}

ScopeServer::Reply<Term> ScopeServer::handleCall(LeaveLocal request) {
    bool hasLeft = false;
    for (const Pid pid : request.members)
        hasLeft = removeOne(pid, request.group) || hasLeft;
    if (!hasLeft)
        return Term(atom("not_joined"));
    tell("leave", request.group, request.members); // all that were asked for, as OTP does
    return Term(atoms::ok);
}

bool ScopeServer::removeOne(Pid pid, const Term& group) {
    const auto at = m_members.find(pid.raw());
    if (at == m_members.end() || !m_table->removeOne(group, pid))
        return false;
    std::vector<Term>& groups = at->second.groups;
    groups.erase(
        std::ranges::find_if(groups, [&](const Term& each) { return equalsExact(each, group); }));
    if (groups.empty()) {
        grove::demonitor(at->second.watch, Flush::Yes);
        m_members.erase(at);
    }
    return true;
}

void ScopeServer::memberEnded(Pid pid) {
    const auto at = m_members.find(pid.raw());
    const std::vector<Term> groups = std::move(at->second.groups);
    m_members.erase(at);
    for (const Term& group : groups) {
        m_table->removeOne(group, pid);
        tell("leave", group, {pid});
    }
}

void ScopeServer::handleInfo(Down signal) {
    if (m_watchers.erase(signal.ref) > 0)
        return;
    const auto at = m_members.find(signal.pid.raw());
    if (at != m_members.end() && at->second.watch == signal.ref)
        memberEnded(signal.pid);
}

// -- who is told

void ScopeServer::tell(const char* what, const Term& group, const Pg::Members& members) const {
    for (const auto& [ref, watcher] : m_watchers)
        if (watcher.isOfScope || equalsExact(watcher.group, group))
            grove::send(watcher.pid, tuple(ref, atom(what), group, pidsTerm(members)));
}

ScopeServer::Reply<Term> ScopeServer::handleCall(Monitor, From from) {
    const Ref ref = grove::monitor(from.caller);
    m_watchers.emplace(ref, Watcher{.pid = from.caller, .isOfScope = true, .group = {}});
    std::vector<Term> groups;
    for (const Pg::Group& group : m_table->groups())
        groups.push_back(tuple(group.name, pidsTerm(group.members)));
    return tuple(ref, listFrom(groups));
}

ScopeServer::Reply<Term> ScopeServer::handleCall(MonitorGroup request, From from) {
    const Ref ref = grove::monitor(from.caller);
    m_watchers.emplace(ref, Watcher{.pid = from.caller, .group = request.group});
    return tuple(ref, pidsTerm(m_table->members(request.group)));
}

ScopeServer::Reply<Term> ScopeServer::handleCall(Demonitor request) {
    if (m_watchers.erase(request.ref) == 0)
        return Term(false);
    grove::demonitor(request.ref, Flush::Yes);
    return Term(true);
}

std::shared_ptr<GroupTable> findScope(Atom scope) {
    return NamedTables<GroupTable>::find(Runtime::current(), scope);
}

} // namespace

// -- the public side

grove::Task<StartResult> Pg::startLink(StartOptions start) {
    const Atom* name = start.name.asAtom();
    if (name == nullptr)
        grove::error(tuple(atoms::badarg, Term("a scope needs an atom as its name")));
    const Atom scope = *name;
    return ScopeServer::startLink(std::move(start), scope);
}

grove::Task<> Pg::join(Atom scope, Term group, Members members) {
    co_await otp::call(scope, ScopeServer::JoinLocal{std::move(group), std::move(members)},
                       kInfinity);
}

grove::Task<Result<void>> Pg::leave(Atom scope, Term group, Members members) {
    const Term answer = co_await otp::call(
        scope, ScopeServer::LeaveLocal{std::move(group), std::move(members)}, kInfinity);
    if (!answer.isAtom(atoms::ok))
        co_return failure(atom("not_joined"), "none of the processes is in the group");
    co_return Result<void>();
}

Pg::Members Pg::getMembers(Atom scope, const Term& group) {
    const std::shared_ptr<GroupTable> table = findScope(scope);
    return table ? table->members(group) : Members();
}

std::vector<Term> Pg::whichGroups(Atom scope) {
    const std::shared_ptr<GroupTable> table = findScope(scope);
    if (!table)
        grove::error(tuple(atoms::badarg, Term("unknown scope: " + std::string(scope.name()))));
    std::vector<Term> names;
    for (Group& group : table->groups())
        names.push_back(std::move(group.name));
    return names;
}

grove::Task<std::pair<Ref, Pg::Members>> Pg::monitor(Atom scope, Term group) {
    const Term answer =
        co_await otp::call(scope, ScopeServer::MonitorGroup{std::move(group)}, kInfinity);
    co_return std::pair(answer.element(0).toRef(), pidsOf(answer.element(1)));
}

grove::Task<std::pair<Ref, std::vector<Pg::Group>>> Pg::monitorScope(Atom scope) {
    const Term answer = co_await otp::call(scope, ScopeServer::Monitor{}, kInfinity);
    std::vector<Group> groups;
    for (const Term& group : answer.element(1).listElements())
        groups.push_back({group.element(0), pidsOf(group.element(1))});
    co_return std::pair(answer.element(0).toRef(), std::move(groups));
}

grove::Task<bool> Pg::demonitor(Atom scope, Ref ref) {
    const Term answer = co_await otp::call(scope, ScopeServer::Demonitor{ref}, kInfinity);
    const auto isUpdate = [ref](const Term& message) {
        return message.isTuple(4) && message.element(0).asRef() == ref;
    };
    while ((co_await grove::receive(on(isUpdate), after(Duration::zero()))).index() == 0) {
    }
    co_return answer.toBool();
}

ChildSpec processGroups(std::string_view scope) {
    ChildSpec spec(Term(atom(scope)),
                   [](StartOptions start) { return Pg::startLink(std::move(start)); });
    spec.behaviour("ProcessGroups").name(scope);
    return spec;
}

} // namespace grove::otp
