#include "parker.h"

#include <grove/term/assert.h>

#include <cerrno>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace grove::runtime {

#if defined(GROVE_PARKER_CONDVAR)

void FutexWait::wait(const Word& word, ParkState expected, Duration limit) noexcept {
    std::unique_lock lock(m_mutex);
    const auto changed = [&] { return word.load(std::memory_order_relaxed) != expected; };
    if (limit == Duration::max())
        m_changed.wait(lock, changed);
    else
        m_changed.wait_for(lock, limit, changed);
}

void FutexWait::wake(const Word&) noexcept {
    // Taking the mutex once means the owner is either before its look at the word or asleep.
    {
        const std::lock_guard lock(m_mutex);
    }
    m_changed.notify_one();
}

#else

namespace {

static_assert(sizeof(FutexWait::Word) == 4 && FutexWait::Word::is_always_lock_free,
              "the kernel reads the word as 32 bits");

long futex(const FutexWait::Word& word, int operation, std::uint32_t value,
           const timespec* limit) noexcept {
    return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, limit, nullptr, 0);
}

} // namespace

void FutexWait::wait(const Word& word, ParkState expected, Duration limit) noexcept {
    timespec span{};
    if (limit != Duration::max()) {
        span.tv_sec = static_cast<time_t>(limit.count() / 1'000'000'000);
        span.tv_nsec = static_cast<long>(limit.count() % 1'000'000'000);
    }
    const long result = futex(word, FUTEX_WAIT, static_cast<std::uint32_t>(expected),
                              limit == Duration::max() ? nullptr : &span);
    GROVE_ASSERT(result == 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT,
                 "futex wait refused");
}

void FutexWait::wake(const Word& word) noexcept {
    futex(word, FUTEX_WAKE, 1, nullptr);
}

#endif

} // namespace grove::runtime
