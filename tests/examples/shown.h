#pragma once

#include "support/sim_fixture.h"

#include <grove/observe/local_node.h>
#include <grove/otp/call.h>
#include <grove/otp/sys.h>

#include <string>

/// What the observer shows of an example's processes, for its tests.
namespace grove::test {

/// `GenServer store`: the kind of process, and what its row is called.
inline std::string shown(const otp::ServerRef& process) {
    const Pid pid = otp::whereis(process).value();
    observe::LocalNode node(Runtime::current(), {.post = [](auto) {}});
    const observe::ProcessRow row = node.rows(std::span(&pid, 1)).front();
    const std::string kind = row.behaviour.empty() ? "process" : row.behaviour;
    return kind + ' ' + row.title();
}
/// A server's state as the inspector prints it.
inline Task<std::string> shownState(otp::ServerRef server) {
    co_return inspect(co_await otp::sys::getView(std::move(server)));
}
inline void checkShown(const std::string& got, const std::string& wanted,
                       std::source_location where = std::source_location::current()) {
    checkEqual(Term(got), Term(wanted), where);
}

/// As simulated(), for a body that takes hours.
inline std::string simulatedHours(Task<> (*body)()) {
    for (std::uint64_t seed = 1; seed <= seedCount(); ++seed) {
        Simulation simulation({.seed = seed});
        External external(simulation.runtime(), "test");
        const auto end =
            external.receive(on<Down>(spawnMonitor(body).monitor), after(std::chrono::hours(24)));
        const auto* down = std::get_if<Down>(&end);
        if (down == nullptr || !down->reason.isAtom(atoms::normal))
            return "SEED=" + std::to_string(seed) + ": " +
                   (down == nullptr ? "did not end" : inspect(down->reason));
    }
    return {};
}

} // namespace grove::test

#define GROVE_HOURS(body)                                                                          \
    do {                                                                                           \
        const std::string fault = ::grove::test::simulatedHours(body);                             \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    } while (false)
