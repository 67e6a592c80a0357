// Shows: servers that are known by a key of a registry instead of a pid. Elixir: EchoServer with
// Registry and a via tuple.
#include "shown.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/registry.h>
#include <grove/otp/supervisor.h>

#include <QTest>

using namespace grove;
using namespace grove::test;

namespace {

class EchoServer final : public otp::GenServer<EchoServer> {
public:
    struct State {
        int id = 0;
        GROVE_MAP_FIELDS(State, id)
    };

    static Task<otp::StartResult> startLink(otp::StartOptions options, int id) {
        options.name = viaTuple(id);
        options.label = "echo server " + std::to_string(id);
        return GenServer::startLink(std::move(options), id);
    }
    static Task<Term> call(int id, Term request) {
        co_return co_await otp::call(viaTuple(id), std::move(request));
    }

    static State init(int id) { return State{id}; }
    static Term handleCall(Term request, From) { return request; }

private:
    static otp::Via viaTuple(int id) {
        return otp::via("my_registry", tuple("EchoServer"_atom, id));
    }
};

Task<> startSystem() {
    check(static_cast<bool>(co_await otp::startLink(otp::supervisor(
        "echo_system", {.children = {otp::registry("my_registry"), otp::worker<EchoServer>(1).id(1),
                                     otp::worker<EchoServer>(2).id(2)}}))));
}
Pid pidOf(int id) {
    return otp::Registry::whereis("my_registry"_atom, tuple("EchoServer"_atom, id)).value();
}

Task<> answersUnderItsKey() {
    co_await startSystem();
    checkEqual(co_await EchoServer::call(1, "some request"_atom), "some request"_atom);
    checkEqual(co_await EchoServer::call(2, list({1, 2})), list({1, 2}));
    const auto another = co_await EchoServer::startLink({}, 2);
    check(another.alreadyStarted() == pidOf(2));
    const auto nobody = co_await attempt(EchoServer::call(3, "hello"_atom));
    check(!nobody && nobody.error().term.element(0).isAtom(atoms::noproc));
}

Task<> keepsItsKeyWhenRestarted() {
    co_await startSystem();
    const Pid before = pidOf(1);
    co_await killAndAwaitDown(before);
    check((co_await otp::Supervisor::countChildren("echo_system")).active == 3);
    check(pidOf(1) != before);
    checkEqual(co_await EchoServer::call(1, "again"_atom), "again"_atom);
}

Task<> isObserved() {
    co_await startSystem();
    checkShown(shown(pidOf(1)), "GenServer echo server 1");
    checkShown(shown("echo_system"), "Supervisor echo_system");
    checkShown(co_await shownState(pidOf(2)), "%{id: 2}");
}

} // namespace

class tst_EchoServer : public QObject {
    Q_OBJECT
private slots:
    void aServerIsCalledByItsKey() { GROVE_EVERYWHERE(answersUnderItsKey); }
    void aRestartedServerHasItsKeyAgain() { GROVE_EVERYWHERE(keepsItsKeyWhenRestarted); }
    void theObserverShowsWhichIsWhich() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_EchoServer)
#include "tst_echo_server.moc"
