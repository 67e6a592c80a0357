#pragma once

#include <grove/term/assert.h>
#include <grove/term/atom.h>
#include <grove/term/atoms.h>
#include <grove/term/boxed.h>
#include <grove/term/pid.h>
#include <grove/term/ref.h>

#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace grove {

class Term;
struct TermAccess;

/// The kinds of values, in Erlang's order (integers and floats are ordered by value).
enum class TermKind : std::uint8_t {
    None,
    Integer,
    Float,
    Atom,
    Ref,
    Function,
    Port,
    Pid,
    Tuple,
    Map,
    Nil,
    Cons,
    Bitstring
};

/// An integer beyond 60 bits, borrowed from a Term: magnitude, least significant limb first.
struct BigIntView {
    bool negative;
    std::span<const std::uint64_t> limbs;
};

/// Bits borrowed from a Term. Unused bits of the last byte are zero.
struct BitsView {
    const std::uint8_t* bytes;
    std::size_t bitCount;
};

class ListRange;
class MapRange;

template <class T>
concept TermInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, char8_t> && !std::same_as<T, char16_t> &&
                      !std::same_as<T, char32_t> && !std::same_as<T, wchar_t>;

/// An Erlang value in one machine word.
///
/// Integers of 60 bits, atoms, pids, references and the empty list are the word itself; everything
/// else points to an immutable, counted object. Copying counts, moving does not. `Term()` is no
/// term at all: isNone() is true, and only assignment, destruction and comparison with another Term
/// may follow.
///
/// Threads: values may be shared and dropped on any thread; one Term variable belongs to one thread
/// at a time. Owns: a share of the object. Parameters of type `const Term&` are borrowed. Bounds:
/// 2^32 - 1 elements of a tuple or entries of a map. Depth is bounded by memory only, and
/// destruction does not recurse.
class Term {
public:
    constexpr Term() noexcept = default;
    Term(const Term& other) noexcept : m_bits(other.m_bits) {
        if (isBoxed()) {
            detail::retain(header());
        }
    }
    constexpr Term(Term&& other) noexcept : m_bits(std::exchange(other.m_bits, 0)) {}
    Term& operator=(const Term& other) noexcept {
        Term copy(other);
        std::swap(m_bits, copy.m_bits);
        return *this;
    }
    Term& operator=(Term&& other) noexcept {
        Term moved(std::move(other));
        std::swap(m_bits, moved.m_bits);
        return *this;
    }
    constexpr ~Term() noexcept {
        if (isBoxed()) {
            detail::releaseBoxed(header());
        }
    }

    // From C++ values, so that terms read as they would in Erlang.
    constexpr Term(Atom value) noexcept : m_bits(tagged(value.index(), kAtomTag)) {}
    constexpr Term(Pid value) noexcept : m_bits(tagged(value.raw(), kPidTag)) {}
    constexpr Term(Ref value) noexcept : m_bits(tagged(value.raw(), kRefTag)) {}
    template <std::same_as<bool> Bool>
    constexpr Term(Bool value) noexcept : Term(value ? atoms::true_ : atoms::false_) {}
    template <TermInteger Integer> constexpr Term(Integer value) noexcept {
        if (fitsSmall(value)) [[likely]] {
            m_bits = tagged(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), kIntTag);
        } else if constexpr (std::is_signed_v<Integer>) {
            m_bits = bigBits(static_cast<std::int64_t>(value));
        } else {
            m_bits = bigBits(static_cast<std::uint64_t>(value));
        }
    }
    /// Requires: a finite number; Erlang has no others.
    Term(double value) noexcept;
    /// A binary of these bytes.
    Term(std::string_view bytes) noexcept;
    template <class Text>
        requires(std::convertible_to<const Text&, std::string_view> &&
                 !std::same_as<Text, std::string_view>)
    Term(const Text& text) noexcept : Term(std::string_view(text)) {}

    /// The empty list.
    [[nodiscard]] static constexpr Term nil() noexcept { return fromBits(kNilTag); }

    // Which kind.
    [[nodiscard]] TermKind kind() const noexcept;
    [[nodiscard]] constexpr bool isNone() const noexcept { return m_bits == 0; }
    [[nodiscard]] constexpr bool isAtom() const noexcept { return tag() == kAtomTag; }
    [[nodiscard]] constexpr bool isAtom(Atom atom) const noexcept {
        return m_bits == tagged(atom.index(), kAtomTag);
    }
    /// Of this program. kind() says Pid for those of other nodes, too (see identifiers.h).
    [[nodiscard]] constexpr bool isPid() const noexcept { return tag() == kPidTag; }
    /// Of this program, as above.
    [[nodiscard]] constexpr bool isRef() const noexcept { return tag() == kRefTag; }
    [[nodiscard]] constexpr bool isNil() const noexcept { return m_bits == kNilTag; }
    [[nodiscard]] constexpr bool isSmallInteger() const noexcept { return tag() == kIntTag; }
    [[nodiscard]] bool isInteger() const noexcept { return isSmallInteger() || is(Boxed::BigInt); }
    [[nodiscard]] bool isFloat() const noexcept { return is(Boxed::Float); }
    [[nodiscard]] bool isNumber() const noexcept { return isInteger() || isFloat(); }
    [[nodiscard]] bool isBoolean() const noexcept {
        return isAtom(atoms::true_) || isAtom(atoms::false_);
    }
    [[nodiscard]] bool isTuple() const noexcept { return is(Boxed::Tuple); }
    [[nodiscard]] bool isTuple(std::size_t size) const noexcept {
        return is(Boxed::Tuple) && header()->size == size;
    }
    [[nodiscard]] bool isCons() const noexcept { return is(Boxed::Cons); }
    [[nodiscard]] bool isList() const noexcept { return isNil() || isCons(); }
    [[nodiscard]] bool isMap() const noexcept { return is(Boxed::Map); }
    /// Whole bytes.
    [[nodiscard]] bool isBinary() const noexcept {
        return is(Boxed::Binary) && header()->flags == 0;
    }
    [[nodiscard]] bool isBitstring() const noexcept { return is(Boxed::Binary); }
    [[nodiscard]] bool isFunction() const noexcept { return is(Boxed::Function); }

    // Values: asX() gives nothing for another kind, toX() asserts.
    [[nodiscard]] constexpr std::optional<Atom> asAtom() const noexcept {
        return isAtom()
                   ? std::optional(Atom::fromIndex(static_cast<std::uint32_t>(m_bits >> kTagBits)))
                   : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<Pid> asPid() const noexcept {
        return isPid() ? std::optional(Pid::fromRaw(m_bits >> kTagBits)) : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<Ref> asRef() const noexcept {
        return isRef() ? std::optional(Ref::fromRaw(m_bits >> kTagBits)) : std::nullopt;
    }
    /// Nothing for an integer beyond 64 bits, too.
    [[nodiscard]] std::optional<std::int64_t> asInt() const noexcept {
        return isSmallInteger() ? std::optional(smallInteger()) : asInt64Slow();
    }
    /// Nothing for negative integers and those beyond 64 bits, too.
    [[nodiscard]] std::optional<std::uint64_t> asUint() const noexcept;
    [[nodiscard]] std::optional<double> asFloat() const noexcept;
    [[nodiscard]] std::optional<bool> asBool() const noexcept {
        return isBoolean() ? std::optional(isAtom(atoms::true_)) : std::nullopt;
    }
    /// A binary's bytes; borrowed.
    [[nodiscard]] std::optional<std::string_view> asBinary() const noexcept;
    [[nodiscard]] std::optional<BitsView> asBits() const noexcept;
    /// Only integers beyond 60 bits.
    [[nodiscard]] std::optional<BigIntView> asBigInt() const noexcept;

    [[nodiscard]] Atom toAtom() const noexcept { return need(asAtom(), "not an atom"); }
    [[nodiscard]] Pid toPid() const noexcept { return need(asPid(), "not a pid"); }
    [[nodiscard]] Ref toRef() const noexcept { return need(asRef(), "not a reference"); }
    [[nodiscard]] std::int64_t toInt() const noexcept {
        return need(asInt(), "not an integer of 64 bits");
    }
    [[nodiscard]] double toFloat() const noexcept { return need(asFloat(), "not a float"); }
    [[nodiscard]] bool toBool() const noexcept { return need(asBool(), "not true or false"); }
    [[nodiscard]] std::string_view toBinary() const noexcept {
        return need(asBinary(), "not a binary");
    }

    // Tuples. Elements count from 0.
    /// Zero for what is no tuple.
    [[nodiscard]] std::size_t tupleSize() const noexcept { return isTuple() ? header()->size : 0; }
    /// Empty for what is no tuple; borrowed.
    [[nodiscard]] std::span<const Term> elements() const noexcept;
    /// Requires: a tuple of more than `index` elements.
    [[nodiscard]] const Term& element(std::size_t index) const noexcept;
    /// True for a tuple of this size whose first element is this atom.
    [[nodiscard]] bool isTagged(Atom tag, std::size_t size) const noexcept;

    // Lists.
    /// Requires: isCons().
    [[nodiscard]] const Term& head() const noexcept;
    [[nodiscard]] const Term& tail() const noexcept;
    /// The elements in front of the end; an improper list's last tail is not among them. Empty for
    /// what is no list. Borrowed.
    [[nodiscard]] ListRange listElements() const noexcept;
    /// Nothing for an improper list and for what is no list. Walks the list.
    [[nodiscard]] std::optional<std::size_t> listLength() const noexcept;

    // Maps.
    /// Zero for what is no map.
    [[nodiscard]] std::size_t mapSize() const noexcept { return isMap() ? header()->size : 0; }
    /// Keys are compared exactly (1 and 1.0 are two keys).
    /// Returns: the value, borrowed; null if there is none or this is no map. Complexity: log n.
    [[nodiscard]] const Term* mapFind(const Term& key) const noexcept;
    /// The entries in the order of MapRange. Empty for what is no map. Borrowed.
    [[nodiscard]] MapRange mapEntries() const noexcept;

    /// The size in words by Erlang's count (a list cell 2, a tuple 1 + n, …) as if nothing were
    /// shared; immediate values have 0. Known without walking; stops counting at 2^32 - 1.
    [[nodiscard]] std::uint32_t flatWords() const noexcept {
        return isBoxed() ? header()->flatWords : 0;
    }

    /// True when both are the same immediate value or the same object; never false for what is not
    /// equal.
    [[nodiscard]] constexpr bool isSame(const Term& other) const noexcept {
        return m_bits == other.m_bits;
    }

    /// Ends the counting of this object and all within: it is never freed, and sharing it costs
    /// nothing. For literals and long-lived terms of many processes.
    const Term& makeImmortal() const noexcept;

    /// The word itself, for tables and traces that only compare.
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return m_bits; }

    /// Erlang's `==`: 1 == 1.0.
    friend bool operator==(const Term& a, const Term& b) noexcept;

private:
    friend struct TermAccess;
    using Boxed = detail::BoxedKind;

    // The low four bits. A word whose low three bits are zero is an object's address; zero is no
    // term.
    static constexpr unsigned kTagBits = 4;
    static constexpr std::uint64_t kTagMask = 15;
    static constexpr std::uint64_t kIntTag = 1;
    static constexpr std::uint64_t kAtomTag = 2;
    static constexpr std::uint64_t kPidTag = 3;
    static constexpr std::uint64_t kRefTag = 4;
    static constexpr std::uint64_t kNilTag = 5;

    [[nodiscard]] static constexpr std::uint64_t tagged(std::uint64_t payload,
                                                        std::uint64_t tag) noexcept {
        return payload << kTagBits | tag;
    }
    [[nodiscard]] static constexpr Term fromBits(std::uint64_t bits) noexcept {
        Term made;
        made.m_bits = bits;
        return made;
    }
    template <TermInteger Integer>
    [[nodiscard]] static constexpr bool fitsSmall(Integer value) noexcept {
        constexpr std::int64_t kMax = (std::int64_t{1} << 59) - 1;
        return std::cmp_less_equal(value, kMax) && std::cmp_greater_equal(value, -kMax - 1);
    }
    [[nodiscard]] static std::uint64_t bigBits(std::int64_t value) noexcept;
    [[nodiscard]] static std::uint64_t bigBits(std::uint64_t value) noexcept;

    [[nodiscard]] constexpr std::uint64_t tag() const noexcept { return m_bits & kTagMask; }
    [[nodiscard]] constexpr bool isBoxed() const noexcept {
        return (m_bits & 7) == 0 && m_bits != 0;
    }
    [[nodiscard]] bool is(Boxed kind) const noexcept { return isBoxed() && header()->kind == kind; }
    [[nodiscard]] detail::Header* header() const noexcept {
        return std::bit_cast<detail::Header*>(m_bits);
    }
    [[nodiscard]] constexpr std::int64_t smallInteger() const noexcept {
        return static_cast<std::int64_t>(m_bits) >> kTagBits;
    }
    [[nodiscard]] std::optional<std::int64_t> asInt64Slow() const noexcept;

    template <class T>
    [[nodiscard]] static T need(std::optional<T> value, const char* why) noexcept {
        GROVE_ASSERT(value.has_value(), why);
        return *value;
    }

    std::uint64_t m_bits = 0;
};
static_assert(sizeof(Term) == 8);

namespace detail {

struct TupleObject : Header {
    Term* elements() noexcept { return reinterpret_cast<Term*>(this + 1); }
};
struct ConsObject : Header {
    Term head;
    Term tail;
};

} // namespace detail

/// One entry of a map under construction.
struct MapEntry {
    Term key;
    Term value;
};

// Construction. Everything that converts to Term may be given: numbers, bools, text (binaries),
// Atom, Pid, Ref.

/// `tupleOf(terms)`: copies the terms.
[[nodiscard]] Term tupleOf(std::span<const Term> elements) noexcept;
/// Takes the terms out of `elements`, leaving none-terms.
[[nodiscard]] Term tupleFrom(std::span<Term> elements) noexcept;
/// `tuple("add"_atom, 1, "milk")`.
template <class... Values> [[nodiscard]] Term tuple(Values&&... values) noexcept {
    if constexpr (sizeof...(Values) == 0) {
        return tupleFrom({});
    } else {
        Term elements[] = {Term(std::forward<Values>(values))...};
        return tupleFrom(elements);
    }
}
[[nodiscard]] inline Term tuple(std::initializer_list<Term> elements) noexcept {
    return tupleOf({elements.begin(), elements.size()});
}

/// `[head | tail]`.
[[nodiscard]] Term cons(Term head, Term tail) noexcept;
/// A list that ends in `tail`. Copies the terms.
[[nodiscard]] Term listOf(std::span<const Term> elements, Term tail = Term::nil()) noexcept;
[[nodiscard]] Term listFrom(std::span<Term> elements, Term tail = Term::nil()) noexcept;
[[nodiscard]] inline Term list(std::initializer_list<Term> elements = {}) noexcept {
    return listOf({elements.begin(), elements.size()});
}
/// `[a, b | tail]`; `tail` may be anything.
[[nodiscard]] inline Term improperList(std::initializer_list<Term> elements, Term tail) noexcept {
    return listOf({elements.begin(), elements.size()}, std::move(tail));
}
/// Erlang's "text": a list of the characters. Bytes that are no UTF-8 stand for themselves.
[[nodiscard]] Term charlist(std::string_view utf8) noexcept;

/// A map. Of two entries with the same key the last one counts.
///
/// Maps of at most 32 entries are arrays in the order of their keys. Larger ones are trees of 32
/// branches by hash: reading and changing one key touches log32 n nodes, and a changed map shares
/// all others with the old one.
[[nodiscard]] Term mapOf(std::span<const MapEntry> entries) noexcept;
[[nodiscard]] Term mapFrom(std::span<MapEntry> entries) noexcept;
[[nodiscard]] inline Term map(std::initializer_list<MapEntry> entries = {}) noexcept {
    return mapOf({entries.begin(), entries.size()});
}
/// The map with this entry, replacing one of the same key. What nobody else holds is changed in
/// place: `m = mapPut(std::move(m), key, value)` builds without copying. Requires: a map.
[[nodiscard]] Term mapPut(Term map, Term key, Term value) noexcept;
/// The map without this key; the same map if it is not there. In place as mapPut().
/// Requires: a map.
[[nodiscard]] Term mapRemove(Term map, const Term& key) noexcept;

[[nodiscard]] inline Term binary(std::string_view bytes) noexcept {
    return Term(bytes);
}
/// The first `bitCount` bits of `bytes`; bits beyond them are taken as zero.
/// Requires: `bytes` holds that many.
[[nodiscard]] Term bitstring(std::span<const std::uint8_t> bytes, std::size_t bitCount) noexcept;
/// Any magnitude, least significant limb first; becomes a small integer where it fits.
[[nodiscard]] Term bigInteger(bool negative, std::span<const std::uint64_t> limbs) noexcept;

// Order and equality.

/// Erlang's order of all terms: number < atom < reference < fun < port < pid < tuple < map < nil <
/// list < bitstring. Integers and floats compare by exact value. No term (none) comes before all.
/// Does not recurse deeply.
[[nodiscard]] std::weak_ordering compare(const Term& a, const Term& b) noexcept;
/// Erlang's `=:=`: 1 and 1.0 differ.
[[nodiscard]] bool equalsExact(const Term& a, const Term& b) noexcept;
[[nodiscard]] inline std::weak_ordering operator<=>(const Term& a, const Term& b) noexcept {
    return compare(a, b);
}
/// For hash tables of this process; equal (==) terms have equal hashes. Not Erlang's: see phash2.h.
[[nodiscard]] std::size_t hashOf(const Term& term) noexcept;

// Ranges.

class ListRange {
public:
    class Iterator {
    public:
        using value_type = Term;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        using pointer = const Term*;
        using reference = const Term&;

        Iterator() = default;
        explicit Iterator(const Term* at) noexcept : m_at(at) {}
        const Term& operator*() const noexcept { return m_at->head(); }
        const Term* operator->() const noexcept { return &m_at->head(); }
        Iterator& operator++() noexcept {
            m_at = &m_at->tail();
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
            return a.m_at == b.m_at;
        }
        friend bool operator==(const Iterator& a, std::default_sentinel_t) noexcept {
            return !a.m_at->isCons();
        }

    private:
        const Term* m_at = nullptr;
    };

    explicit ListRange(const Term& list) noexcept : m_list(&list) {}
    [[nodiscard]] Iterator begin() const noexcept { return Iterator(m_list); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    const Term* m_list;
};

inline std::span<const Term> Term::elements() const noexcept {
    return isTuple() ? std::span<const Term>(
                           static_cast<detail::TupleObject*>(header())->elements(), header()->size)
                     : std::span<const Term>();
}

inline const Term& Term::element(std::size_t index) const noexcept {
    GROVE_ASSERT(isTuple(), "element() of what is no tuple");
    GROVE_ASSERT(index < header()->size, "the tuple has fewer elements");
    return static_cast<detail::TupleObject*>(header())->elements()[index];
}

inline bool Term::isTagged(Atom tag, std::size_t size) const noexcept {
    return isTuple(size) && size > 0 &&
           static_cast<detail::TupleObject*>(header())->elements()[0].isAtom(tag);
}

inline const Term& Term::head() const noexcept {
    GROVE_ASSERT(isCons(), "head() of what is no list or empty");
    return static_cast<detail::ConsObject*>(header())->head;
}

inline const Term& Term::tail() const noexcept {
    GROVE_ASSERT(isCons(), "tail() of what is no list or empty");
    return static_cast<detail::ConsObject*>(header())->tail;
}

inline ListRange Term::listElements() const noexcept {
    return ListRange(*this);
}

} // namespace grove

template <> struct std::hash<grove::Term> {
    std::size_t operator()(const grove::Term& term) const noexcept { return grove::hashOf(term); }
};

#include <grove/term/map_range.h> // IWYU pragma: export
