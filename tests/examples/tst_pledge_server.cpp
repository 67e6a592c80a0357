// Shows: a server that keeps the latest pledges in a cache of a size that can be set, beside a slow
// service that keeps all of them; the service is an agent. Elixir: Servy.PledgeServer.
#include "shown.h"

#include <grove/otp/agent.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

struct Pledge {
    std::string name;
    int amount = 0;
    GROVE_MAP_FIELDS(Pledge, name, amount)
    bool operator==(const Pledge&) const = default;
};
using Pledges = std::vector<Pledge>; // newest first

/// Stands for a service on the network.
using PledgeService = otp::Agent<Pledges>;

class PledgeServer final : public otp::GenServer<PledgeServer> {
public:
    // -- the client's side

    static Task<std::string> createPledge(std::string name, int amount) {
        co_return co_await otp::call(kName, CreatePledge{{std::move(name), amount}});
    }
    static Task<Pledges> recentPledges() { co_return co_await otp::call(kName, RecentPledges{}); }
    static Task<int> totalPledged() { co_return co_await otp::call(kName, TotalPledged{}); }
    static void clear() { otp::cast(kName, Clear{}); }
    static void setCacheSize(std::size_t size) { otp::cast(kName, SetCacheSize{size}); }
    static void refresh() { otp::cast(kName, Refresh{}); }

    // -- the server's side

    static constexpr const char* kName = "pledge_server";
    struct CreatePledge {
        using Reply = std::string;
        Pledge pledge;
        GROVE_FIELDS(CreatePledge, pledge)
    };
    struct RecentPledges {
        using Reply = Pledges;
        GROVE_FIELDS(RecentPledges)
    };
    struct TotalPledged {
        using Reply = int;
        GROVE_FIELDS(TotalPledged)
    };
    struct Clear {
        GROVE_FIELDS(Clear)
    };
    struct SetCacheSize {
        std::size_t size = 0;
        GROVE_FIELDS(SetCacheSize, size)
    };
    struct Refresh {
        GROVE_FIELDS(Refresh)
    };
    using Calls = Messages<CreatePledge, RecentPledges, TotalPledged>;
    using Casts = Messages<Clear, SetCacheSize, Refresh>;
    struct State {
        std::size_t cacheSize = 3;
        Pledges pledges;
        GROVE_MAP_FIELDS(State, cacheSize, pledges)
    };

    static Task<Init> init() {
        State state;
        state.pledges = co_await fetchRecentPledges(state.cacheSize);
        co_return Init::ok(std::move(state));
    }
    Task<std::string> handleCall(CreatePledge request) {
        const std::string id = co_await sendPledge(request.pledge);
        state().pledges.insert(state().pledges.begin(), std::move(request.pledge));
        trim();
        co_return id;
    }
    Pledges handleCall(RecentPledges) { return state().pledges; }
    int handleCall(TotalPledged) {
        int total = 0;
        for (const Pledge& pledge : state().pledges)
            total += pledge.amount;
        return total;
    }
    void handleCast(Clear) { state().pledges.clear(); }
    void handleCast(SetCacheSize request) {
        state().cacheSize = request.size;
        trim();
    }
    Task<> handleCast(Refresh) { state().pledges = co_await fetchRecentPledges(state().cacheSize); }

private:
    void trim() {
        if (state().pledges.size() > state().cacheSize)
            state().pledges.resize(state().cacheSize);
    }
    static Task<Pledges> fetchRecentPledges(std::size_t count) {
        return PledgeService::get("pledge_service", [count](const Pledges& all) {
            return Pledges(all.begin(),
                           all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size())));
        });
    }
    static Task<std::string> sendPledge(Pledge pledge) {
        return PledgeService::getAndUpdate("pledge_service", [pledge](Pledges& all) {
            all.insert(all.begin(), pledge);
            return "pledge-" + std::to_string(all.size());
        });
    }
};

Task<> startServy() {
    check(static_cast<bool>(co_await otp::startLink(otp::supervisor(
        "servy", {.children = {otp::worker<PledgeService>(Pledges{{"wilma", 15}, {"fred", 25}})
                                   .name("pledge_service"),
                               otp::worker<PledgeServer>().name(PledgeServer::kName)}}))));
}

Task<> cachesThree() {
    co_await startServy();
    check(co_await PledgeServer::totalPledged() == 40);
    check(co_await PledgeServer::createPledge("larry", 10) == "pledge-3");
    check(co_await PledgeServer::createPledge("moe", 20) == "pledge-4");
    check(co_await PledgeServer::createPledge("curly", 30) == "pledge-5");
    check(co_await PledgeServer::recentPledges() ==
          Pledges{{"curly", 30}, {"moe", 20}, {"larry", 10}});
    check(co_await PledgeServer::totalPledged() == 60);
    PledgeServer::clear();
    check(co_await PledgeServer::totalPledged() == 0);
}

Task<> changesItsSize() {
    co_await startServy();
    check(co_await PledgeServer::createPledge("larry", 10) == "pledge-3");
    PledgeServer::setCacheSize(1);
    check(co_await PledgeServer::recentPledges() == Pledges{{"larry", 10}});
    PledgeServer::setCacheSize(4);
    PledgeServer::refresh();
    check(co_await PledgeServer::recentPledges() ==
          Pledges{{"larry", 10}, {"wilma", 15}, {"fred", 25}});
}

Task<> comesBack() {
    co_await startServy();
    check(co_await PledgeServer::createPledge("larry", 10) == "pledge-3");
    co_await killAndAwaitDown(whereis("pledge_server"_atom).value());
    check((co_await otp::Supervisor::countChildren("servy")).active == 2);
    check(co_await PledgeServer::totalPledged() == 50); // the service has kept them
}

Task<> isObserved() {
    co_await startServy();
    checkShown(shown("pledge_server"), "GenServer pledge_server");
    checkShown(shown("pledge_service"), "Agent pledge_service");
    PledgeServer::setCacheSize(1);
    checkShown(co_await shownState("pledge_server"),
               R"(%{cache_size: 1, pledges: [%{amount: 15, name: "wilma"}]})");
}

} // namespace

class tst_PledgeServer : public QObject {
    Q_OBJECT
private slots:
    void theLatestThreeAreCached() { GROVE_EVERYWHERE(cachesThree); }
    void theCacheTakesAnotherSizeAndIsRefreshed() { GROVE_EVERYWHERE(changesItsSize); }
    void aRestartedServerFetchesItsPledgesAgain() { GROVE_EVERYWHERE(comesBack); }
    void theObserverShowsTheCache() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_PledgeServer)
#include "tst_pledge_server.moc"
