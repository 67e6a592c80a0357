// Supervisors as OTP has them, by terms: whatever flags and specifications may be, right and wrong.
#include "supervisor_terms.h"

#include <grove/otp/call.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::TermDynamicSupervisor;
using otp::TermSupervisor;

namespace {

Term combined(Term first) {
    return tag("bad_combination", list({std::move(first), tag("significant", true)}));
}
Task<Term> dynamicFailureOf(Term init) {
    return failureOf(TermDynamicSupervisor::startLink({}, saying(), std::move(init)));
}
void startWithoutStrategy() {
    static_cast<void>(TermSupervisor::init(Term::nil(), list({tag("max_restarts", 1)})));
}

const Scenario kScenarios[] = {
    {"S-030 init that ignores, returns junk, raises or exits",
     +[]() -> Task<> {
         check((co_await TermSupervisor::startLink({}, saying(), atoms::ignore)).isIgnore());
         const auto badReturn = [](Term value) {
             return tag("bad_return", tuple(kModule, atoms::init, std::move(value)));
         };
         for (const Term& junk :
              {Term(atom("junk")), Term(atoms::ok), tuple(atoms::ok, atom("junk")),
               tuple(atoms::ok, tuple(map({}), Term::nil(), 3))})
             checkEqual(co_await failureOf(junk), badReturn(junk));
         checkEqual((co_await failureOf(failed(atom("boo")))).element(0), atom("boo"));
         checkEqual(co_await failureOf(tuple(atoms::exit, atom("boo"))), atom("boo"));
         check(co_await isSilent());
     }},
    {"S-031 flags that are none",
     +[]() -> Task<> {
         const auto refused = [](Term flags) {
             return failureOf(initOf(std::move(flags), Term::nil()));
         };
         const auto why = [](const char* what, Term value) {
             return tag("supervisor_data", tag(what, std::move(value)));
         };
         for (const char* key : {"strategy", "intensity", "period", "auto_shutdown"}) {
             const std::string what = std::string("invalid_") + key;
             for (const Term& value : {Term(atom("foo")), Term(-1), Term(1.0)})
                 checkEqual(co_await refused(flag(key, value)), why(what.c_str(), value));
         }
         checkEqual(co_await refused(flag("period", 0)), why("invalid_period", 0));
         for (const Term& flags : {Term(atom("foo")), tuple(atom("one_for_one"), 1)})
             checkEqual(co_await refused(flags), why("invalid_type", flags));
         checkEqual(co_await refused(tuple(atom("foo"), 1, 1)),
                    why("invalid_strategy", atom("foo")));
     }},
    {"S-003 S-031 flags left out, and flags as a tuple",
     +[]() -> Task<> {
         Pid tree = co_await startTermTree(initOf(map({}), list({spec("a"), spec("b")})));
         exit(co_await isUp("a"), atoms::kill); // once in five seconds, and nobody else
         const Pid b = co_await isUp("b");
         exit(co_await isUp("a"), atoms::kill);
         co_await endsWith(tree, atoms::shutdown);
         check(!co_await isAlive(b));
         tree = co_await startTermTree(
             initOf(tuple(atom("one_for_all"), 2, 5), list({spec("a"), spec("b")})));
         for (int i = 0; i < 3; ++i) {
             exit(co_await isUp("a"), atoms::kill);
             static_cast<void>(co_await isUp("b"));
         }
         co_await endsWith(tree, atoms::shutdown);
     }},
    {"S-032 S-062 specifications that are none",
     +[]() -> Task<> {
         const auto refused = [](Term specs) {
             return failureOf(initOf(map({}), std::move(specs)));
         };
         const auto why = [](Term what) { return tag("start_spec", std::move(what)); };
         const Term foo = atom("foo");
         checkEqual(co_await refused(list({foo})), why(tag("invalid_child_spec", foo)));
         checkEqual(co_await refused(list({map({{atoms::start, foo}})})), why(atom("missing_id")));
         checkEqual(co_await refused(list({map({{atoms::id, foo}})})), why(atom("missing_start")));
         for (const Term& start : {foo, tuple(kModule, atom("start"), foo),
                                   tuple(kModule, 1, Term::nil()), tuple(1, foo, Term::nil())})
             checkEqual(co_await refused(list({specOf("a", start)})),
                        why(tag("invalid_mfa", start)));
         const auto refusedFor = [&](const char* key, Term value, const char* what) -> Task<> {
             checkEqual(co_await refused(list({spec("b"), with(spec("a"), key, value)})),
                        why(tag(what, value)));
         };
         co_await refusedFor("restart", foo, "invalid_restart_type");
         co_await refusedFor("shutdown", foo, "invalid_shutdown");
         co_await refusedFor("shutdown", -1, "invalid_shutdown");
         co_await refusedFor("type", foo, "invalid_child_type");
         co_await refusedFor("modules", foo, "invalid_modules");
         co_await refusedFor("significant", foo, "invalid_significant");
         checkEqual(co_await refused(list({with(spec("a"), "modules", list({1}))})),
                    why(tag("invalid_module", 1)));
         checkEqual(co_await refused(list({spec("a"), spec("b"), spec("a")})),
                    why(tag("duplicate_child_name", atom("a"))));
         checkEqual(co_await refused(list({with(spec("a"), "significant", true)})),
                    why(combined(tag("auto_shutdown", atom("never")))));
         checkEqual(co_await failureOf(initOf(flag("auto_shutdown", atom("any_significant")),
                                              list({with(spec("a"), "significant", true)}))),
                    why(combined(tag("restart", atoms::permanent))));
         check(co_await isSilent()); // nobody was started
     }},
    {"S-033 startChild refuses them as they are; keys that nobody knows are passed over",
     +[]() -> Task<> {
         const Pid tree = co_await startTermTree(initOf(map({}), Term::nil()));
         checkEqual(co_await TermSupervisor::startChild(tree, atom("foo")),
                    failed(tag("invalid_child_spec", atom("foo"))));
         checkEqual(co_await TermSupervisor::startChild(tree, with(spec("a"), "restart", 1)),
                    failed(tag("invalid_restart_type", 1)));
         const Term odd = with(spec("a"), "colour", atom("green"));
         const Term answer = co_await otp::call(tree, tuple(atom("start_child"), odd));
         checkEqual(answer, tuple(atoms::ok, co_await isUp("a")));
         co_await stopTree(tree);
     }},
    {"S-034 checkChildspecs",
     +[]() -> Task<> {
         const auto verdict = [](Term specs, Term autoShutdown = atoms::undefined) {
             return TermSupervisor::checkChildspecs(specs, autoShutdown);
         };
         const Term foo = atom("foo");
         checkEqual(verdict(Term::nil()), atoms::ok);
         checkEqual(verdict(list({spec("a"), spec("b")})), atoms::ok);
         const Term old = tuple(atom("a"), startOf("start", Term::nil()), atoms::transient, 5,
                                atoms::supervisor, atom("dynamic"));
         checkEqual(verdict(list({old})), atoms::ok);
         checkEqual(verdict(foo), failed(tuple(atoms::badarg, foo)));
         checkEqual(verdict(list({spec("a"), foo})), failed(tag("invalid_child_spec", foo)));
         checkEqual(verdict(list({spec("a"), spec("a")})),
                    failed(tag("duplicate_child_name", atom("a"))));
         const Term significant =
             list({with(with(spec("a"), "significant", true), "restart", atoms::transient)});
         checkEqual(verdict(significant), atoms::ok); // under whom is not known
         checkEqual(verdict(significant, atom("all_significant")), atoms::ok);
         checkEqual(verdict(significant, atom("never")),
                    failed(combined(tag("auto_shutdown", atom("never")))));
         checkEqual(verdict(list({with(spec("a"), "significant", true)})),
                    failed(combined(tag("restart", atoms::permanent))));
         checkEqual(verdict(Term::nil(), foo), failed(tuple(atoms::badarg, foo)));
         co_return;
     }},
    {"S-005 S-042 S-040 S-041 what is left out of a specification, and what is told of it",
     +[]() -> Task<> {
         const Term group =
             with(specOf("s", startOf("give", list({atoms::ignore}))), "type", atoms::supervisor);
         const Term odd = with(spec("b"), "modules", atom("dynamic"));
         const Pid tree = co_await startTermTree(initOf(map({}), list({spec("a"), group, odd})));
         const Pid a = co_await isUp("a");
         const Pid b = co_await isUp("b");
         const auto full = [](Term given, Term type, Term shutdown) {
             given = with(with(given, "type", type), "shutdown", shutdown);
             given = with(with(given, "restart", atoms::permanent), "significant", false);
             return tuple(atoms::ok, with(given, "modules", list({kModule})));
         };
         checkEqual(co_await TermSupervisor::getChildspec(tree, atom("a")),
                    full(spec("a"), atoms::worker, 5000));
         checkEqual(co_await TermSupervisor::getChildspec(tree, atom("s")),
                    full(group, atoms::supervisor, atoms::infinity));
         checkEqual(co_await TermSupervisor::getChildspec(tree, atom("x")),
                    failed(atoms::notFound));
         checkEqual(co_await TermSupervisor::whichChildren(tree),
                    list({tuple(atom("b"), b, atoms::worker, atom("dynamic")),
                          tuple(atom("s"), atoms::undefined, atoms::supervisor, list({kModule})),
                          tuple(atom("a"), a, atoms::worker, list({kModule}))}));
         checkEqual(
             co_await TermSupervisor::countChildren(tree),
             list({tag("specs", 3), tag("active", 2), tag("supervisors", 1), tag("workers", 2)}));
         co_await stopTree(tree);
     }},
    {"S-026 S-027 S-028 S-036 whatever a start function returns",
     +[]() -> Task<> {
         const auto why = [](Term reason) {
             return tuple(atoms::shutdown,
                          tuple(atom("failed_to_start_child"), atom("a"), std::move(reason)));
         };
         const auto returned = [](Term value) {
             return failureOf(initOf(map({}), list({giving("a", std::move(value))})));
         };
         checkEqual(co_await returned(failed(atom("boo"))), why(atom("boo")));
         for (const Term& junk : {Term(atom("junk")), Term(self()), tuple(atoms::ok, 1)})
             checkEqual(co_await returned(junk), why(junk));
         const Term unknown = co_await failureOf(
             initOf(map({}), list({specOf("a", startOf("nothing", Term::nil()))})));
         const Term raised = unknown.element(1).element(2);
         checkEqual(raised.element(0), atoms::EXIT);
         checkEqual(raised.element(1).element(0), atoms::undef);

         const Pid tree = co_await startTermTree(initOf(map({}), Term::nil()));
         const auto start = [&](Term what) { return TermSupervisor::startChild(tree, what); };
         const Term refused = co_await start(giving("a", failed(atom("boo"))));
         checkEqual(refused.element(1).element(0), atom("boo"));
         checkEqual(*refused.element(1).element(1).mapFind(atoms::id), atom("a"));
         checkEqual(co_await listed(tree), Term::nil());
         checkEqual(co_await start(giving("a", atoms::ignore)), tuple(atoms::ok, atoms::undefined));
         checkEqual(co_await start(giving("a", atoms::ignore)), failed(atoms::alreadyPresent));
         checkEqual(co_await TermSupervisor::restartChild(tree, atom("a")),
                    tuple(atoms::ok, atoms::undefined));
         checkEqual(co_await TermSupervisor::deleteChild(tree, atom("a")), atoms::ok);
         checkEqual(co_await TermSupervisor::deleteChild(tree, atom("a")), failed(atoms::notFound));
         co_await stopTree(tree);
     }},
    {"S-071 S-004 Elixir's options: a strategy must be given, ids are unique, three restarts",
     +[]() -> Task<> {
         const Term raised = caughtTerm(attempt([] { startWithoutStrategy(); }));
         checkEqual(raised, tuple(atoms::badarg, Term("expected :strategy option to be given")));
         const Term options = list({tag("strategy", atom("one_for_one"))});
         checkEqual(co_await failureOf(
                        TermSupervisor::startLink({}, list({spec("a"), spec("a")}), options)),
                    tag("start_spec", tag("duplicate_child_name", atom("a"))));
         checkEqual(co_await failureOf(TermSupervisor::startLink(
                        {}, Term::nil(), list({tag("strategy", atom("foo"))}))),
                    tag("supervisor_data", tag("invalid_strategy", atom("foo"))));
         const otp::StartResult started =
             co_await TermSupervisor::startLink({.name = "tree"}, list({spec("a")}), options);
         checkEqual(started.term(), tuple(atoms::ok, *whereis(atom("tree"))));
         for (int i = 0; i < 4; ++i)
             exit(co_await isUp("a"), atoms::kill);
         co_await endsWith(started.pid(), atoms::shutdown);
     }},
    {"D-019 init of a dynamic supervisor that ignores or returns junk",
     +[]() -> Task<> {
         check((co_await TermDynamicSupervisor::startLink({}, saying(), atoms::ignore)).isIgnore());
         for (const Term& junk :
              {Term(atom("junk")), tuple(atoms::ok, atom("junk")), initOf(map({}), Term::nil())})
             checkEqual(co_await dynamicFailureOf(junk),
                        tag("bad_return", tuple(kModule, atoms::init, junk)));
     }},
    {"D-001 D-005 flags of a dynamic supervisor",
     +[]() -> Task<> {
         const auto refusedFor = [](const char* key, Term value) -> Task<> {
             const std::string what = std::string("invalid_") + key;
             checkEqual(co_await dynamicFailureOf(tuple(atoms::ok, flag(key, value))),
                        tag("supervisor_data", tag(what.c_str(), value)));
         };
         co_await refusedFor("strategy", atom("one_for_all"));
         co_await refusedFor("intensity", -1);
         co_await refusedFor("period", 0);
         co_await refusedFor("max_children", atom("foo"));
         co_await refusedFor("extra_arguments", atom("foo"));
         const auto started = co_await TermDynamicSupervisor::startLink(
             {}, saying(), tuple(atoms::ok, flag("max_children", 0)));
         checkEqual(co_await TermDynamicSupervisor::startChild(started.pid(), spec("a")),
                    failed(atom("max_children")));
         co_await stopTree(started.pid());
     }},
    {"D-004 D-006 specifications of a dynamic supervisor's children",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const Pid pool =
             (co_await TermDynamicSupervisor::startLink(
                  {}, saying(), tuple(atoms::ok, flag("extra_arguments", list({self()})))))
                 .pid();
         const auto start = [&](Term what) {
             return TermDynamicSupervisor::startChild(pool, what);
         };
         const Term rest = list({atom("a"), atom("plain")});
         const Term good = specOf("a", startOf("start", rest));
         checkEqual(co_await start(good), tuple(atoms::ok, co_await isUp("a")));
         const Term part = map({{atoms::id, atom("a")}});
         for (const Term& wrong : {Term(atom("foo")), part})
             checkEqual(co_await start(wrong), failed(tag("invalid_child_spec", wrong)));
         checkEqual(co_await start(specOf("a", atom("foo"))),
                    failed(tag("invalid_mfa", atom("foo"))));
         checkEqual(co_await start(with(good, "restart", 1)),
                    failed(tag("invalid_restart_type", 1)));
         checkEqual(co_await start(with(good, "shutdown", -1)),
                    failed(tag("invalid_shutdown", -1)));
         co_await stopTree(pool);
         // In the caller: nobody needs to be there.
         checkEqual(co_await TermDynamicSupervisor::startChild("nobody", part),
                    failed(tag("invalid_child_spec", part)));
     }},
};

} // namespace

class tst_SupervisorTerms : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_SupervisorTerms)
#include "tst_supervisor_terms.moc"
