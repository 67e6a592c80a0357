#pragma once

#include <grove/runtime/task.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <concepts>
#include <cstdint>
#include <expected>
#include <source_location>
#include <type_traits>

namespace grove {

/// Erlang's three classes of exceptions.
enum class ErrorClass : std::uint8_t { Error, Exit, Throw };

/// The one exception of the runtime: how error(), exit() and throwTerm() leave a process's code.
/// Caught only by the process itself (it ends with a reason made from it), attempt(), and the
/// places that invoke callbacks.
class Raised {
public:
    Raised(ErrorClass errorClass, Term term, std::source_location where)
        : errorClass(errorClass), term(std::move(term)), where(where) {}

    ErrorClass errorClass;
    Term term;
    std::source_location where;
};

/// Ends the process with `{Reason, Stack}` unless attempt() catches it.
[[noreturn]] void error(Term reason, std::source_location where = std::source_location::current());
/// Ends the process with exactly `reason` unless attempt() catches it.
[[noreturn]] void exit(Term reason, std::source_location where = std::source_location::current());
/// Leaves through attempt() with `term`; uncaught, the process ends with `{{nocatch, Term},
/// Stack}`.
[[noreturn]] void throwTerm(Term term,
                            std::source_location where = std::source_location::current());
/// The same for an atom: the caller has nothing to destroy, which costs an exception as much as a
/// third of its way.
[[noreturn]] void error(Atom reason, std::source_location where = std::source_location::current());
[[noreturn]] void exit(Atom reason, std::source_location where = std::source_location::current());

/// What attempt() caught. A foreign C++ exception is class Error with the reason
/// `{cxx_exception, Type, What}`.
struct Caught {
    ErrorClass errorClass;
    Term term;
    Term stack; // [{Function, [{file, File}, {line, Line}]}], innermost first

    /// What a process ends with when nobody catches this: Term, `{Term, Stack}` or
    /// `{{nocatch, Term}, Stack}`.
    [[nodiscard]] Term exitReason() const;
    /// What Erlang's `catch` gives: Term, `{'EXIT', Term}` or `{'EXIT', {Term, Stack}}`.
    [[nodiscard]] Term catchValue() const;
};

/// A value or what was caught instead.
template <class T> using Attempt = std::expected<T, Caught>;

/// The exception that is being handled. Requires: called in a catch block.
[[nodiscard]] Caught caughtNow() noexcept;

namespace detail {

template <class T> struct AttemptAwaiter {
    Task<T> task;
    std::coroutine_handle<TaskPromise<T>> child{};

    explicit AttemptAwaiter(Task<T> attempted) noexcept : task(std::move(attempted)) {}
    AttemptAwaiter(AttemptAwaiter&&) = delete;
    ~AttemptAwaiter() {
        if (child)
            child.destroy();
    }
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiter) {
        child = std::move(task).release();
        return TaskAwaiter<T>{child}.await_suspend(awaiter);
    }
    Attempt<T> await_resume() {
        try {
            if constexpr (std::is_void_v<T>) {
                child.promise().take();
                return {};
            } else {
                return child.promise().take();
            }
        } catch (...) {
            return std::unexpected(caughtNow());
        }
    }
};

} // namespace detail

/// `const auto got = co_await attempt(readFile(name));` Runs the task and turns whatever it throws
/// into a value. A kill and exit signals are no exceptions: nothing catches them.
template <class T> [[nodiscard]] auto attempt(Task<T> task) noexcept {
    return detail::AttemptAwaiter<T>(std::move(task));
}

/// The same for a function that cannot wait.
template <std::invocable F>
    requires(!requires { typename std::invoke_result_t<F>::promise_type; })
[[nodiscard]] auto attempt(F&& function) -> Attempt<std::invoke_result_t<F>> {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            std::forward<F>(function)();
            return {};
        } else {
            return std::forward<F>(function)();
        }
    } catch (...) {
        return std::unexpected(caughtNow());
    }
}

} // namespace grove
