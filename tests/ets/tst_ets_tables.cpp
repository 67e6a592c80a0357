#include "ets_support.h"

#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

const Atom kName = atom("a_table");

/// Owns a table made with these options, tells what it is known by, and waits for ever.
Task<> ownsTable(Pid listener, Term options, Term objects) {
    const Term table = ets::newTable(kName, options);
    ets::insert(table, objects);
    send(listener, table);
    co_await idle();
}
struct Owned {
    Pid owner;
    Term table;
};
Task<Owned> tableOfAnother(Term options, Term objects = Term::nil()) {
    const Pid owner = spawn(ownsTable, self(), std::move(options), std::move(objects));
    co_return Owned{owner, co_await nextMessage()};
}

Term heirOption(Pid heir) {
    return tuple(atom("heir"), heir, atom("data"));
}

/// What a process that is not the owner may do with a table, as `true` or `badarg` each.
Term allowedHere(const Term& table) {
    const auto may = [](auto&& call) { return Term(!isBadarg(call)); };
    return list({may([&] { return ets::lookup(table, 1); }), may([&] { return ets::first(table); }),
                 may([&] { return ets::tab2list(table); }),
                 may([&] { return ets::select(table, t("[{'_',[],['$_']}]")); }),
                 may([&] { return ets::safeFixtable(table, true), 0; }),
                 may([&] { return ets::insert(table, t("{2,b}")), 0; }),
                 may([&] { return ets::deleteKey(table, 7), 0; }),
                 may([&] { return ets::take(table, 7); }),
                 may([&] { return ets::selectDelete(table, t("[]")); }),
                 may([&] { return ets::updateElement(table, 7, t("{2,x}")); }),
                 may([&] { return ets::setHeir(table, std::nullopt), 0; }),
                 may([&] { return ets::giveAway(table, self(), 0), 0; }),
                 may([&] { return ets::info(table)->size; })});
}

/// Looks at a table in the moment it hears of its owner's end.
Task<> findsGone(Pid listener, Pid owner, Term table, bool byLink) {
    setTrapExit(TrapExit::Yes);
    if (byLink)
        link(owner);
    else
        static_cast<void>(monitor(owner));
    send(listener, atom("watching"));
    const Message told = co_await receive(any());
    check(told.kind() == (byLink ? MessageKind::Exit : MessageKind::Down));
    check(!ets::info(table));
    checkBadarg([&] { return ets::lookup(table, 1); });
    send(listener, atom("gone"));
}

const Scenario kScenarios[] = {
    {"E-001 defaults of a new table",
     +[]() -> Task<> {
         const Term table = ets::newTable(kName);
         check(table.isRef());
         const ets::Info info = *ets::info(table);
         check(info.type == ets::Type::Set && info.access == ets::Access::Protected);
         check(info.keypos == 1 && !info.heir && !info.named && info.size == 0);
         check(info.owner == self() && info.name == kName && Term(info.tid).isSame(table));
         check(!ets::whereis(kName));
         checkEqual(ets::newTable(kName, {.named = true}), kName);
         check(ets::whereis(kName) && !Term(*ets::whereis(kName)).isSame(table));
         const Term fromTerms = ets::newTable(kName, Term::nil());
         check(fromTerms.isRef() && ets::info(fromTerms)->type == ets::Type::Set);
         co_return;
     }},
    {"E-031 names: taken, asked for, changed, gone with the table",
     +[]() -> Task<> {
         ets::newTable(kName, {.named = true});
         checkBadarg([] { return ets::newTable(kName, {.named = true}); });
         ets::insert(kName, t("{1,a}"));
         const Ref tid = ets::whereis(kName).value();
         checkEqual(ets::lookup(tid, 1), t("[{1,a}]"));
         const Atom other = atom("another_name");
         checkEqual(ets::rename(kName, other), other);
         check(!ets::whereis(kName) && ets::whereis(other) == tid);
         checkBadarg([] { return ets::lookup(kName, 1); });
         checkEqual(ets::lookup(other, 1), t("[{1,a}]"));
         checkBadarg([&] { return ets::rename(other, other); });
         ets::newTable(kName, {.named = true});
         checkBadarg([&] { return ets::rename(other, kName); });
         const Term unnamed = ets::newTable(atom("x"));
         check(ets::rename(unnamed, atom("y")).isSame(unnamed) && !ets::whereis(atom("y")));
         check(ets::info(unnamed)->name == atom("y"));
         ets::deleteTable(other);
         check(!ets::whereis(other) && !ets::info(tid));
         ets::deleteTable(kName);
         const Owned owned = co_await tableOfAnother(t("[named_table]"));
         checkEqual(owned.table, kName);
         check(isBadarg([] { return ets::newTable(kName, {.named = true}); }));
         co_return;
     }},
    {"E-031 E-033 a name and its table are gone when their owner's end is heard of",
     +[]() -> Task<> {
         for (const bool byLink : {false, true}) {
             for (const char* const options : {"[named_table]", "[public,{heir,none}]"}) {
                 const Owned owned = co_await tableOfAnother(t(options), t("[{1,a}]"));
                 spawn(findsGone, self(), owned.owner, owned.table, byLink);
                 checkEqual(co_await nextMessage(), atom("watching"));
                 exit(owned.owner, byLink ? Term(atoms::kill) : Term(atom("boo")));
                 checkEqual(co_await nextMessage(), atom("gone"));
                 check(!ets::whereis(kName));
             }
         }
         check(ets::all().empty());
     }},
    {"E-032 access: public, protected, private",
     +[]() -> Task<> {
         const std::pair<const char*, const char*> allowed[] = {
             {"[public]", "[true,true,true,true,true,true,true,true,true,true,false,false,true]"},
             {"[protected]",
              "[true,true,true,true,true,false,false,false,false,false,false,false,true]"},
             {"[private]",
              "[false,false,false,false,false,false,false,false,false,false,false,false,true]"}};
         for (const auto& [options, expected] : allowed) {
             const Owned owned = co_await tableOfAnother(t(options), t("[{1,a}]"));
             checkEqual(allowedHere(owned.table), t(expected));
             check(isBadarg([&] {
                       ets::deleteTable(owned.table);
                       return 0;
                   }) == (std::string_view(options) != "[public]"));
             checkEqual(co_await killAndAwaitDown(owned.owner), atoms::killed);
         }
         const Term mine = tableOf("[private]", "[{1,a}]");
         checkEqual(ets::lookup(mine, 1), t("[{1,a}]"));
     }},
    {"E-034 the heir gets the table and its data before it hears of the end",
     +[]() -> Task<> {
         const Owned owned = co_await tableOfAnother(list({heirOption(self())}), t("[{1,a}]"));
         check(ets::info(owned.table)->heir == self());
         const Ref watch = monitor(owned.owner);
         exit(owned.owner, atoms::kill);
         const Message first = co_await receive(any());
         checkEqual(first.term(),
                    tuple(atom("ETS-TRANSFER"), owned.table, owned.owner, atom("data")));
         co_await receive(on<Down>(watch));
         check(ets::info(owned.table)->owner == self());
         ets::insert(owned.table, t("{2,b}")); // protected, and its own
         // One that has ended is no heir.
         const Pid dead = spawn(+[]() -> Task<> { co_return; });
         static_cast<void>(co_await awaitDown(dead));
         const Owned second = co_await tableOfAnother(list({heirOption(dead)}));
         static_cast<void>(co_await killAndAwaitDown(second.owner));
         check(!ets::info(second.table));
         // Neither is one that ends before the owner does.
         const Pid heir = spawn(idle);
         const Owned third = co_await tableOfAnother(list({heirOption(heir)}));
         static_cast<void>(co_await killAndAwaitDown(heir));
         static_cast<void>(co_await killAndAwaitDown(third.owner));
         check(!ets::info(third.table));
     }},
    {"E-034 an heir that is the owner gets nothing; a named table says its name",
     +[]() -> Task<> {
         const Pid owner = spawn(
             +[](Pid listener) -> Task<> {
                 send(listener, ets::newTable(kName, list({heirOption(self())})));
                 co_await idle();
             },
             self());
         const Term table = co_await nextMessage();
         static_cast<void>(co_await killAndAwaitDown(owner));
         check(!ets::info(table) && co_await isSilent());
         const Owned named =
             co_await tableOfAnother(list({atom("named_table"), heirOption(self())}));
         exit(named.owner, atoms::kill);
         checkEqual(co_await nextMessage(),
                    tuple(atom("ETS-TRANSFER"), kName, named.owner, atom("data")));
     }},
    {"E-035 giveAway",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{1,a}]");
         checkBadarg([&] {
             ets::giveAway(table, self(), 1);
             return 0;
         });
         const Pid dead = spawn(+[]() -> Task<> { co_return; });
         static_cast<void>(co_await awaitDown(dead));
         checkBadarg([&] {
             ets::giveAway(table, dead, 1);
             return 0;
         });
         check(ets::info(table)->owner == self());
         const Pid other = spawn(
             +[](Pid listener) -> Task<> {
                 const Term got = co_await nextMessage();
                 ets::insert(got.element(1), t("{2,b}"));
                 send(listener, got);
                 co_await idle();
             },
             self());
         ets::giveAway(table, other, atom("gift"));
         checkEqual(co_await nextMessage(),
                    tuple(atom("ETS-TRANSFER"), table, self(), atom("gift")));
         checkEqual(ets::lookup(table, 2), t("[{2,b}]"));
         checkBadarg([&] {
             ets::giveAway(table, other, 1);
             return 0;
         });
         checkBadarg([&] {
             ets::insert(table, t("{3}"));
             return 0;
         });
         static_cast<void>(co_await killAndAwaitDown(other));
         check(!ets::info(table));
     }},
    {"E-036 a table that is given away keeps its heir",
     +[]() -> Task<> {
         const Term table = ets::newTable(kName, list({heirOption(self())}));
         const Pid other = spawn(idle);
         ets::giveAway(table, other, 0);
         check(ets::info(table)->heir == self());
         exit(other, atoms::kill);
         checkEqual(co_await nextMessage(),
                    tuple(atom("ETS-TRANSFER"), table, other, atom("data")));
         check(ets::info(table)->owner == self());
     }},
    {"E-037 a table lasts as long as its owner, whoever knows it",
     +[]() -> Task<> {
         const Owned owned = co_await tableOfAnother(t("[public]"));
         const Ref tid = owned.table.toRef();
         for (int i = 0; i < 100; ++i)
             co_await inAnother(
                 +[](Ref table, int key) -> Task<> {
                     ets::insert(table, tuple(key));
                     co_return;
                 },
                 tid, i);
         check(ets::info(tid)->size == 100);
         static_cast<void>(co_await killAndAwaitDown(owned.owner));
         check(!ets::info(tid));
     }},
    {"E-038 info",
     +[]() -> Task<> {
         const Term table =
             ets::newTable(kName, t("[named_table,public,bag,{keypos,2},compressed]"));
         ets::insert(table, t("[{1,a},{2,a}]"));
         const std::pair<const char*, Term> items[] = {{"size", 2},
                                                       {"type", atom("bag")},
                                                       {"protection", atom("public")},
                                                       {"owner", self()},
                                                       {"keypos", 2},
                                                       {"name", kName},
                                                       {"named_table", true},
                                                       {"heir", atoms::none},
                                                       {"id", *ets::whereis(kName)},
                                                       {"fixed", false},
                                                       {"node", atom("nonode@nohost")}};
         for (const auto& [item, value] : items)
             checkEqual(ets::info(table, atom(item)), value);
         const std::size_t words = ets::info(table)->memoryWords;
         ets::insert(table, tuple(1, 2, std::string(800, 'x')));
         check(ets::info(table)->memoryWords >= words + 100);
         ets::deleteKey(table, 2);
         check(ets::info(table)->memoryWords == words);
         checkBadarg([&] { return ets::info(table, atom("foo")); });
         ets::deleteTable(table);
         checkEqual(ets::info(table, atom("size")), atoms::undefined);
         checkEqual(ets::info(table, atom("foo")), atoms::undefined);
         checkBadarg([] { return ets::info(Term(5)); });
         co_return;
     }},
    {"E-042 by terms: options that are none, and names that are no atoms",
     +[]() -> Task<> {
         for (const char* const wrong :
              {"[foo]", "[set|x]", "foo", "[{keypos,0}]", "[{keypos,a}]", "[{heir,foo,x}]",
               "[{heir,1}]", "[{write_concurrency,7}]", "[named]", "[{type,set}]"})
             checkBadarg([&] { return ets::newTable(Term(kName), t(wrong)); });
         checkBadarg([] { return ets::newTable(Term("t"), Term::nil()); });
         checkBadarg([] { return ets::newTable(kName, {.keypos = 0}); });
         const Term last = ets::newTable(Term(kName), t("[set,bag,{write_concurrency,auto},"
                                                        "{read_concurrency,true},{heir,none},"
                                                        "{decentralized_counters,false}]"));
         check(ets::info(last)->type == ets::Type::Bag);
         check(ets::all().size() == 1);
         co_return;
     }},
    {"E-046 all tables, and setopts",
     +[]() -> Task<> {
         const Term unnamed = ets::newTable(atom("x"));
         ets::newTable(kName, {.named = true});
         const std::vector<Term> all = ets::all();
         check(all.size() == 2 && all[0].isSame(unnamed) && all[1].isAtom(kName));
         ets::setopts(unnamed, heirOption(self()));
         check(ets::info(unnamed)->heir == self());
         ets::setopts(unnamed, t("[{heir,none}]"));
         check(!ets::info(unnamed)->heir);
         ets::setopts(unnamed, Term::nil());
         for (const char* const wrong : {"foo", "[{heir,none},{heir,none}]", "{heir,1}", "[foo]"})
             checkBadarg([&] {
                 ets::setopts(unnamed, t(wrong));
                 return 0;
             });
         const Owned owned = co_await tableOfAnother(t("[public]"));
         checkBadarg([&] {
             ets::setopts(owned.table, t("{heir,none}"));
             return 0;
         });
         // What an observer reads.
         const std::vector<ets::Info> rows = ets::tables(Runtime::current());
         check(rows.size() == 3 && rows[1].name == kName && rows[2].owner == owned.owner);
     }},
    {"E-047 what is no table of now is badarg",
     +[]() -> Task<> {
         const Owned owned = co_await tableOfAnother(t("[public]"));
         ets::deleteTable(owned.table); // by somebody else
         for (const Term& wrong :
              {owned.table, Term(makeRef()), Term(atom("nobody")), Term(5), Term::nil()}) {
             checkBadarg([&] { return ets::lookup(wrong, 1); });
             checkBadarg([&] {
                 ets::insert(wrong, t("{1}"));
                 return 0;
             });
             checkBadarg([&] { return ets::match(wrong, t("'$1'")); });
             checkBadarg([&] {
                 ets::safeFixtable(wrong, true);
                 return 0;
             });
             checkBadarg([&] { return ets::rename(wrong, kName); });
             checkBadarg(
                 [&] { return ets::foldl(wrong, 0, [](int n, const Term&) { return n; }); });
         }
         check(co_await isAlive(owned.owner));
     }},
};

constexpr int kLarge = 20'000;

Task<> ownsLargeTable(Pid listener) {
    const Term table = ets::newTable(kName, {.type = ets::Type::OrderedSet});
    for (int i = 0; i < kLarge; ++i)
        ets::insert(table, tuple(i, std::string(40, 'x')));
    send(listener, table);
    co_await idle();
}

/// The large table of an owner that is killed is gone at once; a process frees what it held, and if
/// that is killed, another one. (One that is killed before its first slice has freed nothing, so
/// the kills have an end.)
Task<> largeTablesAreFreedByASweeper() {
    for (const bool isDisturbed : {false, true}) {
        const Pid owner = spawn(ownsLargeTable, self());
        const Term table = co_await nextMessage();
        static_cast<void>(co_await killAndAwaitDown(owner));
        check(!ets::info(table));
        Runtime& runtime = Runtime::current();
        std::vector<ProcessRow> rows(16);
        int kills = isDisturbed ? 20 : 0;
        for (bool isSweeping = true; isSweeping;) {
            isSweeping = false;
            const std::size_t count = runtime.rows(0, rows).count;
            for (std::size_t i = 0; i < count; ++i) {
                if (rows[i].label != atom("ets_sweeper"))
                    continue;
                isSweeping = true;
                if (kills-- > 0)
                    exit(rows[i].pid, atoms::kill);
            }
            co_await yield();
        }
    }
}

/// A table that its owner deletes while others write to it.
Task<> deletionAmongWriters() {
    const Term table = tableOf("[public,named_table]");
    for (int writer = 0; writer < 4; ++writer)
        spawn(
            +[](Pid listener) -> Task<> {
                for (int i = 0;; ++i) {
                    if (isBadarg([&] {
                            ets::insert(atom("t"), tuple(i));
                            return 0;
                        }))
                        break;
                    co_await yield();
                }
                send(listener, atoms::ok);
            },
            self());
    while (ets::info(table)->size < 20)
        co_await yield();
    ets::deleteTable(table);
    for (int writer = 0; writer < 4; ++writer)
        checkEqual(co_await nextMessage(), atoms::ok);
}

} // namespace

class tst_EtsTables : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_EVERYWHERE(kScenarios)
    void largeTablesAreFreedInSlices() { GROVE_EVERYWHERE(largeTablesAreFreedByASweeper); }
    void aTableIsDeletedWhileOthersWrite() { GROVE_EVERYWHERE(deletionAmongWriters); }
    void aRuntimeMayStopWithTablesInIt() {
        Runtime runtime({.schedulers = 2});
        External external(runtime);
        runtime.spawn(ownsLargeTable, external.pid());
        static_cast<void>(external.receive(any()));
        QCOMPARE(ets::tables(runtime).size(), std::size_t{1});
        QCOMPARE(ets::tables(runtime)[0].size, std::size_t{kLarge});
    }
};

QTEST_GUILESS_MAIN(tst_EtsTables)
#include "tst_ets_tables.moc"
