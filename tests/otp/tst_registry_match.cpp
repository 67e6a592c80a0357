#include "names.h"

#include <grove/term/key_order.h>
#include <grove/term/parse.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using otp::Registry;

namespace {

Term t(std::string_view text) {
    return parseTerm(text).value();
}
Term matched(Term key, std::string_view pattern, std::string_view guards = "[]") {
    std::vector<Term> entries;
    for (const Registry::Entry& entry : Registry::match(kNames, key, t(pattern), t(guards)))
        entries.push_back(entryTerm(entry));
    return listFrom(entries);
}
/// How many of this process's entries under the key 1 fit.
std::size_t fitting(std::string_view pattern, std::string_view guards = "[]") {
    return Registry::countMatch(kNames, 1, t(pattern), t(guards));
}
Term selected(std::string_view specification) {
    std::vector<Term> answers;
    for (const Term& answer : Registry::select(kNames, t(specification)).listElements())
        answers.push_back(answer);
    std::ranges::sort(
        answers, [](const Term& a, const Term& b) { return grove::detail::compareKeys(a, b) < 0; });
    return listFrom(answers);
}
std::size_t counted(std::string_view specification) {
    return Registry::countSelect(kNames, t(specification));
}
template <class F> void refuses(F call) {
    const Term reason = caughtTerm(attempt([&] { static_cast<void>(call()); }));
    checkEqual(reason.tupleSize() == 2 ? reason.element(0) : reason, atoms::badarg);
}

Task<> startDuplicates(std::size_t partitions) {
    static_cast<void>(
        co_await startNames({.keys = otp::Keys::Duplicate, .partitions = partitions}));
}

/// Registers twice under 1 and takes one of the two away, as far as it fits.
Task<> takesItsOwn(Pid listener) {
    check(!Registry::registerName(kNames, 1, atom("x")));
    check(!Registry::registerName(kNames, 1, 7));
    Registry::unregisterMatch(kNames, 1, t("'$1'"), t("[{is_integer,'$1'}]"));
    send(listener, atom("took"));
    co_await idle();
}

const Scenario kScenarios[] = {
    {"R-013 match answers with the entries whose value fits",
     +[]() -> Task<> {
         static_cast<void>(co_await startNames());
         check(!Registry::registerName(kNames, 1, t("{1,2.0,x}")));
         const Term own = list({tuple(self(), t("{1,2.0,x}"))});
         checkEqual(matched(1, "'_'"), own);
         checkEqual(matched(1, "{1,2.0,x}"), own);
         checkEqual(matched(1, "{'$1','_',x}", "[{'=:=','$1',1}]"), own);
         // Exactly: neither 1.0 for 1 nor 2 for 2.0.
         for (const char* pattern : {"{1.0,'_','_'}", "{'_',2,'_'}", "{1,2.0}", "x"})
             checkEqual(matched(1, pattern), Term::nil());
         checkEqual(matched(1, "{'$1','$1','_'}"), Term::nil());
         checkEqual(matched(1, "{'$1','_','_'}", "[{'>','$1',1}]"), Term::nil());
         checkEqual(matched(1, "'_'", "[{hd,a}]"), Term::nil()); // one that raises is false
         // The key is no pattern, and exact, too.
         checkEqual(matched(atom("_"), "'_'"), Term::nil());
         checkEqual(matched(1.0, "'_'"), Term::nil());
         refuses([] { return matched(1, "'$1'", "[{'>','$2',1}]"); });
         refuses([] { return matched(1, "'_'", "[{nofun,1}]"); });
         refuses([] { return matched(1, "'_'", "none"); });
         co_return;
     }},
    {"R-013 a map in a pattern fits what has its keys; all entries of a key are looked at",
     +[]() -> Task<> {
         for (const std::size_t partitions : {1, 3}) {
             const Pid names =
                 co_await startNames({.keys = otp::Keys::Duplicate, .partitions = partitions});
             for (const char* value : {"#{a=>1,b=>2}", "#{a=>5}", "#{b=>2}", "a"})
                 static_cast<void>(co_await holderOf(1, t(value)));
             static_cast<void>(co_await holderOf(2, t("#{a=>1}")));
             check(fitting("#{a=>'_'}") == 2);
             check(fitting("#{a=>'$1'}", "[{'>','$1',3}]") == 1);
             check(fitting("#{}") == 3);
             check(fitting("'_'") == 4);
             exit(names, atoms::shutdown);
             static_cast<void>(co_await receive(on<Exit>(names)));
         }
     }},
    {"R-014 unregisterMatch takes the caller's own fitting entries, and the link with the last",
     +[]() -> Task<> {
         co_await startDuplicates(3);
         const Pid other = co_await holderOf(1, 7);
         const Pid taker = spawn(takesItsOwn, self());
         checkEqual(co_await nextMessage(), atom("took"));
         checkEqual(Registry::values(kNames, 1, taker).at(0), atom("x"));
         check(Registry::values(kNames, 1, taker).size() == 1);
         check(Registry::keys(kNames, taker).size() == 1);
         check(Registry::values(kNames, 1, other).size() == 1);
         check(Registry::count(kNames) == 2);

         check(!Registry::registerName(kNames, 2, 5));
         check(!Registry::registerName(kNames, 2, 5));
         Registry::unregisterMatch(kNames, 2, 6);
         Registry::unregisterMatch(kNames, 3, atom("_"));
         check(Registry::keys(kNames, self()).size() == 2);
         Registry::unregisterMatch(kNames, 2, 5,
                                   t("[{'=:=',{element,1,{element,2,'$_'}},{self}}]"));
         check(Registry::keys(kNames, self()).empty() && lookedUp(2).isNil());
         refuses([] { return Registry::unregisterMatch(kNames, 2, t("'_'"), t("[{nofun}]")), 0; });
         // Nothing ties it to the registry any more.
         exit(whereis(kNames).value(), atoms::kill);
         const Exit first = co_await receive(on<Exit>());
         checkEqual(first.reason, atoms::killed); // the supervisor's, which it started
         check(co_await isSilent());
     }},
    {"R-015 select and countSelect follow match specifications",
     +[]() -> Task<> {
         co_await startDuplicates(3);
         for (int i = 1; i <= 3; ++i)
             static_cast<void>(co_await holderOf(i, atom("x")));
         static_cast<void>(co_await holderOf(3, atom("y")));
         check(!Registry::registerName(kNames, 9, 9));
         checkEqual(selected("[{{'$1','_',x},[],['$1']}]"), t("[1,2,3]"));
         checkEqual(selected("[{{'$1','_','$2'},[{'>','$1',2}],[{{'$1','$2'}}]}]"),
                    t("[{3,x},{3,y},{9,9}]"));
         checkEqual(selected("[{{3,'_',x},[],[one]},{{'$1','_',9},[],[two]}]"), t("[one,two]"));
         checkEqual(selected("[{{'$1','$2','$2'},[],['$1']}]"), Term::nil());
         // An entry is {Key, {Pid, Value}}, and the process is matched as well.
         checkEqual(selected("[{{9,'_','_'},[],['$_']}]"), list({tuple(9, tuple(self(), 9))}));
         checkEqual(selected("[{{9,'$1','$2'},[],['$$']}]"), list({list({self(), 9})}));
         checkEqual(Registry::select(kNames, list({tuple(tuple(atom("$1"), self(), atom("_")),
                                                         Term::nil(), list({atom("$1")}))})),
                    list({9}));
         checkEqual(selected("[]"), Term::nil());
         check(counted("[{{'_','_',x},[],[true]}]") == 3);
         check(counted("[{{'_','_',x},[],[1]}]") == 0);
         check(counted("[{{'$1','_','_'},[],[{'<','$1',3}]}]") == 2);
     }},
    {"R-015 countMatch counts one key's; what has another shape is badarg",
     +[]() -> Task<> {
         co_await startDuplicates(1);
         static_cast<void>(co_await holderOf(1, atom("x")));
         static_cast<void>(co_await holderOf(1, atom("y")));
         static_cast<void>(co_await holderOf(2, atom("x")));
         check(fitting("'_'") == 2 && fitting("x") == 1 && fitting("z") == 0);
         check(fitting("'$1'", "[{'==','$1',{const,x}}]") == 1);
         for (const char* wrong :
              {"[{{'_','_'},[],['$_']}]", "[{'_',[],['$_']}]", "[{{'_','_','_'},[],[]}]",
               "[{{'_','_','_'},[{nofun}],[1]}]", "[{{'_','_','_'},none,[1]}]", "[x]", "x"}) {
             refuses([&] { return selected(wrong); });
             refuses([&] { return counted(wrong); });
         }
     }},
};

} // namespace

class tst_RegistryMatch : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_RegistryMatch)
#include "tst_registry_match.moc"
