#include "core.h"
#include "slot_figures.h"

#include <grove/runtime/figures.h>

namespace grove {

using runtime::ColdSlot;
using runtime::Core;
using runtime::Slot;

namespace {

template <class T> T now(const std::atomic<T>& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

/// `numberOf(process, cold)` is compiled into the loop.
template <class NumberOf>
Runtime::RowRange scan(const Core& core, std::uint32_t firstSlot, std::span<ProcessFigure> figures,
                       NumberOf numberOf) noexcept {
    // A line of each slot: the distance at which memory is fetched before it is needed.
    constexpr std::uint32_t kAhead = 24;
    Runtime::RowRange range{.nextSlot = firstSlot};
    const std::uint32_t used = core.slots.used();
    while (range.nextSlot < used && range.count < figures.size()) {
        const std::uint32_t index = range.nextSlot++;
        const std::uint32_t generation = core.slots.generation(index);
        const Slot& process = core.slots.slot(index);
        __builtin_prefetch(&(&process + kAhead)->status);
        if (now(process.status) == ProcessStatus::Free)
            continue;
        const std::uint64_t value = numberOf(process, core.slots.cold(index));
        if (core.slots.generation(index) != generation)
            continue; // another process since
        figures[range.count++] = {value, Pid::make(index, generation)};
    }
    return range;
}

} // namespace

Runtime::RowRange figures(const Runtime& runtime, Figure figure, std::uint32_t firstSlot,
                          std::span<ProcessFigure> figures) noexcept {
    const Core& core = runtime.core();
    const auto take = [&](auto numberOf) { return scan(core, firstSlot, figures, numberOf); };
    const auto word = [](auto value) { return static_cast<std::uint64_t>(value); };
    switch (figure) {
    case Figure::None:
        break;
    case Figure::Status:
        return take(
            [&](const Slot& process, const ColdSlot&) { return word(now(process.status)); });
    case Figure::Priority:
        return take(
            [&](const Slot& process, const ColdSlot&) { return word(now(process.priority)); });
    case Figure::MailboxLength:
        return take([&](const Slot& process, const ColdSlot&) {
            return word(runtime::mailboxLength(process));
        });
    case Figure::Reductions:
        return take([](const Slot& process, const ColdSlot&) { return now(process.reductions); });
    case Figure::MemoryBytes:
        return take([](const Slot& process, const ColdSlot& cold) {
            return runtime::memoryBytes(process, cold, runtime::mailboxLength(process));
        });
    case Figure::Received:
        return take([](const Slot& process, const ColdSlot&) { return now(process.received); });
    case Figure::Sent:
        return take([](const Slot& process, const ColdSlot&) { return now(process.sent); });
    case Figure::RunTime:
        return take([](const Slot&, const ColdSlot& cold) { return now(cold.runTimeNs); });
    case Figure::Age:
        return take([&](const Slot&, const ColdSlot& cold) { return word(~now(cold.spawnedMs)); });
    case Figure::Restarts:
        return take([&](const Slot&, const ColdSlot& cold) { return word(now(cold.restarts)); });
    case Figure::Parent:
        return take([&](const Slot&, const ColdSlot& cold) {
            return word(Pid::fromRaw(now(cold.parent)).index());
        });
    }
    return take([](const Slot&, const ColdSlot&) { return std::uint64_t{0}; });
}

} // namespace grove
