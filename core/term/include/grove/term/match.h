#pragma once

#include <grove/term/term.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Pattern matching on terms, as in Erlang's function heads:
///
///     using namespace grove::patterns;
///     std::int64_t id = 0;
///     std::string_view title;
///     if (match(message, tuple_("add"_atom, bind(id), bind(title), _))) { … }
///
///     const auto isDown = tuple_("DOWN"_atom, ref, "process"_atom, _, _);   // a value, for
///     selective receive: if (isDown(message)) { … }
///
/// A pattern is a literal (atom, number, bool, text, pid, reference, Term: compared exactly, as
/// `=:=`), `_`, bind(variable), any<Kind>, when(pattern, predicate), as(variable, pattern), or
/// tuple_, list_, cons_ and map_ of patterns. Patterns are plain values without heap; text and
/// Terms in them are borrowed or copied as given. Variables are written while matching goes on:
/// read them only after a match.
namespace grove::patterns {

template <class Derived> struct Pattern {
    [[nodiscard]] bool operator()(const Term& term) const {
        return static_cast<const Derived&>(*this).matches(term);
    }
};

template <class T>
concept IsPattern = std::derived_from<T, Pattern<T>>;

/// Fits everything.
struct Anything : Pattern<Anything> {
    [[nodiscard]] static bool matches(const Term&) noexcept { return true; }
};
inline constexpr Anything _{};

/// Fits exactly this value.
template <class T> struct Literal : Pattern<Literal<T>> {
    explicit constexpr Literal(T literal) : value(std::move(literal)) {}
    [[nodiscard]] bool matches(const Term& term) const noexcept {
        if constexpr (std::same_as<T, std::string_view>) {
            return term.asBinary() == value;
        } else if constexpr (std::same_as<T, double>) {
            return term.asFloat() == value;
        } else if constexpr (std::same_as<T, Term>) {
            return equalsExact(term, value);
        } else if constexpr (TermInteger<T> && std::is_unsigned_v<T>) {
            return term.asUint() == value;
        } else if constexpr (TermInteger<T>) {
            return term.asInt() == value;
        } else {
            return term.isSame(Term(value)); // immediate
        }
    }
    T value;
};

/// Patterns stay what they are; values become literals.
template <class T> [[nodiscard]] constexpr auto pattern(T&& value) {
    using Value = std::remove_cvref_t<T>;
    if constexpr (IsPattern<Value>) {
        return Value(std::forward<T>(value));
    } else if constexpr (std::same_as<Value, Term>) {
        return Literal<Term>(std::forward<T>(value));
    } else if constexpr (std::convertible_to<const Value&, std::string_view>) {
        return Literal<std::string_view>(std::string_view(value));
    } else {
        return Literal<Value>(value);
    }
}
template <class T> using PatternOf = decltype(pattern(std::declval<T>()));

/// Reads a term into a variable of a plain type.
/// Returns: false if the term is of another kind or out of the variable's range.
template <class T> [[nodiscard]] bool readInto(const Term& term, T& variable) {
    const auto assign = [&](const auto& read) {
        if (read) {
            variable = static_cast<T>(*read);
        }
        return read.has_value();
    };
    if constexpr (std::same_as<T, Term>) {
        variable = term;
        return true;
    } else if constexpr (std::same_as<T, const Term*>) {
        variable = &term;
        return true;
    } else if constexpr (std::same_as<T, Atom>) {
        return assign(term.asAtom());
    } else if constexpr (std::same_as<T, Pid>) {
        return assign(term.asPid());
    } else if constexpr (std::same_as<T, Ref>) {
        return assign(term.asRef());
    } else if constexpr (std::same_as<T, bool>) {
        return assign(term.asBool());
    } else if constexpr (std::same_as<T, double>) {
        return assign(term.asFloat());
    } else if constexpr (TermInteger<T> && std::is_unsigned_v<T>) {
        const auto read = term.asUint();
        return read && std::in_range<T>(*read) && assign(read);
    } else if constexpr (TermInteger<T>) {
        const auto read = term.asInt();
        return read && std::in_range<T>(*read) && assign(read);
    } else {
        static_assert(std::same_as<T, std::string_view> || std::same_as<T, std::string>,
                      "bind() takes Term, Atom, Pid, Ref, bool, integers, double, std::string or "
                      "string_view");
        return assign(term.asBinary());
    }
}

/// Fits a value of the variable's kind and stores it there. A string_view or `const Term*` is
/// borrowed from the term.
template <class T> struct Binding : Pattern<Binding<T>> {
    explicit constexpr Binding(T& target) : variable(&target) {}
    [[nodiscard]] bool matches(const Term& term) const { return readInto(term, *variable); }
    T* variable;
};
template <class T> [[nodiscard]] constexpr Binding<T> bind(T& variable) {
    return Binding<T>(variable);
}

/// Fits a value of this kind: any<Pid>, any<std::string_view> (a binary), any<std::int64_t>.
template <class T> struct AnyOf : Pattern<AnyOf<T>> {
    [[nodiscard]] static bool matches(const Term& term) {
        T ignored{};
        return readInto(term, ignored);
    }
};
template <class T> inline constexpr AnyOf<T> any{};

/// Fits what the pattern fits and the predicate (of a const Term&) accepts.
template <class Inner, class Predicate> struct When : Pattern<When<Inner, Predicate>> {
    constexpr When(Inner fits, Predicate accepts)
        : inner(std::move(fits)), predicate(std::move(accepts)) {}
    [[nodiscard]] bool matches(const Term& term) const { return inner(term) && predicate(term); }
    Inner inner;
    Predicate predicate;
};
template <class Inner, class Predicate>
[[nodiscard]] constexpr auto when(Inner&& inner, Predicate predicate) {
    return When<PatternOf<Inner>, Predicate>(pattern(std::forward<Inner>(inner)),
                                             std::move(predicate));
}

/// Stores the whole of what the pattern fits.
template <class Inner> struct As : Pattern<As<Inner>> {
    constexpr As(Term& target, Inner fits) : variable(&target), inner(std::move(fits)) {}
    [[nodiscard]] bool matches(const Term& term) const {
        const bool fits = inner(term);
        if (fits) {
            *variable = term;
        }
        return fits;
    }
    Term* variable;
    Inner inner;
};
template <class Inner> [[nodiscard]] constexpr auto as(Term& variable, Inner&& inner) {
    return As<PatternOf<Inner>>(variable, pattern(std::forward<Inner>(inner)));
}

namespace detail {

/// A row of patterns; a plain recursive struct compiles faster than std::tuple.
template <class... Patterns> struct Row {};
template <class First, class... Rest> struct Row<First, Rest...> {
    constexpr Row(First firstPattern, Rest... restPatterns)
        : first(std::move(firstPattern)), rest(std::move(restPatterns)...) {}
    First first;
    [[no_unique_address]] Row<Rest...> rest;
};

inline bool matchElements(const Row<>&, const Term*) {
    return true;
}
template <class First, class... Rest>
bool matchElements(const Row<First, Rest...>& row, const Term* at) {
    return row.first(*at) && matchElements(row.rest, at + 1);
}
inline bool matchList(const Row<>&, const Term& rest) {
    return rest.isNil();
}
template <class First, class... Rest>
bool matchList(const Row<First, Rest...>& row, const Term& list) {
    return list.isCons() && row.first(list.head()) && matchList(row.rest, list.tail());
}
inline bool matchMap(const Row<>&, const Term&) {
    return true;
}
template <class Value, class... Rest>
bool matchMap(const Row<Term, Value, Rest...>& row, const Term& map) {
    const Term* found = map.mapFind(row.first);
    return found != nullptr && row.rest.first(*found) && matchMap(row.rest.rest, map);
}

} // namespace detail

/// Fits a tuple of exactly these elements.
template <class... Patterns> struct TuplePattern : Pattern<TuplePattern<Patterns...>> {
    explicit constexpr TuplePattern(Patterns... patterns) : row(std::move(patterns)...) {}
    [[nodiscard]] bool matches(const Term& term) const {
        return term.isTuple(sizeof...(Patterns)) &&
               detail::matchElements(row, term.elements().data());
    }
    detail::Row<Patterns...> row;
};
template <class... Values> [[nodiscard]] constexpr auto tuple_(Values&&... values) {
    return TuplePattern<PatternOf<Values>...>(pattern(std::forward<Values>(values))...);
}

/// Fits a list of exactly these elements.
template <class... Patterns> struct ListPattern : Pattern<ListPattern<Patterns...>> {
    explicit constexpr ListPattern(Patterns... patterns) : row(std::move(patterns)...) {}
    [[nodiscard]] bool matches(const Term& term) const { return detail::matchList(row, term); }
    detail::Row<Patterns...> row;
};
template <class... Values> [[nodiscard]] constexpr auto list_(Values&&... values) {
    return ListPattern<PatternOf<Values>...>(pattern(std::forward<Values>(values))...);
}

/// Fits `[Head | Tail]`.
template <class Head, class Tail> struct ConsPattern : Pattern<ConsPattern<Head, Tail>> {
    constexpr ConsPattern(Head first, Tail rest) : head(std::move(first)), tail(std::move(rest)) {}
    [[nodiscard]] bool matches(const Term& term) const {
        return term.isCons() && head(term.head()) && tail(term.tail());
    }
    Head head;
    Tail tail;
};
template <class Head, class Tail> [[nodiscard]] constexpr auto cons_(Head&& head, Tail&& tail) {
    return ConsPattern<PatternOf<Head>, PatternOf<Tail>>(pattern(std::forward<Head>(head)),
                                                         pattern(std::forward<Tail>(tail)));
}

/// Fits a map that has at least these keys: map_("id"_atom, bind(id), "done"_atom, true).
template <class... KeysAndPatterns> struct MapPattern : Pattern<MapPattern<KeysAndPatterns...>> {
    explicit MapPattern(KeysAndPatterns... parts) : row(std::move(parts)...) {}
    [[nodiscard]] bool matches(const Term& term) const {
        return term.isMap() && detail::matchMap(row, term);
    }
    detail::Row<KeysAndPatterns...> row;
};

namespace detail {

template <std::size_t index, class T> [[nodiscard]] auto mapPart(T&& part) {
    if constexpr (index % 2 == 0) {
        return Term(std::forward<T>(part));
    } else {
        return pattern(std::forward<T>(part));
    }
}
template <std::size_t... indices, class... Parts>
[[nodiscard]] auto mapPattern(std::index_sequence<indices...>, Parts&&... parts) {
    return MapPattern<decltype(mapPart<indices>(std::forward<Parts>(parts)))...>(
        mapPart<indices>(std::forward<Parts>(parts))...);
}

} // namespace detail

template <class... KeysAndValues> [[nodiscard]] auto map_(KeysAndValues&&... parts) {
    static_assert(sizeof...(KeysAndValues) % 2 == 0, "map_ takes keys and patterns in turn");
    return detail::mapPattern(std::index_sequence_for<KeysAndValues...>(),
                              std::forward<KeysAndValues>(parts)...);
}

} // namespace grove::patterns

namespace grove {

/// Whether the term fits; see the top of this header.
template <class Pattern> [[nodiscard]] bool match(const Term& term, const Pattern& pattern) {
    return patterns::pattern(pattern)(term);
}

} // namespace grove
