#pragma once

#include <grove/term/result.h>
#include <grove/term/term.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace grove {

/// A C++ function that can be named in a term. Takes its arguments borrowed.
using NativeFunction = Term (*)(std::span<const Term> arguments);

enum class FunctionKind : std::uint8_t {
    Export, ///< `fun module:name/arity`: only a name.
    Native, ///< A registered C++ function; module is `grove`.
    Opaque  ///< A function of Erlang's with code that this program does not have: kept, given back.
};

/// What Erlang says about a function besides module and arity.
struct OpaqueFunction {
    std::string_view uniq;     ///< 16 bytes: the MD5 of its module's code.
    std::uint32_t index = 0;   ///< In the module.
    std::int32_t oldIndex = 0; ///< As before OTP R5; so is oldUniq.
    std::int32_t oldUniq = 0;
    Term creator;                      ///< The pid that made it.
    std::span<const Term> environment; ///< The values it closes over; borrowed.
};

struct FunctionView {
    FunctionKind kind;
    Atom module;
    Atom name;
    std::uint32_t arity;
    NativeFunction native; ///< Null unless Native.
    OpaqueFunction opaque; ///< Only of an Opaque one; borrowed from the term.
};

/// Makes `function` callable through terms under this name, for the rest of the program. Closures
/// travel as callables of messages, never in terms. Requires: the name and arity are not registered
/// yet. Threads: any.
void registerFunction(Atom name, std::uint32_t arity, NativeFunction function);

/// The term of a registered C++ function.
/// Errors: undef.
[[nodiscard]] Result<Term> functionNamed(Atom name, std::uint32_t arity);

/// `fun module:name/arity`.
[[nodiscard]] Term exportTerm(Atom module, Atom name, std::uint32_t arity) noexcept;

/// A function of Erlang's that is only kept and given back. Copies the parts.
/// Requires: 16 bytes of uniq, a pid as creator.
[[nodiscard]] Term opaqueFunction(Atom module, std::uint32_t arity,
                                  const OpaqueFunction& parts) noexcept;

/// Nothing for what is no function.
[[nodiscard]] std::optional<FunctionView> asFunction(const Term& term) noexcept;

/// Calls a registered C++ function.
/// Errors: badarg for what is none, undef for the other kinds, badarity for the wrong number of
/// arguments.
[[nodiscard]] Result<Term> callFunction(const Term& function, std::span<const Term> arguments);

} // namespace grove
