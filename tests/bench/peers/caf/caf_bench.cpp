// The workloads of grove_bench for CAF 0.17, by the same names.
//
//   c++ -O2 -std=c++17 caf_bench.cpp -lcaf_core -lpthread
//   caf_bench SCHEDULERS workload…

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using Number = std::uint64_t;
using caf::actor;
using caf::behavior;
using caf::event_based_actor;

using go_atom = caf::atom_constant<caf::atom("go")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using next_atom = caf::atom_constant<caf::atom("next")>;
using token_atom = caf::atom_constant<caf::atom("token")>;
using ask_atom = caf::atom_constant<caf::atom("ask")>;
using ping_atom = caf::atom_constant<caf::atom("ping")>;
using pong_atom = caf::atom_constant<caf::atom("pong")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;

constexpr Number kBatch = 1'000;

struct Result {
    Number ops = 0;
    double seconds = 0;
    std::vector<std::pair<std::string, double>> more = {};
};

struct Bench {
    caf::actor_system& system;
    caf::scoped_actor& self;
};

class Watch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

void awaitDone(Bench& bench, Number count) {
    for (Number index = 0; index < count; ++index)
        bench.self->receive([](done_atom) {});
}

std::size_t residentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// -- ring -----------------------------------------------------------------------------------------

struct RingState {
    actor next;
};

behavior ringMember(caf::stateful_actor<RingState>* self, actor driver) {
    return {[=](next_atom, const actor& next) { self->state.next = next; },
            [=](token_atom, Number left) {
                if (left == 0)
                    self->send(driver, done_atom::value);
                else
                    self->send(self->state.next, token_atom::value, left - 1);
            },
            [=](stop_atom) {
                self->state.next = nullptr;
                self->quit();
            }};
}

Result ring(Bench& bench, Number members, Number hops) {
    std::vector<actor> all;
    for (Number index = 0; index < members; ++index)
        all.push_back(bench.system.spawn(ringMember, actor(bench.self)));
    for (Number index = 0; index < members; ++index)
        bench.self->send(all[index], next_atom::value, all[(index + 1) % members]);
    bench.self->send(all[0], token_atom::value, members);
    awaitDone(bench, 1);
    const Watch watch;
    bench.self->send(all[0], token_atom::value, hops);
    awaitDone(bench, 1);
    const double seconds = watch.seconds();
    for (const actor& each : all)
        bench.self->send(each, stop_atom::value);
    return {hops, seconds};
}

// -- questions ------------------------------------------------------------------------------------

behavior echo(event_based_actor*) {
    return {[](ask_atom, Number question) { return question; }};
}

struct PingState {
    Number left = 0;
};

/// Answers by a message of its own, as processes do that only send.
behavior ponger(event_based_actor* self) {
    return {[=](ping_atom, const actor& from) { self->send(from, pong_atom::value); }};
}

behavior pinger(caf::stateful_actor<PingState>* self, actor peer, Number rounds, actor driver) {
    self->state.left = rounds;
    return {[=](go_atom) { self->send(peer, ping_atom::value, actor(self)); },
            [=](pong_atom) {
                if (--self->state.left > 0) {
                    self->send(peer, ping_atom::value, actor(self));
                } else {
                    self->send(driver, done_atom::value);
                    self->quit();
                }
            }};
}

Result pingpong(Bench& bench, Number rounds) {
    const actor peer = bench.system.spawn(ponger);
    const actor asker = bench.system.spawn(pinger, peer, rounds, actor(bench.self));
    const Watch watch;
    bench.self->send(asker, go_atom::value);
    awaitDone(bench, 1);
    return {rounds, watch.seconds()};
}

/// A request with a limit of five seconds, as a GenServer call has it.
void ask(caf::stateful_actor<PingState>* self, const actor& server, const actor& driver) {
    if (self->state.left-- == 0) {
        self->send(driver, done_atom::value);
        self->quit();
        return;
    }
    self->request(server, std::chrono::seconds(5), ask_atom::value, self->state.left)
        .then([=](Number) { ask(self, server, driver); });
}

behavior caller(caf::stateful_actor<PingState>* self, actor server, Number calls, actor driver) {
    self->state.left = calls;
    return {[=](go_atom) { ask(self, server, driver); }};
}

Result genCalls(Bench& bench, Number clients, Number total) {
    const actor server = bench.system.spawn(echo);
    std::vector<actor> callers;
    for (Number index = 0; index < clients; ++index)
        callers.push_back(bench.system.spawn(caller, server, total / clients, actor(bench.self)));
    const Watch watch;
    for (const actor& each : callers)
        bench.self->send(each, go_atom::value);
    awaitDone(bench, clients);
    return {total / clients * clients, watch.seconds()};
}

Result callFromThread(Bench& bench, Number calls) {
    const actor server = bench.system.spawn(echo);
    const Watch watch;
    for (Number call = 0; call < calls; ++call)
        bench.self->request(server, std::chrono::seconds(5), ask_atom::value, call)
            .receive([](Number) {}, [](const caf::error&) { std::abort(); });
    return {calls, watch.seconds()};
}

// -- floods ---------------------------------------------------------------------------------------

struct SinkState {
    Number left = 0;
};

behavior sink(caf::stateful_actor<SinkState>* self, Number expected, actor driver) {
    self->state.left = expected;
    return {[=](Number) {
        if (--self->state.left == 0) {
            self->send(driver, done_atom::value);
            self->quit();
        }
    }};
}

/// A thousand at a time, then others have a turn.
behavior producer(caf::stateful_actor<SinkState>* self, actor to, Number count) {
    self->state.left = count;
    return {[=](go_atom) {
        for (Number sent = 0; sent < kBatch && self->state.left > 0; ++sent, --self->state.left)
            self->send(to, self->state.left);
        if (self->state.left > 0)
            self->send(self, go_atom::value);
        else
            self->quit();
    }};
}

Result flood(Bench& bench, Number producers, Number total) {
    const Number each = total / producers;
    const actor consumer = bench.system.spawn(sink, each * producers, actor(bench.self));
    std::vector<actor> all;
    for (Number index = 0; index < producers; ++index)
        all.push_back(bench.system.spawn(producer, consumer, each));
    const Watch watch;
    for (const actor& one : all)
        bench.self->send(one, go_atom::value);
    awaitDone(bench, 1);
    return {each * producers, watch.seconds()};
}

// -- actors that come and go ----------------------------------------------------------------------

struct WaveState {
    Number left = 0;
    Number alive = 0;
};

void startWave(caf::stateful_actor<WaveState>* self) {
    self->state.alive = kBatch;
    self->state.left -= kBatch;
    const actor home(self);
    for (Number index = 0; index < kBatch; ++index)
        self->spawn([home](event_based_actor* one) { one->send(home, done_atom::value); });
}

behavior waves(caf::stateful_actor<WaveState>* self, Number count, actor driver) {
    self->state.left = count;
    return {[=](go_atom) { startWave(self); },
            [=](done_atom) {
                if (--self->state.alive > 0)
                    return;
                if (self->state.left > 0) {
                    startWave(self);
                } else {
                    self->send(driver, done_atom::value);
                    self->quit();
                }
            }};
}

Result spawnAndEnd(Bench& bench, Number count) {
    const actor driver = bench.system.spawn(waves, count, actor(bench.self));
    const Watch watch;
    bench.self->send(driver, go_atom::value);
    awaitDone(bench, 1);
    return {count, watch.seconds()};
}

behavior waits(event_based_actor* self) {
    return {[=](stop_atom) { self->quit(); }};
}

Result spawnIdle(Bench& bench, Number count) {
    std::vector<actor> all(count); // touched now: its memory is not the actors'
    all.clear();
    const std::size_t before = residentBytes();
    const Watch watch;
    for (Number index = 0; index < count; ++index)
        all.push_back(bench.system.spawn(waits));
    const double seconds = watch.seconds();
    const double bytes = static_cast<double>(residentBytes() - before);
    for (const actor& each : all)
        bench.self->send(each, stop_atom::value);
    return {count, seconds, {{"rss_bytes_each", bytes / static_cast<double>(count)}}};
}

// -- big and skynet -------------------------------------------------------------------------------

using Peers = std::shared_ptr<const std::vector<actor>>;

struct BigState {
    Number left = 0;
    std::minstd_rand random;
};

behavior bigActor(caf::stateful_actor<BigState>* self, std::shared_ptr<Peers> peers, Number pings,
                  Number seed, actor driver) {
    self->state.left = pings;
    self->state.random.seed(static_cast<unsigned>(seed));
    const auto ping = [=] {
        const std::vector<actor>& all = **peers;
        self->send(all[self->state.random() % all.size()], ping_atom::value, actor(self));
    };
    return {[=](go_atom) { ping(); },
            [=](ping_atom, const actor& from) { self->send(from, pong_atom::value); },
            [=](pong_atom) {
                if (--self->state.left > 0)
                    ping();
                else
                    self->send(driver, done_atom::value);
            },
            [=](stop_atom) { self->quit(); }};
}

Result big(Bench& bench, Number pings) {
    constexpr Number kActors = 1'000;
    const auto peers = std::make_shared<Peers>();
    std::vector<actor> all;
    for (Number index = 0; index < kActors; ++index)
        all.push_back(bench.system.spawn(bigActor, peers, pings, index + 1, actor(bench.self)));
    *peers = std::make_shared<const std::vector<actor>>(all);
    const Watch watch;
    for (const actor& each : all)
        bench.self->send(each, go_atom::value);
    awaitDone(bench, kActors);
    const double seconds = watch.seconds();
    for (const actor& each : all)
        bench.self->send(each, stop_atom::value);
    bench.system.registry().await_running_count_equal(1); // the asking thread
    *peers = nullptr;
    return {kActors * pings, seconds};
}

struct SkynetState {
    Number sum = 0;
    int left = 10;
};

behavior skynetNode(caf::stateful_actor<SkynetState>* self, actor parent, Number number,
                    Number leaves) {
    if (leaves == 1) {
        self->send(parent, number);
        return {};
    }
    const Number each = leaves / 10;
    for (Number child = 0; child < 10; ++child)
        self->spawn(skynetNode, actor(self), number + child * each, each);
    return {[=](Number sum) {
        self->state.sum += sum;
        if (--self->state.left == 0) {
            self->send(parent, self->state.sum);
            self->quit();
        }
    }};
}

Result skynet(Bench& bench) {
    constexpr Number kLeaves = 1'000'000;
    const Watch watch;
    bench.system.spawn(skynetNode, actor(bench.self), Number{0}, kLeaves);
    bench.self->receive([](Number sum) {
        if (sum != 499'999'500'000)
            std::abort();
    });
    return {kLeaves, watch.seconds()};
}

const std::map<std::string, Result (*)(Bench&)> kWorkloads = {
    {"ring", [](Bench& bench) { return ring(bench, 1'000, 1'000'000); }},
    {"ring100k", [](Bench& bench) { return ring(bench, 100'000, 1'000'000); }},
    {"pingpong", [](Bench& bench) { return pingpong(bench, 500'000); }},
    {"gen_call", [](Bench& bench) { return genCalls(bench, 1, 200'000); }},
    {"gen_call8", [](Bench& bench) { return genCalls(bench, 8, 200'000); }},
    {"call_from_thread", [](Bench& bench) { return callFromThread(bench, 20'000); }},
    {"send_flood", [](Bench& bench) { return flood(bench, 1, 2'000'000); }},
    {"send_flood8", [](Bench& bench) { return flood(bench, 8, 2'000'000); }},
    {"spawn", [](Bench& bench) { return spawnAndEnd(bench, 300'000); }},
    {"spawn_idle", [](Bench& bench) { return spawnIdle(bench, 1'000'000); }},
    {"big", [](Bench& bench) { return big(bench, 500); }},
    {"skynet", [](Bench& bench) { return skynet(bench); }},
};

} // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) == "--list") {
        for (const auto& each : kWorkloads)
            std::puts(each.first.c_str());
        return 0;
    }
    if (argc < 3) {
        std::fputs("caf_bench SCHEDULERS workload… | --list\n", stderr);
        return 2;
    }
    const unsigned schedulers = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
    for (int index = 2; index < argc; ++index) {
        const auto found = kWorkloads.find(argv[index]);
        if (found == kWorkloads.end())
            return 2;
        caf::actor_system_config config;
        config.set("scheduler.max-threads", schedulers);
        caf::actor_system system(config);
        caf::scoped_actor self(system);
        Bench bench{system, self};
        const Result result = found->second(bench);
        std::printf(
            R"({"peer":"caf","schedulers":%u,"workload":"%s","ops":%llu,"seconds":%.6f,"ns_per_op":%.2f)",
            schedulers, argv[index], static_cast<unsigned long long>(result.ops), result.seconds,
            result.seconds * 1e9 / static_cast<double>(result.ops));
        for (const auto& [name, value] : result.more)
            std::printf(R"(,"%s":%.3f)", name.c_str(), value);
        std::puts("}");
        std::fflush(stdout);
    }
    return 0;
}
