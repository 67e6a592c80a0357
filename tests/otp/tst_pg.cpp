// Process groups, as OTP 25's pg shows them.
#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/pg.h>
#include <grove/runtime/info.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Pg;

namespace {

const Atom kScope = atom("scope");

Task<Pid> startScope() {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await Pg::startLink({.name = kScope});
    check(started.isOk());
    co_return started.pid();
}
Task<> endScope(Pid scope) {
    co_await otp::stop(scope);
    co_await receive(on<Exit>(scope));
    check(co_await isSilent());
}
Term update(Ref ref, const char* what, const char* group, std::initializer_list<Term> members) {
    return tuple(ref, atom(what), atom(group), list(members));
}
Term group(const char* name) {
    return atom(name);
}
Pg::Members members(const char* name) {
    return Pg::getMembers(kScope, group(name));
}
/// Waits until the scope has done what it was told before.
Task<> settle() {
    static_cast<void>(co_await Pg::demonitor(kScope, makeRef()));
}

const Scenario kScenarios[] = {
    {"whoever joins is a member, as often as it has joined; the last come first",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         const Pid a = spawn(idle);
         const Pid b = spawn(idle);
         check(members("g").empty() && Pg::whichGroups(kScope).empty());
         co_await Pg::join(kScope, group("g"), a);
         co_await Pg::join(kScope, group("g"), Pg::Members{a, b, b});
         check(members("g") == Pg::Members{a, b, b, a});
         check(Pg::getLocalMembers(kScope, group("g")) == members("g"));
         co_await Pg::join(kScope, group("h"), Pg::Members{});
         checkEqual(listOf(Pg::whichGroups(kScope)), list({group("g")}));
         checkEqual(listOf(Pg::whichLocalGroups(kScope)), list({group("g")}));
         co_await endScope(scope);
     }},
    {"who leaves is a member once less; who is none has not joined",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         const Pid a = spawn(idle);
         const Pid b = spawn(idle);
         co_await Pg::join(kScope, group("g"), Pg::Members{a, a});
         check((co_await Pg::leave(kScope, group("g"), a)).has_value());
         check(members("g") == Pg::Members{a});
         const Result<void> stranger = co_await Pg::leave(kScope, group("g"), b);
         check(!stranger && stranger.error().code == atom("not_joined"));
         const Result<void> nowhere = co_await Pg::leave(kScope, group("h"), a);
         check(!nowhere && nowhere.error().code == atom("not_joined"));
         check((co_await Pg::leave(kScope, group("g"), Pg::Members{a, b})).has_value());
         check(members("g").empty() && Pg::whichGroups(kScope).empty());
         co_await endScope(scope);
     }},
    {"a member that ends has left all its groups; one that had ended joins and leaves",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         const Pid a = spawn(idle);
         const Pid b = spawn(idle);
         co_await Pg::join(kScope, group("g"), Pg::Members{a, b, a});
         co_await Pg::join(kScope, group("h"), a);
         co_await killAndAwaitDown(a);
         co_await settle();
         check(members("g") == Pg::Members{b} && members("h").empty());
         const auto [ref, nobody] = co_await Pg::monitor(kScope, group("h"));
         check(nobody.empty());
         co_await Pg::join(kScope, group("h"), a);
         checkEqual(co_await nextMessage(), update(ref, "join", "h", {a}));
         checkEqual(co_await nextMessage(), update(ref, "leave", "h", {a}));
         check(Pg::whichGroups(kScope).size() == 1);
         co_await endScope(scope);
     }},
    {"monitors of a group and of a scope hear of every change, until they end",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         const Pid a = spawn(idle);
         const Pid b = spawn(idle);
         co_await Pg::join(kScope, group("g"), a);
         const auto [all, groups] = co_await Pg::monitorScope(kScope);
         check(groups.size() == 1 && groups.at(0).members == Pg::Members{a});
         const auto [ofH, none] = co_await Pg::monitor(kScope, group("h"));
         check(none.empty());
         co_await Pg::join(kScope, group("g"), b);
         checkEqual(co_await nextMessage(), update(all, "join", "g", {b}));
         co_await Pg::join(kScope, group("h"), Pg::Members{a, a});
         std::vector<Term> told{co_await nextMessage(), co_await nextMessage()};
         for (const Ref each : {all, ofH})
             check(std::ranges::any_of(told, [&](const Term& message) {
                 return equalsExact(message, update(each, "join", "h", {a, a}));
             }));
         check((co_await Pg::leave(kScope, group("g"), a)).has_value());
         checkEqual(co_await nextMessage(), update(all, "leave", "g", {a}));

         // Each time that a process had joined is told when it ends.
         check(co_await Pg::demonitor(kScope, all));
         check(!co_await Pg::demonitor(kScope, all));
         check(!co_await Pg::demonitor(kScope, makeRef()));
         co_await killAndAwaitDown(a);
         checkEqual(co_await nextMessage(), update(ofH, "leave", "h", {a}));
         checkEqual(co_await nextMessage(), update(ofH, "leave", "h", {a}));
         co_await endScope(scope);
     }},
    {"demonitor leaves nothing in the mailbox",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         const auto watched = co_await Pg::monitor(kScope, group("g"));
         co_await Pg::join(kScope, group("g"), self());
         check(co_await Pg::demonitor(kScope, watched.first));
         check(co_await isSilent());
         co_await endScope(scope);
     }},
    {"who monitors and ends is forgotten",
     +[]() -> Task<> {
         const Pid scope = co_await startScope();
         co_await awaitDown(
             spawn(+[]() -> Task<> { static_cast<void>(co_await Pg::monitorScope(kScope)); }));
         co_await settle();
         const auto info = std::get<ProcessInfo>(co_await processInfo(scope));
         check(info.monitors.empty());
         co_await Pg::join(kScope, group("g"), self());
         co_await endScope(scope);
     }},
    {"without the scope: nobody, badarg and noproc",
     +[]() -> Task<> {
         check(members("g").empty());
         checkEqual(caughtTerm(attempt([] { return Pg::whichGroups(kScope); })).element(0),
                    atoms::badarg);
         const Term reason = caughtTerm(co_await attempt(Pg::join(kScope, group("g"), self())));
         checkEqual(reason.element(0), atoms::noproc);
         checkEqual(reason.element(1).element(0), atoms::genServer);

         const Pid scope = co_await startScope();
         const otp::StartResult again = co_await Pg::startLink({.name = kScope});
         checkEqual(again.reason(), tuple(atoms::alreadyStarted, scope));
         co_await Pg::join(kScope, group("g"), self());
         co_await endScope(scope);
         check(members("g").empty());
     }},
    {"a scope in a tree starts again without members",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::processGroups()}});
         const Pid scope = whereis(atom("pg")).value();
         co_await Pg::join(atom("pg"), group("g"), self());
         exit(scope, atoms::kill);
         while (!whereis(atom("pg")) || whereis(atom("pg")) == scope)
             static_cast<void>(co_await childStates(tree));
         check(Pg::getMembers(atom("pg"), group("g")).empty());
         co_await stopTree(tree);
     }},
};

/// Processes that join, leave and are killed; in the end nobody is left.
Task<> churn() {
    const Pid scope = co_await startScope();
    const auto comesAndGoes = +[](Pid listener, int number) -> Task<> {
        for (int i = 0; i < 60; ++i) {
            const Term name((number + i) % 4);
            co_await Pg::join(kScope, name, self());
            check(std::ranges::count(Pg::getMembers(kScope, name), self()) == 1);
            if (i != 59) // who stays leaves by its end
                check((co_await Pg::leave(kScope, name, self())).has_value());
        }
        send(listener, atom("done"));
    };
    std::vector<Pid> all;
    for (int i = 0; i < 6; ++i)
        all.push_back(spawn(comesAndGoes, self(), i));
    for (int i = 0; i < 10; ++i) {
        const Pid victim = spawn(comesAndGoes, spawn(idle), i);
        co_await yield();
        exit(victim, atoms::kill);
        all.push_back(victim);
    }
    for (int i = 0; i < 6; ++i)
        checkEqual(co_await nextMessage(), atom("done"));
    for (const Pid each : all)
        co_await awaitDown(each);
    while (!Pg::whichGroups(kScope).empty())
        co_await settle();
    const auto info = std::get<ProcessInfo>(co_await processInfo(scope));
    check(info.monitors.empty());
    co_await endScope(scope);
}

} // namespace

class tst_Pg : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void nobodyIsLeftBehind() { GROVE_EVERYWHERE(churn); }
};

QTEST_GUILESS_MAIN(tst_Pg)
#include "tst_pg.moc"
