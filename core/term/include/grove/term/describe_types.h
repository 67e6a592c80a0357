#pragma once

#include <grove/term/describe_macros.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace grove {

/// The term form of a described struct.
enum class Form : std::uint8_t { Value, Tuple, Map };

/// What went wrong while a term was read, and where.
class Conversion {
public:
    static constexpr int kDepthMax = 1'000;

    /// Returns: false, so that readers can `return conversion.fail(…)`.
    bool fail(std::string message);
    bool failExpected(std::string_view what, const Term& got);
    /// Called on the way out, innermost first.
    bool inField(std::string_view name);
    bool inIndex(std::size_t index);
    bool inKey(const Term& key);
    [[nodiscard]] Error error() &&;

    /// Counts nested structs: a term from outside must not decide how deep the stack gets.
    bool enter() { return m_depth < kDepthMax ? (++m_depth, true) : fail("nested too deeply"); }
    void leave() { --m_depth; }

    /// For readers that try several ways: of those that failed the one that got furthest into the
    /// term.
    struct Tried {
        std::string path;
        std::string message;
    };
    /// Starts the next way.
    void tryNext(Tried& tried);
    /// All ways have failed. Returns: false.
    bool failTries(Tried& tried, const Term& got);

private:
    void inElement(std::string_view element);

    std::string m_path;
    std::string m_message;
    int m_depth = 0;
};

/// Specialise for types that are not structs of fields: static Term toTerm(const T&) and
/// static bool fromTerm(const Term&, T&, Conversion&).
template <class T> struct TermConversion {};

/// One field of a described struct.
struct Field {
    std::string_view name;
    bool mayBeMissing;
    Term (*toTerm)(const void* object);
    bool (*fromTerm)(const Term& term, void* object, Conversion& conversion);
};

/// What is known about a described type; one object per type, so that its address names the type.
struct Description {
    std::string_view
        name; ///< As in the source, without namespaces; empty for types that are not structs.
    Form form;
    std::uint32_t sizeBytes;
    std::span<const Field> fields;
    /// The tag of the tuple form; `undefined` for types that are not structs.
    Atom (*tag)() noexcept;
    Term (*toTerm)(const void* value);
    void (*destroy)(void* value) noexcept;
};

struct EnumeratorName {
    std::string_view name;
    std::int64_t value;
};

namespace detail {

enum class Shape : std::uint8_t {
    None,
    Custom,
    Plain,
    Text,
    Enum,
    Struct,
    Optional,
    Variant,
    Date,
    Duration,
    TimePoint,
    Map,
    Pair,
    Array,
    Sequence,
    Empty
};

/// Stands for a visitor where only the existence of a description is asked.
struct AnyVisitor {
    constexpr void describe(std::string_view, Form) {}
    template <auto member> constexpr void field(std::string_view) {}
};

template <class T>
concept DescribedStruct =
    requires(AnyVisitor& visitor, const T* type) { groveDescribe(visitor, type); };
template <class T>
concept DescribedEnum = std::is_enum_v<T> && requires(const T* type) { groveEnumerators(type); };
template <class T>
concept CustomTerm = requires(const T& value) { TermConversion<T>::toTerm(value); };
template <class T>
concept OptionalLike = requires(T& value) {
    typename T::value_type;
    value.has_value();
    value.reset();
    *value;
};
template <class T>
concept VariantLike = requires(const T& value) {
    value.valueless_by_exception();
    value.index();
};
template <class T>
concept DateLike = requires(const T& value) {
    value.year();
    value.month();
    value.day();
    value.ok();
};
template <class T>
concept DurationLike = requires(const T& value) {
    typename T::rep;
    typename T::period;
    value.count();
};
template <class T>
concept TimePointLike = requires(const T& value) {
    typename T::clock;
    value.time_since_epoch();
};
template <class T>
concept MapLike = requires(const T& value) {
    typename T::mapped_type;
    value.begin();
};
template <class T>
concept PairLike = requires(const T& value) {
    typename T::first_type;
    value.first;
    value.second;
};
template <class T>
concept SequenceLike = requires(const T& value) {
    typename T::value_type;
    value.begin();
    value.end();
};
template <class T>
concept ArrayLike = SequenceLike<T> && requires { std::tuple_size<T>::value; };
template <class T>
concept PlainTerm = std::same_as<T, Term> || std::same_as<T, Atom> || std::same_as<T, Pid> ||
                    std::same_as<T, Ref> || std::same_as<T, bool> || std::same_as<T, double> ||
                    std::same_as<T, float> || TermInteger<T>;

template <class T> consteval Shape shapeOf() {
    if constexpr (CustomTerm<T>) {
        return Shape::Custom;
    } else if constexpr (PlainTerm<T>) {
        return Shape::Plain;
    } else if constexpr (std::same_as<T, std::string>) {
        return Shape::Text;
    } else if constexpr (DescribedStruct<T>) {
        return Shape::Struct;
    } else if constexpr (std::is_enum_v<T>) {
        return DescribedEnum<T> ? Shape::Enum : Shape::None;
    } else if constexpr (!std::is_class_v<T>) {
        return Shape::None;
    } else if constexpr (OptionalLike<T>) {
        return Shape::Optional;
    } else if constexpr (VariantLike<T>) {
        return Shape::Variant;
    } else if constexpr (DateLike<T>) {
        return Shape::Date;
    } else if constexpr (DurationLike<T>) {
        return Shape::Duration;
    } else if constexpr (TimePointLike<T>) {
        return Shape::TimePoint;
    } else if constexpr (MapLike<T>) {
        return Shape::Map;
    } else if constexpr (PairLike<T>) {
        return Shape::Pair;
    } else if constexpr (ArrayLike<T>) {
        return Shape::Array;
    } else if constexpr (SequenceLike<T>) {
        return Shape::Sequence;
    } else if constexpr (std::is_empty_v<T>) {
        return Shape::Empty;
    } else {
        return Shape::None;
    }
}

} // namespace detail

/// A type that has a term form. May be asked as soon as the type is complete; its description only
/// where the class around it is complete too (in function bodies).
template <class T>
concept Describable = detail::shapeOf<T>() != detail::Shape::None;

} // namespace grove
