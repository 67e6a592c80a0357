#pragma once

#include <grove/term/describe_convert.h>
#include <grove/term/describe_types.h>

#include <utility>

/// Described structs: one line inside a struct gives conversion to and from terms, both ways.
///
///     struct AddEntry {
///         OperationId id;
///         Entry entry;
///         GROVE_FIELDS(AddEntry, id, entry)       // {add_entry, Id, Entry}
///     };
///     struct Entry {
///         std::string title;
///         std::optional<Date> date;
///         int stars = 0;
///         GROVE_MAP_FIELDS(Entry, title, date, stars)   // #{title => …, date => …, stars => …}
///         GROVE_DEFAULTED(stars)                        // added later: old terms read as 0 stars
///     };
///
/// - GROVE_FIELDS: a tuple tagged with the struct's name in snake_case, the form of messages; a
/// struct without
///   fields is the bare atom. GROVE_MAP_FIELDS: a map, the form of states and records.
///   GROVE_DESCRIBE and GROVE_DESCRIBE_MAP do the same from outside, in the namespace of a struct
///   that cannot be changed.
/// - GROVE_ENUM(Type, A, B) in the namespace of an enum makes its values atoms (OneForOne:
/// one_for_one); GROVE_MEMBER_ENUM
///   does so inside the class that the enum is nested in.
/// - Fields may be: bool, integers, floats, described enums and structs, text (binaries), Term,
/// Atom, Pid, Ref,
///   optional (nil; undefined reads too), vector and other sequences (lists), arrays (lists of that
///   length), maps, pairs (tuples), variants (the first alternative that fits), year_month_day
///   ({date, Y, M, D}), durations and time points (a count of their own unit), empty structs (nil),
///   and what TermConversion is specialised for. Floats that are no numbers are the atoms nan,
///   infinity and '-infinity'. Functions travel by name only (function.h): as a Term.
/// - Reading: a missing field is an error unless it is an optional or named in GROVE_DEFAULTED (in
/// tuples only at the
///   end); an unknown one is an error always. Errors name the path: `entry.tags[2]: expected a
///   binary, got 7`; that of a variant is its alternative's that got furthest.
namespace grove {

namespace detail {

template <class T> struct DescriptionOf {
    static consteval Description make() {
        Description made{
            .name = {},
            .form = Form::Value,
            .sizeBytes = sizeof(T),
            .fields = {},
            .tag = []() noexcept { return atoms::undefined; },
            .toTerm = [](const void* value) { return convertTo(*static_cast<const T*>(value)); },
            .destroy = [](void* value) noexcept { static_cast<T*>(value)->~T(); }};
        if constexpr (shapeOf<T>() == Shape::Struct) {
            made.name = StructTraits<T>::kShape.name;
            made.form = StructTraits<T>::kShape.form;
            made.fields = StructTraits<T>::kFields;
            made.tag = []() noexcept { return StructTraits<T>::names()[0]; };
        }
        return made;
    }
    static constexpr Description kValue = make();
};

} // namespace detail

/// The one description of this type.
template <Describable T> [[nodiscard]] constexpr const Description& descriptionOf() noexcept {
    return detail::DescriptionOf<T>::kValue;
}

/// The term form of a value.
template <Describable T> [[nodiscard]] Term toTerm(const T& value) {
    return detail::convertTo(value);
}

/// Reads a value from its term form.
/// Errors: badarg, with the path to what does not fit and why.
template <Describable T> [[nodiscard]] Result<T> fromTerm(const Term& term) {
    Result<T> result{T{}};
    Conversion conversion;
    if (!detail::convertFrom(term, *result, conversion)) {
        return std::unexpected(std::move(conversion).error());
    }
    return result;
}

} // namespace grove
