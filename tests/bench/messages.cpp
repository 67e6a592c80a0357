// Processes that send each other messages.

#include "bench.h"

#include <algorithm>

namespace grove::bench {

namespace {

constexpr std::uint64_t kBurst = 1'000; // messages a producer sends before it gives others a turn

std::int64_t numberOf(const Message& message) {
    return message.payload().asTerm()->toInt();
}

// -- ring -----------------------------------------------------------------------------------------

Task<> ringMember(Pid driver) {
    const Pid next = (co_await receive(any())).payload().asTerm()->toPid();
    while (true) {
        const std::int64_t left = numberOf(co_await receive(any()));
        send(left == 0 ? driver : next, left - 1);
    }
}

enum class Order { AsMade, Shuffled };

Task<> ringDriver(std::uint64_t memberCount, std::uint64_t hops, Order order, Spent* spent) {
    std::vector<Pid> members;
    for (std::uint64_t index = 0; index < memberCount; ++index)
        members.push_back(spawn(ringMember, self()));
    if (order == Order::Shuffled)
        std::ranges::shuffle(members, Random(1));
    for (std::uint64_t index = 0; index < memberCount; ++index)
        send(members[index], members[(index + 1) % memberCount]);
    // Once around first: every member has its successor and waits for the token.
    send(members[0], static_cast<std::int64_t>(memberCount));
    co_await receive(any());
    Stopwatch watch(spent);
    send(members[0], static_cast<std::int64_t>(hops));
    co_await receive(any());
    watch.stop();
}

Figures ring(Bench& bench, std::uint64_t memberCount, Order order) {
    Figures figures{.ops = bench.scaled(order == Order::AsMade ? 5'000'000 : 2'000'000)};
    bench.run(ringDriver, memberCount, figures.ops, order, &figures.spent);
    return figures;
}
Figures ring1k(Bench& bench) {
    return ring(bench, 1'000, Order::AsMade);
}
Figures ring100k(Bench& bench) {
    return ring(bench, 100'000, Order::AsMade);
}
Figures ring100kRandom(Bench& bench) {
    return ring(bench, 100'000, Order::Shuffled);
}

// -- pingpong -------------------------------------------------------------------------------------

Task<> echo() {
    while (true) {
        const Message ping = co_await receive(any());
        send(ping.sender(), numberOf(ping));
    }
}

Task<> pingpongDriver(std::uint64_t rounds, Spent* spent) {
    const Pid peer = spawn(echo);
    Stopwatch watch(spent);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        send(peer, round);
        co_await receive(any());
    }
    watch.stop();
}

Figures pingpong(Bench& bench) {
    Figures figures{.ops = bench.scaled(3'000'000)};
    bench.run(pingpongDriver, figures.ops, &figures.spent);
    return figures;
}

// -- floods ---------------------------------------------------------------------------------------

enum class As { Message, Cast };

Task<> sink(std::uint64_t expected, Pid driver) {
    for (std::uint64_t count = 0; count < expected; ++count)
        co_await receive(any());
    send(driver, atoms::ok);
}

Task<> producer(Pid to, std::uint64_t count, As as) {
    co_await receive(any()); // the start
    for (std::uint64_t number = 0; number < count; ++number) {
        if (as == As::Cast)
            sendCast(to, number);
        else
            send(to, number);
        if (number % kBurst == kBurst - 1)
            co_await yield();
    }
}

Task<> floodDriver(std::uint64_t producerCount, std::uint64_t each, As as, Spent* spent) {
    const Pid consumer = spawn(sink, producerCount * each, self());
    std::vector<Pid> producers;
    for (std::uint64_t index = 0; index < producerCount; ++index)
        producers.push_back(spawn(producer, consumer, each, as));
    co_await yield();
    Stopwatch watch(spent);
    for (const Pid pid : producers)
        send(pid, atoms::ok);
    co_await receive(any());
    watch.stop();
}

Figures floodOf(Bench& bench, std::uint64_t producers, As as) {
    const std::uint64_t each = bench.scaled(4'000'000) / producers;
    Figures figures{.ops = each * producers};
    bench.run(floodDriver, producers, each, as, &figures.spent);
    return figures;
}
Figures flood(Bench& bench) {
    return floodOf(bench, 1, As::Cast);
}
Figures flood8(Bench& bench) {
    return floodOf(bench, 8, As::Cast);
}
Figures sendFlood(Bench& bench) {
    return floodOf(bench, 1, As::Message);
}
Figures sendFlood8(Bench& bench) {
    return floodOf(bench, 8, As::Message);
}

/// From a thread that runs no process.
Figures floodForeign(Bench& bench) {
    Figures figures{.ops = bench.scaled(4'000'000)};
    const Pid consumer = spawn(sink, figures.ops, bench.outside.pid());
    Stopwatch watch(bench.runtime.clock(), &figures.spent);
    for (std::uint64_t number = 0; number < figures.ops; ++number)
        send(consumer, number);
    bench.outside.receive(any());
    watch.stop();
    return figures;
}

// -- big: everybody talks to everybody ------------------------------------------------------------

constexpr std::uint64_t kActors = 1'000;

struct Ping {
    Pid from;
    GROVE_FIELDS(Ping, from)
};
struct Pong {
    GROVE_FIELDS(Pong)
};
struct Peers {
    std::vector<Pid> pids;
    GROVE_FIELDS(Peers, pids)
};

/// Savina's: one ping outstanding, to a random peer each time; ends the count when all are
/// answered.
Task<> bigActor(std::uint64_t pings, std::uint64_t seed, Pid driver) {
    const Message told = co_await receive(any());
    const std::vector<Pid>& peers = told.get<Peers>()->pids; // one for all, kept with the message
    Random random(seed);
    send(peers[random.below(peers.size())], Ping{self()});
    for (std::uint64_t answered = 0;;) {
        const auto message = co_await receive(on<Ping>(), on<Pong>());
        if (const Ping* ping = std::get_if<Ping>(&message)) {
            send(ping->from, Pong{});
        } else if (++answered < pings) {
            send(peers[random.below(peers.size())], Ping{self()});
        } else {
            send(driver, atoms::ok);
        }
    }
}

/// All pings at once.
Task<> bigAllActor(Pid driver) {
    const Message told = co_await receive(any());
    const std::vector<Pid>& peers = told.get<Peers>()->pids; // one for all, kept with the message
    for (const Pid peer : peers)
        send(peer, Ping{self()});
    for (std::uint64_t answered = 0;;) {
        const auto message = co_await receive(on<Ping>(), on<Pong>());
        if (const Ping* ping = std::get_if<Ping>(&message))
            send(ping->from, Pong{});
        else if (++answered == peers.size())
            send(driver, atoms::ok);
    }
}

enum class Pings { OneOutstanding, AllAtOnce };

Task<> bigDriver(Pings pings, std::uint64_t each, Spent* spent) {
    Peers peers;
    for (std::uint64_t index = 0; index < kActors; ++index)
        peers.pids.push_back(pings == Pings::OneOutstanding
                                 ? spawn(bigActor, each, index + 1, self())
                                 : spawn(bigAllActor, self()));
    co_await yield();
    const Box shared = Box::make(peers);
    Stopwatch watch(spent);
    for (const Pid actor : peers.pids)
        send(actor, shared);
    for (std::uint64_t index = 0; index < kActors; ++index)
        co_await receive(any());
    watch.stop();
}

Figures big(Bench& bench) {
    const std::uint64_t each = bench.scaled(2'000);
    Figures figures{.ops = kActors * each};
    bench.run(bigDriver, Pings::OneOutstanding, each, &figures.spent);
    return figures;
}
Figures bigAll(Bench& bench) {
    Figures figures{.ops = kActors * kActors};
    bench.run(bigDriver, Pings::AllAtOnce, std::uint64_t{0}, &figures.spent);
    return figures;
}

// -- selective ------------------------------------------------------------------------------------

struct Other {
    std::uint64_t number;
    GROVE_FIELDS(Other, number)
};
struct Left {
    GROVE_FIELDS(Left)
};
struct Right {
    GROVE_FIELDS(Right)
};

Task<> selectiveDriver(std::uint64_t skipped, std::uint64_t rounds, Spent* spent) {
    for (std::uint64_t number = 0; number < skipped; ++number)
        send(self(), Other{number});
    Stopwatch watch(spent);
    for (std::uint64_t round = 0; round < rounds / 2; ++round) {
        send(self(), Left{});
        co_await receive(on<Left>());
        send(self(), Right{});
        co_await receive(on<Right>());
    }
    watch.stop();
}

Figures selective(Bench& bench) {
    constexpr std::uint64_t kSkipped = 10'000;
    Figures figures{.ops = bench.scaled(20'000)};
    bench.run(selectiveDriver, kSkipped, figures.ops, &figures.spent);
    figures.more.emplace_back("ns_per_skipped", static_cast<double>(figures.spent.wall.count()) /
                                                    static_cast<double>(figures.ops * kSkipped));
    return figures;
}

} // namespace

std::span<const Workload> messageWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"ring", ring1k},
        {"ring100k", ring100k},
        {"ring100k_random", ring100kRandom},
        {"pingpong", pingpong},
        {"flood_raw", flood},
        {"flood8_raw", flood8},
        {"send_flood", sendFlood},
        {"send_flood8", sendFlood8},
        {"flood_foreign", floodForeign},
        {"big", big},
        {"big_all", bigAll},
        {"selective", selective},
    };
    return kWorkloads;
}

} // namespace grove::bench
