// Shows: a generic server by hand, in which modules of callbacks are plugged, and a key-value store
// on it. Elixir: ServerProcess, KeyValueStore.
#include "shown.h"

#include <grove/term/match.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using patterns::_;
using patterns::bind;
using patterns::tuple_;

namespace server_process {

struct Answer {
    Term response;
    Term state;
};
/// What a concrete server is made of.
struct Module {
    const char* name;
    Term (*init)();
    Answer (*handleCall)(Term request, Term state);
    Term (*handleCast)(Term request, Term state);
};

Task<> loop(Module module, Term state) {
    setLabel(module.name);
    for (;;) {
        const Term message = (co_await receive(any())).term();
        Term request;
        Pid caller;
        if (match(message, tuple_("call"_atom, bind(request), bind(caller)))) {
            Answer answer = module.handleCall(request, std::move(state));
            send(caller, tuple("response"_atom, answer.response));
            state = std::move(answer.state);
        } else if (match(message, tuple_("cast"_atom, bind(request)))) {
            state = module.handleCast(request, std::move(state));
        }
    }
}

Pid start(Module module) {
    return spawn(loop, module, module.init());
}
Task<Term> call(Pid server, Term request) {
    send(server, tuple("call"_atom, std::move(request), self()));
    const Message message = co_await receive(on(tuple_("response"_atom, _)));
    co_return message.term().element(1);
}
void cast(Pid server, Term request) {
    send(server, tuple("cast"_atom, std::move(request)));
}

} // namespace server_process

namespace key_value_store {

using server_process::Answer;

Answer handleCall(Term request, Term state) {
    Term key;
    if (!match(request, tuple_("get"_atom, bind(key))))
        error(atoms::functionClause);
    const Term* const found = state.mapFind(key);
    return {.response = found != nullptr ? *found : Term(atoms::nil), .state = state};
}
Term handleCast(Term request, Term state) {
    Term key;
    Term value;
    if (!match(request, tuple_("put"_atom, bind(key), bind(value))))
        error(atoms::functionClause);
    return mapPut(std::move(state), key, value);
}

Pid start() {
    return server_process::start({.name = "key-value store",
                                  .init = [] { return map(); },
                                  .handleCall = handleCall,
                                  .handleCast = handleCast});
}
void put(Pid store, Term key, Term value) {
    server_process::cast(store, tuple("put"_atom, key, value));
}
Task<Term> get(Pid store, Term key) {
    return server_process::call(store, tuple("get"_atom, key));
}

} // namespace key_value_store

namespace {

Task<> putsAndGets() {
    const Pid store = key_value_store::start();
    key_value_store::put(store, "some key"_atom, "some value");
    key_value_store::put(store, 7, list({1, 2}));
    key_value_store::put(store, "some key"_atom, "another value");
    checkEqual(co_await key_value_store::get(store, "some key"_atom), Term("another value"));
    checkEqual(co_await key_value_store::get(store, 7), list({1, 2}));
    checkEqual(co_await key_value_store::get(store, "no key"_atom), atoms::nil);
}

Task<> crashesAlone() {
    const Pid store = key_value_store::start();
    const Pid other = key_value_store::start();
    const Ref watch = monitor(store);
    server_process::cast(store, "nonsense"_atom);
    const Down down = co_await receive(on<Down>(watch));
    check(match(down.reason, tuple_(atoms::functionClause, _)));
    check(co_await isAlive(other));
}

Task<> isObserved() {
    const Pid store = key_value_store::start();
    checkEqual(co_await key_value_store::get(store, 1), atoms::nil);
    checkShown(shown(store), "process key-value store");
}

} // namespace

class tst_ServerProcess : public QObject {
    Q_OBJECT
private slots:
    void theStoreKeepsWhatIsPut() { GROVE_EVERYWHERE(putsAndGets); }
    void aRequestThatNoCallbackKnowsEndsThatServerOnly() { GROVE_EVERYWHERE(crashesAlone); }
    void theObserverShowsTheModule() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_ServerProcess)
#include "tst_server_process.moc"
