#pragma once
// Tests of every deed with every event in its middle, directed by a process.
#include "support/sim_fixture.h"

#include <QTest>

#include <cstddef>
#include <cstdint>
#include <string>

namespace grove::test {

/// The rows of a data test: columns "deed" and "event", as numbers.
template <class Deeds, class Events> void addPairs(const Deeds& deeds, const Events& events) {
    QTest::addColumn<int>("deed");
    QTest::addColumn<int>("event");
    for (std::size_t deed = 0; deed < deeds.size(); ++deed)
        for (std::size_t event = 0; event < events.size(); ++event)
            QTest::addRow("%s, %s", deeds[deed], events[event])
                << static_cast<int>(deed) << static_cast<int>(event);
}

/// As simulated(), but `simulation` says meanwhile where `direct` runs.
inline std::string underSeeds(Task<> (*direct)(), Simulation*& simulation) {
    const std::uint64_t only = onlySeed();
    const std::uint64_t last = only != 0 ? only : seedCount();
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
        Simulation simulated({.seed = seed});
        simulation = &simulated;
        std::string fault = runIn(simulated.runtime(), direct, "SEED=" + std::to_string(seed));
        simulation = nullptr;
        if (!fault.empty())
            return fault;
    }
    return {};
}

} // namespace grove::test
