// Shows: a registry by hand: names in a shared table that every process writes and reads by itself,
// and a server linked to those who have one, which takes their names back. Elixir: SimpleRegistry.
#include "shown.h"

#include <grove/ets/ets.h>
#include <grove/otp/gen_server.h>

#include <QTest>

using namespace grove;
using namespace grove::test;

namespace {

class SimpleRegistry final : public otp::GenServer<SimpleRegistry> {
public:
    struct State {
        Atom table = kName;
        GROVE_MAP_FIELDS(State, table)
    };

    static Task<otp::StartResult> startLink() { return GenServer::startLink({.name = kName}); }

    /// Returns: false when another process has the name.
    static bool registerKey(Term key) {
        link(grove::whereis(kName).value());
        return ets::insertNew(kName, tuple(std::move(key), self()));
    }
    static std::optional<Pid> whereis(const Term& key) {
        const Term found = ets::lookup(kName, key);
        return found.isNil() ? std::nullopt : std::optional(found.head().element(1).toPid());
    }

    static State init() {
        setTrapExit(TrapExit::Yes);
        ets::newTable(kName, {.access = ets::Access::Public, .named = true});
        return {};
    }
    static void handleInfo(Exit ended) { ets::matchDelete(kName, tuple("_"_atom, ended.from)); }

private:
    inline static const Atom kName = atom("simple_registry");
};

/// Takes a name, tells whether it got it, and keeps it.
Task<> takeName(Pid listener, Term key) {
    const bool isMine = SimpleRegistry::registerKey(std::move(key));
    send(listener, isMine ? Term(atoms::ok) : Term(atoms::error));
    co_await idle();
}
Task<Term> takeNameElsewhere(Pid* owner, Term key) {
    *owner = spawn(takeName, self(), std::move(key));
    co_return (co_await receive(any())).term();
}

Task<> registers() {
    check(static_cast<bool>(co_await SimpleRegistry::startLink()));
    check(SimpleRegistry::registerKey("some_name"_atom));
    check(!SimpleRegistry::registerKey("some_name"_atom));
    check(SimpleRegistry::whereis("some_name"_atom) == self());
    check(!SimpleRegistry::whereis("unregistered_name"_atom));
    Pid other;
    checkEqual(co_await takeNameElsewhere(&other, "some_name"_atom), atoms::error);
    checkEqual(co_await takeNameElsewhere(&other, 7), atoms::ok);
    check(SimpleRegistry::whereis(7) == other);
}

Task<> forgetsTheDead() {
    check(static_cast<bool>(co_await SimpleRegistry::startLink()));
    Pid owner;
    checkEqual(co_await takeNameElsewhere(&owner, "name"_atom), atoms::ok);
    co_await killAndAwaitDown(owner);
    // It answers when it has heard of that end.
    checkShown(co_await shownState("simple_registry"), "%{table: :simple_registry}");
    check(!SimpleRegistry::whereis("name"_atom));
    checkEqual(co_await takeNameElsewhere(&owner, "name"_atom), atoms::ok);
}

Task<> takesItsClientsAlong() {
    setTrapExit(TrapExit::Yes);
    const Pid registry = (co_await SimpleRegistry::startLink()).pid();
    Pid owner;
    checkEqual(co_await takeNameElsewhere(&owner, "name"_atom), atoms::ok);
    const Ref watch = monitor(owner);
    exit(registry, atoms::kill);
    checkEqual((co_await receive(on<Down>(watch))).reason, atoms::killed);
}

Task<> isObserved() {
    check(static_cast<bool>(co_await SimpleRegistry::startLink()));
    checkShown(shown("simple_registry"), "GenServer simple_registry");
    const std::vector<ets::Info> tables = ets::tables(Runtime::current());
    check(std::ranges::any_of(tables, [](const ets::Info& table) {
        return table.name == "simple_registry"_atom &&
               table.owner == grove::whereis("simple_registry"_atom);
    }));
}

} // namespace

class tst_SimpleRegistry : public QObject {
    Q_OBJECT
private slots:
    void aNameBelongsToWhoTookItFirst() { GROVE_EVERYWHERE(registers); }
    void theNamesOfTheDeadAreFree() { GROVE_EVERYWHERE(forgetsTheDead); }
    void whoHasANameEndsWithTheRegistry() { GROVE_EVERYWHERE(takesItsClientsAlong); }
    void theObserverShowsTheServerAndItsTable() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_SimpleRegistry)
#include "tst_simple_registry.moc"
