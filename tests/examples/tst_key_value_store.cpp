// A key-value store as a GenServer: the client's functions above, the server's below.
#include "support/sim_fixture.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <QTest>

#include <map>
#include <optional>
#include <string>

using namespace grove;
using namespace grove::test;

namespace {

class KeyValueStore final : public otp::GenServer<KeyValueStore> {
public:
    // -- the client's side

    static void put(otp::ServerRef store, std::string key, int value) {
        otp::cast(store, Put{std::move(key), value});
    }
    static Task<std::optional<int>> get(otp::ServerRef store, std::string key) {
        co_return co_await otp::call(std::move(store), Get{std::move(key)});
    }

    // -- the server's side

    struct Put {
        std::string key;
        int value = 0;
        GROVE_FIELDS(Put, key, value)
    };
    struct Get {
        using Reply = std::optional<int>;
        std::string key;
        GROVE_FIELDS(Get, key)
    };
    using Calls = Messages<Get>;
    using Casts = Messages<Put>;
    struct State {
        std::map<std::string, int> entries;
        GROVE_MAP_FIELDS(State, entries)
    };

    void handleCast(Put request) { state().entries[request.key] = request.value; }
    std::optional<int> handleCall(Get request) {
        const auto at = state().entries.find(request.key);
        return at == state().entries.end() ? std::nullopt : std::optional(at->second);
    }
};

Task<> putsAndGets() {
    const Pid store = (co_await KeyValueStore::startLink()).pid();
    KeyValueStore::put(store, "some key", 1);
    KeyValueStore::put(store, "other key", 2);
    KeyValueStore::put(store, "some key", 3);
    check(co_await KeyValueStore::get(store, "some key") == 3);
    check(co_await KeyValueStore::get(store, "other key") == 2);
    check(co_await KeyValueStore::get(store, "no key") == std::nullopt);
    co_await otp::stop(store);
}

Task<> isSupervised() {
    const otp::StartResult shop = co_await otp::startLink(
        otp::supervisor("shop", {.children = {otp::worker<KeyValueStore>().name("store")}}));
    KeyValueStore::put("store", "key", 1);
    check(co_await KeyValueStore::get("store", "key") == 1);
    co_await killAndAwaitDown(whereis("store"_atom).value());
    // The supervisor answers when it has started another: with an empty state.
    check((co_await otp::Supervisor::countChildren("shop")).active == 1);
    check(co_await KeyValueStore::get("store", "key") == std::nullopt);
    co_await otp::stop(shop.pid());
}

Task<> fillsInOrder(Pid store, Pid listener) {
    for (int i = 0; i <= 100; ++i)
        KeyValueStore::put(store, inspect(self()), i);
    check(co_await KeyValueStore::get(store, inspect(self())) == 100);
    send(listener, "filled"_atom);
}

Task<> isShared() {
    const Pid store = (co_await KeyValueStore::startLink()).pid();
    for (int i = 0; i < 4; ++i)
        spawn(fillsInOrder, store, self());
    for (int i = 0; i < 4; ++i)
        checkEqual((co_await receive(any())).term(), "filled"_atom);
    co_await otp::stop(store);
}

} // namespace

class tst_KeyValueStore : public QObject {
    Q_OBJECT
private slots:
    void itKeepsWhatIsPut() { GROVE_EVERYWHERE(putsAndGets); }
    void underASupervisorItComesBackEmpty() { GROVE_EVERYWHERE(isSupervised); }
    void manyShareItAndEachSeesItsOwnOrder() { GROVE_EVERYWHERE(isShared); }
};

QTEST_GUILESS_MAIN(tst_KeyValueStore)
#include "tst_key_value_store.moc"
