// Shows: a server linked to a process that is none of OTP's, which it starts again when it ends.
// Elixir: Servy.KickStarter and Servy.HttpServer.
#include "shown.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/logger.h>
#include <grove/term/match.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using patterns::bind;
using patterns::tuple_;

namespace http_server {

/// Stands for a server on the network: whoever connects gets one answer.
Task<> start(int port) {
    for (;;) {
        const Message message = co_await receive(any());
        Pid client;
        Term path;
        if (!match(message.term(), tuple_("get"_atom, bind(client), bind(path))))
            error("bad_request"_atom);
        send(client, tuple(200, port, path));
    }
}

} // namespace http_server

namespace {

class KickStarter final : public otp::GenServer<KickStarter> {
public:
    struct State {
        Pid server;
        int kicks = 0;
        GROVE_MAP_FIELDS(State, server, kicks)
    };

    static State init() {
        setTrapExit(TrapExit::Yes);
        return State{.server = startServer()};
    }
    void handleInfo(Exit ended) {
        if (ended.from != state().server)
            return;
        otp::logWarning("HttpServer exited (" + inspect(ended.reason) + ')');
        state() = {.server = startServer(), .kicks = state().kicks + 1};
    }

private:
    static Pid startServer() {
        const Pid server = spawnLink(http_server::start, 4000);
        if (!registerName("http_server"_atom, server))
            error("name_taken"_atom);
        return server;
    }
};

Task<Pid> startKickStarter() {
    co_return (co_await KickStarter::startLink({.name = "kick_starter"})).pid();
}
Task<> isServed() {
    send("http_server"_atom, tuple("get"_atom, self(), "/bears"));
    checkEqual((co_await receive(any())).term(), tuple(200, 4000, "/bears"));
}

Task<> kicks() {
    co_await startKickStarter();
    co_await isServed();
    for (const Term& reason : {Term(atoms::kill), Term("kaboom"_atom), Term(atoms::shutdown)}) {
        co_await killAndAwaitDown(whereis("http_server"_atom).value(), reason);
        // It answers when it has started another.
        check((co_await shownState("kick_starter")).starts_with("%{kicks: "));
        co_await isServed();
    }
}

Task<> kicksAfterACrash() {
    co_await startKickStarter();
    const Pid server = whereis("http_server"_atom).value();
    const Ref watch = monitor(server);
    send(server, "nonsense"_atom);
    const Down down = co_await receive(on<Down>(watch));
    check(match(down.reason, tuple_("bad_request"_atom, patterns::_)));
    check((co_await shownState("kick_starter")).starts_with("%{kicks: 1"));
    co_await isServed();
}

Task<> takesItAlong() {
    setTrapExit(TrapExit::Yes);
    const Pid starter = co_await startKickStarter();
    const Pid server = whereis("http_server"_atom).value();
    const Ref watch = monitor(server);
    exit(starter, atoms::kill);
    const Down down = co_await receive(on<Down>(watch));
    checkEqual(down.reason, atoms::killed);
}

Task<> isObserved() {
    const Pid starter = co_await startKickStarter();
    checkShown(shown("kick_starter"), "GenServer kick_starter");
    checkShown(shown("http_server"), "process http_server");
    const Pid server = whereis("http_server"_atom).value();
    const auto info = co_await processInfo(server);
    check(std::get<ProcessInfo>(info).links == std::vector<Pid>{starter});
    checkShown(co_await shownState(starter), "%{kicks: 0, server: " + inspect(Term(server)) + '}');
}

} // namespace

class tst_KickStarter : public QObject {
    Q_OBJECT
private slots:
    void whateverEndsTheServerAnotherIsStarted() { GROVE_EVERYWHERE(kicks); }
    void aCrashIsAnEndToo() { GROVE_EVERYWHERE(kicksAfterACrash); }
    void theServerEndsWithItsStarter() { GROVE_EVERYWHERE(takesItAlong); }
    void theObserverShowsBothAndTheirLink() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_KickStarter)
#include "tst_kick_starter.moc"
