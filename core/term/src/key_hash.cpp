#include "access.h"
#include "small_stack.h"

#include <grove/term/key_order.h>

#include <cstring>

namespace grove::detail {

namespace {

constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15ULL;

constexpr std::uint64_t joined(std::uint64_t hash, std::uint64_t word) {
    return ((hash << 27 | hash >> 37) ^ word) * kOdd;
}

std::uint64_t bytesHash(const std::uint8_t* bytes, std::size_t count, std::uint64_t start) {
    std::uint64_t hash = joined(start, count);
    for (; count >= 8; count -= 8, bytes += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        hash = joined(hash, word);
        hash ^= hash >> 31;
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes, count);
    return joined(hash, rest);
}

/// What a term is without what lies within it.
std::uint64_t shallowHash(const Term& term) {
    const TermKind kind = term.kind();
    const auto start = static_cast<std::uint64_t>(kind);
    switch (kind) {
    case TermKind::Atom:
        return joined(start, term.asAtom()->nameHash());
    case TermKind::Float: {
        const double value = *term.asFloat();
        return joined(start, std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value));
    }
    case TermKind::Bitstring: {
        const BitsView bits = *term.asBits();
        return bytesHash(bits.bytes, (bits.bitCount + 7) / 8, joined(start, bits.bitCount));
    }
    case TermKind::Tuple:
        return joined(start, term.tupleSize());
    case TermKind::Map:
        return joined(start, term.mapSize());
    case TermKind::None:
    case TermKind::Nil:
    case TermKind::Cons:
        return start * kOdd;
    case TermKind::Integer:
        if (const auto big = term.asBigInt()) {
            std::uint64_t hash = joined(start, big->negative ? 1 : 2);
            for (const std::uint64_t limb : big->limbs) {
                hash = joined(hash, limb);
            }
            return hash;
        }
        return term.bits();
    case TermKind::Ref:
    case TermKind::Function:
    case TermKind::Port:
    case TermKind::Pid:
        return TermAccess::isBoxed(term) ? joined(start, hashOf(term)) : term.bits();
    }
    GROVE_UNREACHABLE("a term of no kind");
}

bool hasTermsWithin(const Term& term) {
    return term.isTuple() || term.isCons() || term.isMap();
}

} // namespace

std::uint32_t keyHashOfAny(const Term& key) noexcept {
    std::uint64_t hash = shallowHash(key);
    if (hasTermsWithin(key)) {
        SmallStack<const Term*, 32> open;
        open.push(&key);
        while (!open.isEmpty()) {
            const Term& term = *open.pop();
            hash = joined(hash, shallowHash(term));
            hash ^= hash >> 31;
            if (term.isCons()) {
                open.push(&term.tail());
                open.push(&term.head());
            }
            for (const Term& element : term.elements()) {
                open.push(&element);
            }
            for (const auto& [innerKey, value] : term.mapEntries()) {
                open.push(&value);
                open.push(&innerKey);
            }
        }
    }
    return static_cast<std::uint32_t>(stir(hash));
}

} // namespace grove::detail
