#include <grove/term/assert.h>

#include <cstdio>
#include <cstdlib>

namespace grove::detail {

void assertFailed(const char* condition, const char* why, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: %s (broken: %s)\n", file, line, why, condition);
    std::fflush(stderr);
    std::abort();
}

} // namespace grove::detail
