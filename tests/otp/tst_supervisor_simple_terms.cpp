// Supervisors as OTP has them, by terms: simple_one_for_one, and changes of code.
#include "supervisor_terms.h"

#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/sys.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::TermSupervisor;

namespace {

/// With room for the test's own arguments behind.
Term simple(Term pattern, Term flags = map({})) {
    return initOf(with(std::move(flags), "strategy", atom("simple_one_for_one")),
                  list({std::move(pattern)}));
}
/// Says what `what` is when it is asked.
TermSupervisor::Callbacks readingFrom(std::shared_ptr<Term> what) {
    return std::make_shared<const otp::TermSupervisorCallbacks>(
        otp::TermSupervisorCallbacks{kModule, [what](const Term&) { return *what; }});
}

/// One more child of a simple_one_for_one supervisor that was given all but how.
Task<Pid> add(Pid tree, const char* id, Term how = atom("plain")) {
    const Term answer = co_await TermSupervisor::startChild(tree, list({std::move(how)}));
    const Pid pid = co_await isUp(id);
    checkEqual(answer, tuple(atoms::ok, pid));
    co_return pid;
}
Term pattern(const char* id) {
    return specOf(id, startOf("start", list({self(), atom(id)})));
}
Task<Term> changed(Pid tree) {
    co_await otp::sys::suspend(tree);
    const auto answer = co_await otp::sys::changeCode(tree, atom("old"), atom("extra"));
    co_await otp::sys::resume(tree);
    co_return answer ? Term(atoms::ok) : failed(answer.error());
}
const Scenario kScenarios[] = {
    {"S-063 simple_one_for_one: exactly one specification, and nobody is started",
     +[]() -> Task<> {
         const Term flags = flag("strategy", kSimple);
         for (const Term& specs : {Term::nil(), list({spec("a"), spec("b")}), Term(atom("foo"))})
             checkEqual(co_await failureOf(initOf(flags, specs)), tag("bad_start_spec", specs));
         checkEqual(co_await failureOf(initOf(flags, list({atom("foo")}))),
                    tag("start_spec", tag("invalid_child_spec", atom("foo"))));
         const Pid tree = co_await startTermTree(simple(spec("a")));
         co_await staysQuiet();
         checkEqual(co_await listed(tree), Term::nil());
         co_await stopTree(tree);
     }},
    {"S-064 arguments are put behind those of the specification, at restarts too",
     +[]() -> Task<> {
         const Term telling = specOf("x", startOf("tell", list({self()})));
         const Pid tree = co_await startTermTree(simple(telling));
         const Term answer =
             co_await TermSupervisor::startChild(tree, list({atom("a"), atom("plain")}));
         const Term arguments = tag("arguments", list({self(), atom("a"), atom("plain")}));
         checkEqual(co_await nextMessage(), arguments);
         const Pid a = co_await isUp("a");
         checkEqual(answer, tuple(atoms::ok, a));
         for (const Term& wrong : {Term(atom("foo")), cons(atom("a"), atom("foo")), spec("a")}) {
             const Term refused = co_await TermSupervisor::startChild(tree, wrong);
             checkEqual(refused.element(0), atoms::error);
             checkEqual(refused.element(1).element(0), atoms::EXIT);
             checkEqual(refused.element(1).element(1).element(0), atoms::badarg);
         }
         exit(a, atoms::kill);
         checkEqual(co_await nextMessage(), arguments);
         check(co_await isUp("a") != a);
         co_await stopTree(tree);
     }},
    {"S-065 children have no ids: what asks for one is refused",
     +[]() -> Task<> {
         const Pid tree = co_await startTermTree(simple(pattern("a")));
         const Pid first = co_await add(tree, "a");
         const Pid second = co_await add(tree, "a", atom("trap"));
         const auto shown = [](Pid pid) {
             return tuple(atoms::undefined, pid, atoms::worker, list({kModule}));
         };
         checkEqual(co_await TermSupervisor::whichChildren(tree),
                    list({shown(first), shown(second)}));
         checkEqual(
             co_await TermSupervisor::countChildren(tree),
             list({tag("specs", 1), tag("active", 2), tag("supervisors", 0), tag("workers", 2)}));
         checkEqual(co_await TermSupervisor::terminateChild(tree, atom("a")), failed(kSimple));
         checkEqual(co_await TermSupervisor::deleteChild(tree, atom("a")), failed(kSimple));
         checkEqual(co_await TermSupervisor::restartChild(tree, second), failed(kSimple));
         for (const Term& which : {Term(atom("a")), Term(first)})
             checkEqual((co_await TermSupervisor::getChildspec(tree, which)).element(0), atoms::ok);
         for (const Term& which : {Term(atom("b")), Term(self())})
             checkEqual(co_await TermSupervisor::getChildspec(tree, which),
                        failed(atoms::notFound));
         checkEqual(co_await TermSupervisor::terminateChild(tree, second), atoms::ok);
         co_await isDown("a", atoms::shutdown);
         checkEqual(co_await TermSupervisor::whichChildren(tree), list({shown(first)}));
         co_await stopTree(tree);
     }},
    {"S-066 terminateChild of a stranger, and of one that has ended",
     +[]() -> Task<> {
         const Pid tree = co_await startTermTree(simple(pattern("a")));
         const Pid a = co_await add(tree, "a");
         checkEqual(co_await TermSupervisor::terminateChild(tree, self()), failed(atoms::notFound));
         for (int i = 0; i < 2; ++i)
             checkEqual(co_await TermSupervisor::terminateChild(tree, a), atoms::ok);
         checkEqual(co_await listed(tree), Term::nil());
         co_await staysQuiet();
         co_await stopTree(tree);
     }},
    {"S-067 a start that ignores or fails leaves nothing",
     +[]() -> Task<> {
         const Pid tree = co_await startTermTree(simple(specOf("a", startOf("give", Term::nil()))));
         const auto start = [&](Term what) {
             return TermSupervisor::startChild(tree, list({what}));
         };
         checkEqual(co_await start(atoms::ignore), tuple(atoms::ok, atoms::undefined));
         checkEqual(co_await start(failed(atom("boo"))), failed(atom("boo")));
         checkEqual(co_await start(atom("junk")), failed(atom("junk")));
         checkEqual(co_await listed(tree), Term::nil());
         co_await stopTree(tree);
     }},
    {"S-068 all children stop at the same time",
     +[]() -> Task<> {
         const Pid tree = co_await startTermTree(simple(with(pattern("a"), "shutdown", 400)));
         for (const int ms : {100, 200, 300})
             static_cast<void>(co_await add(tree, "a", tuple(atom("linger"), ms)));
         const Pid late = co_await add(tree, "a", tuple(atom("linger"), 60'000));
         const Ref lateEnd = monitor(late);
         const Instant before = now();
         exit(tree, atoms::shutdown);
         co_await endsWith(tree, atoms::shutdown);
         check(now() - before >= 400ms && now() - before < 450ms);
         for (int i = 0; i < 3; ++i)
             co_await isDown("a", atoms::shutdown);
         checkEqual((co_await receive(on<Down>(lateEnd))).reason, atoms::killed);
         check(co_await isSilent());
     }},
    {"S-006 S-010 S-012 S-024 restarts under simple_one_for_one",
     +[]() -> Task<> {
         Pid tree = co_await startTermTree(simple(pattern("a"), flag("intensity", 100'000)));
         Pid a = co_await add(tree, "a");
         otp::cast(a, atoms::normal);
         co_await isDown("a", atoms::normal);
         a = co_await isUp("a");
         check(registerName(atom("gate"), self()).has_value()); // nothing starts now
         co_await killAndAwaitDown(a);
         const Term restarting =
             list({tuple(atoms::undefined, atoms::restarting, atoms::worker, list({kModule}))});
         while (co_await TermSupervisor::whichChildren(tree) != restarting) {
         }
         checkEqual((co_await TermSupervisor::countChildren(tree)).tail().head(), tag("active", 0));
         static_cast<void>(unregisterName(atom("gate")));
         a = co_await isUp("a");
         checkEqual(co_await listed(tree), list({tuple(atoms::undefined, a)}));
         co_await stopTree(tree);

         tree = co_await startTermTree(simple(with(pattern("a"), "restart", atoms::temporary)));
         otp::cast(co_await add(tree, "a"), atom("boo"));
         co_await isDown("a", atom("boo"));
         co_await staysQuiet();
         checkEqual(co_await listed(tree), Term::nil());
         co_await stopTree(tree);

         tree = co_await startTermTree(simple(pattern("a"), flag("intensity", 0)));
         exit(co_await add(tree, "a"), atoms::kill);
         co_await endsWith(tree, atoms::shutdown);
     }},
    {"S-058 S-060 significant children under simple_one_for_one",
     +[]() -> Task<> {
         const Term significant =
             with(with(pattern("a"), "significant", true), "restart", atoms::transient);
         Pid tree = co_await startTermTree(
             simple(significant, flag("auto_shutdown", atom("any_significant"))));
         const Pid first = co_await add(tree, "a", atom("trap"));
         static_cast<void>(co_await add(tree, "a", atom("trap")));
         otp::cast(first, atoms::normal);
         co_await isDown("a", atoms::normal);
         co_await isDown("a", atoms::shutdown);
         co_await endsWith(tree, atoms::shutdown);
         tree = co_await startTermTree(
             simple(significant, flag("auto_shutdown", atom("all_significant"))));
         const Pid one = co_await add(tree, "a");
         const Pid other = co_await add(tree, "a");
         otp::cast(one, atoms::normal);
         co_await isDown("a", atoms::normal);
         co_await staysQuiet();
         otp::cast(other, atoms::normal);
         co_await isDown("a", atoms::normal);
         co_await endsWith(tree, atoms::shutdown);
     }},
    {"S-069 Y-018 a change of code asks init again: new flags and specifications, nobody restarted",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const auto what =
             std::make_shared<Term>(initOf(flag("intensity", 5), list({spec("a"), spec("z")})));
         const Pid tree =
             (co_await TermSupervisor::startLink({}, readingFrom(what), Term::nil())).pid();
         const Pid a = co_await isUp("a");
         const Pid z = co_await isUp("z");
         exit(a, atoms::kill);
         const Pid again = co_await isUp("a");
         // `a` as it runs with what it will be, `b` listed and not started, `z` as it was.
         *what = initOf(flag("intensity", 1),
                        list({spec("b"), with(spec("a", atom("trap")), "modules", list({1}))}));
         checkEqual(co_await changed(tree), failed(failed(tag("invalid_module", 1))));
         *what =
             initOf(flag("intensity", 1),
                    list({spec("b"), with(spec("a", atom("trap")), "restart", atoms::transient)}));
         checkEqual(co_await changed(tree), atoms::ok);
         const Term after = list(
             {tuple(atom("z"), z), tuple(atom("a"), again), tuple(atom("b"), atoms::undefined)});
         checkEqual(co_await listed(tree), after);
         check(co_await isSilent());
         const auto keeps = [&](Term said, Term answer) -> Task<> {
             *what = std::move(said);
             checkEqual(co_await changed(tree), answer);
             checkEqual(co_await listed(tree), after);
         };
         const Term foo = atom("foo");
         co_await keeps(foo, failed(foo));
         co_await keeps(atoms::ignore, atoms::ok);
         co_await keeps(initOf(foo, Term::nil()), failed(failed(tag("bad_flags", foo))));
         co_await keeps(initOf(flag("strategy", foo), Term::nil()),
                        failed(failed(tag("invalid_strategy", foo))));
         co_await keeps(initOf(map({}), list({foo})),
                        failed(failed(tag("invalid_child_spec", foo))));
         // Not so in OTP, where such a supervisor loses its children.
         co_await keeps(simple(spec("a")), failed(failed(tag("invalid_strategy", kSimple))));
         const Term started = co_await TermSupervisor::restartChild(tree, atom("b"));
         checkEqual(started, tuple(atoms::ok, co_await isUp("b")));
         // One restart was used up before: with the new intensity the next is one too many.
         exit(z, atoms::kill);
         co_await endsWith(tree, atoms::shutdown);
     }},
    {"S-069 Y-018 the same under simple_one_for_one: who is started from now on is another",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const auto what = std::make_shared<Term>(simple(pattern("a")));
         const Pid tree =
             (co_await TermSupervisor::startLink({}, readingFrom(what), Term::nil())).pid();
         const Pid a = co_await add(tree, "a");
         *what = simple(pattern("b"), flag("intensity", 0));
         checkEqual(co_await changed(tree), atoms::ok);
         const Pid b = co_await add(tree, "b");
         checkEqual(co_await listed(tree),
                    list({tuple(atoms::undefined, a), tuple(atoms::undefined, b)}));
         *what = initOf(map({}), list({spec("c")}));
         checkEqual(co_await changed(tree),
                    failed(failed(tag("invalid_strategy", atom("one_for_one")))));
         exit(b, atoms::kill);
         co_await endsWith(tree, atoms::shutdown);
     }},
    {"S-064 S-069 running children are of the new specification, with the arguments they have",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const Term often = flag("intensity", 10);
         const auto as = [&](const char* restart, int shutdown, const char* module) {
             const Term told = specOf("b", startOf("tell", list({self(), atom("b")})));
             return simple(with(with(with(told, "restart", atom(restart)), "shutdown", shutdown),
                                "modules", list({atom(module)})),
                           often);
         };
         const auto what = std::make_shared<Term>(simple(pattern("a"), often));
         const Pid tree =
             (co_await TermSupervisor::startLink({}, readingFrom(what), Term::nil())).pid();
         const Pid first = co_await add(tree, "a", tuple(atom("linger"), 60'000));
         *what = as("transient", 100, "m");
         checkEqual(co_await changed(tree), atoms::ok);
         const auto shown = [](Pid pid, const char* module) {
             return list({tuple(atoms::undefined, pid, atoms::worker, list({atom(module)}))});
         };
         checkEqual(co_await TermSupervisor::whichChildren(tree), shown(first, "m"));
         // The new function, with all the old arguments.
         exit(first, atoms::kill);
         checkEqual(co_await nextMessage(),
                    tag("arguments", list({self(), atom("a"), tuple(atom("linger"), 60'000)})));
         const Pid again = co_await isUp("a");
         // The new time to end.
         const Instant before = now();
         checkEqual(co_await TermSupervisor::terminateChild(tree, again), atoms::ok);
         check(now() - before >= 100ms && now() - before < 150ms);
         // The new restart type: it ends normally, and that is all.
         checkEqual((co_await TermSupervisor::startChild(tree, list({atom("plain")}))).element(0),
                    atoms::ok);
         static_cast<void>(co_await nextMessage());
         otp::cast(co_await isUp("b"), atoms::normal);
         co_await isDown("b", atoms::normal);
         co_await staysQuiet();
         checkEqual(co_await listed(tree), Term::nil());
         // Not so in OTP: one that was temporary is started again.
         *what = as("temporary", 100, "m");
         checkEqual(co_await changed(tree), atoms::ok);
         static_cast<void>(co_await TermSupervisor::startChild(tree, list({atom("plain")})));
         static_cast<void>(co_await nextMessage());
         const Pid temporary = co_await isUp("b");
         *what = as("permanent", 100, "n");
         checkEqual(co_await changed(tree), atoms::ok);
         exit(temporary, atoms::kill);
         checkEqual(co_await nextMessage(),
                    tag("arguments", list({self(), atom("b"), atom("plain")})));
         checkEqual(co_await TermSupervisor::whichChildren(tree), shown(co_await isUp("b"), "n"));
         co_await stopTree(tree);
     }},
    {"S-069 Y-018 a change of code reaches who is just being started again",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const Term often = flag("intensity", 100'000);
         const auto what = std::make_shared<Term>(simple(pattern("a"), often));
         const Pid tree =
             (co_await TermSupervisor::startLink({}, readingFrom(what), Term::nil())).pid();
         const Pid a = co_await add(tree, "a");
         check(registerName(atom("gate"), self()).has_value()); // nothing starts now
         co_await killAndAwaitDown(a);
         *what = simple(specOf("b", startOf("tell", Term::nil())), often);
         checkEqual(co_await changed(tree), atoms::ok);
         const Term tried = tag("arguments", list({self(), atom("a"), atom("plain")}));
         checkEqual(co_await nextMessage(), tried);
         static_cast<void>(unregisterName(atom("gate")));
         Term next = co_await nextMessage();
         while (next == tried)
             next = co_await nextMessage();
         checkEqual(co_await listed(tree), list({tuple(atoms::undefined, next.element(2))}));
         co_await stopTree(tree);
     }},
    {"Y-018 a dynamic supervisor asks init again, too",
     +[]() -> Task<> {
         addStartFunctions();
         setTrapExit(TrapExit::Yes);
         const auto what = std::make_shared<Term>(tuple(atoms::ok, flag("max_children", 1)));
         const Pid pool =
             (co_await otp::TermDynamicSupervisor::startLink({}, readingFrom(what), Term::nil()))
                 .pid();
         const auto start = [&] { return otp::TermDynamicSupervisor::startChild(pool, spec("a")); };
         checkEqual(co_await start(), tuple(atoms::ok, co_await isUp("a")));
         checkEqual(co_await start(), failed(atom("max_children")));
         for (const auto& [said, answer] :
              {std::pair{tuple(atoms::ok, flag("period", 0)),
                         failed(failed(tag("supervisor_data", tag("invalid_period", 0))))},
               std::pair{Term(atom("foo")), failed(atom("foo"))},
               std::pair{Term(atoms::ignore), Term(atoms::ok)}}) {
             *what = said;
             checkEqual(co_await changed(pool), answer);
             checkEqual(co_await start(), failed(atom("max_children")));
         }
         *what = tuple(atoms::ok, flag("max_children", 2));
         checkEqual(co_await changed(pool), atoms::ok);
         checkEqual(co_await start(), tuple(atoms::ok, co_await isUp("a")));
         // A value stays what it was.
         const Pid made = (co_await otp::DynamicSupervisor::startLink({}, {})).pid();
         checkEqual(co_await changed(made), atoms::ok);
         co_await stopTree(made);
         co_await stopTree(pool);
     }},
    {"S-069 Y-018 a supervisor that is made from a value is what it was",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {child("a")}});
         const Pid a = co_await isUp("a");
         checkEqual(co_await changed(tree), atoms::ok);
         checkEqual(co_await childStates(tree), list({childState("a", a)}));
         exit(a, atoms::kill);
         static_cast<void>(co_await isUp("a"));
         co_await stopTree(tree);
     }},
};

} // namespace

class tst_SupervisorSimpleTerms : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_SupervisorSimpleTerms)
#include "tst_supervisor_simple_terms.moc"
