#pragma once

namespace grove::detail {

/// Prints the broken condition with its place and reason, then aborts.
[[noreturn, gnu::cold]] void assertFailed(const char* condition, const char* why, const char* file,
                                          int line) noexcept;

} // namespace grove::detail

/// Checks for errors of the programmer; on in release builds too. Prints and aborts.
#define GROVE_ASSERT(condition, why)                                                               \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::grove::detail::assertFailed(#condition, why, __FILE__, __LINE__);                    \
        }                                                                                          \
    } while (false)

/// Marks a place that cannot be reached.
#define GROVE_UNREACHABLE(why) ::grove::detail::assertFailed("reached", why, __FILE__, __LINE__)
