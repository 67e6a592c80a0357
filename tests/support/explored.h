#pragma once

#include "interleave.h"

#include <functional>
#include <memory>
#include <vector>

namespace grove::test {

/// Runs these on a World in every order of their steps with at most so many preemptions, after
/// `prepare`; each run on a new one, whose `fault` then says what is wrong.
template <class World>
[[nodiscard]] Explorer::Outcome explored(const std::function<void(World&)>& prepare,
                                         const std::vector<std::function<void(World&)>>& threads,
                                         unsigned preemptionsMax = 2) {
    return Explorer::explore(
        [&] {
            const auto world = std::make_shared<World>();
            prepare(*world);
            Explorer::Scenario scenario;
            for (const auto& thread : threads)
                scenario.threads.push_back([world, &thread] { thread(*world); });
            scenario.check = [world] { return world->fault; };
            return scenario;
        },
        {.preemptionsMax = preemptionsMax});
}

} // namespace grove::test
