#pragma once

#include <grove/term/function.h>

#include <cstdint>

namespace grove::detail {

struct FunctionObject : Header {
    static constexpr std::uint64_t kOwnWords = 4;

    Atom module;
    Atom name;
    std::uint32_t arity;
    FunctionKind functionKind;
    NativeFunction native;
    Term opaque; ///< Opaque: a tuple of its parts, then its environment; otherwise none.
};

} // namespace grove::detail
