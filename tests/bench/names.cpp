// Finding processes by name: one reader, and two at once.

#include "bench.h"

#include <grove/otp/registry.h>

namespace grove::bench {

namespace {

constexpr std::uint64_t kStep = 7'919; // prime to both sizes below: each name comes once in a round
constexpr std::uint64_t kKeys = 10'000;
constexpr std::uint64_t kAtoms = 1'000;
constexpr std::uint64_t kBurst = 1'000; // lookups between two turns given to others

Atom registryName() {
    return atom("bench_registry");
}
Atom numbered(std::uint64_t number) {
    return atom("bench_name_" + std::to_string(number));
}

Task<> registered(std::uint64_t key, Pid driver) {
    const auto taken = otp::Registry::registerName(registryName(), Term(key));
    GROVE_ASSERT(!taken, "each key is registered once");
    send(driver, atoms::ok);
    co_await receive(on([](const Message&) { return false; }));
}

Task<> named(std::uint64_t number, Pid driver) {
    const auto done = registerName(numbered(number), self());
    GROVE_ASSERT(done.has_value(), "each name is registered once");
    send(driver, atoms::ok);
    co_await receive(on([](const Message&) { return false; }));
}

Task<> looksUp(std::uint64_t start, std::uint64_t lookups, Pid driver) {
    co_await receive(any()); // the start
    const Atom registry = registryName();
    std::uint64_t key = start;
    std::uint64_t found = 0;
    for (std::uint64_t lookup = 0; lookup < lookups; ++lookup) {
        key = (key + kStep) % kKeys;
        found += otp::Registry::lookup(registry, Term(key)).size();
        if (lookup % kBurst == kBurst - 1)
            co_await yield();
    }
    GROVE_ASSERT(found == lookups, "every key has its process");
    send(driver, atoms::ok);
}

Task<> asksWhereis(std::uint64_t start, std::uint64_t lookups, Pid driver) {
    std::vector<Atom> names;
    for (std::uint64_t number = 0; number < kAtoms; ++number)
        names.push_back(numbered(number));
    co_await receive(any()); // the start
    std::uint64_t key = start;
    std::uint64_t found = 0;
    for (std::uint64_t lookup = 0; lookup < lookups; ++lookup) {
        key = (key + kStep) % kAtoms;
        found += whereis(names[key]).has_value() ? 1 : 0;
        if (lookup % kBurst == kBurst - 1)
            co_await yield();
    }
    GROVE_ASSERT(found == lookups, "every name has its process");
    send(driver, atoms::ok);
}

using Reader = Task<> (*)(std::uint64_t, std::uint64_t, Pid);

Task<> readDriver(Reader reader, std::uint64_t size, std::uint64_t readers, std::uint64_t each,
                  Spent* spent) {
    std::vector<Pid> pids;
    for (std::uint64_t index = 0; index < readers; ++index)
        pids.push_back(spawn(reader, index * size / readers, each, self()));
    co_await letRun(std::move(pids), spent);
}

Task<> registryDriver(std::uint64_t readers, std::uint64_t each, Spent* spent) {
    const auto started = co_await otp::Registry::startLink(
        {.name = registryName()}, otp::RegistryOptions{.keys = otp::Keys::Unique});
    GROVE_ASSERT(started.isOk(), "the registry has started");
    for (std::uint64_t key = 0; key < kKeys; ++key)
        spawn(registered, key, self());
    for (std::uint64_t key = 0; key < kKeys; ++key)
        co_await receive(any());
    co_await readDriver(looksUp, kKeys, readers, each, spent);
}

Task<> whereisDriver(std::uint64_t readers, std::uint64_t each, Spent* spent) {
    for (std::uint64_t number = 0; number < kAtoms; ++number)
        spawn(named, number, self());
    for (std::uint64_t number = 0; number < kAtoms; ++number)
        co_await receive(any());
    co_await readDriver(asksWhereis, kAtoms, readers, each, spent);
}

template <std::uint64_t readers> Figures registry(Bench& bench) {
    const std::uint64_t each = bench.scaled(3'000'000) / readers;
    Figures figures{.ops = each * readers};
    bench.run(registryDriver, readers, each, &figures.spent);
    return figures;
}

template <std::uint64_t readers> Figures whereisOf(Bench& bench) {
    const std::uint64_t each = bench.scaled(10'000'000) / readers;
    Figures figures{.ops = each * readers};
    bench.run(whereisDriver, readers, each, &figures.spent);
    return figures;
}

} // namespace

std::span<const Workload> nameWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"registry", registry<1>},
        {"registry_2", registry<2>},
        {"whereis", whereisOf<1>},
        {"whereis_2", whereisOf<2>},
    };
    return kWorkloads;
}

} // namespace grove::bench
