// Shared tables: lookups, inserts and counters of one process and of two at once.

#include "bench.h"

#include <grove/ets/ets.h>

namespace grove::bench {

namespace {

/// The keys in an order that no cache foresees: of 10^n rows (n > 1) each comes once in a round.
/// The peers do the same.
constexpr std::uint64_t keyAfter(std::uint64_t key, std::uint64_t size) noexcept {
    return (key * 741'101 + 7'919) % size;
}

enum class Act : std::uint8_t { Lookup, Insert, Count };

/// Goes through the keys of a table of `size` rows.
Task<> usesTable(Term table, Act act, std::uint64_t size, std::uint64_t start, std::uint64_t ops,
                 Pid driver) {
    co_await receive(any()); // the start
    std::uint64_t key = start;
    for (std::uint64_t op = 0; op < ops; ++op) {
        key = keyAfter(key, size);
        if (act == Act::Lookup)
            static_cast<void>(ets::lookup(table, key));
        else if (act == Act::Insert)
            ets::insert(table, tuple(key, op));
        else
            static_cast<void>(ets::updateCounter(table, key, 1));
        if (op % 1'000 == 999)
            co_await yield();
    }
    send(driver, atoms::ok);
}

struct Shape {
    ets::Type type;
    Act act;
    std::uint64_t size;
    std::uint64_t users;
};

Task<> tableDriver(Shape shape, std::uint64_t each, Spent* spent) {
    const Term table = ets::newTable(Atom(), {.type = shape.type, .access = ets::Access::Public});
    for (std::uint64_t row = 0; row < shape.size && shape.act != Act::Insert; ++row) {
        ets::insert(table, tuple(row, 0));
        if (row % 1'000 == 999)
            co_await yield();
    }
    std::vector<Pid> users;
    for (std::uint64_t user = 0; user < shape.users; ++user)
        users.push_back(spawn(usesTable, table, shape.act, shape.size,
                              user * shape.size / shape.users, each, self()));
    co_await letRun(std::move(users), spent);
    ets::deleteTable(table);
}

template <ets::Type type, Act act, std::uint64_t size, std::uint64_t users>
Figures tableOf(Bench& bench) {
    const std::uint64_t ops = act == Act::Insert ? size : 2'000'000;
    const std::uint64_t each = bench.scaled(ops) / users;
    const auto rows = static_cast<std::uint64_t>(static_cast<double>(size) * bench.scale);
    Figures figures{.ops = each * users};
    bench.run(tableDriver, Shape{type, act, rows > 0 ? rows : 1, users}, each, &figures.spent);
    return figures;
}

} // namespace

std::span<const Workload> tableWorkloads() {
    constexpr auto kSet = ets::Type::Set;
    constexpr auto kOrdered = ets::Type::OrderedSet;
    static constexpr Workload kWorkloads[] = {
        {"ets_lookup1m", tableOf<kSet, Act::Lookup, 1'000'000, 1>},
        {"ets_lookup1m_2", tableOf<kSet, Act::Lookup, 1'000'000, 2>},
        {"ets_lookup10k", tableOf<kSet, Act::Lookup, 10'000, 1>},
        {"ets_lookup10k_2", tableOf<kSet, Act::Lookup, 10'000, 2>},
        {"ets_hot", tableOf<kSet, Act::Lookup, 1, 1>},
        {"ets_hot_2", tableOf<kSet, Act::Lookup, 1, 2>},
        {"ets_ordered_lookup1m", tableOf<kOrdered, Act::Lookup, 1'000'000, 1>},
        {"ets_ordered_lookup1m_2", tableOf<kOrdered, Act::Lookup, 1'000'000, 2>},
        {"ets_ordered_lookup10k", tableOf<kOrdered, Act::Lookup, 10'000, 1>},
        {"ets_ordered_lookup10k_2", tableOf<kOrdered, Act::Lookup, 10'000, 2>},
        {"ets_insert1m", tableOf<kSet, Act::Insert, 1'000'000, 1>},
        {"ets_ordered_insert1m", tableOf<kOrdered, Act::Insert, 1'000'000, 1>},
        {"ets_counter1m", tableOf<kSet, Act::Count, 1'000'000, 1>},
        {"ets_counter10k", tableOf<kSet, Act::Count, 10'000, 1>},
        {"ets_counter10k_2", tableOf<kSet, Act::Count, 10'000, 2>},
        {"ets_counter_hot", tableOf<kSet, Act::Count, 1, 1>},
        {"ets_counter_hot_2", tableOf<kSet, Act::Count, 1, 2>},
    };
    return kWorkloads;
}

} // namespace grove::bench
