#pragma once

#include <grove/term/alloc.h>
#include <grove/term/term.h>

#include <cstring>
#include <limits>
#include <new>

namespace grove {

namespace detail {

struct FloatObject : Header {
    double value;
};
struct BigIntObject : Header {
    std::uint64_t* limbs() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
};
struct BinaryObject : Header {
    std::size_t byteCount;
    std::uint8_t* bytes() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

/// A pid, port or reference that is not one word: of another node, or too long. flags: its kind.
struct IdentifierObject : Header {
    Atom node;
    std::uint32_t creation;
    std::uint32_t* words() noexcept { return reinterpret_cast<std::uint32_t*>(this + 1); }
};
static_assert(sizeof(IdentifierObject) == 24);

} // namespace detail

/// The way from a Term to what it points to, for the sources of this room.
struct TermAccess {
    [[nodiscard]] static bool isBoxed(const Term& term) noexcept { return term.isBoxed(); }
    [[nodiscard]] static detail::Header* header(const Term& term) noexcept { return term.header(); }
    template <class Object> [[nodiscard]] static Object* object(const Term& term) noexcept {
        return static_cast<Object*>(term.header());
    }
    /// The new object's one share becomes the Term's.
    [[nodiscard]] static Term adopt(detail::Header* header) noexcept {
        return Term::fromBits(std::bit_cast<std::uint64_t>(header));
    }
    /// Makes a Term of an immediate value's word.
    static void makeImmediate(Term* place, std::uint64_t bits) noexcept {
        ::new (place) Term(Term::fromBits(bits));
    }
    /// Takes the share out of a Term.
    [[nodiscard]] static std::uint64_t take(Term& term) noexcept {
        return std::exchange(term.m_bits, 0);
    }
    [[nodiscard]] static std::int64_t smallInteger(const Term& term) noexcept {
        return term.smallInteger();
    }
};

namespace detail {

/// How many entries the block of a small map of so many has room for: up to three more, so that a
/// map that grows moves once in four times.
[[nodiscard]] constexpr std::size_t roomForEntries(std::size_t entries) noexcept {
    return (entries + 3) & ~std::size_t{3};
}

/// A new object of this kind with `extra` bytes behind its fixed part.
template <class Object>
[[nodiscard]] Object* makeObject(BoxedKind kind, std::size_t extra) noexcept {
    void* block = allocate(sizeof(Object) + extra);
    auto* object = static_cast<Object*>(block);
    ::new (static_cast<Header*>(object)) Header(kind);
    return object;
}

[[nodiscard]] inline std::uint32_t saturated(std::uint64_t words) noexcept {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(words < kMax ? words : kMax);
}

[[nodiscard]] inline std::uint32_t checkedSize(std::size_t size) noexcept {
    GROVE_ASSERT(size <= std::numeric_limits<std::uint32_t>::max(),
                 "a term has at most 2^32 - 1 elements");
    return static_cast<std::uint32_t>(size);
}

} // namespace detail
} // namespace grove
