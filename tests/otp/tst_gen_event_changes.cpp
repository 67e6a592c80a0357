// How handlers of gen_event go, are swapped and are supervised, as OTP has it.
#include "told_handler.h"

using namespace grove;
using namespace grove::test;
using otp::GenEvent;

namespace {

/// Adds a supervised handler, does something, and ends.
Task<> owner(Pid listener, Pid manager, Term reason) {
    check((co_await GenEvent::addSupHandler<Told>(manager, told("owned"), listener,
                                                  Term(atom("owned"))))
              .has_value());
    if (!reason.isAtom(atoms::normal))
        exit(reason);
}
const Scenario kScenarios[] = {
    {"G-107 deleteHandler gives what terminate returned, or how it failed",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         checkEqual(co_await GenEvent::deleteHandler(manager, told("a"), Term(7)),
                    tuple(atom("ended"), atom("a")));
         co_await tells("a", atoms::terminate, 7);
         checkEqual(co_await GenEvent::deleteHandler(manager, told("a"), Term(7)),
                    tuple(atoms::error, atom("module_not_found")));
         co_await addTold(manager, "b");
         const Term why = tuple(atoms::error, atom("boo"));
         checkEqual(withoutStack(co_await GenEvent::deleteHandler(manager, told("b"), why)),
                    exited(atom("boo")));
         co_await tells("b", atoms::terminate, why);
     }},
    {"G-108 swapHandler hands over what the old one's terminate returned",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         for (const char* id : {"a", "b", "c"})
             co_await addTold(manager, id);
         const auto swap = [](Pid pid, const char* from, const char* to) {
             return GenEvent::swapHandler<Told>(pid, told(from), Term(1), told(to), self(),
                                                Term(atom(to)));
         };
         check((co_await swap(manager, "b", "n")).has_value());
         co_await tells("b", atoms::terminate, 1);
         co_await tells("n", atoms::init, tuple(atom("ended"), atom("b")));
         checkEqual(co_await names(manager), list({atom("n"), atom("c"), atom("a")}));
         check((co_await swap(manager, "unknown", "m")).has_value());
         co_await tells("m", atoms::init, atoms::error);
         const auto failed = co_await GenEvent::swapHandler<Told>(
             manager, told("m"), Term(1), told("x"), self(), tuple(atom("refuse"), 2));
         check(!failed.has_value());
         checkEqual(failed.error(), tuple(atoms::error, tuple(atoms::error, 2)));
         co_await tells("m", atoms::terminate, 1);
         checkEqual(co_await names(manager), list({atom("n"), atom("c"), atom("a")}));
     }},
    {"G-109 a handler may put another one in its place",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         for (const char* id : {"a", "b", "c"})
             co_await addTold(manager, id);
         checkEqual(co_await GenEvent::call(manager, told("b"), tuple(atom("swap"), atom("n"))),
                    tuple(atoms::reply, tuple(atom("swap"), atom("n"))));
         co_await tells("b", atoms::terminate, atom("a1"));
         co_await tells("n", atoms::init, tuple(atom("ended"), atom("b")));
         checkEqual(co_await names(manager), list({atom("c"), atom("n"), atom("a")}));
         check((co_await GenEvent::deleteHandler(manager, told("c"), 0)).isTuple());
         check((co_await GenEvent::deleteHandler(manager, told("a"), 0)).isTuple());
         for (const char* id : {"c", "a"})
             co_await tells(id, atoms::terminate, 0);
         GenEvent::notify(manager, tuple(atom("swap"), atom("m")));
         co_await tells("n", atom("event"), tuple(atom("swap"), atom("m")));
         co_await tells("n", atoms::terminate, atom("a1"));
         co_await tells("m", atoms::init, tuple(atom("ended"), atom("n")));
         checkEqual(co_await names(manager), list({atom("m")}));
     }},
    {"G-110 whoever supervises a handler is told of its end, and why",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         const auto silentFor = [](Pid pid, Term event, Term why, Term reason) -> Task<> {
             co_await addSupTold(pid, "s");
             GenEvent::notify(pid, event);
             co_await tells("s", atom("event"), event);
             co_await tells("s", atoms::terminate, why);
             co_await tells(gone("s", reason));
         };
         co_await silentFor(manager, atom("remove"), atom("remove_handler"), atoms::normal);
         co_await silentFor(manager, tuple(atom("bad"), 1), tuple(atoms::error, 1), 1);
         co_await silentFor(manager, tuple(atoms::exit, 2), tuple(atoms::error, exited(2)),
                            exited(2));
         co_await addSupTold(manager, "s");
         static_cast<void>(co_await GenEvent::deleteHandler(manager, told("s"), 3));
         co_await tells("s", atoms::terminate, 3);
         co_await tells(gone("s", atoms::normal));
         co_await addSupTold(manager, "s");
         check((co_await GenEvent::swapHandler<Told>(manager, told("s"), Term(4), told("n"), self(),
                                                     Term(atom("n"))))
                   .has_value());
         co_await tells("s", atoms::terminate, 4);
         co_await tells(gone("s", tuple(atom("swapped"), told("n").term(), self())));
         co_await tells("n", atoms::init, tuple(atom("ended"), atom("s")));
         GenEvent::notify(manager, Term(atom("remove"))); // the new one is supervised, too
         co_await tells("n", atom("event"), atom("remove"));
         co_await tells("n", atoms::terminate, atom("remove_handler"));
         co_await tells(gone("n", atoms::normal));
         co_await addTold(manager, "u");
         check((co_await GenEvent::swapSupHandler<Told>(manager, told("u"), Term(5), told("v"),
                                                        self(), Term(atom("v"))))
                   .has_value());
         co_await tells("u", atoms::terminate, 5); // nobody supervised that one
         co_await tells("v", atoms::init, tuple(atom("ended"), atom("u")));
         static_cast<void>(co_await GenEvent::deleteHandler(manager, told("v"), 6));
         co_await tells("v", atoms::terminate, 6);
         co_await tells(gone("v", atoms::normal));
     }},
    {"G-111 a handler goes with the process that supervises it",
     +[]() -> Task<> {
         const Pid manager = co_await startManager();
         co_await addTold(manager, "a");
         for (const Atom reason : {atom("boo"), atoms::normal}) {
             const Pid pid = spawn(owner, self(), manager, Term(reason));
             co_await tells(tuple(atom("owned"), atoms::init));
             co_await tells("owned", atoms::terminate, tuple(atoms::stop, reason));
             co_await tells("a", atom("info"), tuple(atoms::EXIT, pid, reason));
             checkEqual(co_await names(manager), list({atom("a")}));
         }
     }},
};

} // namespace

class tst_GenEventChanges : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_GenEventChanges)
#include "tst_gen_event_changes.moc"
