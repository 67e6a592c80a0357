// Tables on real schedulers, two of them and then every process on its own thread: what only a race
// could break.
#include "ets_support.h"

using namespace grove;
using namespace grove::test;

namespace {

constexpr int kRounds = 1'000;

Term publicTable(std::string_view type) {
    return ets::newTable(atom("shared"), list({t(type), atom("public")}));
}

Task<> counts(Pid listener, Term table) {
    for (int i = 0; i < kRounds; ++i) {
        ets::updateCounter(table, i % 3, 1, t("{x,0}"));
        if (i % 100 == 0)
            co_await yield();
    }
    send(listener, atoms::ok);
}

Task<> countersLoseNothing() {
    for (const char* const type : {"set", "ordered_set"}) {
        const Term table = publicTable(type);
        for (int i = 0; i < 4; ++i)
            spawn(counts, self(), table);
        for (int i = 0; i < 4; ++i)
            checkEqual(co_await nextMessage(), atoms::ok);
        std::int64_t sum = 0;
        for (int key = 0; key < 3; ++key)
            sum += ets::lookupElement(table, key, 2).toInt();
        check(sum == 4 * kRounds);
    }
}

/// Moves an amount between two rows, both in one insert: nobody ever sees another sum.
Task<> transfers(Pid listener, Term table) {
    for (int i = 0; i < kRounds; ++i) {
        ets::insert(table, list({tuple(1, i), tuple(2, -i)}));
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, atom("written"));
}
/// A row's number, by each of the ways in turn. An answer is gone before the next look.
std::int64_t numberAt(const Term& table, int key, int turn) {
    switch (turn % 4) {
    case 0:
        return ets::lookupElement(table, key, 2).toInt();
    case 1:
        return ets::updateCounter(table, key, 0).toInt();
    default:
        return ets::lookup(table, key).head().element(1).toInt();
    }
}
/// What a list brings in is there all at once: whoever sees row 1 as new finds row 2 no older.
Task<> readsBoth(Pid listener, Term table) {
    for (int i = 0; i < kRounds; ++i) {
        const std::int64_t one = numberAt(table, 1, i);
        const std::int64_t two = numberAt(table, 2, i);
        check(-two >= one);
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, atom("read"));
}

Task<> listsArriveAtOnce() {
    for (const char* const type : {"set", "ordered_set"}) {
        const Term table = publicTable(type);
        ets::insert(table, t("[{1,0},{2,0}]"));
        spawn(transfers, self(), table);
        spawn(readsBoth, self(), table);
        spawn(readsBoth, self(), table);
        for (int i = 0; i < 3; ++i)
            static_cast<void>(co_await nextMessage());
    }
}

/// Says a row twice in one insert: nobody ever sees what was said first.
Task<> correctsItself(Pid listener, Term table) {
    for (int i = 0; i < 5 * kRounds; ++i) {
        ets::insert(table, list({tuple(1, -1), tuple(1, i)}));
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, atom("written"));
}
Task<> readsWhatIsCorrected(Pid listener, Term table) {
    for (int i = 0; i < 5 * kRounds; ++i) {
        check(numberAt(table, 1, i) >= 0);
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, atom("read"));
}

Task<> whatAChangeOverwritesItselfIsNeverSeen() {
    for (const char* const type : {"set", "ordered_set"}) {
        const Term table = publicTable(type);
        ets::insert(table, t("{1,0}"));
        spawn(correctsItself, self(), table);
        spawn(readsWhatIsCorrected, self(), table);
        spawn(readsWhatIsCorrected, self(), table);
        for (int i = 0; i < 3; ++i)
            static_cast<void>(co_await nextMessage());
    }
}

/// Keys below 100 stay; others come and go, so that nodes split and join all the time.
Task<> churns(Pid listener, Term table, int seed) {
    for (int i = 0; i < kRounds; ++i) {
        const int key = 100 + (i * 37 + seed * 101) % 400;
        if (i / 250 % 2 == 0)
            ets::insert(table, tuple(key, std::string(20, 'x')));
        else
            ets::deleteKey(table, key);
        if (i % 7 == 0)
            ets::insert(table, tuple(key % 100, Term(i)));
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, atom("churned"));
}
Task<> walks(Pid listener, Term table) {
    for (int i = 0; i < 40; ++i) {
        std::vector<int> met(100, 0);
        const Term all = i % 2 == 0 ? ets::tab2list(table) : ets::matchObject(table, t("'_'"));
        for (const Term& object : all.listElements())
            if (object.element(0).toInt() < 100)
                ++met[static_cast<std::size_t>(object.element(0).toInt())];
        check(std::ranges::all_of(met, [](int times) { return times == 1; }));
        for (int key = 0; key < 100; key += 9)
            check(ets::member(table, key));
        co_await yield();
    }
    send(listener, atom("walked"));
}

Task<> walksMeetWhatStays() {
    for (const char* const type : {"set", "ordered_set"}) {
        const Term table = publicTable(type);
        for (int key = 0; key < 100; ++key)
            ets::insert(table, tuple(key, 0));
        for (int i = 0; i < 2; ++i)
            spawn(churns, self(), table, i);
        for (int i = 0; i < 2; ++i)
            spawn(walks, self(), table);
        for (int i = 0; i < 4; ++i)
            static_cast<void>(co_await nextMessage());
    }
}

/// One insert of a new key wins among many.
Task<> claims(Pid listener, Term table) {
    int won = 0;
    for (int i = 0; i < kRounds; ++i)
        won += ets::insertNew(table, tuple(i, self())) ? 1 : 0;
    send(listener, Term(won));
    co_return;
}
Task<> oneClaimWins() {
    const Term table = publicTable("set");
    for (int i = 0; i < 4; ++i)
        spawn(claims, self(), table);
    std::int64_t won = 0;
    for (int i = 0; i < 4; ++i)
        won += (co_await nextMessage()).toInt();
    check(won == kRounds);
}

/// Uses a named table that comes, goes and changes hands all the time.
Task<> usesWhatComesAndGoes(Pid listener) {
    int found = 0;
    while (found < 200) {
        const auto looked = attempt([] { return ets::lookup(atom("shared"), 1); });
        if (looked)
            found += looked->isNil() ? 0 : 1;
        else
            check(looked.error().term.isAtom(atoms::badarg));
        co_await yield();
    }
    send(listener, atom("used"));
}
Task<> ownsForAWhile(Term options, int turns) {
    const auto made = attempt([&] { return ets::newTable(Term(atom("shared")), options); });
    if (made)
        ets::insert(*made, t("[{1,a},{2,b}]"));
    for (int i = 0; i < turns; ++i)
        co_await yield();
}
Task<> heirsHold() {
    for (;;) {
        const Message got = co_await receive(any());
        if (got.term().isTuple() && ets::info(got.term().element(1)))
            static_cast<void>(attempt([&] {
                ets::deleteTable(got.term().element(1));
                return 0;
            }));
    }
}
Task<> tablesComeAndGo() {
    for (int i = 0; i < 2; ++i)
        spawn(usesWhatComesAndGoes, self());
    const Pid heir = spawn(heirsHold);
    int used = 0;
    for (int i = 0; used < 2; ++i) {
        const Term options = i % 2 == 0 ? t("[named_table]")
                                        : list({atom("named_table"), tuple(atom("heir"), heir, i)});
        const Spawned owner = spawnMonitor(ownsForAWhile, options, i % 20);
        if (i % 3 == 0)
            exit(owner.pid, atoms::kill);
        co_await receive(on<Down>(owner.monitor));
        const auto told = co_await receive(any(), after(Duration::zero()));
        used += told.index() == 0 ? 1 : 0;
    }
    static_cast<void>(co_await killAndAwaitDown(heir));
    check(!ets::whereis(atom("shared")));
}

/// Given to somebody who may be dying: either it is refused, or it goes with the taker's end.
Task<> givenToTheDying() {
    for (int i = 0; i < 300; ++i) {
        const Term table = ets::newTable(atom("gift"));
        const Spawned taker = spawnMonitor(+[]() -> Task<> { co_return; });
        const auto given = attempt([&] {
            ets::giveAway(table, taker.pid, 0);
            return 0;
        });
        co_await receive(on<Down>(taker.monitor));
        check(ets::info(table).has_value() == !given);
        if (!given)
            ets::deleteTable(table);
    }
    check(ets::all().empty());
}

} // namespace

#define GROVE_ON_THREADS(body)                                                                     \
    do {                                                                                           \
        const std::string fault = onThreads(body);                                                 \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)

class tst_EtsThreads : public QObject {
    Q_OBJECT
private slots:
    void countersLoseNothing() { GROVE_ON_THREADS(::countersLoseNothing); } // E-044
    void listsArriveAtOnce() { GROVE_ON_THREADS(::listsArriveAtOnce); }     // E-044
    void whatAChangeOverwritesItselfIsNeverSeen() {                         // E-044
        GROVE_ON_THREADS(::whatAChangeOverwritesItselfIsNeverSeen);
    }
    void walksMeetWhatStays() { GROVE_ON_THREADS(::walksMeetWhatStays); } // E-045
    void oneClaimWins() { GROVE_ON_THREADS(::oneClaimWins); }             // E-012, E-044
    void tablesComeAndGo() { GROVE_ON_THREADS(::tablesComeAndGo); } // E-031, E-033, E-034, E-047
    void givenToTheDying() { GROVE_ON_THREADS(::givenToTheDying); } // E-035
    void theSameUnderSimulation() {
        for (Task<> (*const body)() :
             {&::countersLoseNothing, &::listsArriveAtOnce,
              &::whatAChangeOverwritesItselfIsNeverSeen, &::walksMeetWhatStays, &::oneClaimWins,
              &::tablesComeAndGo, &::givenToTheDying}) {
            GROVE_SIMULATED(body);
        }
    }
};

QTEST_GUILESS_MAIN(tst_EtsThreads)
#include "tst_ets_threads.moc"
