#include "table_looks.h"
#include "use.h"

#include <grove/ets/ets.h>
#include <grove/term/arithmetic.h>
#include <grove/term/in_place.h>

#include <algorithm>

namespace grove::ets {

namespace {

/// {Pos, Incr} or {Pos, Incr, Threshold, SetValue}.
struct Operation {
    std::size_t position; // from 1
    Term increment;
    Term threshold; // none: no limit
    Term setValue;

    [[nodiscard]] Term applied(const Term& value) const {
        Term result = arithmetic::add(value, increment).value_or(Term());
        if (result.isNone())
            badarg(); // an integer beyond all bounds
        if (threshold.isNone())
            return result;
        const bool isUp = increment >= Term(0);
        const bool isOver = isUp ? result > threshold : result < threshold;
        return isOver ? setValue : result;
    }
};

/// Raises badarg for what is none, or would change the key.
Operation operationOf(const Table& table, const Term& term) {
    if (!term.isTuple(2) && !term.isTuple(4))
        badarg();
    const auto position = term.element(0).asInt();
    if (!position || *position < 1 || std::cmp_equal(*position, table.keypos))
        badarg();
    for (const Term& number : term.elements().subspan(1))
        if (!number.isInteger())
            badarg();
    Operation made{static_cast<std::size_t>(*position), term.element(1), {}, {}};
    if (term.isTuple(4)) {
        made.threshold = term.element(2);
        made.setValue = term.element(3);
    }
    return made;
}

struct Operations {
    std::vector<Operation> all;
    bool isList = false; // so is the answer
};

Operations operationsOf(const Table& table, const Term& term) {
    if (term.isInteger())
        return {{{table.keypos + 1, term, {}, {}}}, false};
    if (term.isTuple())
        return {{operationOf(table, term)}, false};
    if (!term.listLength())
        badarg();
    Operations made{{}, true};
    for (const Term& each : term.listElements())
        made.all.push_back(operationOf(table, each));
    return made;
}

/// Changes an object's elements. Returns: their new values.
std::vector<Term> apply(const Operations& operations, std::vector<Term>& elements) {
    std::vector<Term> results;
    for (const Operation& each : operations.all) {
        if (each.position > elements.size() || !elements[each.position - 1].isInteger())
            badarg();
        Term& element = elements[each.position - 1];
        element = each.applied(element);
        results.push_back(element);
    }
    return results;
}

/// What is added by the plainest of operations, to the element behind the first.
std::optional<std::int64_t> plainIncrement(const Table& table, const Term& operation) {
    if (table.keypos != 1)
        return std::nullopt;
    if (operation.isSmallInteger())
        return operation.toInt();
    if (operation.isTuple(2) && operation.element(0).isSame(Term(2)) &&
        operation.element(1).isSmallInteger())
        return operation.element(1).toInt();
    return std::nullopt;
}

/// Adds to a counter that lies in its table as such: by no lock. Returns: none where it does not.
[[gnu::always_inline]] inline Term addedInPlace(const Term& id, const Term& key,
                                                const Term& operation, const Term* defaultObject) {
    const Pin pin;
    Table* const table = Tables::findHere(id);
    if (table == nullptr || !table->mayWrite() || table->isBag() ||
        (defaultObject != nullptr && table->keyOf(*defaultObject) == nullptr))
        badarg();
    const auto by = plainIncrement(*table, operation);
    return by ? table->add(key, *by) : Term();
}

[[gnu::noinline]] Term updateLocked(const Term& id, const Term& key, const Term& operations,
                                    const Term* defaultObject) {
    Changing change(id);
    const Table* const table = &change.table();
    Table::Writer& writer = change.writer();
    if (table->isBag())
        badarg();
    if (const auto by = plainIncrement(*table, operations)) {
        if (Term sum = writer.add(key, *by); !sum.isNone())
            return sum;
    }
    const Term* const found = writer.find(key);
    const Operations wanted = operationsOf(*table, operations);
    if (found == nullptr && defaultObject == nullptr)
        badarg();
    const Term& from = found != nullptr ? *found : *defaultObject;
    std::vector<Term> elements(from.elements().begin(), from.elements().end());
    if (found == nullptr)
        elements[table->keypos - 1] = key;
    std::vector<Term> results = apply(wanted, elements);
    if (found == nullptr)
        writer.insert(tupleFrom(elements));
    else if (!results.empty())
        writer.replace(tupleFrom(elements));
    return wanted.isList ? listFrom(results) : results.front();
}

[[gnu::always_inline]] inline Term update(const Term& id, const Term& key, const Term& operations,
                                          const Term* defaultObject) {
    if (Term sum = addedInPlace(id, key, operations, defaultObject); !sum.isNone()) [[likely]]
        return sum;
    return updateLocked(id, key, operations, defaultObject);
}

/// For all that updateCounter() does not do by itself: no part of it, so that it saves no registers
/// for this.
[[gnu::noinline]] Term updateAny(const Term& id, const Term& key, const Term& operations,
                                 const Term* defaultObject) {
    return update(id, key, operations, defaultObject);
}

struct Change {
    std::size_t position;
    Term value;
};

std::vector<Change> changesOf(const Table& table, std::size_t size, const Term& term) {
    const Term all = term.isTuple() ? list({term}) : term;
    if (!all.listLength())
        badarg();
    std::vector<Change> changes;
    for (const Term& each : all.listElements()) {
        const auto position = each.isTuple(2) ? each.element(0).asInt() : std::nullopt;
        if (!position || *position < 1 || std::cmp_greater(*position, size) ||
            std::cmp_equal(*position, table.keypos))
            badarg();
        changes.push_back({static_cast<std::size_t>(*position), each.element(1)});
    }
    return changes;
}

} // namespace

Term updateCounter(const Term& table, const Term& key, const Term& operations) {
    {
        const PinAlone pin;
        Table* const found = pin ? Tables::findKnown(table) : nullptr;
        if (found != nullptr && found->hasCounts && operations.isSmallInteger() &&
            TableRows::isWord(key)) [[likely]] {
            if (const Cell sum = found->addSoon(key, operations.toInt()); sum != 0) [[likely]]
                return adopt(sum);
        }
    }
    return updateAny(table, key, operations, nullptr);
}

Term updateCounter(const Term& table, const Term& key, const Term& operations,
                   const Term& defaultObject) {
    return updateAny(table, key, operations, &defaultObject);
}

bool updateElement(const Term& id, const Term& key, const Term& changes) {
    Changing change(id);
    if (change.table().isBag())
        badarg();
    const Term* const found = change.writer().find(key);
    if (found == nullptr)
        return false;
    std::vector<Term> elements(found->elements().begin(), found->elements().end());
    for (Change& each : changesOf(change.table(), elements.size(), changes))
        elements[each.position - 1] = std::move(each.value);
    change.writer().replace(tupleFrom(elements));
    return true;
}

} // namespace grove::ets
