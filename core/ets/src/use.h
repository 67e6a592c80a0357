#pragma once

#include "tables.h"

#include <grove/runtime/extension.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>

#include <memory>

/// How the calls of ets.h get at a table: each checks what the caller may do, or raises badarg.
namespace grove::ets {

[[nodiscard]] inline Tables& tablesHere() {
    return extension<Tables>(Runtime::current());
}

/// A table to read for the length of a call. The caller is pinned.
class Reading {
public:
    explicit Reading(const Term& id) : m_table(find(id)) {}
    const Table& operator*() const noexcept { return m_table; }
    const Table* operator->() const noexcept { return &m_table; }

private:
    static Table& find(const Term& id) {
        Table* const table = tablesHere().find(id);
        if (table == nullptr || !table->mayRead(self()))
            badarg();
        return *table;
    }
    Pin m_pin;
    Table& m_table;
};

/// A share of a table, for what waits for a lock or looks again and again: nobody is held up by a
/// pin meanwhile.
template <class Allowed>
[[nodiscard]] std::shared_ptr<Table> shareOf(const Term& id, Allowed&& isAllowed) {
    const Pin pin;
    Table* const table = tablesHere().find(id);
    if (table == nullptr || !isAllowed(*table))
        badarg();
    return table->shared_from_this();
}
[[nodiscard]] inline std::shared_ptr<Table> toRead(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.mayRead(self()); });
}
[[nodiscard]] inline std::shared_ptr<Table> toWrite(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.mayWrite(self()); });
}
[[nodiscard]] inline std::shared_ptr<Table> toOwn(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.owner() == self(); });
}

/// The objects of a key's value, in the order of insertion.
[[nodiscard]] Term objectsOf(const Table& table, const Term& value);

} // namespace grove::ets
