// Shows: a key-value store as a GenServer, the client's functions above, the server's below; every
// five seconds a message to itself cleans up what nobody has used for a minute. Elixir:
// KeyValueStore.
#include "shown.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <map>
#include <optional>
#include <string>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

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
    struct Cleanup {
        GROVE_FIELDS(Cleanup)
    };
    using Calls = Messages<Get>;
    using Casts = Messages<Put>;
    using Infos = Messages<Cleanup>;
    struct Entry {
        int value = 0;
        Instant used;
        GROVE_MAP_FIELDS(Entry, value, used)
    };
    struct State {
        std::map<std::string, Entry> entries;
        GROVE_MAP_FIELDS(State, entries)
    };

    static State init() {
        sendInterval(5s, self(), Cleanup{});
        return {};
    }
    void handleCast(Put request) { state().entries[request.key] = {request.value, now()}; }
    std::optional<int> handleCall(Get request) {
        const auto at = state().entries.find(request.key);
        if (at == state().entries.end())
            return std::nullopt;
        at->second.used = now();
        return at->second.value;
    }
    void handleInfo(Cleanup) {
        std::erase_if(state().entries,
                      [](const auto& entry) { return now() - entry.second.used > 1min; });
    }
    /// What the observer shows: the values alone.
    static std::map<std::string, int> view(const State& state) {
        std::map<std::string, int> values;
        for (const auto& [key, entry] : state.entries)
            values[key] = entry.value;
        return values;
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

Task<> cleansUp() {
    const Pid store = (co_await KeyValueStore::startLink()).pid();
    KeyValueStore::put(store, "used", 1);
    KeyValueStore::put(store, "forgotten", 2);
    co_await sleep(59s);
    check(co_await KeyValueStore::get(store, "used") == 1);
    checkShown(co_await shownState(store), R"(%{"forgotten" => 2, "used" => 1})");
    co_await sleep(7s);
    checkShown(co_await shownState(store), R"(%{"used" => 1})");
    co_await sleep(70s);
    check(co_await KeyValueStore::get(store, "used") == std::nullopt);
    co_await otp::stop(store);
}

Task<> isObserved() {
    const auto store = co_await KeyValueStore::startLink({.name = "store"});
    KeyValueStore::put("store", "key", 7);
    checkShown(shown("store"), "GenServer store");
    checkShown(co_await shownState("store"), R"(%{"key" => 7})");
    co_await otp::stop(store.pid());
}

} // namespace

class tst_KeyValueStore : public QObject {
    Q_OBJECT
private slots:
    void itKeepsWhatIsPut() { GROVE_EVERYWHERE(putsAndGets); }
    void underASupervisorItComesBackEmpty() { GROVE_EVERYWHERE(isSupervised); }
    void manyShareItAndEachSeesItsOwnOrder() { GROVE_EVERYWHERE(isShared); }
    void whatNobodyUsesIsCleanedUp() { GROVE_HOURS(cleansUp); }
    void theObserverShowsWhatItKeeps() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_KeyValueStore)
#include "tst_key_value_store.moc"
