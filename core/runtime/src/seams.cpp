#include "seams.h"

#include "core.h"

namespace grove::runtime {

void limitAliases(Runtime& runtime, std::uint32_t countMax) noexcept {
    runtime.core().aliases.setCountMax(countMax);
}

void ageSlots(Runtime& runtime, std::uint32_t generation) noexcept {
    SlotTable& slots = runtime.core().slots;
    for (std::uint32_t index = 0; index < slots.used(); ++index) {
        GROVE_ASSERT(slots.generation(index) <= generation, "slots do not get younger");
        if (!runtime.core().row(index))
            slots.setGeneration(index, generation);
    }
}

std::uint32_t lastGeneration() noexcept {
    return SlotTable::kGenerationMax - 1;
}

} // namespace grove::runtime
