#include "access.h"
#include "layout.h"
#include "small_stack.h"
#include "utf8.h"

#include <grove/term/term.h>

#include <cmath>
#include <vector>

namespace grove {

using detail::BoxedKind;
using detail::Header;

const Term& Term::makeImmortal() const noexcept {
    // Far above kImmortal, so that owners who counted down a moment ago do not bring it back to
    // life.
    constexpr std::uint32_t kFar = 0xC000'0000;
    detail::SmallStack<const Term*, 32> open;
    open.push(this);
    while (!open.isEmpty()) {
        const Term& term = *open.pop();
        if (term.isBoxed() &&
            term.header()->count.load(std::memory_order_relaxed) < Header::kImmortal) {
            term.header()->count.fetch_or(kFar, std::memory_order_relaxed);
            for (const Term& child : detail::childrenOf(term.header())) {
                open.push(&child);
            }
        }
    }
    return *this;
}

// Numbers

std::uint64_t Term::bigBits(std::uint64_t value) noexcept {
    Term made = bigInteger(false, {&value, 1});
    return TermAccess::take(made);
}

std::uint64_t Term::bigBits(std::int64_t value) noexcept {
    const std::uint64_t magnitude = value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                              : static_cast<std::uint64_t>(value);
    Term made = bigInteger(value < 0, {&magnitude, 1});
    return TermAccess::take(made);
}

Term bigInteger(bool negative, std::span<const std::uint64_t> limbs) noexcept {
    while (!limbs.empty() && limbs.back() == 0) {
        limbs = limbs.first(limbs.size() - 1);
    }
    constexpr std::uint64_t kSmallMagnitude = std::uint64_t{1} << 59;
    if (limbs.empty()) {
        return Term(0);
    }
    if (limbs.size() == 1 && limbs[0] < kSmallMagnitude + (negative ? 1 : 0)) {
        const auto value = static_cast<std::int64_t>(limbs[0]);
        return Term(negative ? -value : value);
    }
    auto* made = detail::makeObject<detail::BigIntObject>(BoxedKind::BigInt, limbs.size_bytes());
    made->size = detail::checkedSize(limbs.size());
    made->flags = negative ? 1 : 0;
    made->flatWords = detail::saturated(limbs.size() + 1);
    std::memcpy(made->limbs(), limbs.data(), limbs.size_bytes());
    return TermAccess::adopt(made);
}

Term::Term(double value) noexcept {
    GROVE_ASSERT(std::isfinite(value), "a float term is a finite number");
    auto* made = detail::makeObject<detail::FloatObject>(BoxedKind::Float, 0);
    made->value = value;
    made->flatWords = 2;
    m_bits = std::bit_cast<std::uint64_t>(static_cast<Header*>(made));
}

std::optional<std::int64_t> Term::asInt64Slow() const noexcept {
    const auto big = asBigInt();
    constexpr std::uint64_t kMinMagnitude = std::uint64_t{1} << 63;
    if (!big || big->limbs.size() != 1 || big->limbs[0] > kMinMagnitude - (big->negative ? 0 : 1)) {
        return std::nullopt;
    }
    const std::uint64_t magnitude = big->limbs[0];
    return static_cast<std::int64_t>(big->negative ? std::uint64_t{0} - magnitude : magnitude);
}

std::optional<std::uint64_t> Term::asUint() const noexcept {
    if (isSmallInteger()) {
        return smallInteger() < 0 ? std::nullopt
                                  : std::optional(static_cast<std::uint64_t>(smallInteger()));
    }
    const auto big = asBigInt();
    return big && !big->negative && big->limbs.size() == 1 ? std::optional(big->limbs[0])
                                                           : std::nullopt;
}

std::optional<double> Term::asFloat() const noexcept {
    return isFloat() ? std::optional(static_cast<detail::FloatObject*>(header())->value)
                     : std::nullopt;
}

std::optional<BigIntView> Term::asBigInt() const noexcept {
    if (!is(Boxed::BigInt)) {
        return std::nullopt;
    }
    auto* big = static_cast<detail::BigIntObject*>(header());
    return BigIntView{big->flags != 0, {big->limbs(), big->size}};
}

// Bits

Term::Term(std::string_view bytes) noexcept {
    auto* made = detail::makeObject<detail::BinaryObject>(BoxedKind::Binary, bytes.size());
    made->byteCount = bytes.size();
    made->flatWords = detail::saturated(2 + (bytes.size() + 7) / 8);
    if (!bytes.empty()) {
        std::memcpy(made->bytes(), bytes.data(), bytes.size());
    }
    m_bits = std::bit_cast<std::uint64_t>(static_cast<Header*>(made));
}

Term bitstring(std::span<const std::uint8_t> bytes, std::size_t bitCount) noexcept {
    GROVE_ASSERT(bytes.size() >= (bitCount + 7) / 8, "fewer bytes than bits");
    const auto used = bytes.first((bitCount + 7) / 8);
    Term made(std::string_view(reinterpret_cast<const char*>(used.data()), used.size()));
    const auto rest = static_cast<std::uint8_t>(bitCount % 8);
    if (rest != 0) {
        auto* object = TermAccess::object<detail::BinaryObject>(made);
        object->flags = rest;
        object->bytes()[used.size() - 1] &= static_cast<std::uint8_t>(0xFF << (8 - rest));
    }
    return made;
}

std::optional<std::string_view> Term::asBinary() const noexcept {
    if (!isBinary()) {
        return std::nullopt;
    }
    auto* object = static_cast<detail::BinaryObject*>(header());
    return std::string_view(reinterpret_cast<const char*>(object->bytes()), object->byteCount);
}

std::optional<BitsView> Term::asBits() const noexcept {
    if (!isBitstring()) {
        return std::nullopt;
    }
    auto* object = static_cast<detail::BinaryObject*>(header());
    const std::size_t missing = object->flags == 0 ? 0 : 8U - object->flags;
    return BitsView{object->bytes(), object->byteCount * 8 - missing};
}

// Kinds

TermKind Term::kind() const noexcept {
    if (!isBoxed()) {
        constexpr TermKind kByTag[] = {TermKind::None, TermKind::Integer, TermKind::Atom,
                                       TermKind::Pid,  TermKind::Ref,     TermKind::Nil};
        return kByTag[tag()];
    }
    switch (header()->kind) {
    case BoxedKind::BigInt:
        return TermKind::Integer;
    case BoxedKind::Float:
        return TermKind::Float;
    case BoxedKind::Tuple:
        return TermKind::Tuple;
    case BoxedKind::Cons:
        return TermKind::Cons;
    case BoxedKind::Map:
        return TermKind::Map;
    case BoxedKind::Binary:
        return TermKind::Bitstring;
    case BoxedKind::Function:
        return TermKind::Function;
    case BoxedKind::MapNode:
        break;
    case BoxedKind::Identifier:
        return static_cast<TermKind>(header()->flags);
    }
    GROVE_UNREACHABLE("a boxed value of no kind");
}

// Tuples and lists

Term tupleFrom(std::span<Term> elements) noexcept {
    auto* made = detail::makeObject<detail::TupleObject>(BoxedKind::Tuple, elements.size_bytes());
    made->size = detail::checkedSize(elements.size());
    std::uint64_t words = 1 + elements.size();
    Term* to = made->elements();
    for (Term& element : elements) {
        words += element.flatWords();
        ::new (to++) Term(std::move(element));
    }
    made->flatWords = detail::saturated(words);
    return TermAccess::adopt(made);
}

Term tupleOf(std::span<const Term> elements) noexcept {
    auto* made = detail::makeObject<detail::TupleObject>(BoxedKind::Tuple, elements.size_bytes());
    made->size = detail::checkedSize(elements.size());
    std::uint64_t words = 1 + elements.size();
    Term* to = made->elements();
    for (const Term& element : elements) {
        words += element.flatWords();
        ::new (to++) Term(element);
    }
    made->flatWords = detail::saturated(words);
    return TermAccess::adopt(made);
}

Term cons(Term head, Term tail) noexcept {
    auto* made = detail::makeObject<detail::ConsObject>(BoxedKind::Cons, 0);
    made->flatWords = detail::saturated(std::uint64_t{2} + head.flatWords() + tail.flatWords());
    ::new (&made->head) Term(std::move(head));
    ::new (&made->tail) Term(std::move(tail));
    return TermAccess::adopt(made);
}

Term listFrom(std::span<Term> elements, Term tail) noexcept {
    Term made = std::move(tail);
    for (std::size_t i = elements.size(); i > 0; --i) {
        made = cons(std::move(elements[i - 1]), std::move(made));
    }
    return made;
}

Term listOf(std::span<const Term> elements, Term tail) noexcept {
    Term made = std::move(tail);
    for (std::size_t i = elements.size(); i > 0; --i) {
        made = cons(elements[i - 1], std::move(made));
    }
    return made;
}

Term charlist(std::string_view text) noexcept {
    std::vector<Term> characters;
    characters.reserve(text.size());
    while (!text.empty()) {
        const auto decoded = utf8::decode(text);
        characters.emplace_back(decoded ? static_cast<std::uint32_t>(decoded->character)
                                        : static_cast<unsigned char>(text.front()));
        text.remove_prefix(decoded ? decoded->size : 1);
    }
    return listFrom(characters);
}

std::optional<std::size_t> Term::listLength() const noexcept {
    std::size_t length = 0;
    const Term* at = this;
    while (at->isCons()) {
        ++length;
        at = &at->tail();
    }
    return at->isNil() ? std::optional(length) : std::nullopt;
}

} // namespace grove
