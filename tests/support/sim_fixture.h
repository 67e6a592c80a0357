#pragma once

#include <grove/runtime/simulation.h>
#include <grove/term/inspect.h>

#include <cstdlib>
#include <source_location>
#include <string>

/// Tests as processes. A body is a `Task<>` without parameters that runs as a process and ends with
/// `normal` when all is well; check() inside it raises otherwise. `simulated()` runs it under
/// simulation with many seeds, `everywhere()` also on real schedulers and with every process on its
/// own thread. Nothing sleeps: bodies wait for what they expect.
namespace grove::test {

inline constexpr Duration kPatience = std::chrono::seconds(30);

/// Raises `{check_failed, File, Line}` unless `ok`.
inline void check(bool ok, std::source_location where = std::source_location::current()) {
    if (!ok)
        error(tuple(atom("check_failed"), where.file_name(), where.line()), where);
}
/// The same, and says what there was instead.
inline void checkEqual(const Term& got, const Term& wanted,
                       std::source_location where = std::source_location::current()) {
    if (!equalsExact(got, wanted))
        error(tuple(atom("check_failed"), where.file_name(), where.line(), tuple(atom("got"), got),
                    tuple(atom("wanted"), wanted)),
              where);
}

/// Ends a process with an exit signal and waits until it has gone. Returns: the reason it ended
/// with.
inline Task<Term> killAndAwaitDown(Pid pid, Term reason = atoms::kill) {
    const Ref ref = monitor(pid);
    exit(pid, std::move(reason));
    Down down = co_await receive(on<Down>(ref));
    co_return std::move(down.reason);
}

/// Waits for a process that ends by itself.
inline Task<Term> awaitDown(Pid pid) {
    const Ref ref = monitor(pid);
    Down down = co_await receive(on<Down>(ref));
    co_return std::move(down.reason);
}

/// Waits for ever.
inline Task<> idle() {
    co_await receive(on([](const Message&) { return false; }));
}

inline std::uint64_t seedCount() {
    const char* const given = std::getenv("SEEDS");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 50;
}
/// The only seed to run, from the environment; 0: all.
inline std::uint64_t onlySeed() {
    const char* const given = std::getenv("SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 0;
}

/// Runs `body` as a process and waits for it. Returns: nothing when it ended with normal, else what
/// went wrong.
template <class Body> std::string runIn(Runtime& runtime, Body body, const std::string& where) {
    External external(runtime, "test");
    const Spawned started = spawnMonitor(body);
    const auto end = external.receive(on<Down>(started.monitor), after(kPatience));
    if (end.index() == 1)
        return where + ": did not end";
    const Term& reason = std::get<0>(end).reason;
    return reason.isAtom(atoms::normal) ? std::string() : where + ": " + inspect(reason);
}

/// `running`: where to say meanwhile which simulation `body` runs in; null when nobody asks.
template <class Body>
std::string simulated(Body body, SimulationOptions options = {}, Simulation** running = nullptr) {
    const std::uint64_t only = onlySeed();
    const std::uint64_t last = only != 0 ? only : seedCount();
    Simulation* nobodyAsks = nullptr;
    Simulation*& current = running != nullptr ? *running : nobodyAsks;
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
        options.seed = seed;
        Simulation simulation(options);
        current = &simulation;
        std::string fault = runIn(simulation.runtime(), body, "SEED=" + std::to_string(seed));
        current = nullptr;
        if (!fault.empty())
            return fault;
    }
    return {};
}

template <class Body> std::string onThreads(Body body, int rounds = 3) {
    for (int round = 0; round < rounds; ++round) {
        Runtime runtime({.schedulers = 2, .processesMax = 1U << 18, .eventBytesMax = 1U << 20});
        std::string fault = runIn(runtime, body, "2 schedulers");
        if (!fault.empty())
            return fault;
    }
    Runtime runtime({.schedulers = 1,
                     .processesMax = 1U << 18,
                     .eventBytesMax = 1U << 20,
                     .everyProcessOwnThread = true});
    return runIn(runtime, body, "own threads");
}

template <class Body> std::string everywhere(Body body) {
    std::string fault = simulated(body);
    if (fault.empty())
        fault = onThreads(body);
    return fault;
}

} // namespace grove::test

/// For QtTest functions: fails with the seed and reason.
#define GROVE_EVERYWHERE(body)                                                                     \
    do {                                                                                           \
        const std::string fault = ::grove::test::everywhere(body);                                 \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)
#define GROVE_SIMULATED(...)                                                                       \
    do {                                                                                           \
        const std::string fault = ::grove::test::simulated(__VA_ARGS__);                           \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)
