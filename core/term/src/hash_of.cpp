#include "access.h"
#include "jenkins.h"
#include "numbers.h"
#include "small_stack.h"

#include <grove/term/function.h>
#include <grove/term/phash2.h>
#include <grove/term/term.h>

#include <bit>
#include <cstdint>

namespace grove {

namespace {

constexpr std::uint64_t stir(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15ULL;
    return hash ^ (hash >> 29);
}

/// Equal numbers hash alike whatever their kind: by the nearest double, and small integers that are
/// no doubles by themselves.
std::uint64_t numberHash(const Term& term) {
    if (const auto small = term.asInt(); small && term.isSmallInteger()) {
        return stir(1, static_cast<std::uint64_t>(*small));
    }
    if (const auto value = term.asFloat()) {
        constexpr double kSmallEnd = 576460752303423488.0; // 2^59
        if (*value >= -kSmallEnd && *value < kSmallEnd &&
            static_cast<double>(static_cast<std::int64_t>(*value)) == *value) {
            return stir(1, static_cast<std::uint64_t>(static_cast<std::int64_t>(*value)));
        }
    }
    const auto value = numbers::toDouble(term);
    return stir(2, value ? std::bit_cast<std::uint64_t>(*value) : term.asBigInt()->limbs.front());
}

/// By what compare() looks at first; what it closes over is left out.
std::uint64_t functionHash(const FunctionView& function) {
    const std::uint64_t module = stir(4, function.module.nameHash());
    return function.kind == FunctionKind::Opaque ? stir(module, function.opaque.index)
                                                 : stir(module, function.name.nameHash());
}

std::uint64_t leafHash(const Term& term) {
    switch (term.kind()) {
    case TermKind::Integer:
    case TermKind::Float:
        return numberHash(term);
    case TermKind::Bitstring: {
        const BitsView bits = *term.asBits();
        return stir(jenkins::blockHash(bits.bytes, (bits.bitCount + 7) / 8, 3), bits.bitCount);
    }
    case TermKind::Function:
        return functionHash(*asFunction(term));
    case TermKind::Pid:
    case TermKind::Port:
    case TermKind::Ref:
        return stir(8, TermAccess::isBoxed(term) ? phash2(term) : term.bits());
    case TermKind::Tuple:
        return stir(5, term.tupleSize());
    case TermKind::Map:
        return stir(6, term.mapSize());
    case TermKind::Cons:
        return stir(7, 0);
    default:
        return stir(8, term.bits());
    }
}

} // namespace

std::size_t hashOf(const Term& root) noexcept {
    std::uint64_t hash = 0;
    detail::SmallStack<const Term*, 32> open;
    open.push(&root);
    while (!open.isEmpty()) {
        const Term& term = *open.pop();
        hash = stir(hash, leafHash(term));
        if (term.isCons()) {
            open.push(&term.tail());
            open.push(&term.head());
        }
        for (const Term& element : term.elements()) {
            open.push(&element);
        }
        if (term.isMap()) {
            for (const auto& [key, value] : term.mapEntries()) {
                open.push(&value);
                open.push(&key);
            }
        }
    }
    return hash;
}

} // namespace grove
