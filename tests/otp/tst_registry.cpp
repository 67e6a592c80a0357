#include "names.h"

#include <grove/otp/call.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::Registry;

namespace {

Task<> asks(otp::ServerRef server) {
    static_cast<void>(co_await otp::call(std::move(server), Term(1)));
}

/// Looks at a key in the moment it hears of its holder's end, by a link or by a monitor.
Task<> findsKeyFree(Pid listener, Pid holder, Term key, bool byLink) {
    setTrapExit(TrapExit::Yes);
    if (byLink)
        link(holder);
    else
        static_cast<void>(monitor(holder));
    send(listener, atom("watching"));
    const Message told = co_await receive(any());
    check(told.kind() == (byLink ? MessageKind::Exit : MessageKind::Down));
    check(!Registry::whereis(kNames, key));
    check(Registry::lookup(kNames, key).empty());
    send(listener, atom("free"));
}

/// Wants the key; tells who got it.
Task<> wants(Pid listener, Term key) {
    const otp::StartResult started = co_await Child::start(
        {.name = otp::via(kNames, std::move(key))}, listener, Term(atom("a")), Term(atom("plain")));
    send(listener,
         tuple(atom("got"), started.isOk() ? Term(atoms::ok) : started.reason().element(0)));
}

const Scenario kScenarios[] = {
    {"R-001 R-002 a unique key has one holder, linked to the registry",
     +[]() -> Task<> {
         const Pid names = co_await startNames();
         const Pid holder = co_await holderOf(1, atom("v"));
         checkEqual(lookedUp(1), list({tuple(holder, atom("v"))}));
         check(Registry::registerName(kNames, 1) == holder);
         check(Registry::count(kNames) == 1);
         checkEqual(Registry::keys(kNames, holder).at(0), 1);
         checkEqual(Registry::values(kNames, 1, holder).at(0), atom("v"));
         check(!Registry::registerName(kNames, 2));
         check(Registry::registerName(kNames, 2) == self()); // also when it is oneself
         check(Registry::keys(kNames, self()).size() == 1);
         const Ref watch = monitor(holder);
         exit(names, atoms::kill);
         const Exit signal = co_await receive(on<Exit>(names));
         checkEqual(signal.reason, atoms::killed);
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::killed);
     }},
    {"R-003 R-022 keys are compared exactly, and none is a pattern",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         const Pid one = co_await holderOf(1);
         const Pid same = co_await holderOf(1.0);
         const Pid any = co_await holderOf(atom("_"));
         check(Registry::whereis(kNames, 1) == one);
         check(Registry::whereis(kNames, 1.0) == same);
         check(Registry::whereis(kNames, atom("_")) == any);
         check(!Registry::whereis(kNames, atom("$1")));
         check(Registry::count(kNames) == 3);
     }},
    {"R-004 entries are released before links and monitors are told",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         for (const bool byLink : {false, true}) {
             for (int i = 0; i < 10; ++i) {
                 const Pid holder = co_await holderOf(i);
                 spawn(findsKeyFree, self(), holder, Term(i), byLink);
                 checkEqual(co_await nextMessage(), atom("watching"));
                 exit(holder, i % 2 == 0 ? Term(atoms::kill) : Term(atom("boo")));
                 checkEqual(co_await nextMessage(), atom("free"));
                 check(!Registry::registerName(kNames, i)); // the next may have it at once
                 Registry::unregister(kNames, i);
             }
         }
         check(Registry::count(kNames) == 0);
     }},
    {"R-005 R-017 unregister takes one's own entries only, and the link with the last",
     +[]() -> Task<> {
         const Pid names = co_await startNames();
         const Pid holder = co_await holderOf(1);
         Registry::unregister(kNames, 1);
         Registry::unregister(kNames, 99);
         check(Registry::whereis(kNames, 1) == holder);
         const Pid leaver = spawn(
             +[](Pid listener) -> Task<> {
                 check(!Registry::registerName(kNames, 2));
                 check(!Registry::registerName(kNames, 3));
                 Registry::unregister(kNames, 2);
                 check(Registry::whereis(kNames, 3) == self());
                 Registry::unregister(kNames, 3);
                 send(listener, atom("left"));
                 co_await idle();
             },
             self());
         checkEqual(co_await nextMessage(), atom("left"));
         check(!Registry::whereis(kNames, 3));
         const Ref watch = monitor(holder);
         exit(names, atoms::kill);
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::killed);
         check(co_await isAlive(leaver));
     }},
    {"R-006 updateValue changes one's own value",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         static_cast<void>(co_await holderOf(1, 10));
         check(!Registry::registerName(kNames, 2, 20));
         const auto plusOne = [](const Term& old) { return Term(old.toInt() + 1); };
         const auto changed = Registry::updateValue(kNames, 2, plusOne);
         check(changed.has_value());
         checkEqual(changed->first, 21);
         checkEqual(changed->second, 20);
         checkEqual(lookedUp(2), list({tuple(self(), 21)}));
         check(!Registry::updateValue(kNames, 1, plusOne));
         check(!Registry::updateValue(kNames, 3, plusOne));
     }},
    {"R-007 a duplicate registry lists every entry, one's own twice too",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames({.keys = otp::Keys::Duplicate}));
         const Pid holder = co_await holderOf(1, atom("x"));
         check(!Registry::registerName(kNames, 1, atom("y")));
         check(!Registry::registerName(kNames, 1, atom("z")));
         checkEqual(lookedUp(1), list({tuple(holder, atom("x")), tuple(self(), atom("y")),
                                       tuple(self(), atom("z"))}));
         check(Registry::keys(kNames, self()).size() == 2);
         check(Registry::values(kNames, 1, self()).size() == 2);
         Registry::unregister(kNames, 1);
         checkEqual(lookedUp(1), list({tuple(holder, atom("x"))}));
         check(!Registry::whereis(kNames, 1)); // it names nobody
         const auto refused = attempt([] {
             static_cast<void>(
                 Registry::updateValue(kNames, 1, [](const Term& old) { return old; }));
         });
         check(!refused);
     }},
    {"R-008 R-009 via names: started under a key, called and cast to by it, taken, missing",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         otp::Via name = otp::via(kNames, tuple(atom("list"), "home"));
         name.value = atom("shown");
         const auto start = [&] {
             return Child::startLink({.name = name}, self(), Term(atom("a")), Term(atom("plain")));
         };
         const otp::StartResult first = co_await start();
         checkEqual(co_await isUp("a"), first.pid());
         checkEqual((co_await start()).reason(), tuple(atoms::alreadyStarted, first.pid()));
         checkEqual(lookedUp(name.key), list({tuple(first.pid(), atom("shown"))}));
         checkEqual(co_await otp::call(name, Term(7)), 7);
         otp::cast(name, atoms::normal);
         co_await isDown("a", atoms::normal);
         const Exit ended = co_await receive(on<Exit>(first.pid()));
         checkEqual(ended.reason, atoms::normal);
         const Term reason = caughtTerm(co_await attempt(asks(name)));
         checkEqual(reason.element(0), atoms::noproc);
         otp::cast(name, atoms::normal);
         check(co_await isSilent()); // no exit signal of the one that lost, either
     }},
    {"R-009 N-008 many want one key: one gets it, the others hear who",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         for (int i = 0; i < 8; ++i)
             spawn(wants, self(), Term(atom("key")));
         int winners = 0;
         int losers = 0;
         int ups = 0;
         while (winners + losers < 8 || ups < 1) {
             const Term told = co_await nextMessage();
             if (told.isTagged(atom("up"), 3))
                 ++ups;
             else if (told.element(1).isAtom(atoms::ok))
                 ++winners;
             else if (told.element(1).isAtom(atoms::alreadyStarted))
                 ++losers;
         }
         check(winners == 1 && losers == 7 && ups == 1);
         check(co_await isSilent());
     }},
    {"R-010 R-020 an unknown key, and an unknown registry",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         const auto sent =
             attempt([] { otp::send(otp::via(kNames, Term(1)), Payload(Term(atom("hello")))); });
         check(!sent && sent.error().errorClass == ErrorClass::Error);
         check(!Registry::whereis(atom("elsewhere"), 1));
         const auto looked =
             attempt([] { static_cast<void>(Registry::lookup(atom("elsewhere"), 1)); });
         check(!looked);
         checkEqual(looked.error().term.element(0), atoms::badarg);
     }},
    {"R-011 dispatch runs in the caller with all entries, and not without any",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames({.keys = otp::Keys::Duplicate}));
         static_cast<void>(co_await holderOf(1));
         static_cast<void>(co_await holderOf(1));
         std::size_t told = 0;
         Registry::dispatch(kNames, 2, [&](const auto&) { told = 99; });
         Registry::dispatch(kNames, 1, [&](const auto& entries) { told += entries.size(); });
         check(told == 2);
     }},
    {"R-018 after a registry was killed its entries are gone; its successor is empty",
     +[]() -> Task<> {
         const Pid tree = co_await startTree({.children = {otp::registry("names")}});
         const Pid holder = co_await holderOf(1);
         const Ref watch = monitor(holder);
         exit(whereis(kNames).value(), atoms::kill);
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, atoms::killed);
         // The supervisor answers when it has started the next one.
         Term states = co_await childStates(tree);
         while (!whereis(kNames))
             states = co_await childStates(tree);
         check(Registry::count(kNames) == 0);
         static_cast<void>(co_await holderOf(1));
         co_await stopTree(tree);
     }},
    {"R-019 a registry has data of its own",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         check(!Registry::meta(kNames, atom("k")));
         Registry::putMeta(kNames, atom("k"), 1);
         Registry::putMeta(kNames, atom("k"), 2);
         checkEqual(*Registry::meta(kNames, atom("k")), 2);
     }},
};

} // namespace

class tst_Registry : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Registry)
#include "tst_registry.moc"
