// Counters that several add to without a lock, while others take them out, replace them, or look.
#include "ets_support.h"
#include "support/interleave.h"

#include <grove/term/counter_word.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

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
        const std::uint64_t sum = grove::detail::addToWord(*current.load(), 1);
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

/// A row that is replaced by a writer who does not care what it said, and so does not hold it: who
/// adds meanwhile does so before or after.
struct Overwritten {
    static constexpr std::int64_t kNew = 100;
    Word first{wordOf(0)};
    Word second{wordOf(kNew)};
    ExploredAtomics::Atomic<Word*> current{&first};
    std::vector<std::vector<std::int64_t>> told{{}, {}};

    void addTwice(std::size_t who) {
        for (int i = 0; i < 2; ++i)
            told[who].push_back(numberOf(grove::detail::addToWord(*current.load(), 1)));
    }
    void replace() { current.store(&second); }
    /// Each is told what grows, and the new row has all that came after.
    std::string fault() const {
        std::int64_t after = 0;
        for (const auto& sums : told) {
            if (!std::ranges::is_sorted(sums))
                return "told the old row's sum behind the new one's";
            after += std::ranges::count_if(sums, [](std::int64_t sum) { return sum > kNew; });
        }
        return numberOf(second.load()) == kNew + after ? "" : "something added is missing";
    }
};

// -- whole tables ---------------------------------------------------------------------------------

constexpr int kRounds = 700;
constexpr int kAdders = 3;

/// Set when those who disturb have done: others go on until then.
std::atomic<bool> s_isOver{false};

/// A table's options, and its counter's key: one that is no word, and words, which take a shorter
/// way in a set that everybody may write.
struct Case {
    const char* options;
    Term key;
};
std::vector<Case> cases() {
    return {{"[public]", "k"_atom},
            {"[public]", 7},
            {"[public]", self()},
            {"[public,ordered_set]", "k"_atom},
            {"[public,ordered_set]", 7}};
}
Term tableFor(const Case& each) {
    return tableOf(each.options);
}

/// Adds to a counter that may not be there: with an object to begin with, or not at all then.
/// Returns: what it added.
std::int64_t addOne(const Term& table, const Term& key, int turn) {
    switch (turn % 4) {
    case 0:
        ets::updateCounter(table, key, 1, tuple(key, 0));
        return 1;
    case 1:
        ets::updateCounter(table, key, t("{2,1}"), tuple(key, 0));
        return 1;
    default:
        return isBadarg([&] { return ets::updateCounter(table, key, 1); }) ? 0 : 1;
    }
}
/// Says at last how much it has added.
Task<> adds(Pid listener, Term table, Term key) {
    std::int64_t added = 0;
    while (!s_isOver) {
        for (int i = 0; i < 100; ++i)
            added += addOne(table, key, i);
        co_await yield();
    }
    send(listener, tuple("added"_atom, added));
}
/// Takes the row away again and again, and says at last how much was in it.
Task<> takes(Pid listener, Term table, Term key) {
    std::int64_t taken = 0;
    for (int i = 0; i < kRounds; ++i) {
        for (const Term& row : ets::take(table, key).listElements())
            taken += row.element(1).toInt();
        if (i % 50 == 0)
            co_await yield();
    }
    s_isOver = true;
    send(listener, tuple("taken"_atom, taken));
}
std::int64_t valueOf(const Term& table, const Term& key) {
    const Term rows = ets::lookup(table, key);
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
    for (const Case& each : cases()) {
        const Term table = tableFor(each);
        s_isOver = false;
        for (int i = 0; i < kAdders; ++i)
            spawn(adds, self(), table, each.key);
        spawn(takes, self(), table, each.key);
        const Sums sums = co_await finished(kAdders + 1);
        checkEqual(Term(sums.taken + valueOf(table, each.key)), Term(sums.added));
    }
}

/// Adds by the long ways: several at once, and by a walk that changes each object.
Task<> addsOtherwise(Pid listener, Term table, Term key) {
    // [{{Key,'$1'},[],[{{{const,Key},{'+','$1',3}}}]}]
    const Term three =
        list({tuple(tuple(key, atom("$1")), Term::nil(),
                    list({tuple(tuple(tuple(atom("const"), key), t("{'+','$1',3}")))}))});
    std::int64_t added = 0;
    for (int i = 0; i < kRounds; ++i) {
        if (i % 2 == 0)
            ets::updateCounter(table, key, t("[{2,1},{2,2}]"), tuple(key, 0));
        else
            check(ets::selectReplace(table, three) == 1);
        added += 3;
        if (i % 50 == 0)
            co_await yield();
    }
    s_isOver = true;
    send(listener, tuple("added"_atom, added));
}

Task<> noWayOfAddingLosesAnother() {
    for (const Case& each : cases()) {
        const Term table = tableFor(each);
        ets::insert(table, tuple(each.key, 0));
        s_isOver = false;
        for (int i = 0; i < kAdders; ++i)
            spawn(adds, self(), table, each.key);
        spawn(addsOtherwise, self(), table, each.key);
        const Sums sums = co_await finished(kAdders + 1);
        checkEqual(Term(valueOf(table, each.key)), Term(sums.added));
    }
}

/// A counter that is there all the time is met by every look and every walk, and never goes back.
Task<> looks(Pid listener, Term table, Term key) {
    std::int64_t last = 0;
    for (int i = 0; !s_isOver; ++i) {
        // Mostly those that are gone before the next.
        const Term all = i % 9 == 1   ? ets::tab2list(table)
                         : i % 9 == 2 ? ets::matchObject(table, tuple(key, "_"_atom))
                                      : ets::lookup(table, key);
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
    for (const Case& each : cases()) {
        const Term table = tableFor(each);
        ets::insert(table, tuple(each.key, 0));
        s_isOver = false;
        spawn(adds, self(), table, each.key);
        spawn(addsOtherwise, self(), table, each.key);
        for (int i = 0; i < 2; ++i)
            spawn(looks, self(), table, each.key);
        static_cast<void>(co_await finished(4));
    }
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

/// What is given away when it is inserted is counted in as it lies, what is kept is not, and what
/// somebody still has a share of becomes a counter when he has not.
Task<> whoseObjectItIsMakesNoDifference() {
    std::vector<Case> all = cases();
    all.push_back({"[public,{keypos,2}]", "k"_atom});
    all.push_back({"[public,{keypos,2}]", 7});
    for (const auto& [options, key] : all) {
        const Term table = tableOf(options);
        const bool isFirst = ets::info(table)->keypos == 1;
        const auto row = [&](int number) {
            return isFirst ? tuple(key, number) : tuple(number, key);
        };
        const Term by = isFirst ? Term(1) : t("{1,1}");
        ets::insert(table, row(1));
        const Term found = ets::lookup(table, key);
        checkEqual(ets::updateCounter(table, key, by), Term(2));
        checkEqual(found.head(), row(1));
        {
            const Term kept = row(10);
            ets::insert(table, kept);
            checkEqual(ets::updateCounter(table, key, by), Term(11));
            ets::insert(table, kept);
            checkEqual(kept, row(10));
        }
        const Term between = ets::lookup(table, key);
        checkEqual(ets::updateCounter(table, key, by), Term(11));
        checkEqual(ets::updateCounter(table, key, by), Term(12));
        checkEqual(between.head(), row(10));
        // One that was taken and comes back while its table may still hold it.
        Term taken = ets::take(table, key).head();
        ets::insert(table, std::move(taken));
        checkEqual(ets::updateCounter(table, key, by), Term(13));
        ets::insert(table, row(20));
        checkEqual(ets::updateCounter(table, key, by), Term(21));
        checkEqual(ets::tab2list(table), list({row(21)}));
    }
    co_return;
}

/// What is too large to be added at once is added all the same.
Task<> largeNumbersAreAddedByTheOtherWay() {
    for (const Case& each : cases()) {
        const Term table = tableFor(each);
        ets::insert(table, tuple(each.key, 0));
        std::int64_t sum = 0;
        for (const std::int64_t by :
             {std::int64_t{1}, grove::detail::kAddedMax, grove::detail::kAddedMax + 1,
              std::int64_t{1} << 58, std::int64_t{1}, std::int64_t{1} << 57, std::int64_t{-7}}) {
            sum += by;
            checkEqual(ets::updateCounter(table, each.key, Term(by)), Term(sum));
        }
        for (const std::int64_t by : {-(std::int64_t{1} << 58), -(std::int64_t{1} << 58),
                                      -(std::int64_t{1} << 58), std::int64_t{-1}}) {
            sum += by;
            checkEqual(ets::updateCounter(table, each.key, Term(by)), Term(sum));
        }
        checkEqual(ets::lookup(table, each.key), list({tuple(each.key, sum)}));
    }
    co_return;
}

Task<> beyondAWord() {
    for (const Case& each : cases()) {
        const Term table = tableFor(each);
        const auto add = [&](const Term& by) { return ets::updateCounter(table, each.key, by); };
        ets::insert(table, tuple(each.key, t("576460752303423486"))); // 2^59 - 2
        checkEqual(add(1), t("576460752303423487"));
        checkEqual(add(1), t("576460752303423488"));
        checkEqual(add(-1), t("576460752303423487"));
        checkEqual(add(t("-576460752303423488")), Term(-1));
        checkBadarg([&] { return ets::updateCounter(table, each.key, 1, t("{}")); });
    }
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
    void whoAddsToWhatIsReplacedDoesSoBeforeOrAfter() {
        bool wasBefore = false;
        bool wasAfter = false;
        const auto outcome = Explorer::explore([&] {
            const auto rows = std::make_shared<Overwritten>();
            return Explorer::Scenario{{[rows] { rows->addTwice(0); }, [rows] { rows->addTwice(1); },
                                       [rows] { rows->replace(); }},
                                      [rows, &wasBefore, &wasAfter] {
                                          for (const auto& sums : rows->told) {
                                              wasBefore = wasBefore || sums.back() < 100;
                                              wasAfter = wasAfter || sums.front() > 100;
                                          }
                                          return rows->fault();
                                      }};
        });
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(wasBefore && wasAfter);
    }
    void whatIsHeldStaysHeldWhateverIsAdded() {
        std::atomic<std::uint64_t> word{wordOf(5)};
        QCOMPARE(grove::detail::holdWord(word), wordOf(5));
        for (const std::int64_t by :
             {std::int64_t{1}, std::int64_t{-3}, grove::detail::kAddedMax}) {
            QCOMPARE(grove::detail::addToWord(word, by), grove::detail::kHeldWord);
            QVERIFY(grove::detail::isHeldWord(word));
        }
        word = wordOf(5);
        QCOMPARE(grove::detail::addToWord(word, -7), wordOf(-2));
    }
    void largeWordsAreLeftToTheHolder() {
        constexpr std::int64_t kLast = grove::detail::kWordMax / 16; // its word is beyond
        for (const std::int64_t number : {kLast, -kLast - 1}) {
            std::atomic<std::uint64_t> word{wordOf(number)};
            QCOMPARE(grove::detail::addToWord(word, 1), grove::detail::kHeldWord);
            QCOMPARE(word.load(), wordOf(number));
        }
        std::atomic<std::uint64_t> word{wordOf(kLast - 1)};
        QCOMPARE(grove::detail::addToWord(word, grove::detail::kAddedMax + 1),
                 grove::detail::kHeldWord);
        QCOMPARE(grove::detail::addToWord(word, grove::detail::kAddedMax),
                 wordOf(kLast - 1 + grove::detail::kAddedMax));
    }
    void nothingIsAddedToWhatWasSeenHeld() { // it may be a large number by then
        std::atomic<std::uint64_t> word{grove::detail::kHeldWord};
        QCOMPARE(grove::detail::addToWord(word, 1), grove::detail::kHeldWord);
        QCOMPARE(word.load(), grove::detail::kHeldWord);
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
    void whoseObjectItIsMakesNoDifference() { GROVE_SIMULATED(::whoseObjectItIsMakesNoDifference); }
    void largeNumbersAreAddedByTheOtherWay() {
        GROVE_SIMULATED(::largeNumbersAreAddedByTheOtherWay);
    }
    void beyondAWord() { GROVE_SIMULATED(::beyondAWord); }
};

QTEST_GUILESS_MAIN(tst_EtsCounters)
#include "tst_ets_counters.moc"
