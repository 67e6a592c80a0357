#include "scenarios.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/registry.h>
#include <grove/otp/via_module.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <algorithm>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// Gives back what it is called and cast with; may fail to start.
class Echo final : public otp::GenServer<Echo> {
public:
    struct State {
        Pid listener;
        GROVE_MAP_FIELDS(State, listener)
    };
    static Init init(Pid listener, Term how) {
        if (how.isTagged(atoms::stop, 2))
            return Init::stop(how.element(1));
        if (how.isTagged(atoms::exit, 2))
            grove::exit(how.element(1));
        return how.isAtom(atoms::ignore) ? Init::ignore() : Init::ok(State{listener});
    }
    Reply<Term> handleCall(Term request, From) { return request; }
    void handleCast(Term what) { grove::send(state().listener, tuple(atom("cast"), what)); }
    void handleInfo(Term what) { grove::send(state().listener, tuple(atom("info"), what)); }
};
Task<otp::StartResult> startEcho(otp::ServerName name, Term how = atoms::ok) {
    return Echo::start({.name = std::move(name)}, self(), std::move(how));
}
Task<Term> registeredNameOf(Pid pid) {
    const auto answer = co_await processInfoItems(pid, {atom("registered_name")});
    co_return std::get<Term>(answer).head().element(1);
}

/// A keeper of names that writes down how it is asked. One runtime's, in one thread.
class PhoneBook final : public otp::ViaModule {
public:
    bool registerName(const Term& key, Pid pid) override {
        m_asked.push_back(tuple(atom("register_name"), key));
        if (whereis(key))
            return false;
        m_entries.emplace_back(key, pid);
        return true;
    }
    void unregisterName(const Term& key) override {
        m_asked.push_back(tuple(atom("unregister_name"), key));
        std::erase_if(m_entries, [&](const auto& entry) { return equalsExact(entry.first, key); });
    }
    std::optional<Pid> whereisName(const Term& key) override {
        m_asked.push_back(tuple(atom("whereis_name"), key));
        return whereis(key);
    }
    void send(const Term& key, Payload message, MessageKind kind) override {
        m_asked.push_back(tuple(atom("send"), key));
        ViaModule::send(key, std::move(message), kind);
    }
    /// In what order it was asked, and for what key, since the last time.
    Term takeAsked() {
        std::vector<Term> asked = std::exchange(m_asked, {});
        return listFrom(asked);
    }

private:
    [[nodiscard]] std::optional<Pid> whereis(const Term& key) const {
        const auto at = std::ranges::find_if(
            m_entries, [&](const auto& entry) { return equalsExact(entry.first, key); });
        return at == m_entries.end() ? std::nullopt : std::optional(at->second);
    }

    std::vector<std::pair<Term, Pid>> m_entries;
    std::vector<Term> m_asked;
};

Term asked(std::initializer_list<const char*> what) {
    std::vector<Term> all;
    for (const char* each : what)
        all.push_back(tuple(atom(each), 7));
    return listFrom(all);
}

const Scenario kScenarios[] = {
    {"N-010 a name has one process, is freed, and is nobody's before and after",
     +[]() -> Task<> {
         const Atom name = atom("unique");
         check(!whereis(name));
         check(caughtTerm(attempt([&] { send(name, 1); })).isAtom(atoms::badarg));
         const Pid first = spawn(idle);
         const Pid second = spawn(idle);
         check(registerName(name, first).has_value());
         check(registerName(name, second).error().code == atoms::badarg); // OTP's `no`
         check(whereis(name) == first);
         check(unregisterName(name).has_value());
         check(!whereis(name));
         check(registerName(name, second).has_value());
         // A registry's keys are any terms, as global's names are.
         const auto book = co_await otp::Registry::startLink({.name = "names"}, {});
         check(book.isOk());
         const otp::Via key = otp::via("names", tuple(1, atom("one")));
         check(!otp::whereis(key));
         check(caughtTerm(attempt([&] { otp::send(key, 1); })).isAtom(atoms::badarg));
         check(!otp::Registry::registerName(key.registry, key.key));
         check(otp::whereis(key) == self());
         otp::Registry::unregister(key.registry, key.key);
         check(!otp::whereis(key));
     }},
    {"N-011 a module of one's own keeps names",
     +[]() -> Task<> {
         const auto book = std::make_shared<PhoneBook>();
         otp::addViaModule(Runtime::current(), atom("phone_book"), book);
         const otp::Via name = otp::via("phone_book", 7);
         const auto started = co_await startEcho(name);
         check(started.isOk());
         checkEqual(book->takeAsked(), asked({"whereis_name", "register_name"}));
         const auto second = co_await startEcho(name);
         check(second.alreadyStarted() == started.pid());
         checkEqual(book->takeAsked(), asked({"whereis_name"}));
         checkEqual(co_await otp::call(name, Term(1)), 1);
         checkEqual(book->takeAsked(), asked({"whereis_name"}));
         otp::cast(name, Payload(Term(2)));
         checkEqual(co_await nextMessage(), tuple(atom("cast"), 2));
         checkEqual(book->takeAsked(), asked({"send", "whereis_name"}));
         otp::send(name, Payload(Term(3)));
         checkEqual(co_await nextMessage(), tuple(atom("info"), 3));
         book->unregisterName(7);
         otp::cast(name, Payload(Term(4))); // nobody's: dropped
         check(
             caughtTerm(attempt([&] { otp::send(name, Payload(Term(5))); })).isAtom(atoms::badarg));
         static_cast<void>(book->takeAsked());
         // Whatever way a start fails, the name is free when it returns.
         for (const Term& how : {tuple(atoms::stop, atom("no")), tuple(atoms::exit, atom("no")),
                                 Term(atoms::ignore)}) {
             check(!(co_await startEcho(name, how)).isOk());
             checkEqual(book->takeAsked(),
                        asked({"whereis_name", "register_name", "unregister_name"}));
             check(!otp::whereis(name));
             static_cast<void>(book->takeAsked());
         }
         check(co_await isSilent());
     }},
    {"N-011 two that start at once under a key of a registry: one has it",
     +[]() -> Task<> {
         const auto book = co_await otp::Registry::startLink({.name = "names"}, {});
         check(book.isOk());
         const auto starter = [](Pid listener) -> Task<> {
             const auto got = co_await startEcho(otp::via("names", Term("key")));
             grove::send(listener, tuple(atom("got"), got.term()));
         };
         spawn(starter, self());
         spawn(starter, self());
         int started = 0;
         for (int i = 0; i < 2; ++i) {
             const auto got = otp::StartResult::fromTerm((co_await nextMessage()).element(1));
             started += got.isOk() ? 1 : 0;
             check(got.pidOrAlreadyStarted() == otp::whereis(otp::via("names", Term("key"))));
         }
         check(started == 1);
     }},
    {"N-013 the name nil is none",
     +[]() -> Task<> {
         for (const otp::ServerName& name : {otp::ServerName(atoms::nil), otp::ServerName()}) {
             const auto first = co_await startEcho(name);
             const auto second = co_await startEcho(name);
             check(first.isOk() && second.isOk());
             checkEqual(co_await registeredNameOf(first.pid()), Term::nil());
         }
         check(!whereis(atoms::nil));
         const auto named = co_await startEcho("echo");
         checkEqual(co_await registeredNameOf(named.pid()), atom("echo"));
     }},
    {"N-015 whereis says who has a name, a key or a pid",
     +[]() -> Task<> {
         check(!otp::whereis(atom("nobody")));
         check(!otp::whereis(otp::via("no_registry", 1)));
         const auto book = co_await otp::Registry::startLink({.name = "names"}, {});
         check(book.isOk());
         check(!otp::whereis(otp::via("names", 1)));
         const auto named = co_await startEcho("echo");
         check(otp::whereis("echo") == named.pid());
         const auto keyed = co_await startEcho(otp::via("names", 1));
         check(otp::whereis(otp::via("names", 1)) == keyed.pid());
         const Pid gone = spawn(idle);
         co_await killAndAwaitDown(gone);
         check(otp::whereis(gone) == gone); // a pid is itself, alive or not
     }},
};

} // namespace

/// How processes are found by name.
class tst_Names : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_APPLESS_MAIN(tst_Names)
#include "tst_names.moc"
