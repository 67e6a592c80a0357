#include <grove/runtime/block.h>
#include <grove/term/alloc.h>
#include <grove/term/assert.h>

#include <cstring>
#include <sys/mman.h>

namespace grove::runtime {

namespace {

constexpr std::size_t kMappedFrom = std::size_t{2} << 20; // a large page

} // namespace

Block Block::makeZeroed(std::size_t bytes) noexcept {
    if (bytes < kMappedFrom) {
        void* const memory = allocate(bytes);
        std::memset(memory, 0, bytes);
        return {memory, bytes};
    }
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GROVE_ASSERT(memory != MAP_FAILED, "the system has no more memory");
    madvise(memory, bytes, MADV_HUGEPAGE); // where there are none it works as well
    return {memory, bytes};
}

void Block::free() const noexcept {
    if (bytes < kMappedFrom)
        release(memory, bytes);
    else
        munmap(memory, bytes);
}

} // namespace grove::runtime
