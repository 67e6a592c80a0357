#pragma once

#include "world.h"

namespace grove::todo {

/// Kills a process drawn from all there are, except the one that stands for the Start button.
inline void killSomebody(World& world, Random& random) {
    std::vector<ProcessRow> rows(256);
    const auto range = world.runtime().rows(0, rows);
    std::vector<Pid> pids;
    for (std::size_t i = 0; i < range.count; ++i)
        if (rows[i].pid != world.keeper())
            pids.push_back(rows[i].pid);
    if (!pids.empty())
        world.runtime().exit(pids[random.below(pids.size())], atoms::kill);
}

/// Every second or so the disk fails, works again, or a process is killed; then comes `afterEach`.
/// In the end the disk works.
inline void live(World& world, storage::SyncLossVfs& disk, Random& random, Duration span,
                 const std::function<void()>& afterEach) {
    const Instant end = world.simulation().now() + span;
    while (world.simulation().now() < end) {
        world.simulation().runFor(std::chrono::milliseconds(200 + random.below(2500)));
        switch (random.below(6)) {
        case 0:
            disk.setFault(storage::SyncLossVfs::Fault{.atIo = 1 + random.below(40)});
            break;
        case 1:
            disk.setFault(
                storage::SyncLossVfs::Fault{.atIo = 1 + random.below(40),
                                            .failure = storage::SyncLossVfs::Failure::Full,
                                            .fromThenOn = true});
            break;
        case 2:
            disk.setFault({});
            break;
        default:
            killSomebody(world, random);
        }
        afterEach();
    }
    disk.setFault({});
}

} // namespace grove::todo
