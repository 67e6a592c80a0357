// Shows: a server that keeps what is slow to get, several readings at once by tasks, and refreshes
// it every 60 minutes by a message to itself. Elixir: Servy.SensorServer.
#include "shown.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/otp/task.h>
#include <grove/runtime/timers.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

// -- what is slow: services on the network

Task<std::string> getSnapshot(std::string camera) {
    co_await sleep(1s);
    co_return camera + "-snapshot.jpg";
}
Task<std::string> getLocation(std::string wildthing) {
    co_await sleep(500ms);
    co_return wildthing == "bigfoot" ? "29.0469 N, 98.8667 W" : "";
}

class SensorServer final : public otp::GenServer<SensorServer> {
public:
    static constexpr auto kRefreshInterval = 60min;
    static constexpr const char* kName = "sensor_server";

    struct State {
        std::vector<std::string> snapshots;
        std::string location;
        GROVE_MAP_FIELDS(State, snapshots, location)
    };
    struct GetSensorData {
        using Reply = State;
        GROVE_FIELDS(GetSensorData)
    };
    struct Refresh {
        GROVE_FIELDS(Refresh)
    };
    using Calls = Messages<GetSensorData>;
    using Infos = Messages<Refresh>;

    static Task<State> getSensorData() { co_return co_await otp::call(kName, GetSensorData{}); }

    static Task<Init> init() {
        State first = co_await runTasksToGetSensorData();
        scheduleRefresh();
        co_return Init::ok(std::move(first));
    }
    State handleCall(GetSensorData) { return state(); }
    Task<> handleInfo(Refresh) {
        state() = co_await runTasksToGetSensorData();
        scheduleRefresh();
    }

private:
    static void scheduleRefresh() { sendAfter(kRefreshInterval, self(), Refresh{}); }

    static Task<State> runTasksToGetSensorData() {
        const auto location = otp::Task::async(getLocation, std::string("bigfoot"));
        std::vector<otp::AsyncTask<std::string>> cameras;
        for (const char* camera : {"cam-1", "cam-2", "cam-3"})
            cameras.push_back(otp::Task::async(getSnapshot, std::string(camera)));
        State got;
        for (const auto& snapshot : cameras)
            got.snapshots.push_back(co_await snapshot.await());
        got.location = co_await location.await();
        co_return got;
    }
};

/// Returns: how long that took.
Task<Duration> startServy() {
    const Instant begin = now();
    check(static_cast<bool>(co_await otp::startLink(otp::supervisor(
        "servy", {.children = {otp::worker<SensorServer>().name(SensorServer::kName)}}))));
    co_return now() - begin;
}

Task<> caches() {
    const Duration took = co_await startServy();
    check(took >= 1s && took < 1500ms); // all readings at once
    const Instant begin = now();
    const SensorServer::State data = co_await SensorServer::getSensorData();
    check(now() - begin < 100ms);
    check(data.snapshots == std::vector<std::string>{"cam-1-snapshot.jpg", "cam-2-snapshot.jpg",
                                                     "cam-3-snapshot.jpg"});
    check(data.location == "29.0469 N, 98.8667 W");
}

Task<> refreshes() {
    co_await startServy();
    const Pid server = whereis("sensor_server"_atom).value();
    const std::uint64_t before = Runtime::current().counters().spawned;
    co_await sleep(59min + 50s);
    check(Runtime::current().counters().spawned == before);
    for (std::uint64_t hour = 1; hour <= 3; ++hour) {
        co_await sleep(1min);
        check(Runtime::current().counters().spawned == before + hour * 4); // four tasks
        checkShown(co_await shownState(server),
                   R"(%{location: "29.0469 N, 98.8667 W", snapshots: ["cam-1-snapshot.jpg", )"
                   R"("cam-2-snapshot.jpg", "cam-3-snapshot.jpg"]})");
        co_await sleep(59min + 1s);
    }
    check(whereis("sensor_server"_atom) == server);
}

Task<> isObserved() {
    co_await startServy();
    checkShown(shown("sensor_server"), "GenServer sensor_server");
    check((co_await shownState("sensor_server")).starts_with("%{location: "));
}

} // namespace

class tst_SensorServer : public QObject {
    Q_OBJECT
private slots:
    void readingsAreTakenAtOnceAndThenCached() { GROVE_SIMULATED(caches); }
    void theyAreTakenAgainEachHour() { GROVE_HOURS(refreshes); }
    void theObserverShowsTheReadings() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_SensorServer)
#include "tst_sensor_server.moc"
