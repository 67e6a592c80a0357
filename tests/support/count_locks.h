#pragma once

#include <atomic>
#include <cstdint>
#include <dlfcn.h>
#include <pthread.h>

/// For the one source file of a program that counts its locks. What it defines stands in front of
/// the system's: every std::mutex, std::shared_mutex and grove::Mutex comes by here, whether it
/// waits or only tries.
namespace grove::test {

/// How often any thread of the program has asked for a lock. Relaxed: read when all is over.
inline std::atomic<std::uint64_t> s_locksTaken{0};

[[nodiscard]] inline std::uint64_t locksTaken() {
    return s_locksTaken.load(std::memory_order_relaxed);
}

} // namespace grove::test

#define GROVE_COUNTED(function, lock_t)                                                            \
    extern "C" int function(lock_t* lock) noexcept {                                               \
        static const auto s_system =                                                               \
            reinterpret_cast<int (*)(lock_t*)>(dlsym(RTLD_NEXT, #function));                       \
        grove::test::s_locksTaken.fetch_add(1, std::memory_order_relaxed);                         \
        return s_system(lock);                                                                     \
    }
GROVE_COUNTED(pthread_mutex_lock, pthread_mutex_t)
GROVE_COUNTED(pthread_mutex_trylock, pthread_mutex_t)
GROVE_COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
GROVE_COUNTED(pthread_rwlock_tryrdlock, pthread_rwlock_t)
GROVE_COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)
GROVE_COUNTED(pthread_rwlock_trywrlock, pthread_rwlock_t)
#undef GROVE_COUNTED
