#pragma once

#include <grove/runtime/errors.h>
#include <grove/runtime/waiter.h>

#include <concepts>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace grove {

namespace detail {

struct NoStop {
    void operator()() const noexcept {}
};

template <class F, class Stop> class BlockingAwaiter final : public Waiter {
    using Value = std::invoke_result_t<F&>;
    using Stored = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;

public:
    BlockingAwaiter(F function, Stop stop)
        : Waiter(WaitKind::Blocking), m_function(std::move(function)), m_stop(std::move(stop)) {}
    ~BlockingAwaiter() = default;

    bool tryMatch(Message&) override { return false; }
    void requestStop() noexcept override { m_stop(); }
    void runBlocking() noexcept override {
        try {
            if constexpr (std::is_void_v<Value>) {
                m_function();
                m_value.emplace();
            } else {
                m_value.emplace(m_function());
            }
        } catch (...) {
            m_thrown = std::current_exception(); // raised in the process when it goes on
        }
    }
    bool await_ready() { return begin(); }
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    Value await_resume() {
        if (m_thrown)
            std::rethrow_exception(std::exchange(m_thrown, nullptr));
        if constexpr (!std::is_void_v<Value>)
            return std::move(*m_value);
    }

private:
    F m_function;
    Stop m_stop;
    std::optional<Stored> m_value;
    std::exception_ptr m_thrown;
};

} // namespace detail

/// `co_await blocking([&] { return file.read(); })`: does work that blocks its thread: on a process
/// with its own thread there, otherwise in the blocking pool, under simulation in virtual time
/// drawn from the seed. The process is Blocked meanwhile: its signals are served, its frame stays
/// until `function` has returned even when it is killed. `stop`, if given, is called at once when a
/// kill or exit hits the process meanwhile, once, from another thread while `function` runs: it
/// should make `function` return. It must be noexcept. `function` may refer to the frame that
/// awaits it. It never awaits, sends or receives. Returns: what `function` returned; what it threw
/// is thrown here.
template <std::invocable F, class Stop = detail::NoStop>
    requires(std::is_nothrow_invocable_v<Stop&>)
[[nodiscard]] auto blocking(F function, Stop stop = {}) {
    return detail::BlockingAwaiter<F, Stop>(std::move(function), std::move(stop));
}

} // namespace grove
