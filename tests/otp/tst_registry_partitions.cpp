#include "names.h"

#include <grove/otp/call.h>
#include <grove/runtime/runtime.h>
#include <grove/term/phash2.h>

#include <set>

using namespace grove;
using namespace grove::test;
using otp::Registry;

namespace {

Task<std::vector<Pid>> partitionsOf(Pid names) {
    std::vector<Pid> pids;
    for (const otp::Child& child : co_await otp::Supervisor::whichChildren(names))
        pids.insert(pids.begin(), child.pid);
    co_return pids;
}
/// Registers under 1 and says, when it is told of the end of what it is linked to, why.
Task<> outlives(Pid listener, Term key) {
    setTrapExit(TrapExit::Yes);
    check(!Registry::registerName(kNames, key));
    send(listener, tuple(atom("holds"), atoms::ok, self()));
    const Exit signal = co_await receive(on<Exit>());
    send(listener, tuple(atom("outlived"), self(), signal.reason));
    co_await idle();
}
Task<Pid> survivor(Term key) {
    const Pid pid = spawn(outlives, self(), std::move(key));
    checkEqual(co_await nextMessage(), tuple(atom("holds"), atoms::ok, pid));
    co_return pid;
}
/// Returns when all partitions run again.
Task<> areBack(Pid names, Pid killed) {
    for (;;) {
        const std::vector<Pid> pids = co_await partitionsOf(names);
        if (std::ranges::all_of(pids, [&](Pid pid) { return pid && pid != killed; }))
            co_return;
    }
}

/// Tells what the registry lists under the key 1 while its own frame goes.
class Looks {
public:
    explicit Looks(Pid listener) : m_listener(listener) {}
    ~Looks() { send(m_listener, tuple(atom("dying"), lookedUp(1))); }
    Looks(const Looks&) = delete;
    Looks& operator=(const Looks&) = delete;

private:
    Pid m_listener;
};

/// `{event, names, Key, Pid, …}`
template <class... Rest> Term event(const char* what, Term key, Pid pid, Rest... rest) {
    return tuple(atom(what), kNames, std::move(key), pid, std::move(rest)...);
}

const Scenario kScenarios[] = {
    {"R-021 as many partitions as wanted, each a child; one is the registry itself",
     +[]() -> Task<> {
         const Pid names = co_await startNames({.partitions = 3});
         const std::vector<otp::Child> children = co_await otp::Supervisor::whichChildren(names);
         check(children.size() == 3);
         for (std::size_t i = 0; i < 3; ++i) {
             const Term name = atom("names.PIDPartition" + std::to_string(i));
             checkEqual(children.at(2 - i).id, name);
             check(whereis(name.toAtom()) == children.at(2 - i).pid);
         }
         co_await stopTree(names);
         check(!attempt([] { static_cast<void>(Registry::count(kNames)); }));
         const Pid one = co_await startNames();
         check(!whereis(atom("names.PIDPartition0")));
         check(!Registry::registerName(kNames, 1));
         exit(one, atoms::kill);
         checkEqual((co_await receive(on<Exit>(one))).reason, atoms::killed);
         const auto none = attempt([] {
             static_cast<void>(otp::Registry::startLink({.name = kNames}, {.partitions = 0}));
         });
         checkEqual(caughtTerm(none).element(0), atoms::badarg);
     }},
    {"R-021 R-002 R-017 keys and processes spread over partitions are one registry",
     +[]() -> Task<> {
         for (const otp::Keys kind : {otp::Keys::Unique, otp::Keys::Duplicate}) {
             const Pid names = co_await startNames({.keys = kind, .partitions = 4});
             std::vector<Pid> holders;
             for (int i = 0; i < 12; ++i)
                 holders.push_back(co_await holderOf(i, i * 10));
             check(Registry::count(kNames) == 12);
             const std::vector<Pid> partitions = co_await partitionsOf(names);
             for (int i = 0; i < 12; ++i) {
                 const Pid holder = holders.at(static_cast<std::size_t>(i));
                 checkEqual(lookedUp(i), list({tuple(holder, i * 10)}));
                 check(Registry::keys(kNames, holder) == std::vector<Term>{i});
                 check(Registry::values(kNames, i, holder) == std::vector<Term>{i * 10});
                 // A process is linked to one partition, whatever its keys.
                 const auto info = std::get<ProcessInfo>(co_await processInfo(holder));
                 check(info.links == std::vector<Pid>{partitions.at(phash2(Term(holder), 4))});
             }
             exit(holders.at(5), atoms::kill);
             const Ref gone = monitor(holders.at(5));
             static_cast<void>(co_await receive(on<Down>(gone)));
             check(Registry::count(kNames) == 11 && lookedUp(5).isNil());
             co_await stopTree(names);
         }
     }},
    {"R-018 R-021 of unique keys all partitions start again, empty, when one is killed",
     +[]() -> Task<> {
         const Pid names = co_await startNames({.partitions = 3});
         std::set<Pid> all;
         for (int i = 0; i < 8; ++i)
             all.insert(co_await survivor(i));
         const std::vector<Pid> partitions = co_await partitionsOf(names);
         exit(partitions.at(1), atoms::kill);
         for (int i = 0; i < 8; ++i) {
             const Term told = co_await nextMessage();
             check(all.erase(told.element(1).toPid()) == 1);
             const bool wasIn = phash2(told.element(1), 3) == 1;
             checkEqual(told.element(2), wasIn ? Term(atoms::killed) : Term(atoms::shutdown));
         }
         co_await areBack(names, partitions.at(1));
         check(Registry::count(kNames) == 0);
         static_cast<void>(co_await holderOf(1));
         co_await stopTree(names);
     }},
    {"R-018 R-021 of duplicate keys only the killed partition's entries go",
     +[]() -> Task<> {
         const Pid names = co_await startNames({.keys = otp::Keys::Duplicate, .partitions = 3});
         std::size_t inFirst = 0;
         for (int i = 0; i < 8; ++i)
             inFirst += phash2(Term(co_await survivor(1)), 3) == 0 ? 1 : 0;
         const std::vector<Pid> partitions = co_await partitionsOf(names);
         exit(partitions.at(0), atoms::kill);
         for (std::size_t i = 0; i < inFirst; ++i)
             checkEqual((co_await nextMessage()).element(2), atoms::killed);
         co_await areBack(names, partitions.at(0));
         check(co_await isSilent());
         check(Registry::count(kNames) == 8 - inFirst);
         check(Registry::lookup(kNames, 1).size() == 8 - inFirst);
         co_await stopTree(names);
     }},
    {"R-012 R-011 dispatch goes partition by partition, in the caller or in tasks",
     +[]() -> Task<> {
         const Pid names = co_await startNames({.keys = otp::Keys::Duplicate, .partitions = 3});
         std::set<std::size_t> used;
         for (int i = 0; i < 12; ++i)
             used.insert(phash2(Term(co_await holderOf(1)), 3));
         const auto tell = [to = self()](const std::vector<Registry::Entry>& entries) {
             std::set<std::size_t> partitions;
             for (const Registry::Entry& entry : entries)
                 partitions.insert(phash2(Term(entry.pid), 3));
             check(partitions.size() == 1);
             send(to, tuple(*partitions.begin(), self(), entries.size()));
         };
         for (const otp::Parallel parallel : {otp::Parallel::No, otp::Parallel::Yes}) {
             co_await Registry::dispatch(kNames, 2, tell, parallel);
             check(co_await isSilent());
             co_await Registry::dispatch(kNames, 1, tell, parallel);
             std::set<Pid> ran;
             std::size_t entries = 0;
             for (const std::size_t partition : used) {
                 const Message told = co_await receive(on([=](const Term& term) {
                     return term.isTuple(3) && term.element(0) == Term(partition);
                 }));
                 ran.insert(told.term().element(1).toPid());
                 entries += static_cast<std::size_t>(told.term().element(2).toInt());
             }
             check(entries == 12);
             check(ran.contains(self()) == (parallel == otp::Parallel::No));
             check(ran.size() == (parallel == otp::Parallel::No ? 1 : used.size()));
         }
         co_await stopTree(names);
     }},
    {"R-012 one partition is dispatched to in the caller; one that fails ends it",
     +[]() -> Task<> {
         const Pid one = co_await startNames({.keys = otp::Keys::Duplicate});
         static_cast<void>(co_await holderOf(1));
         std::vector<Pid> ran;
         co_await Registry::dispatch(
             kNames, 1, [&](const auto&) { ran.push_back(self()); }, otp::Parallel::Yes);
         check(ran == std::vector<Pid>{self()});
         exit(one, atoms::kill);
         static_cast<void>(co_await receive(on<Exit>(one)));
         static_cast<void>(co_await startNames({.keys = otp::Keys::Duplicate, .partitions = 2}));
         static_cast<void>(co_await holderOf(1));
         const Spawned caller = spawnMonitor([]() -> Task<> {
             co_await Registry::dispatch(
                 kNames, 1, [](const auto&) { error(atom("boo")); }, otp::Parallel::Yes);
         });
         const Down down = co_await receive(on<Down>(caller.monitor));
         checkEqual(down.reason.element(0), atom("boo"));
     }},
    {"R-016 listeners hear of who registers and unregisters, and of no end",
     +[]() -> Task<> {
         check(registerName(atom("ears"), self()).has_value());
         const Pid names = co_await startNames(
             {.keys = otp::Keys::Duplicate, .partitions = 2, .listeners = {atom("ears")}});
         check(!Registry::registerName(kNames, 1, atom("a")));
         checkEqual(co_await nextMessage(), event("register", 1, self(), atom("a")));
         check(!Registry::registerName(kNames, 1, atom("b")));
         checkEqual(co_await nextMessage(), event("register", 1, self(), atom("b")));
         Registry::unregisterMatch(kNames, 1, atom("none"));
         Registry::unregisterMatch(kNames, 1, atom("a"));
         check(co_await isSilent()); // one entry is left
         Registry::unregisterMatch(kNames, 1, atom("b"));
         checkEqual(co_await nextMessage(), event("unregister", 1, self()));
         check(!Registry::registerName(kNames, 2));
         checkEqual(co_await nextMessage(), event("register", 2, self(), Term::nil()));
         Registry::unregister(kNames, 2);
         checkEqual(co_await nextMessage(), event("unregister", 2, self()));
         Registry::unregister(kNames, 99); // as Elixir: whatever there was
         checkEqual(co_await nextMessage(), event("unregister", 99, self()));
         const Spawned brief = spawnMonitor(+[]() -> Task<> {
             check(!Registry::registerName(kNames, 3));
             co_return;
         });
         checkEqual(co_await nextMessage(), event("register", 3, brief.pid, Term::nil()));
         static_cast<void>(co_await receive(on<Down>(brief.monitor)));
         check(co_await isSilent() && Registry::count(kNames) == 0);
         co_await stopTree(names);
     }},
    {"R-016 a taken key tells nobody; without its listener registering fails, after the deed",
     +[]() -> Task<> {
         check(registerName(atom("ears"), self()).has_value());
         static_cast<void>(co_await startNames({.listeners = {atom("ears")}}));
         check(!Registry::registerName(kNames, 1));
         checkEqual(co_await nextMessage(), event("register", 1, self(), Term::nil()));
         check(Registry::registerName(kNames, 1).has_value());
         check(co_await isSilent());
         check(unregisterName(atom("ears")).has_value());
         const auto untold = attempt([] { static_cast<void>(Registry::registerName(kNames, 2)); });
         checkEqual(caughtTerm(untold), atoms::badarg);
         check(Registry::whereis(kNames, 2) == self());
     }},
    {"R-023 a lookup lists one that is dying until what it held is released",
     +[]() -> Task<> {
         for (const std::size_t partitions : {1, 3}) {
             const Pid names = co_await startNames({.partitions = partitions});
             const Spawned holder = spawnMonitor(
                 +[](Pid listener) -> Task<> {
                     const Looks looks(listener);
                     check(!Registry::registerName(kNames, 1, atom("v")));
                     send(listener, atom("holds"));
                     co_await idle();
                 },
                 self());
             checkEqual(co_await nextMessage(), atom("holds"));
             exit(holder.pid, atoms::kill);
             const Term entry = tuple(holder.pid, atom("v"));
             checkEqual(co_await nextMessage(), tuple(atom("dying"), list({entry})));
             static_cast<void>(co_await receive(on<Down>(holder.monitor)));
             check(lookedUp(1).isNil());
             exit(names, atoms::shutdown);
             static_cast<void>(co_await receive(on<Exit>(names)));
         }
     }},
    {"R-019 a registry has data from its start, which its partitions' ends leave",
     +[]() -> Task<> {
         const Pid names =
             co_await startNames({.partitions = 2, .meta = {{atom("k"), 1}, {Term("other"), 2}}});
         checkEqual(*Registry::meta(kNames, atom("k")), 1);
         checkEqual(*Registry::meta(kNames, "other"), 2);
         Registry::putMeta(kNames, atom("k"), 3);
         const Pid first = (co_await partitionsOf(names)).at(0);
         exit(first, atoms::kill);
         co_await areBack(names, first);
         checkEqual(*Registry::meta(kNames, atom("k")), 3);
         co_await stopTree(names);
     }},
};

/// Holds a key for a moment, again and again; whether it got it or not.
Task<> comesAndGoes(Pid listener, int number) {
    for (int i = 0; i < 50; ++i) {
        const Term key = (number + i) % 5;
        if (!Registry::registerName(kNames, key, number)) {
            check(Registry::whereis(kNames, key) == self());
            Registry::unregisterMatch(kNames, key, number);
        }
        co_await yield();
    }
    send(listener, atom("done"));
}
/// Some end while they hold, some leave: nothing is left over.
Task<> manyComeAndGo() {
    const Pid names = co_await startNames({.partitions = 4});
    for (int i = 0; i < 8; ++i)
        spawn(comesAndGoes, self(), i);
    std::vector<Ref> ends;
    for (int i = 0; i < 40; ++i)
        ends.push_back(spawnMonitor(
                           +[](int key) -> Task<> {
                               static_cast<void>(Registry::registerName(kNames, tuple(key % 7)));
                               co_await yield();
                           },
                           i)
                           .monitor);
    for (int i = 0; i < 8; ++i)
        static_cast<void>(
            co_await receive(on([](const Term& term) { return term.isAtom(atom("done")); })));
    for (const Ref end : ends)
        checkEqual((co_await receive(on<Down>(end))).reason, atoms::normal);
    check(Registry::count(kNames) == 0);
    co_await stopTree(names);
}

} // namespace

class tst_RegistryPartitions : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void nothingIsLeftOfThoseWhoComeAndGo() { GROVE_EVERYWHERE(manyComeAndGo); }
};

QTEST_GUILESS_MAIN(tst_RegistryPartitions)
#include "tst_registry_partitions.moc"
