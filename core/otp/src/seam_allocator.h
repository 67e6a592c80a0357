#pragma once

#include <grove/term/alloc.h>

#include <cstddef>

namespace grove::otp {

/// Gives containers of many small nodes their memory from the seam.
template <class T> struct SeamAllocator {
    using value_type = T;

    SeamAllocator() noexcept = default;
    template <class Other> SeamAllocator(const SeamAllocator<Other>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) noexcept {
        static_assert(alignof(T) <= 16, "the seam aligns to 16");
        return static_cast<T*>(grove::allocate(count * sizeof(T)));
    }
    void deallocate(T* there, std::size_t count) noexcept {
        grove::release(there, count * sizeof(T));
    }
    [[nodiscard]] friend bool operator==(SeamAllocator, SeamAllocator) noexcept { return true; }
};

} // namespace grove::otp
