#include "ets_support.h"
#include "support/random_term.h"

using namespace grove;
using namespace grove::test;

namespace {

/// The answers for one object: as a list, or `badarg`.
Term ask(std::string_view object, std::string_view specification) {
    const Term table = tableOf("[]");
    ets::insert(table, t(object));
    Term answer;
    if (isBadarg([&] { return answer = ets::select(table, t(specification)); }))
        answer = atoms::badarg;
    ets::deleteTable(table);
    return answer;
}

/// One body's value, for the object {7, 2}: $1 and $2 are bound.
Term bodyOf(std::string_view body) {
    const Term answers = ask("{7,2}", "[{{'$1','$2'},[],[" + std::string(body) + "]}]");
    return answers.isCons() ? answers.head() : answers;
}

struct Case {
    const char* body;
    const char* value;
};

/// As Erlang/OTP 25 answers.
const Case kBodies[] = {
    {"[{'div','$1','$2'},{'rem','$1','$2'},{'/','$1','$2'}]", "[3,1,3.5]"},
    {"[{'band','$1','$2'},{'bor','$1',8},{'bxor','$1','$2'},{'bnot','$1'}]", "[2,15,5,-8]"},
    {"[{'bsl','$1',70},{'bsr',-7,1},{'bsl',5,-1}]", "[8264141345021879123968,-4,2]"},
    {"[{trunc,2.5},{round,2.5},{round,-2.5},{abs,-3},{'-','$1'},{float,3}]", "[2,3,-3,3,-7,3.0]"},
    {"[{'+',1,1.5},{'*',2,3},{'-',1,5},{'/',4,2}]", "[2.5,6,-4,2.0]"},
    {"{hd,a}", "'EXIT'"},
    {"{{x,{hd,a}}}", "{x,'EXIT'}"},
    {"[{'div',1,0},{element,5,'$_'},{'*',1.0e300,1.0e300},{'+',a,1}]",
     "['EXIT','EXIT','EXIT','EXIT']"},
    {"[{'andalso',5},{'and',5},{'and',true},{'or',false},{'andalso',true,true,7}]",
     "[5,'EXIT',true,false,7]"},
    {"[{'orelse',false,false,8},{'andalso',5,true},{'orelse',true,{hd,a}},{'and',true,{hd,a}}]",
     "[8,'EXIT',true,'EXIT']"},
    {"[{length,[1,2]},{length,[1|2]},{size,{{a}}},{size,<<1,2>>},{hd,[1]},{tl,[1,2]}]",
     "[2,'EXIT',1,2,1,[2]]"},
    {"[{byte_size,<<1:9>>},{bit_size,<<1:9>>},{binary_part,<<1,2,3>>,1,2},"
     "{binary_part,<<1,2,3>>,{{3,-2}}},{binary_part,<<1>>,1,1}]",
     "[2,9,<<2,3>>,<<2,3>>,'EXIT']"},
    {"[{map_size,#{a => 1}},{map_get,a,#{a => 1}},{map_get,b,#{}},{is_map_key,a,#{}}]",
     "[1,1,'EXIT',false]"},
    {"[{is_atom,a},{is_float,1},{is_integer,'$1'},{is_list,[]},{is_number,1.5},{is_tuple,'$_'}]",
     "[true,false,true,true,true,true]"},
    {"[{is_map,#{}},{is_binary,<<1:9>>},{is_function,a},{is_pid,{self}},{is_port,1},"
     "{is_reference,1},{is_record,{{r,1}},r,2},{is_record,{{r,1}},r,3}]",
     "[true,false,false,true,false,false,true,false]"},
    {"[{'not',true},{'not',1},{'xor',true,false},{'==',1,1.0},{'=:=',1,1.0},{'/=',1,1.0},"
     "{'=/=',1,1.0}]",
     "[false,'EXIT',true,true,false,false,true]"},
    {"[{'<',1,a},{'>',{{}},[]},{'=<',1,1.0},{'>=',<<>>,[]}]", "[true,false,true,true]"},
    {"#{'$1' => '$2', a => {'+','$1',1}}", "#{7 => 2, a => 8}"},
    {"['$1'|'$2']", "[7|2]"},
    {"{const,{'$1',{a}}}", "{'$1',{a}}"},
    {"{{}}", "{}"},
    {"'_'", "'_'"},
    {"{node,{self}}", "nonode@nohost"},
    {"{node}", "nonode@nohost"},
    {"['$_','$$']", "[{7,2},[7,2]]"},
};

/// The answers for one object, or badarg; as Erlang/OTP 25 has them.
struct Question {
    const char* object;
    const char* specification;
    const char* answers;
};

const Question kWrong[] = {
    {"{1}", "foo", "badarg"},
    {"{1}", "[{{'$1'},[],['$1']}|x]", "badarg"},
    {"{1}", "[{{'$1'},[]}]", "badarg"},
    {"{1}", "[{{'$1'},[],[]}]", "badarg"},
    {"{1}", "[{{'$1'},true,['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[true|b],['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[],[a|b]}]", "badarg"},
    {"{1}", "[{{'$1'},[{'==','$2',1}],['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[],['$2']}]", "badarg"},
    {"{1}", "[{{'$1'},[{foo,1}],['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[],[{1,2}]}]", "badarg"},
    {"{1}", "[{{'$1'},[],[{}]}]", "badarg"},
    {"{1}", "[{{'$1'},[],[{const}]}]", "badarg"},
    {"{1}", "[{{'$1'},[],[{const,1,2}]}]", "badarg"},
    {"{1}", "[{{'$1'},[{is_record,1,a}],['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[{ceil,1}],['$_']}]", "badarg"},
    {"{1}", "[{{'$1'},[{'and'}],['$_']}]", "badarg"},
};

const Question kHeads[] = {
    {"{1}", "[{foo,[],['$_']}]", "[]"},
    {"{1}", "[{'_',[],['$_']}]", "[{1}]"},
    {"{1}", "[{'$7',[],['$7']}]", "[{1}]"},
    {"{'$_'}", "[{{'$_'},[],['$_']}]", "[{'$_'}]"},
    {"{7}", "[{{'$01'},[],['$_']}]", "[]"},
    {"{7}", "[{{'$0'},[],['$$']}]", "[[7]]"},
    {"{1,2,3}", "[{{'$3','$1','$2'},[],['$$']}]", "[[2,3,1]]"},
    {"{1,2,3}", "[{{'_','_',3},[],['$$']}]", "[[]]"},
    {"{[1,2|3]}", "[{{['$1'|'$2']},[],['$$']}]", "[[1,[2|3]]]"},
    {"{1,1.0}", "[{{'$1','$1'},[],['$$']}]", "[]"},
    {"{[1],[1]}", "[{{'$1','$1'},[],['$$']}]", "[[[1]]]"},
    {"{{const,1}}", "[{{{const,1}},[],['$_']}]", "[{{const,1}}]"},
    {"{1}", "[{{1,'_'},[],['$_']}]", "[]"},
    {"{1}", "[]", "[]"},
    {"{1}", "[{{2},[],[a]},{{1},[],[b]},{'_',[],[c]}]", "[b]"},
    {"{1}", "[{{1},[],[{hd,a}]},{'_',[],[c]}]", "['EXIT']"},
    {"{1}", "[{{'$1'},[],[{hd,a},b]}]", "[b]"},
};

const Question kGuards[] = {
    {"{a}", "[{{'$1'},[{'>',{'+','$1',1},0}],['$_']}]", "[]"}, // raises: false
    {"{1}", "[{{'$1'},[{'>','$1',0},{'<','$1',5}],['$_']}]", "[{1}]"},
    {"{1}", "[{{'$1'},[foo],['$_']}]", "[]"},
    {"{1}", "[{{'$1'},[{'or',true,1}],['$_']}]", "[]"},
    {"{1}", "[{{'$1'},[{'orelse',true,1}],['$_']}]", "[{1}]"},
    {"{1}", "[{{'$1'},[{'orelse',1,true}],['$_']}]", "[]"},
    {"{true}", "[{{'$1'},['$1',{const,true}],['$_']}]", "[{true}]"},
    {"{r,1}", "[{'$1',[{is_record,'$1',r,2}],['$_']}]", "[{r,1}]"},
    {"{r,1}", "[{'$1',[{is_record,'$1',r,{const,3}}],['$_']}]", "[]"},
    {"{r,1}", "[{{'$1','$2'},[{'==','$$',[r,1]},{'==','$_',{{r,1}}}],['$$']}]", "[[r,1]]"},
};

const Question kMaps[] = {
    {"{1,#{a => 1,b => 2}}", "[{{'_',#{a => '$1'}},[],['$1']}]", "[1]"},
    {"{1,#{a => 1}}", "[{{'_',#{a => 2}},[],['$_']}]", "[]"},
    {"{1,#{a => 1}}", "[{{'_',#{b => '_'}},[],['$_']}]", "[]"},
    {"{#{a => 1,b => 2}}", "[{{#{a => 1}},[],['x']}]", "[x]"},
    {"{#{a => 1}}", "[{{#{'$1' => 1}},[],['$_']}]", "badarg"},
    {"{#{a => 1}}", "[{{#{'_' => 1}},[],['$_']}]", "badarg"},
    {"{#{{'$1'} => 1}}", "[{{#{{'$1'} => 1}},[],['$_']}]", "[{#{{'$1'} => 1}}]"},
};

template <std::size_t n> void checkAll(const Question (&questions)[n]) {
    for (const Question& each : questions) {
        const Term got = ask(each.object, each.specification);
        if (!equalsExact(got, t(each.answers)))
            error(tuple(Term(each.specification), got, t(each.answers)));
    }
}

const Scenario kScenarios[] = {
    {"E-008 patterns are exact in an ordered set, too",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]", "[{1,i},{2.0,f}]");
         checkEqual(ets::matchObject(table, t("{1.0,'_'}")), Term::nil());
         checkEqual(ets::matchObject(table, t("{2,'_'}")), Term::nil());
         checkEqual(ets::matchObject(table, t("{2.0,'_'}")), t("[{2.0,f}]"));
         checkEqual(ets::select(table, t("[{{'$1','_'},[{'==','$1',1.0}],['$_']}]")), t("[{1,i}]"));
         co_return;
     }},
    {"E-023 match gives bindings by number",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]", "[{1,a,b},{2,c,d},{3,e,e}]");
         checkEqual(ets::match(table, t("{'$2','$1','_'}")), t("[[a,1],[c,2],[e,3]]"));
         checkEqual(ets::match(table, t("{'_','$1','$1'}")), t("[[e]]"));
         checkEqual(ets::match(table, t("{'_','_','_'}")), t("[[],[],[]]"));
         const Term floats = tableOf("[]", "[{1,1.0}]");
         checkEqual(ets::match(floats, t("{'$1','$1'}")), Term::nil());
         co_return;
     }},
    {"E-024 match of whole objects, matchObject, matchDelete",
     +[]() -> Task<> {
         const Term table = tableOf("[ordered_set]", "[{1,a},{2,b}]");
         checkEqual(ets::match(table, t("'$1'")), t("[[{1,a}],[{2,b}]]"));
         checkEqual(ets::match(table, t("foo")), Term::nil());
         checkEqual(ets::matchObject(table, t("'_'")), t("[{1,a},{2,b}]"));
         checkEqual(ets::matchObject(table, t("{'_',b}")), t("[{2,b}]"));
         checkEqual(ets::matchObject(table, t("{1,'_'}")), t("[{1,a}]"));
         ets::matchDelete(table, t("{1,'_'}"));
         ets::matchDelete(table, t("{'_',z}"));
         ets::matchDelete(table, t("foo"));
         checkEqual(ets::tab2list(table), t("[{2,b}]"));
         co_return;
     }},
    {"E-025 bodies",
     +[]() -> Task<> {
         for (const Case& each : kBodies) {
             const Term got = bodyOf(each.body);
             if (!equalsExact(got, t(each.value)))
                 error(tuple(Term(each.body), got, t(each.value)));
         }
         checkEqual(bodyOf("{self}"), self());
         checkAll(kHeads);
         co_return;
     }},
    {"E-026 a guard that raises is false",
     +[]() -> Task<> {
         checkAll(kGuards);
         co_return;
     }},
    {"E-027 selectCount, selectDelete, selectReplace",
     +[]() -> Task<> {
         const Term table = tableOf("[]", "[{1,x},{2,x},{3,x}]");
         check(ets::selectCount(table, t("[{{'$1','_'},[{'>','$1',1}],[true]}]")) == 2);
         check(ets::selectCount(table, t("[{{'$1','_'},[],[{'>','$1',2}]}]")) == 1);
         check(ets::selectDelete(table, t("[{'_',[],['$_']}]")) == 0);
         check(ets::selectDelete(table, t("[{{'$1','_'},[],[{'>','$1',2}]}]")) == 1);
         checkEqual(contentOf(table), t("[{1,x},{2,x}]"));
         const std::pair<const char*, std::size_t> good[] = {
             {"[{{'$1','$2'},[],[{{'$1',y}}]}]", 2},
             {"[{{'$1','$2'},[],['$_']}]", 2},
             {"[{{1,'$2'},[],[{{1,z}}]}]", 1},
             {"[{{1,'$2'},[],[{const,{1,w}}]}]", 1},
             {"[{{1,'$2'},[],[{{{const,1},w}}]}]", 1},
             {"[{{'_','$2'},[],[{{{element,1,'$_'},y}}]}]", 2},
             {"[{'$1',[],['$_']}]", 2},
             {"[{{9,'_'},[],[{{9,1}}]}]", 0},
             {"[{{{'$1','$2'},'_'},[],[{{{{'$1','$2'}},b}}]}]", 0},
             {"[{{'$1','_'},[],[{{'$1',{hd,x}}}]}]", 2}};
         for (const auto& [specification, count] : good)
             check(ets::selectReplace(table, t(specification)) == count);
         checkEqual(contentOf(table), t("[{1,'EXIT'},{2,'EXIT'}]"));
         for (const char* const wrong :
              {"[{{'$1','$2'},[],[{{'$2','$1'}}]}]", "[{{'$1','$2'},[],[{{{'+','$1',0},y}}]}]",
               "[{'$1',[],['$1']}]", "[{{'$1','_'},[],[a,{{'$1',1}}]}]",
               "[{{2.0,'_'},[],[{{2,1}}]}]", "[{{'_','_'},[],[{{'_',b}}]}]",
               "[{{'$1','_'},[],[{const,{1,2}}]}]", "[{{'$1','_'},[],[a]}]", "foo"})
             checkBadarg([&] { return ets::selectReplace(table, t(wrong)); });
         const Term bag = tableOf("[bag]", "[{1,a},{1,b},{2,a}]");
         checkBadarg([&] { return ets::selectReplace(bag, t("[{'$1',[],['$_']}]")); });
         check(ets::selectDelete(bag, t("[{{'_',a},[],[true]}]")) == 2);
         checkEqual(contentOf(bag), t("[{1,b}]"));
         check(ets::info(bag)->size == 1);
         co_return;
     }},
    {"E-029 an invalid match specification is badarg",
     +[]() -> Task<> {
         checkAll(kWrong);
         co_return;
     }},
    {"E-030 a map in a pattern fits maps with its keys",
     +[]() -> Task<> {
         checkAll(kMaps);
         co_return;
     }},
    {"E-043 specifications outside of tables",
     +[]() -> Task<> {
         checkEqual(*ets::testMs(t("{1,2}"), t("[{{'$1','$2'},[],['$2']}]")), 2);
         checkEqual(*ets::testMs(t("{1,2}"), t("[{{'$1'},[],['$1']}]")), false);
         checkEqual(*ets::testMs(t("foo"), t("[{'$1',[],['$1']}]")), false);
         const auto refused = ets::testMs(t("{1}"), t("[{{'$1'},[{foo}],['$1']}]"));
         check(!refused && refused.error().code == atoms::badarg);
         const ets::MatchSpec compiled =
             ets::matchSpecCompile(t("[{{'$1'},[{'>','$1',1}],['$1']}]"));
         checkEqual(ets::matchSpecRun(t("[{1},{2},x,{1,2},{3}]"), compiled), t("[2,3]"));
         checkBadarg([&] { return ets::matchSpecRun(t("[{1}|x]"), compiled); });
         checkBadarg([&] { return ets::matchSpecCompile(t("foo")).run(t("{1}")); });
         checkBadarg([&] { return ets::matchSpecCompile(t("[]")).run(t("{1}")); });
         co_return;
     }},
};

Task<> deepSpecificationsAreRefused() {
    Term deep = t("'$1'");
    Term body = t("'$1'");
    for (int i = 0; i < 200'000; ++i) {
        deep = tuple(deep);
        body = tuple(tuple(body));
    }
    const Term table = tableOf("[]", "[{1}]");
    checkBadarg([&] { return ets::match(table, deep); });
    checkBadarg(
        [&] { return ets::select(table, list({tuple(t("{'$1'}"), Term::nil(), list({body}))})); });
    co_return;
}

} // namespace

class tst_EtsMatch : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS_EVERYWHERE(kScenarios)
    void whatNestsTooDeepIsRefused() { GROVE_SIMULATED(deepSpecificationsAreRefused, {}); }
    void randomTermsAsSpecificationsAreRefusedOrRun();
};

/// Whatever is given as a specification or pattern, the answer is a list or badarg.
void tst_EtsMatch::randomTermsAsSpecificationsAreRefusedOrRun() {
    RandomTerms random(drawnSeed("match specifications"));
    const Term words = t("['$1','$2','$_','$$','_',{const,a},{hd,'$1'},{'+','$1',1},{foo,1},"
                         "{{'$1','$2'}},{'andalso',true,'$1'},{is_record,'$_',a,2},{self}]");
    std::vector<Term> some;
    for (const Term& word : words.listElements())
        some.push_back(word);
    const auto drawn = [&] { return random.chance(60) ? some[random.below(12)] : random.next(); };
    std::size_t refused = 0;
    std::size_t run = 0;
    for (int i = 0; i < 20'000; ++i) {
        const Term object = random.chance(50) ? tuple(random.next(), random.next()) : random.next();
        Term head = random.chance(50) ? tuple(drawn(), drawn()) : drawn();
        Term clause = random.chance(90) ? tuple(std::move(head), list({drawn()}), list({drawn()}))
                                        : random.next();
        const Term specification = random.chance(95) ? list({std::move(clause)}) : random.next();
        // {self} needs a process: those are compiled only.
        const auto compiled = ets::MatchSpec::compile(specification);
        if (!compiled) {
            QCOMPARE(compiled.error().code, atoms::badarg);
            ++refused;
        } else if (inspect(specification).find("self") == std::string::npos) {
            static_cast<void>(compiled->run(object));
            ++run;
        }
    }
    QVERIFY(refused > 1'000);
    QVERIFY(run > 1'000);
}

QTEST_GUILESS_MAIN(tst_EtsMatch)
#include "tst_ets_match.moc"
