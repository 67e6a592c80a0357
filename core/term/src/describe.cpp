#include "numbers.h"

#include <grove/term/describe.h>
#include <grove/term/inspect.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace grove {

// Errors

bool Conversion::fail(std::string message) {
    m_message = std::move(message);
    m_path.clear();
    return false;
}

bool Conversion::failExpected(std::string_view what, const Term& got) {
    constexpr std::size_t kShownBytes = 80;
    return fail("expected " + std::string(what) + ", got " +
                toErlang(got, {.bytesMax = kShownBytes}));
}

/// Puts an element in front of the path.
void Conversion::inElement(std::string_view element) {
    const bool joins = !m_path.empty() && m_path.front() != '[';
    m_path.insert(0, std::string(element) + (joins ? "." : ""));
}

bool Conversion::inField(std::string_view name) {
    inElement(name);
    return false;
}

bool Conversion::inIndex(std::size_t index) {
    inElement("[" + std::to_string(index) + "]");
    return false;
}

bool Conversion::inKey(const Term& key) {
    constexpr std::size_t kShownBytes = 80;
    inElement("[" + toErlang(key, {.bytesMax = kShownBytes}) + "]");
    return false;
}

void Conversion::tryNext(Tried& tried) {
    if (m_path.size() > tried.path.size()) {
        tried = {std::move(m_path), std::move(m_message)};
    }
    m_path.clear();
    m_message.clear();
}

bool Conversion::failTries(Tried& tried, const Term& got) {
    tryNext(tried);
    if (tried.path.empty()) {
        return failExpected("one of the alternatives", got);
    }
    m_path = std::move(tried.path);
    m_message = std::move(tried.message);
    return false;
}

Error Conversion::error() && {
    return Error{atoms::badarg, m_path.empty() ? m_message : m_path + ": " + m_message};
}

namespace detail {

Atom snakeAtom(std::string_view camel) {
    const auto isUpper = [](char c) { return c >= 'A' && c <= 'Z'; };
    std::string snake;
    for (std::size_t i = 0; i < camel.size(); ++i) {
        const bool startsWord =
            i > 0 && isUpper(camel[i]) &&
            (!isUpper(camel[i - 1]) || (i + 1 < camel.size() && !isUpper(camel[i + 1])));
        if (startsWord && snake.back() != '_') {
            snake.push_back('_');
        }
        snake.push_back(isUpper(camel[i]) ? static_cast<char>(camel[i] - 'A' + 'a') : camel[i]);
    }
    return atom(snake);
}

// Structs

Term structToTerm(const void* object, Form form, std::span<const Field> fields, const Atom* names) {
    if (form == Form::Map) {
        std::vector<MapEntry> entries;
        entries.reserve(fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
            entries.push_back({names[i + 1], fields[i].toTerm(object)});
        }
        return mapFrom(entries);
    }
    if (fields.empty()) {
        return names[0];
    }
    Term elements[65];
    elements[0] = names[0];
    for (std::size_t i = 0; i < fields.size(); ++i) {
        elements[i + 1] = fields[i].toTerm(object);
    }
    return tupleFrom({elements, fields.size() + 1});
}

namespace {

bool readTuple(const Term& term, void* object, std::span<const Field> fields, const Atom* names,
               Conversion& conversion) {
    const std::string tag(names[0].name());
    if (fields.empty() && term.isAtom(names[0])) {
        return true;
    }
    if (term.tupleSize() == 0 || !term.element(0).isAtom(names[0])) {
        return conversion.failExpected(
            fields.empty() ? tag : "{" + tag + ", … " + std::to_string(fields.size()) + " fields}",
            term);
    }
    const std::size_t given = term.tupleSize() - 1;
    if (given > fields.size()) {
        return conversion.fail(tag + " has " + std::to_string(fields.size()) + " fields, got " +
                               std::to_string(given));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i < given) {
            if (!fields[i].fromTerm(term.element(i + 1), object, conversion)) {
                return conversion.inField(names[i + 1].name());
            }
        } else if (!fields[i].mayBeMissing) {
            conversion.fail("missing");
            return conversion.inField(names[i + 1].name());
        }
    }
    return true;
}

bool readMap(const Term& term, void* object, std::span<const Field> fields, const Atom* names,
             Conversion& conversion) {
    if (!term.isMap()) {
        return conversion.failExpected("a map", term);
    }
    std::size_t known = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const Term* value = term.mapFind(names[i + 1]);
        known += value != nullptr ? 1 : 0;
        if (value == nullptr && !fields[i].mayBeMissing) {
            conversion.fail("missing");
            return conversion.inField(names[i + 1].name());
        }
        if (value != nullptr && !fields[i].fromTerm(*value, object, conversion)) {
            return conversion.inField(names[i + 1].name());
        }
    }
    if (known == term.mapSize()) {
        return true;
    }
    for (const auto& [key, value] : term.mapEntries()) {
        bool isField = false;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            isField = isField || key.isAtom(names[i + 1]);
        }
        if (!isField) {
            conversion.fail("unknown field");
            return conversion.inField(toErlang(key, {.bytesMax = 80}));
        }
    }
    return true;
}

} // namespace

bool structFromTerm(const Term& term, void* object, Form form, std::span<const Field> fields,
                    const Atom* names, Conversion& conversion) {
    return form == Form::Map ? readMap(term, object, fields, names, conversion)
                             : readTuple(term, object, fields, names, conversion);
}

// Enums

Term enumToTerm(std::int64_t value, std::span<const EnumeratorName> names, const Atom* atoms) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].value == value) {
            return atoms[i];
        }
    }
    return Term(value);
}

bool enumFromTerm(const Term& term, std::int64_t& value, std::span<const EnumeratorName> names,
                  const Atom* atoms, Conversion& conversion) {
    std::string choices;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (term.isAtom(atoms[i])) {
            value = names[i].value;
            return true;
        }
        choices += (i == 0                  ? ""
                    : i + 1 == names.size() ? " or "
                                            : ", ") +
                   std::string(atoms[i].name());
    }
    return conversion.failExpected(choices, term);
}

// Plain values

bool plainFromTerm(const Term& term, Term& value, Conversion&) {
    value = term;
    return true;
}

namespace {

template <class T>
bool assign(std::optional<T> read, T& value, std::string_view what, const Term& term,
            Conversion& conversion) {
    if (!read) {
        return conversion.failExpected(what, term);
    }
    value = *read;
    return true;
}

} // namespace

bool plainFromTerm(const Term& term, Atom& value, Conversion& conversion) {
    return assign(term.asAtom(), value, "an atom", term, conversion);
}
bool plainFromTerm(const Term& term, Pid& value, Conversion& conversion) {
    return assign(term.asPid(), value, "a pid", term, conversion);
}
bool plainFromTerm(const Term& term, Ref& value, Conversion& conversion) {
    return assign(term.asRef(), value, "a reference", term, conversion);
}
bool plainFromTerm(const Term& term, bool& value, Conversion& conversion) {
    return assign(term.asBool(), value, "true or false", term, conversion);
}
bool plainFromTerm(const Term& term, double& value, Conversion& conversion) {
    using Limits = std::numeric_limits<double>;
    for (const double special : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        if (term.isAtom() && equalsExact(term, doubleToTerm(special))) {
            value = special;
            return true;
        }
    }
    return assign(numbers::toDouble(term), value, "a number", term, conversion);
}

bool textFromTerm(const Term& term, std::string& value, Conversion& conversion) {
    const auto bytes = term.asBinary();
    if (!bytes) {
        return conversion.failExpected("a binary", term);
    }
    value.assign(*bytes);
    return true;
}

bool signedFromTerm(const Term& term, std::int64_t& value, std::int64_t min, std::int64_t max,
                    Conversion& conversion) {
    const auto read = term.asInt();
    if (!read || *read < min || *read > max) {
        return conversion.failExpected(term.isInteger() ? "an integer from " + std::to_string(min) +
                                                              " to " + std::to_string(max)
                                                        : "an integer",
                                       term);
    }
    value = *read;
    return true;
}

bool unsignedFromTerm(const Term& term, std::uint64_t& value, std::uint64_t max,
                      Conversion& conversion) {
    const auto read = term.asUint();
    if (!read || *read > max) {
        return conversion.failExpected(
            term.isInteger() ? "an integer from 0 to " + std::to_string(max) : "an integer", term);
    }
    value = *read;
    return true;
}

Term doubleToTerm(double value) {
    using namespace literals;
    if (std::isnan(value)) {
        return "nan"_atom;
    }
    if (std::isinf(value)) {
        return value > 0 ? "infinity"_atom : "-infinity"_atom;
    }
    return Term(value);
}

Term dateToTerm(int year, unsigned month, unsigned day) {
    return tuple(atoms::date, year, month, day);
}

bool dateFromTerm(const Term& term, int& year, unsigned& month, unsigned& day,
                  Conversion& conversion) {
    std::int64_t readYear = 0;
    std::uint64_t readMonth = 0;
    std::uint64_t readDay = 0;
    constexpr std::int64_t kYearMax = 32'767;
    if (!term.isTagged(atoms::date, 4) ||
        !signedFromTerm(term.element(1), readYear, -kYearMax, kYearMax, conversion) ||
        !unsignedFromTerm(term.element(2), readMonth, 12, conversion) ||
        !unsignedFromTerm(term.element(3), readDay, 31, conversion)) {
        return conversion.failExpected("{date, Year, Month, Day}", term);
    }
    year = static_cast<int>(readYear);
    month = static_cast<unsigned>(readMonth);
    day = static_cast<unsigned>(readDay);
    return true;
}

// Collections

struct TermCollector::State {
    std::vector<Term> terms;
};

TermCollector::TermCollector() : m_state(std::make_unique<State>()) {}
TermCollector::~TermCollector() = default;

void TermCollector::add(Term term) {
    m_state->terms.push_back(std::move(term));
}

Term TermCollector::takeList() {
    return listFrom(m_state->terms);
}

Term TermCollector::takeMap() {
    std::vector<MapEntry> entries;
    entries.reserve(m_state->terms.size() / 2);
    for (std::size_t i = 0; i + 1 < m_state->terms.size(); i += 2) {
        entries.push_back({std::move(m_state->terms[i]), std::move(m_state->terms[i + 1])});
    }
    return mapFrom(entries);
}

} // namespace detail
} // namespace grove
