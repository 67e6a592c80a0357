#include "ets_support.h"

using namespace grove;
using namespace grove::test;

namespace {

const Atom k = atom("k");

const Scenario kScenarios[] = {
    {"E-002 a set replaces the object of a key, and of a list the later one wins",
     +[]() -> Task<> {
         const Term table = tableOf("[]");
         ets::insert(table, t("{1,a}"));
         ets::insert(table, t("{1,b}"));
         checkEqual(ets::lookup(table, 1), t("[{1,b}]"));
         ets::insert(table, t("[{2,a},{1,c},{2,b}]"));
         checkEqual(contentOf(table), t("[{1,c},{2,b}]"));
         check(ets::info(table)->size == 2);
         co_return;
     }},
    {"E-002 an answer stays as it was, whatever is asked and changed behind it",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{1,a},{2,b},{3,c,d},{4,5},{5},{6,\"text\"}]");
         for (int round = 0; round < 3; ++round) {
             const Term kept = ets::lookup(table, 1);
             const Term element = ets::lookup(table, 4).head(); // outlives its list
             checkEqual(ets::lookup(table, 2), t("[{2,b}]"));
             checkEqual(ets::lookup(table, 3), t("[{3,c,d}]"));
             checkEqual(ets::lookup(table, 5), t("[{5}]"));
             checkEqual(ets::lookup(table, 6), t("[{6,\"text\"}]"));
             checkEqual(ets::lookup(table, 2), t("[{2,b}]"));
             checkEqual(ets::lookup(table, 7), t("[]"));
             checkEqual(ets::lookup(table, 1.0), t("[]"));
             ets::updateCounter(table, 4, 1);
             checkEqual(ets::lookup(table, 4), list({tuple(4, 6 + round)}));
             ets::insert(table, t("{1,z}"));
             checkEqual(ets::lookup(table, 1), t("[{1,z}]"));
             checkEqual(kept, t("[{1,a}]"));
             checkEqual(element, tuple(4, 5 + round));
             ets::insert(table, t("{1,a}"));
         }
         co_return;
     }},
    {"E-003 a bag keeps different objects of a key, a duplicate bag all",
     +[]() -> Task<> {
         const Term bag = tableOf("[bag]");
         const Term all = tableOf("[duplicate_bag]");
         for (const char* const object : {"{1,a}", "{1,b}", "{1,a}"}) {
             ets::insert(bag, t(object));
             ets::insert(all, t(object));
         }
         checkEqual(ets::lookup(bag, 1), t("[{1,a},{1,b}]"));
         checkEqual(ets::lookup(all, 1), t("[{1,a},{1,b},{1,a}]"));
         check(ets::info(bag)->size == 2 && ets::info(all)->size == 3);
         co_return;
     }},
    {"E-004 bags give a key's objects in the order of insertion",
     +[]() -> Task<> {
         for (const char* const type : {"[bag]", "[duplicate_bag]"}) {
             const Term table = tableOf(type);
             for (int i = 0; i < 40; ++i)
                 ets::insert(table, tuple(k, i * 7 % 40));
             const Term found = ets::lookup(table, k);
             int i = 0;
             for (const Term& object : found.listElements())
                 checkEqual(object, tuple(k, i++ * 7 % 40));
             check(i == 40);
         }
         co_return;
     }},
    {"E-005 sets and bags compare keys exactly, bags their objects, too",
     +[]() -> Task<> {
         const Term set = tableOf("[]", "[{1,i},{1.0,f}]");
         checkEqual(ets::lookup(set, 1), t("[{1,i}]"));
         checkEqual(ets::lookup(set, 1.0), t("[{1.0,f}]"));
         check(!ets::member(set, t("{1}")));
         const Term bag = tableOf("[bag]");
         ets::insert(bag, t("{a,1}"));
         ets::insert(bag, t("{a,1.0}"));
         checkEqual(ets::lookup(bag, atom("a")), t("[{a,1},{a,1.0}]"));
         co_return;
     }},
    {"E-006 an ordered set takes 1 and 1.0 for one key and keeps the latest",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]", "[{1,i}]");
         ets::insert(table, t("{1.0,f}"));
         checkEqual(ets::lookup(table, 1), t("[{1.0,f}]"));
         checkEqual(ets::first(table), 1.0);
         check(ets::info(table)->size == 1);
         co_return;
     }},
    {"E-007 insertNew into an ordered set sees equal keys",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]", "[{1,i}]");
         check(!ets::insertNew(table, t("{1.0,f}")));
         checkEqual(ets::tab2list(table), t("[{1,i}]"));
         co_return;
     }},
    {"E-009 -0.0 and 0.0 are one key",
     +[]() -> Task<> {
         for (const char* const type : {"[]", "[ordered_set]"}) {
             const Term table = tableOf(type);
             ets::insert(table, tuple(0.0, 1));
             ets::insert(table, tuple(-0.0, 2));
             check(ets::info(table)->size == 1);
             checkEqual(ets::lookup(table, 0.0).head().element(1), 2);
         }
         co_return;
     }},
    {"E-012 insertNew inserts all or nothing",
     +[]() -> Task<> {
         for (const char* const type : {"[]", "[ordered_set]", "[bag]", "[duplicate_bag]"}) {
             const Term table = tableOf(type, "[{1,a}]");
             check(!ets::insertNew(table, t("[{2,b},{1,c}]")));
             checkEqual(contentOf(table), t("[{1,a}]"));
             check(ets::insertNew(table, t("[{2,b},{3,c}]")));
             check(ets::insertNew(table, Term::nil()));
             check(ets::info(table)->size == 3);
         }
         const Term set = tableOf("[]");
         check(ets::insertNew(set, t("[{1,a},{1,b}]"))); // its own duplicates do not count
         checkEqual(contentOf(set), t("[{1,b}]"));
         co_return;
     }},
    {"E-013 what is no object is refused, and with it the whole list",
     +[]() -> Task<> {
         const Term table = tableOf("[{keypos,2}]");
         for (const char* const wrong :
              {"a", "{1}", "{}", "[{1,2},b]", "[{1,2},{1}]", "[{1,2}|{3,4}]", "#{}", "1"}) {
             checkBadarg([&] {
                 ets::insert(table, t(wrong));
                 return 0;
             });
             checkBadarg([&] { return ets::insertNew(table, t(wrong)); });
         }
         check(ets::info(table)->size == 0);
         ets::insert(table, Term::nil());
         check(ets::info(table)->size == 0);
         co_return;
     }},
    {"E-014 lookup and lookupElement of what is there and is not",
     +[]() -> Task<> {
         const Term set = tableOf("[]", "[{1,a,b}]");
         checkEqual(ets::lookup(set, 2), Term::nil());
         checkEqual(ets::lookupElement(set, 1, 3), atom("b"));
         checkBadarg([&] { return ets::lookupElement(set, 2, 1); });
         checkBadarg([&] { return ets::lookupElement(set, 1, 4); });
         checkBadarg([&] { return ets::lookupElement(set, 1, 0); });
         const Term bag = tableOf("[bag]");
         ets::insert(bag, t("{1,a}"));
         ets::insert(bag, t("{1,b,c}"));
         checkEqual(ets::lookupElement(bag, 1, 2), t("[a,b]"));
         checkBadarg([&] { return ets::lookupElement(bag, 1, 3); });
         co_return;
     }},
    {"E-015 member",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{{a,[1]},1}]");
         check(ets::member(table, t("{a,[1]}")));
         check(!ets::member(table, t("{a,[2]}")));
         co_return;
     }},
    {"E-016 deleteKey says nothing, deleteTable ends all use",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{1},{2}]");
         ets::deleteKey(table, 1);
         ets::deleteKey(table, 7);
         checkEqual(contentOf(table), t("[{2}]"));
         ets::deleteTable(table);
         checkBadarg([&] { return ets::lookup(table, 2); });
         checkBadarg([&] {
             ets::insert(table, t("{1}"));
             return 0;
         });
         checkBadarg([&] {
             ets::deleteTable(table);
             return 0;
         });
         check(!ets::info(table));
         co_return;
     }},
    {"E-017 deleteObject, deleteAllObjects, take",
     +[]() -> Task<> {
         const Term set = tableOf("[ordered_set]", "[{1,a},{2,b}]");
         ets::deleteObject(set, t("{1,b}"));
         ets::deleteObject(set, t("{2.0,b}"));
         check(ets::info(set)->size == 2);
         ets::deleteObject(set, t("{2,b}"));
         checkEqual(ets::take(set, 1), t("[{1,a}]"));
         checkEqual(ets::take(set, 1), Term::nil());
         check(ets::info(set)->size == 0);
         checkBadarg([&] {
             ets::deleteObject(set, k);
             return 0;
         });
         const Term bag = tableOf("[duplicate_bag]");
         for (const char* const object : {"{1,a}", "{1,b}", "{1,a}", "{1,a,c}"})
             ets::insert(bag, t(object));
         ets::deleteObject(bag, t("{1,a}"));
         checkEqual(ets::lookup(bag, 1), t("[{1,b},{1,a,c}]"));
         checkEqual(ets::take(bag, 1), t("[{1,b},{1,a,c}]"));
         ets::insert(bag, t("[{1},{2},{2}]"));
         ets::deleteAllObjects(bag);
         check(ets::info(bag)->size == 0 && ets::tab2list(bag).isNil());
         ets::insert(bag, t("{1}"));
         check(ets::info(bag)->size == 1);
         co_return;
     }},
    {"E-018 updateCounter: an increment, a position, a list",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{k,1,2,10}]");
         checkEqual(ets::updateCounter(table, k, 5), 6);
         checkEqual(ets::updateCounter(table, k, t("{3,5}")), 7);
         checkEqual(ets::updateCounter(table, k, t("[{2,1},{2,1},{4,-3}]")), t("[7,8,7]"));
         checkEqual(ets::updateCounter(table, k, Term::nil()), Term::nil());
         checkEqual(ets::lookup(table, k), t("[{k,8,7,7}]"));
         const Term second = tableOf("[{keypos,2}]", "[{1,k,5}]");
         checkEqual(ets::updateCounter(second, k, 1), 6); // the element behind the key
         checkEqual(ets::updateCounter(second, k, t("{1,1}")), 2);
         co_return;
     }},
    {"E-019 updateCounter with a threshold: equal is not over",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{k,1}]");
         checkEqual(ets::updateCounter(table, k, t("{2,4,5,0}")), 5);
         checkEqual(ets::updateCounter(table, k, t("{2,1,5,0}")), 0);
         checkEqual(ets::updateCounter(table, k, t("{2,-5,-5,9}")), -5);
         checkEqual(ets::updateCounter(table, k, t("{2,-1,-5,9}")), 9);
         checkEqual(ets::updateCounter(table, k, t("{2,0,5,0}")), 0);
         co_return;
     }},
    {"E-020 updateCounter on a missing key, with and without a default",
     +[]() -> Task<> {
         const Term table = tableOf("[]");
         checkBadarg([&] { return ets::updateCounter(table, k, 1); });
         checkBadarg([&] { return ets::updateCounter(table, k, Term::nil()); });
         checkEqual(ets::updateCounter(table, k, 1, t("{x,5}")), 6);
         checkEqual(ets::updateCounter(table, k, 1, t("{x,5}")), 7);
         checkBadarg([&] { return ets::updateCounter(table, 9, t("{3,1}"), t("{x,5}")); });
         checkBadarg([&] { return ets::updateCounter(table, k, 1, k); });
         checkBadarg([&] { return ets::updateCounter(table, k, 1, t("{}")); });
         checkEqual(ets::updateCounter(table, 2, Term::nil(), t("{x,1}")), Term::nil());
         checkEqual(contentOf(table), t("[{2,1},{k,7}]"));
         co_return;
     }},
    {"E-021 updateCounter refuses what is no integer or the key, and changes nothing then",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{k,a,1.0,3}]");
         for (const char* const wrong : {"1", "{1,1}", "{3,1}", "{4,1.0}", "{4,1,2}", "{4,1,a,0}",
                                         "{4,1,1,a}", "foo", "{0,1}", "{a,1}", "[{4,1}|x]", "[1]",
                                         "{4,1,2.0,0}", "{5,1}", "[{4,1},{2,1}]", "1.5", "{4}"})
             checkBadarg([&] { return ets::updateCounter(table, k, t(wrong)); });
         checkEqual(ets::tab2list(table), t("[{k,a,1.0,3}]"));
         const Term bag = tableOf("[bag]", "[{k,1}]");
         checkBadarg([&] { return ets::updateCounter(bag, k, 1); });
         const Term big = tableOf("[]", "[{k,1180591620717411303424}]");
         checkEqual(ets::updateCounter(big, k, t("1208925819614629174706176")),
                    t("1210106411235346586009600"));
         checkEqual(ets::updateCounter(big, k, t("-1210106411235346586009599")), 1);
         const Term ordered = tableOf("[ordered_set]", "[{1,1}]");
         checkEqual(ets::updateCounter(ordered, 1.0, 1), 2);
         checkEqual(ets::tab2list(ordered), t("[{1,2}]"));
         co_return;
     }},
    {"E-022 updateElement",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{k,1,2}]");
         check(ets::updateElement(table, k, t("{2,x}")));
         check(ets::updateElement(table, k, t("[{2,y},{3,z},{2,q}]")));
         checkEqual(ets::lookup(table, k), t("[{k,q,z}]"));
         check(!ets::updateElement(table, 9, t("{2,x}")));
         for (const char* const wrong :
              {"{1,k}", "[{2,m},{4,x}]", "{0,x}", "{a,x}", "{2}", "b", "[{2,x}|y]"})
             checkBadarg([&] { return ets::updateElement(table, k, t(wrong)); });
         checkEqual(ets::lookup(table, k), t("[{k,q,z}]"));
         check(ets::updateElement(table, k, Term::nil()));
         const Term bag = tableOf("[bag]", "[{k,1}]");
         checkBadarg([&] { return ets::updateElement(bag, k, t("{2,2}")); });
         co_return;
     }},
    {"E-041 slot numbers the keys",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]");
         for (int i = 0; i < 100; ++i)
             ets::insert(table, tuple(i));
         checkEqual(ets::slot(table, 0), t("[{0}]"));
         checkEqual(ets::slot(table, 99), t("[{99}]"));
         checkEqual(ets::slot(table, 100), atom("$end_of_table"));
         checkBadarg([&] { return ets::slot(table, 101); });
         co_return;
     }},
};

} // namespace

class tst_EtsObjects : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_EVERYWHERE(kScenarios)
};

QTEST_GUILESS_MAIN(tst_EtsObjects)
#include "tst_ets_objects.moc"
