#pragma once

#include <grove/term/alloc.h>
#include <grove/term/assert.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace grove {

template <class T = void> class Task;

namespace detail {

/// Counts memory as the running process's, or no more (0 - bytes); nobody's outside of processes.
void countFrame(std::uint32_t bytes) noexcept;

/// Memory that counts as a frame of the running process.
[[nodiscard]] void* allocateFrame(std::size_t size) noexcept;
void releaseFrame(void* frame, std::size_t size) noexcept;

/// What every coroutine of a process carries: whom it returns to and where it stands, so that an
/// observer can show where a process waits and through which calls.
struct PromiseBase {
    static constexpr std::uint32_t kDepthMax = 10'000;

    std::coroutine_handle<> continuation; // who awaits this one; null: the process's first frame
    std::source_location function;        // the coroutine itself
    std::source_location awaiting;        // its latest co_await
    std::uint32_t depth = 1;              // 1 is the process's first frame
    const std::uint32_t frameBytes;       // count as those of the process that spawns or awaits it;
                                          // 0: the compiler has put it into its caller's frame
    std::exception_ptr error;

    explicit PromiseBase(std::source_location where) noexcept
        : function(where), awaiting(where), frameBytes(ownBytes()) {}
    PromiseBase(const PromiseBase&) = delete;
    PromiseBase& operator=(const PromiseBase&) = delete;
    ~PromiseBase() {
        if (continuation)
            countFrame(0 - frameBytes);
    }

    static void* operator new(std::size_t size) {
        void* const frame = allocate(size);
        *noteIn(frame) = noteOf(frame) + size;
        return frame;
    }
    static void operator delete(void* frame, std::size_t size) noexcept { release(frame, size); }

    /// It is awaited by `parent`.
    void enter(const PromiseBase& parent, std::coroutine_handle<> awaiter) noexcept {
        continuation = awaiter;
        depth = parent.depth + 1;
        countFrame(frameBytes);
    }

    /// The promise of any suspended coroutine of a process. All of them are Tasks, whose promises
    /// begin with this base and are aligned to at most 16 (checked in Task).
    [[nodiscard]] static PromiseBase& of(std::coroutine_handle<> handle) noexcept {
        return std::coroutine_handle<PromiseBase>::from_address(handle.address()).promise();
    }
    [[nodiscard]] PromiseBase* parent() const noexcept {
        return continuation ? &of(continuation) : nullptr;
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
            const std::coroutine_handle<> next = done.promise().continuation;
            return next ? next : std::noop_coroutine(); // the first frame returns to the scheduler
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept;

private:
    static constexpr std::size_t kPromiseAt = 2 * sizeof(void*); // behind resume and destroy

    /// Where operator new leaves the size of a frame for its promise, which is made when the
    /// parameters have been moved, and those may make other coroutines meanwhile. Volatile: what is
    /// written is read before anything lives there.
    [[nodiscard]] static volatile std::uint64_t* noteIn(void* frame) noexcept;
    /// Tells a note from what lay there before, where operator new has not been called. A size
    /// takes the lowest half.
    [[nodiscard]] static std::uint64_t noteOf(const void* frame) noexcept {
        return (reinterpret_cast<std::uintptr_t>(frame) ^ 0x9E3779B97F4A7C15) << 32;
    }
    [[nodiscard]] std::uint32_t ownBytes() noexcept {
        void* const frame = reinterpret_cast<std::byte*>(this) - kPromiseAt;
        const std::uint64_t size = *noteIn(frame) - noteOf(frame);
        return size >> 32 == 0 ? static_cast<std::uint32_t>(size) : 0;
    }

public:
    template <class Awaitable>
    Awaitable&&
    await_transform(Awaitable&& awaitable,
                    std::source_location where = std::source_location::current()) noexcept {
        awaiting = where;
        return std::forward<Awaitable>(awaitable);
    }
};

inline volatile std::uint64_t* PromiseBase::noteIn(void* frame) noexcept {
    static_assert(offsetof(PromiseBase, error) > offsetof(PromiseBase, frameBytes),
                  "what is read is not overwritten before");
    return reinterpret_cast<volatile std::uint64_t*>(static_cast<std::byte*>(frame) + kPromiseAt +
                                                     offsetof(PromiseBase, error));
}

/// Raises error(system_limit).
[[noreturn]] void awaitChainTooDeep();

template <class T> struct TaskPromise final : PromiseBase {
    static_assert(!std::is_reference_v<T>, "a Task returns values");

    std::optional<T> result;

    explicit TaskPromise(std::source_location where = std::source_location::current()) noexcept
        : PromiseBase(where) {}
    Task<T> get_return_object() noexcept;
    template <class U> void return_value(U&& value) { result.emplace(std::forward<U>(value)); }
    T take() {
        if (error)
            std::rethrow_exception(std::exchange(error, nullptr));
        return std::move(*result);
    }
};

template <> struct TaskPromise<void> final : PromiseBase {
    explicit TaskPromise(std::source_location where = std::source_location::current()) noexcept
        : PromiseBase(where) {}
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() {
        if (error)
            std::rethrow_exception(std::exchange(error, nullptr));
    }
};

template <class T> struct TaskAwaiter {
    std::coroutine_handle<TaskPromise<T>> child;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        const PromiseBase& parent = awaiter.promise();
        if (parent.depth >= PromiseBase::kDepthMax) [[unlikely]]
            awaitChainTooDeep(); // thrown into the awaiter, which has not left yet
        child.promise().enter(parent, awaiter);
        return child;
    }
    T await_resume() { return child.promise().take(); }
};

} // namespace detail

/// A coroutine of a process: a function that may wait. `Task<int> f(Pid server, std::string name);`
///
/// Lazy: the body runs when the task is awaited, inside the same process, and the awaiter goes on
/// when the body has returned. Awaited once, by the frame that owns it; it cannot be stored for
/// later or passed to another process (concurrency is a process). Owns: the frame; destroying a
/// task that was never awaited destroys the arguments.
/// Errors: what the body throws comes out of the co_await. An await chain is at most 10,000 deep;
/// the next one is error(system_limit).
/// Parameters are taken by value: references dangle at the first suspension.
template <class T> class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    static_assert(alignof(promise_type) <= 16, "frames are aligned to 16 bytes");

    Task(Task&& other) noexcept : m_frame(std::exchange(other.m_frame, nullptr)) {}
    Task& operator=(Task&&) = delete;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (m_frame)
            m_frame.destroy();
    }

    detail::TaskAwaiter<T> operator co_await() && noexcept {
        GROVE_ASSERT(m_frame, "a task is awaited once");
        return {m_frame};
    }

    /// For the runtime: gives the frame away.
    [[nodiscard]] std::coroutine_handle<promise_type> release() && noexcept {
        return std::exchange(m_frame, nullptr);
    }

private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> frame) noexcept : m_frame(frame) {}

    std::coroutine_handle<promise_type> m_frame;
};

namespace detail {

template <class T> Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

} // namespace detail
} // namespace grove
