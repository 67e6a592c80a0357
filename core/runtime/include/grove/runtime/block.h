#pragma once

#include <cstddef>
#include <cstdint>

namespace grove::runtime {

/// A piece of memory without an owner: whoever has it last frees it.
struct Block {
    void* memory = nullptr;
    std::size_t bytes = 0;

    /// All zero. Large ones come in pages of their own, large pages where the system has them, and
    /// are zero without being written.
    [[nodiscard]] static Block makeZeroed(std::size_t bytes) noexcept;
    void free() const noexcept;

    /// Its first address on a cache line of its own. Requires: 63 bytes to spare.
    [[nodiscard]] void* onLine() const noexcept {
        return reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(memory) + 63) &
                                       ~std::uintptr_t{63});
    }
};

} // namespace grove::runtime
