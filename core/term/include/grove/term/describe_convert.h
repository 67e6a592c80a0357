#pragma once

#include <grove/term/describe_types.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// How described types become terms and back: the templates behind describe.h. What does not depend
/// on the type is compiled once, in describe.cpp.
namespace grove::detail {

/// The last part of a qualified name.
constexpr std::string_view bareName(std::string_view name) {
    const auto at = name.rfind(':');
    return at == std::string_view::npos ? name : name.substr(at + 1);
}
/// AddEntry: add_entry; lastSeen: last_seen.
[[nodiscard]] Atom snakeAtom(std::string_view camel);
[[nodiscard]] Term structToTerm(const void* object, Form form, std::span<const Field> fields,
                                const Atom* names);
/// names: the tag, then the fields' names.
[[nodiscard]] bool structFromTerm(const Term& term, void* object, Form form,
                                  std::span<const Field> fields, const Atom* names,
                                  Conversion& conversion);
[[nodiscard]] Term enumToTerm(std::int64_t value, std::span<const EnumeratorName> names,
                              const Atom* atoms);
[[nodiscard]] bool enumFromTerm(const Term& term, std::int64_t& value,
                                std::span<const EnumeratorName> names, const Atom* atoms,
                                Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, Term& value, Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, Atom& value, Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, Pid& value, Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, Ref& value, Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, bool& value, Conversion& conversion);
[[nodiscard]] bool plainFromTerm(const Term& term, double& value, Conversion& conversion);
[[nodiscard]] bool textFromTerm(const Term& term, std::string& value, Conversion& conversion);
[[nodiscard]] bool signedFromTerm(const Term& term, std::int64_t& value, std::int64_t min,
                                  std::int64_t max, Conversion& conversion);
[[nodiscard]] bool unsignedFromTerm(const Term& term, std::uint64_t& value, std::uint64_t max,
                                    Conversion& conversion);
/// What is no number in Erlang becomes an atom: nan, infinity, '-infinity'.
[[nodiscard]] Term doubleToTerm(double value);
[[nodiscard]] Term dateToTerm(int year, unsigned month, unsigned day);
[[nodiscard]] bool dateFromTerm(const Term& term, int& year, unsigned& month, unsigned& day,
                                Conversion& conversion);
/// Collects terms for a list or map; keeps <vector> out of this header.
class TermCollector {
public:
    TermCollector();
    ~TermCollector();
    TermCollector(const TermCollector&) = delete;
    TermCollector& operator=(const TermCollector&) = delete;
    void add(Term term);
    [[nodiscard]] Term takeList();
    [[nodiscard]] Term takeMap(); ///< Key, value, key, value, …

private:
    struct State;
    std::unique_ptr<State> m_state;
};

template <class T> [[nodiscard]] Term convertTo(const T& value);
template <class T>
[[nodiscard]] bool convertFrom(const Term& term, T& value, Conversion& conversion);

template <class T> struct StructTraits {
    struct Counter {
        std::size_t count = 0;
        std::string_view name;
        Form form = Form::Value;
        constexpr void describe(std::string_view structName, Form structForm) {
            name = bareName(structName);
            form = structForm;
        }
        template <auto member> constexpr void field(std::string_view) { ++count; }
    };
    static consteval Counter count() {
        Counter counter;
        groveDescribe(counter, static_cast<const T*>(nullptr));
        return counter;
    }
    static constexpr Counter kShape = count();
    static constexpr std::size_t kCount = kShape.count;
    static_assert(kCount <= 64, "a described struct has at most 64 fields");

    struct Collector {
        std::array<Field, kCount> fields{};
        std::size_t at = 0;
        constexpr void describe(std::string_view, Form) {}
        template <auto member> constexpr void field(std::string_view name) {
            using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member)>;
            static_assert(shapeOf<Member>() != Shape::None, "this field's type has no term form");
            bool mayBeMissing = OptionalLike<Member>;
            if constexpr (requires { T::groveDefaulted(name); }) {
                mayBeMissing = mayBeMissing || T::groveDefaulted(name);
            }
            fields[at++] =
                Field{name, mayBeMissing,
                      [](const void* object) {
                          return convertTo(static_cast<const T*>(object)->*member);
                      },
                      [](const Term& term, void* object, Conversion& conversion) {
                          return convertFrom(term, static_cast<T*>(object)->*member, conversion);
                      }};
        }
    };
    static consteval std::array<Field, kCount> collect() {
        Collector collector;
        groveDescribe(collector, static_cast<const T*>(nullptr));
        return collector.fields;
    }
    static constexpr std::array<Field, kCount> kFields = collect();

    /// The tag, then the fields' names.
    static const Atom* names() {
        static const std::array<Atom, kCount + 1> made = [] {
            std::array<Atom, kCount + 1> atoms;
            atoms[0] = snakeAtom(kShape.name);
            for (std::size_t i = 0; i < kCount; ++i) {
                atoms[i + 1] = snakeAtom(kFields[i].name);
            }
            return atoms;
        }();
        return made.data();
    }
};

template <class T> struct EnumTraits {
    static constexpr std::span<const EnumeratorName> kNames =
        groveEnumerators(static_cast<const T*>(nullptr));
    static const Atom* names() {
        static const auto made = [] {
            std::array<Atom, kNames.size()> atoms;
            for (std::size_t i = 0; i < kNames.size(); ++i) {
                atoms[i] = snakeAtom(kNames[i].name);
            }
            return atoms;
        }();
        return made.data();
    }
};

template <class T> Term sequenceToTerm(const T& values) {
    TermCollector collector;
    for (const auto& value : values) {
        collector.add(convertTo<typename T::value_type>(value));
    }
    return collector.takeList();
}

template <class T> Term mapToTerm(const T& values) {
    TermCollector collector;
    for (const auto& [key, value] : values) {
        collector.add(convertTo(key));
        collector.add(convertTo(value));
    }
    return collector.takeMap();
}

template <class T> Term convertTo(const T& value) {
    constexpr Shape shape = shapeOf<T>();
    static_assert(shape != Shape::None,
                  "this type has no term form: describe it (grove/term/describe.h)");
    if constexpr (shape == Shape::Custom) {
        return TermConversion<T>::toTerm(value);
    } else if constexpr (std::is_floating_point_v<T>) {
        return doubleToTerm(static_cast<double>(value));
    } else if constexpr (shape == Shape::Plain) {
        return Term(value);
    } else if constexpr (shape == Shape::Text) {
        return Term(std::string_view(value));
    } else if constexpr (shape == Shape::Struct) {
        using Traits = StructTraits<T>;
        return structToTerm(&value, Traits::kShape.form, Traits::kFields, Traits::names());
    } else if constexpr (shape == Shape::Enum) {
        return enumToTerm(static_cast<std::int64_t>(value), EnumTraits<T>::kNames,
                          EnumTraits<T>::names());
    } else if constexpr (shape == Shape::Optional) {
        return value.has_value() ? convertTo<typename T::value_type>(*value) : Term(atoms::nil);
    } else if constexpr (shape == Shape::Variant) {
        return visit([](const auto& alternative) { return convertTo(alternative); }, value);
    } else if constexpr (shape == Shape::Date) {
        return dateToTerm(static_cast<int>(value.year()), static_cast<unsigned>(value.month()),
                          static_cast<unsigned>(value.day()));
    } else if constexpr (shape == Shape::Duration) {
        return convertTo(value.count());
    } else if constexpr (shape == Shape::TimePoint) {
        return convertTo(value.time_since_epoch().count());
    } else if constexpr (shape == Shape::Map) {
        return mapToTerm(value);
    } else if constexpr (shape == Shape::Pair) {
        return tuple(convertTo(value.first), convertTo(value.second));
    } else if constexpr (shape == Shape::Array || shape == Shape::Sequence) {
        return sequenceToTerm(value);
    } else {
        return Term(atoms::nil);
    }
}

template <class T> bool integerFrom(const Term& term, T& value, Conversion& conversion) {
    if constexpr (std::is_signed_v<T>) {
        std::int64_t read = 0;
        if (!signedFromTerm(term, read, std::numeric_limits<T>::min(),
                            std::numeric_limits<T>::max(), conversion)) {
            return false;
        }
        value = static_cast<T>(read);
    } else {
        std::uint64_t read = 0;
        if (!unsignedFromTerm(term, read, std::numeric_limits<T>::max(), conversion)) {
            return false;
        }
        value = static_cast<T>(read);
    }
    return true;
}

template <class T> bool plainFrom(const Term& term, T& value, Conversion& conversion) {
    if constexpr (TermInteger<T>) {
        return integerFrom(term, value, conversion);
    } else if constexpr (std::same_as<T, float>) {
        double read = 0;
        if (!plainFromTerm(term, read, conversion)) {
            return false;
        }
        value = static_cast<float>(read);
        return std::isfinite(value) == std::isfinite(read) ||
               conversion.failExpected("a number that fits into 32 bits", term);
    } else {
        return plainFromTerm(term, value, conversion);
    }
}

template <class T> bool sequenceFrom(const Term& term, T& value, Conversion& conversion) {
    if (!term.listLength()) {
        return conversion.failExpected("a list", term);
    }
    value = T();
    std::size_t index = 0;
    for (const Term& element : term.listElements()) {
        typename T::value_type read{};
        if (!convertFrom(element, read, conversion)) {
            return conversion.inIndex(index);
        }
        if constexpr (requires { value.push_back(std::move(read)); }) {
            value.push_back(std::move(read));
        } else {
            value.insert(std::move(read));
        }
        ++index;
    }
    return true;
}

/// A list of as many elements as the array has.
template <class T> bool arrayFrom(const Term& term, T& value, Conversion& conversion) {
    if (term.listLength() != value.size()) {
        return conversion.failExpected("a list of " + std::to_string(value.size()), term);
    }
    std::size_t index = 0;
    for (const Term& element : term.listElements()) {
        if (!convertFrom(element, value[index], conversion)) {
            return conversion.inIndex(index);
        }
        ++index;
    }
    return true;
}

template <class T> bool mapFrom(const Term& term, T& value, Conversion& conversion) {
    if (!term.isMap()) {
        return conversion.failExpected("a map", term);
    }
    value = T();
    for (const auto& [key, mapped] : term.mapEntries()) {
        typename T::key_type readKey{};
        typename T::mapped_type readValue{};
        if (!convertFrom(key, readKey, conversion) || !convertFrom(mapped, readValue, conversion)) {
            return conversion.inKey(key);
        }
        value.insert_or_assign(std::move(readKey), std::move(readValue));
    }
    return true;
}

template <template <class...> class Variant, class... Alternatives>
bool variantFrom(const Term& term, Variant<Alternatives...>& value, Conversion& conversion) {
    Conversion::Tried tried;
    const auto attempt = [&]<class Alternative>(std::type_identity<Alternative>) {
        Alternative read{};
        conversion.tryNext(tried);
        if (!convertFrom(term, read, conversion)) {
            return false;
        }
        value = std::move(read);
        return true;
    };
    return (attempt(std::type_identity<Alternatives>()) || ...) ||
           conversion.failTries(tried, term);
}

template <class T> bool dateFrom(const Term& term, T& value, Conversion& conversion) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!dateFromTerm(term, year, month, day, conversion)) {
        return false;
    }
    using Year = decltype(value.year());
    using Month = decltype(value.month());
    using Day = decltype(value.day());
    value = T(Year(year), Month(month), Day(day));
    return value.ok() || conversion.failExpected("a date that exists", term);
}

template <class T> bool pairFrom(const Term& term, T& value, Conversion& conversion) {
    if (!term.isTuple(2)) {
        return conversion.failExpected("a tuple of 2", term);
    }
    if (!convertFrom(term.element(0), value.first, conversion)) {
        return conversion.inIndex(0);
    }
    return convertFrom(term.element(1), value.second, conversion) || conversion.inIndex(1);
}

template <class T> bool optionalFrom(const Term& term, T& value, Conversion& conversion) {
    if (term.isAtom(atoms::nil) || term.isAtom(atoms::undefined)) {
        value.reset();
        return true;
    }
    typename T::value_type read{};
    if (!convertFrom(term, read, conversion)) {
        return false;
    }
    value = std::move(read);
    return true;
}

template <class T> bool structFrom(const Term& term, T& value, Conversion& conversion) {
    using Traits = StructTraits<T>;
    if (!conversion.enter()) {
        return false;
    }
    const bool good = structFromTerm(term, &value, Traits::kShape.form, Traits::kFields,
                                     Traits::names(), conversion);
    conversion.leave();
    return good;
}

template <class T> bool convertFrom(const Term& term, T& value, Conversion& conversion) {
    constexpr Shape shape = shapeOf<T>();
    static_assert(shape != Shape::None,
                  "this type has no term form: describe it (grove/term/describe.h)");
    if constexpr (shape == Shape::Custom) {
        return TermConversion<T>::fromTerm(term, value, conversion);
    } else if constexpr (shape == Shape::Plain) {
        return plainFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Text) {
        return textFromTerm(term, value, conversion);
    } else if constexpr (shape == Shape::Struct) {
        return structFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Enum) {
        std::int64_t read = 0;
        const bool good =
            enumFromTerm(term, read, EnumTraits<T>::kNames, EnumTraits<T>::names(), conversion);
        value = good ? static_cast<T>(read) : value;
        return good;
    } else if constexpr (shape == Shape::Optional) {
        return optionalFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Variant) {
        return variantFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Date) {
        return dateFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Duration) {
        typename T::rep count{};
        const bool good = convertFrom(term, count, conversion);
        value = good ? T(count) : value;
        return good;
    } else if constexpr (shape == Shape::TimePoint) {
        typename T::duration sinceEpoch{};
        const bool good = convertFrom(term, sinceEpoch, conversion);
        value = good ? T(sinceEpoch) : value;
        return good;
    } else if constexpr (shape == Shape::Map) {
        return mapFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Pair) {
        return pairFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Array) {
        return arrayFrom(term, value, conversion);
    } else if constexpr (shape == Shape::Sequence) {
        return sequenceFrom(term, value, conversion);
    } else {
        return term.isAtom(atoms::nil) || conversion.failExpected("nil", term);
    }
}

} // namespace grove::detail
