#pragma once

#include <grove/runtime/errors.h>
#include <grove/term/match.h>

#include <concepts>
#include <type_traits>
#include <utility>

/// Erlang's `try … catch Class:Pattern -> … after … end`, in full:
///
///     auto got = co_await attempt(readConfig(file), [&]() -> Task<> { co_await call(lock,
///     Release{}); }); if (got)
///         co_return *got;
///     if (caughtAs(got.error(), ErrorClass::Throw, tuple_("not_found"_atom, bind(key))))
///         co_return defaults(key);
///     raise(std::move(got).error());                              // no clause fits: it goes on
///
/// Nothing catches a kill or an exit signal, and no "after" part runs then: that is what
/// destructors, links and monitors are for.
namespace grove {

/// Whether this is what a clause `Class:Pattern` catches. The pattern's variables are then written.
template <class P>
[[nodiscard]] bool caughtAs(const Caught& caught, ErrorClass errorClass, const P& pattern) {
    return caught.errorClass == errorClass && match(caught.term, pattern);
}

/// Lets what was caught go on with its class, its term and the stack it had (erlang:raise/3).
[[noreturn]] void raise(Caught caught);

/// As attempt(body), and runs `afterwards` when the body has ended, whichever way. It may wait
/// (return a Task<>). What it raises itself replaces the body's end, as in Erlang.
template <class T, std::invocable F>
[[nodiscard]] Task<Attempt<T>> attempt(Task<T> body, F afterwards) {
    Attempt<T> got = co_await attempt(std::move(body));
    if constexpr (std::is_void_v<std::invoke_result_t<F>>)
        afterwards();
    else
        co_await afterwards();
    co_return got;
}

/// The same for functions that cannot wait.
template <std::invocable F, std::invocable G>
    requires(!requires { typename std::invoke_result_t<F>::promise_type; } &&
             std::is_void_v<std::invoke_result_t<G>>)
[[nodiscard]] auto attempt(F&& function, G&& afterwards) -> Attempt<std::invoke_result_t<F>> {
    auto got = attempt(std::forward<F>(function));
    std::forward<G>(afterwards)();
    return got;
}

} // namespace grove
