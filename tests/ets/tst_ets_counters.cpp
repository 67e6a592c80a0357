// Counters that several add to without a lock, while others take them out, replace them, or look.
#include "ets_support.h"
#include "support/interleave.h"

#include <grove/term/counter_word.h>

#include <algorithm>
#include <atomic>
#include <memory>

using namespace grove;
using namespace grove::test;

namespace {

// -- one word, in every order ---------------------------------------------------------------------

using Word = ExploredAtomics::Atomic<std::uint64_t>;

/// A number is 16 times as large in a word, plus 1.
std::uint64_t wordOf(std::int64_t number) {
    return static_cast<std::uint64_t>(number) * 16 + 1;
}
std::int64_t numberOf(std::uint64_t word) {
    return static_cast<std::int64_t>(word - 1) / 16;
}

/// A row that is replaced by a writer who reads what it said: nothing that was added may be lost,
/// and no sum may be given twice.
struct Rows {
    Word first{wordOf(0)};
    Word second{0};
    ExploredAtomics::Atomic<Word*> current{&first};
    std::vector<std::int64_t> sums;
    int waiting = 0; // came while the row was held: they add when the writer has done

    void add() {
        const std::uint64_t sum = grove::detail::addToWord(*current.load(), 1, 16);
        if (sum == grove::detail::kHeldWord)
            ++waiting;
        else
            sums.push_back(numberOf(sum));
    }
    void addTwice() {
        add();
        add();
    }
    void replace() {
        const std::uint64_t held = grove::detail::holdWord(*current.load());
        second.store(held + 16 * 10);
        current.store(&second);
    }
    std::string fault() const {
        const std::int64_t end = numberOf(second.load());
        if (end != 10 + static_cast<std::int64_t>(sums.size()))
            return "added " + std::to_string(sums.size()) + ", found " + std::to_string(end);
        std::vector<std::int64_t> sorted = sums;
        std::ranges::sort(sorted);
        if (std::ranges::adjacent_find(sorted) != sorted.end())
            return "two were told the same sum";
        return {};
    }
};

// -- whole tables ---------------------------------------------------------------------------------

constexpr int kRounds = 700;
constexpr int kAdders = 3;

/// Set when those who disturb have done: others go on until then.
std::atomic<bool> s_isOver{false};

/// Says at last how much it has added.
Task<> adds(Pid listener, Term table) {
    std::int64_t added = 0;
    while (!s_isOver) {
        for (int i = 0; i < 100; ++i, ++added)
            ets::updateCounter(table, "k"_atom, i % 2 == 0 ? Term(1) : t("{2,1}"), t("{k,0}"));
        co_await yield();
    }
    send(listener, tuple("added"_atom, added));
}
/// Takes the row away again and again, and says at last how much was in it.
Task<> takes(Pid listener, Term table) {
    std::int64_t taken = 0;
    for (int i = 0; i < kRounds; ++i) {
        for (const Term& row : ets::take(table, "k"_atom).listElements())
            taken += row.element(1).toInt();
        if (i % 50 == 0)
            co_await yield();
    }
    s_isOver = true;
    send(listener, tuple("taken"_atom, taken));
}
std::int64_t valueOf(const Term& table) {
    const Term rows = ets::lookup(table, "k"_atom);
    return rows.isNil() ? 0 : rows.head().element(1).toInt();
}
struct Sums {
    std::int64_t added = 0;
    std::int64_t taken = 0;
};
/// Waits for so many of them.
Task<Sums> finished(int count) {
    Sums sums;
    for (int i = 0; i < count; ++i) {
        const Term told = co_await nextMessage();
        (told.isTagged("added"_atom, 2) ? sums.added : sums.taken) += told.element(1).toInt();
    }
    co_return sums;
}

Task<> whatIsTakenAwayMissesNothing() {
    for (const char* const type : {"[public]", "[public,ordered_set]"}) {
        const Term table = tableOf(type);
        s_isOver = false;
        for (int i = 0; i < kAdders; ++i)
            spawn(adds, self(), table);
        spawn(takes, self(), table);
        const Sums sums = co_await finished(kAdders + 1);
        checkEqual(Term(sums.taken + valueOf(table)), Term(sums.added));
    }
}

/// Adds by the long ways: several at once, and by a walk that changes each object.
Task<> addsOtherwise(Pid listener, Term table) {
    std::int64_t added = 0;
    for (int i = 0; i < kRounds; ++i) {
        if (i % 2 == 0)
            ets::updateCounter(table, "k"_atom, t("[{2,1},{2,2}]"), t("{k,0}"));
        else
            check(ets::selectReplace(table, t("[{{k,'$1'},[],[{{k,{'+','$1',3}}}]}]")) == 1);
        added += 3;
        if (i % 50 == 0)
            co_await yield();
    }
    s_isOver = true;
    send(listener, tuple("added"_atom, added));
}

Task<> noWayOfAddingLosesAnother() {
    for (const char* const type : {"[public]", "[public,ordered_set]"}) {
        const Term table = tableOf(type, "[{k,0}]");
        s_isOver = false;
        for (int i = 0; i < kAdders; ++i)
            spawn(adds, self(), table);
        spawn(addsOtherwise, self(), table);
        const Sums sums = co_await finished(kAdders + 1);
        checkEqual(Term(valueOf(table)), Term(sums.added));
    }
}

/// A counter that is there all the time is met by every look and every walk, and never goes back.
Task<> looks(Pid listener, Term table) {
    std::int64_t last = 0;
    for (int i = 0; !s_isOver; ++i) {
        const Term all = i % 3 == 0   ? ets::lookup(table, "k"_atom)
                         : i % 3 == 1 ? ets::tab2list(table)
                                      : ets::matchObject(table, t("{k,'_'}"));
        check(all.isCons());
        const std::int64_t now = all.head().element(1).toInt();
        check(now >= last);
        last = now;
        if (i % 50 == 0)
            co_await yield();
    }
    send(listener, tuple("looked"_atom, 0));
}

Task<> looksMeetACounterThatIsReplaced() {
    const Term table = tableOf("[public]", "[{k,0}]");
    s_isOver = false;
    spawn(adds, self(), table);
    spawn(addsOtherwise, self(), table);
    for (int i = 0; i < 2; ++i)
        spawn(looks, self(), table);
    static_cast<void>(co_await finished(4));
}

/// What somebody was given never changes, whatever is counted on.
Task<> whatWasGivenStays() {
    const Term table = tableOf("[public]", "[{k,1}]");
    ets::updateCounter(table, "k"_atom, 1);
    const Term found = ets::lookup(table, "k"_atom);
    const Term listed = ets::tab2list(table);
    ets::updateCounter(table, "k"_atom, 1);
    const Term taken = ets::take(table, "k"_atom);
    ets::updateCounter(table, "k"_atom, 1, t("{k,7}"));
    checkEqual(found, t("[{k,2}]"));
    checkEqual(listed, t("[{k,2}]"));
    checkEqual(taken, t("[{k,3}]"));
    checkEqual(ets::lookup(table, "k"_atom), t("[{k,8}]"));
    // What was inserted is the inserter's, too.
    const Term mine = t("{k,20}");
    ets::insert(table, mine);
    ets::updateCounter(table, "k"_atom, 1);
    ets::updateCounter(table, "k"_atom, t("{2,1}"));
    checkEqual(mine, t("{k,20}"));
    checkEqual(ets::lookup(table, "k"_atom), t("[{k,22}]"));
    co_return;
}

Task<> beyondAWord() {
    const Term table = tableOf("[public]", "[{k,576460752303423486}]"); // 2^59 - 2
    checkEqual(ets::updateCounter(table, "k"_atom, 1), t("576460752303423487"));
    checkEqual(ets::updateCounter(table, "k"_atom, 1), t("576460752303423488"));
    checkEqual(ets::updateCounter(table, "k"_atom, -1), t("576460752303423487"));
    checkEqual(ets::updateCounter(table, "k"_atom, t("-576460752303423488")), Term(-1));
    checkBadarg([&] { return ets::updateCounter(table, "k"_atom, 1, t("{}")); });
    co_return;
}

} // namespace

#define GROVE_EVERYWHERE_HERE(body)                                                                \
    do {                                                                                           \
        const std::string threadFault = onThreads(body);                                           \
        QVERIFY2(threadFault.empty(), threadFault.c_str());                                        \
        GROVE_SIMULATED(body);                                                                     \
    } while (false)

class tst_EtsCounters : public QObject {
    Q_OBJECT
private slots:
    void noOrderOfStepsLosesWhatWasAdded() {
        bool didWait = false;
        bool didAddBefore = false;
        const auto outcome = Explorer::explore(
            [&] {
                const auto rows = std::make_shared<Rows>();
                return Explorer::Scenario{{[rows] { rows->addTwice(); },
                                           [rows] { rows->addTwice(); },
                                           [rows] { rows->replace(); }},
                                          [rows, &didWait, &didAddBefore] {
                                              didWait = didWait || rows->waiting > 0;
                                              didAddBefore = didAddBefore || rows->sums.size() == 4;
                                              return rows->fault();
                                          }};
            },
            {.preemptionsMax = 4});
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(didWait && didAddBefore);
    }
    void whatIsTakenAwayMissesNothing() { // E-044
        GROVE_EVERYWHERE_HERE(::whatIsTakenAwayMissesNothing);
    }
    void noWayOfAddingLosesAnother() { // E-044
        GROVE_EVERYWHERE_HERE(::noWayOfAddingLosesAnother);
    }
    void looksMeetACounterThatIsReplaced() { // E-045
        GROVE_EVERYWHERE_HERE(::looksMeetACounterThatIsReplaced);
    }
    void whatWasGivenStays() { GROVE_SIMULATED(::whatWasGivenStays); }
    void beyondAWord() { GROVE_SIMULATED(::beyondAWord); }
};

QTEST_GUILESS_MAIN(tst_EtsCounters)
#include "tst_ets_counters.moc"
