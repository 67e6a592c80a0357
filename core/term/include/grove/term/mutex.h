#pragma once

#include <mutex>

// Clang's thread-safety analysis (-Wthread-safety); other compilers see nothing.
#if defined(__clang__)
#define GROVE_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define GROVE_THREAD_ATTRIBUTE(x)
#endif

#define GROVE_CAPABILITY(name) GROVE_THREAD_ATTRIBUTE(capability(name))
#define GROVE_SCOPED_CAPABILITY GROVE_THREAD_ATTRIBUTE(scoped_lockable)
/// The field may be touched only while the mutex is held.
#define GROVE_GUARDED_BY(mutex) GROVE_THREAD_ATTRIBUTE(guarded_by(mutex))
/// What the pointer points to may be touched only while the mutex is held.
#define GROVE_PT_GUARDED_BY(mutex) GROVE_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
/// The caller holds the mutex.
#define GROVE_REQUIRES(...) GROVE_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
/// The caller does not hold the mutex.
#define GROVE_EXCLUDES(...) GROVE_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define GROVE_ACQUIRE(...) GROVE_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define GROVE_TRY_ACQUIRE(...) GROVE_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define GROVE_RELEASE(...) GROVE_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define GROVE_ACQUIRED_BEFORE(...) GROVE_THREAD_ATTRIBUTE(acquired_before(__VA_ARGS__))
#define GROVE_ACQUIRED_AFTER(...) GROVE_THREAD_ATTRIBUTE(acquired_after(__VA_ARGS__))
#define GROVE_RETURN_CAPABILITY(mutex) GROVE_THREAD_ATTRIBUTE(lock_returned(mutex))
#define GROVE_NO_THREAD_SAFETY_ANALYSIS GROVE_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace grove {

/// A mutex that the compiler knows about: fields say GROVE_GUARDED_BY(m_mutex), private methods
/// GROVE_REQUIRES(m_mutex), and a forgotten lock does not compile.
///
/// Never held across resume(), a callback or a co_await. The message path takes none.
class GROVE_CAPABILITY("mutex") Mutex {
public:
    constexpr Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock() GROVE_ACQUIRE() { m_mutex.lock(); }
    void unlock() GROVE_RELEASE() { m_mutex.unlock(); }
    [[nodiscard]] bool tryLock() GROVE_TRY_ACQUIRE(true) { return m_mutex.try_lock(); }

private:
    std::mutex m_mutex;
};

/// Holds a Mutex from construction until the end of the scope.
class GROVE_SCOPED_CAPABILITY [[nodiscard]] Lock {
public:
    explicit Lock(Mutex& mutex) GROVE_ACQUIRE(mutex) : m_mutex(mutex) { m_mutex.lock(); }
    ~Lock() GROVE_RELEASE() { m_mutex.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    Mutex& m_mutex;
};

} // namespace grove
