#include "ets_support.h"

#include <set>

using namespace grove;
using namespace grove::test;

namespace {

const char* const kTypes[] = {"[]", "[ordered_set]", "[bag]", "[duplicate_bag]"};

Term endOfTable() {
    return atom("$end_of_table");
}

Term numbered(std::string_view options, int count) {
    Term table = tableOf(options);
    for (int i = 0; i < count; ++i)
        ets::insert(table, tuple(i));
    return table;
}

const Scenario kScenarios[] = {
    {"E-010 an ordered set is walked in order",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]");
         for (int i = 0; i < 500; ++i)
             ets::insert(table, tuple(i * 37 % 500));
         int expected = 0;
         for (Term key = ets::first(table); !key.isAtom(); key = ets::next(table, key))
             checkEqual(key, expected++);
         check(expected == 500);
         for (Term key = ets::last(table); !key.isAtom(); key = ets::prev(table, key))
             checkEqual(key, --expected);
         check(expected == 0);
         co_return;
     }},
    {"E-011 first, last, next and prev at the ends and from absent keys",
     +[]() -> Task<> {
         for (const char* const type : kTypes) {
             const Term empty = tableOf(type);
             checkEqual(ets::first(empty), endOfTable());
             checkEqual(ets::last(empty), endOfTable());
         }
         const Term ordered = tableOf("[ordered_set]", "[{1},{3}]");
         checkEqual(ets::next(ordered, 2), 3);
         checkEqual(ets::prev(ordered, 2), 1);
         checkEqual(ets::next(ordered, 1.0), 3);
         checkEqual(ets::next(ordered, 3), endOfTable());
         checkEqual(ets::prev(ordered, 1), endOfTable());
         const Term set = tableOf("[]", "[{1},{2},{3}]");
         checkBadarg([&] { return ets::next(set, 7); });
         checkBadarg([&] { return ets::prev(set, 7); });
         checkEqual(ets::last(set), ets::first(set));
         int count = 0;
         for (Term key = ets::first(set); !key.isAtom(); key = ets::next(set, key)) {
             checkEqual(ets::prev(set, key), ets::next(set, key));
             ++count;
         }
         check(count == 3);
         co_return;
     }},
    {"E-028 limits and continuations",
     +[]() -> Task<> {
         for (const char* const type : kTypes) {
             for (const int count : {0, 1, 2, 3, 64, 100}) {
                 const Term table = numbered(type, count);
                 for (const std::size_t limit : {1U, 3U, 64U, 1000U}) {
                     std::vector<Term> all;
                     auto chunk = ets::select(table, t("[{'_',[],['$_']}]"), limit);
                     while (chunk) {
                         const std::size_t size = chunk->answers.listLength().value();
                         check(size >= 1 && size <= limit);
                         for (const Term& answer : chunk->answers.listElements())
                             all.push_back(answer);
                         check(size == limit || !ets::select(chunk->continuation));
                         chunk = ets::select(chunk->continuation);
                     }
                     checkEqual(sorted(listFrom(all)), contentOf(table));
                 }
             }
         }
         const Term table = numbered("[ordered_set]", 3);
         checkEqual(ets::selectReverse(table, t("[{'_',[],['$_']}]")), t("[{2},{1},{0}]"));
         const auto last = ets::selectReverse(table, t("[{'_',[],['$_']}]"), 2);
         checkEqual(last->answers, t("[{2},{1}]"));
         checkEqual(ets::select(last->continuation)->answers, t("[{0}]"));
         checkEqual(ets::select(last->continuation)->answers, t("[{0}]")); // again
         check(!ets::select(ets::Continuation()));
         checkEqual(ets::match(table, t("{'$1'}"), 2)->answers, t("[[0],[1]]"));
         checkEqual(ets::matchObject(table, t("{1}"), 2)->answers, t("[{1}]"));
         check(!ets::match(table, t("{x}"), 2));
         checkBadarg([&] { return ets::match(table, t("{'$1'}"), 0); });
         ets::deleteTable(table);
         checkBadarg([&] { return ets::select(last->continuation); });
         co_return;
     }},
    {"E-028 a key's objects in a bag may be more than the limit",
     +[]() -> Task<> {
         const Term table = tableOf("[bag]");
         for (int i = 0; i < 10; ++i)
             ets::insert(table, tuple(0, i));
         std::size_t met = 0;
         for (auto chunk = ets::matchObject(table, t("'_'"), 3); chunk;
              chunk = ets::select(chunk->continuation))
             met += chunk->answers.listLength().value();
         check(met == 10);
         co_return;
     }},
    {"E-039 foldl and foldr, whose objects stay as they were",
     +[]() -> Task<> {
         const Term table = numbered("[ordered_set]", 100);
         const auto gather = [](Term all, const Term& object) {
             return cons(object.element(0), std::move(all));
         };
         Term up = Term::nil();
         for (int i = 99; i >= 0; --i)
             up = cons(i, up);
         checkEqual(ets::foldr(table, Term::nil(), gather), up);
         const Term down = ets::foldl(table, Term::nil(), gather);
         checkEqual(down.head(), 99);
         const Term all = ets::tab2list(table);
         // The function may change the table.
         const int deleted = ets::foldl(table, 0, [&](int count, const Term& object) {
             ets::deleteKey(table, object.element(0));
             return count + 1;
         });
         check(deleted == 100 && ets::info(table)->size == 0);
         check(all.listLength() == 100);
         checkEqual(all.head(), t("{0}"));
         const Term bag = tableOf("[duplicate_bag]");
         for (const int i : {1, 2, 3})
             ets::insert(bag, tuple(0, i));
         checkEqual(ets::tab2list(bag), t("[{0,1},{0,2},{0,3}]"));
         co_return;
     }},
    {"E-040 in a fixed table a walk meets each object once, whatever it deletes",
     +[]() -> Task<> {
         for (const char* const type : kTypes) {
             const Term table = numbered(type, 300);
             ets::safeFixtable(table, true);
             std::set<std::int64_t> met;
             for (Term key = ets::first(table); !key.isAtom(); key = ets::next(table, key)) {
                 check(met.insert(key.toInt()).second);
                 ets::deleteKey(table, key);
                 ets::insert(table, tuple(1'000 + key.toInt() % 10));
                 if (key.toInt() == 1'003)
                     ets::deleteAllObjects(table);
             }
             check(ets::info(table, atom("fixed")).isSame(true));
             ets::safeFixtable(table, false);
             check(!ets::info(table)->fixations.size());
         }
         const Term set = tableOf("[]", "[{1},{2}]");
         ets::safeFixtable(set, true);
         ets::safeFixtable(set, true);
         const Term key = ets::first(set);
         ets::deleteKey(set, key);
         check(!ets::next(set, key).isAtom());
         checkBadarg([&] { return ets::next(set, 99); });
         check(ets::info(set)->fixations.at(0).count == 2);
         ets::safeFixtable(set, false);
         static_cast<void>(ets::next(set, key)); // still fixed
         ets::safeFixtable(set, false);
         checkBadarg([&] { return ets::next(set, key); });
         ets::safeFixtable(set, false); // one too many is nothing
         co_return;
     }},
    {"E-040 a fixation ends with its process",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{1}]");
         const Spawned other = spawnMonitor(
             +[](Term fixed) -> Task<> {
                 ets::safeFixtable(fixed, true);
                 co_return;
             },
             table);
         co_await receive(on<Down>(other.monitor));
         check(ets::info(table)->fixations.empty());
         co_return;
     }},
    {"E-045 walks meet each object at most once",
     +[]() -> Task<> {
         for (const char* const type : kTypes) {
             const Term table = numbered(type, 200);
             checkEqual(contentOf(table), sorted(ets::matchObject(table, t("'_'"))));
             const Term found = ets::match(table, t("{'$1'}"));
             check(found.listLength() == 200);
             std::set<std::int64_t> met;
             for (const Term& bindings : found.listElements())
                 check(met.insert(bindings.head().toInt()).second);
         }
         co_return;
     }},
    {"E-048 keys of all kinds in Erlang's order",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]");
         const Term ref = makeRef();
         const Term pid = self();
         const std::vector<Term> inOrder = {
             Term(-1),       Term(1.5), Term(2),  atom("a"),  atom("b"),  ref,
             t("fun a:b/1"), pid,       t("{}"),  t("{a}"),   t("{1,2}"), t("#{}"),
             t("#{a => 1}"), t("[]"),   t("[1]"), t("[1,2]"), t("<<>>"),  t("<<1>>")};
         for (std::size_t i = 0; i < inOrder.size(); ++i)
             ets::insert(table, tuple(inOrder[i * 7 % inOrder.size()]));
         std::vector<Term> keys;
         for (Term key = ets::first(table); !key.isSame(endOfTable()); key = ets::next(table, key))
             keys.push_back(key);
         checkEqual(listOf(keys), listOf(inOrder));
         co_return;
     }},
};

} // namespace

class tst_EtsWalks : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_EVERYWHERE(kScenarios)
};

QTEST_GUILESS_MAIN(tst_EtsWalks)
#include "tst_ets_walks.moc"
