#pragma once

#include "scenarios.h"

#include <grove/otp/application.h>

#include <string>

namespace grove::test {

/// As simulated(), in a runtime whose system processes run.
inline std::string inSystem(Task<> (*body)()) {
    const std::uint64_t only = onlySeed();
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : seedCount());
         ++seed) {
        Simulation simulation({.seed = seed});
        otp::startSystem(simulation.runtime());
        simulation.runUntilIdle();
        std::string fault = runIn(simulation.runtime(), body, "SEED=" + std::to_string(seed));
        if (!fault.empty())
            return fault;
    }
    return {};
}

} // namespace grove::test

/// As GROVE_SCENARIOS, in a runtime whose system processes run.
#define GROVE_SCENARIOS_IN_SYSTEM(table)                                                           \
    void scenario_data() {                                                                         \
        ::grove::test::addScenarioRows(table);                                                     \
    }                                                                                              \
    void scenario() {                                                                              \
        QFETCH(int, index);                                                                        \
        const std::string fault = ::grove::test::inSystem(table[index].body);                      \
        QVERIFY2(fault.empty(), fault.c_str());                                                    \
    }
