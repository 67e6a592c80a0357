#pragma once

#include "tables.h"

#include <grove/runtime/extension.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>

#include <memory>
#include <optional>

/// How the calls of ets.h get at a table: each checks what the caller may do, or raises badarg.
namespace grove::ets {

[[nodiscard]] inline Tables& tablesHere() {
    return extension<Tables>(Runtime::current());
}

/// A table to read for the length of a call. The caller is pinned.
class Reading {
public:
    [[gnu::always_inline]] explicit Reading(const Term& id) : m_table(find(id)) {}
    const Table& operator*() const noexcept { return m_table; }
    const Table* operator->() const noexcept { return &m_table; }

private:
    [[gnu::always_inline]] static Table& find(const Term& id) {
        Table* const table = Tables::findHere(id);
        if (table == nullptr || !table->mayRead())
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
    Table* const table = Tables::findHere(id);
    if (table == nullptr || !isAllowed(*table))
        badarg();
    return table->shared_from_this();
}
[[nodiscard]] inline std::shared_ptr<Table> toRead(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.mayRead(); });
}
[[nodiscard]] inline std::shared_ptr<Table> toWrite(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.mayWrite(); });
}
[[nodiscard]] inline std::shared_ptr<Table> toOwn(const Term& id) {
    return shareOf(id, [](const Table& table) { return table.owner() == self(); });
}

/// A table for one change of one object. Holds its lock, and so keeps it: a table that goes is
/// closed first, under that lock. Not pinned, so that what the change takes out can be freed.
class Changing {
public:
    explicit Changing(const Term& id) : Changing(id, nullptr) {}
    /// To insert an object: the place of its key is on its way from memory meanwhile.
    Changing(const Term& id, const Term& object) : Changing(id, &object) {}
    [[nodiscard]] const Table& table() const noexcept { return *m_table; }
    [[nodiscard]] Table::Writer& writer() noexcept { return *m_writer; }

private:
    Changing(const Term& id, const Term* object) {
        {
            const Pin pin;
            m_table = Tables::findHere(id);
            if (m_table == nullptr || !m_table->mayWrite())
                badarg();
            if (object != nullptr)
                m_table->fetchPlaceOf(*object);
            if (isLockedSoon(*m_table)) [[likely]] {
                m_writer.emplace(*m_table, Table::Writer::Locked());
                return;
            }
            m_share = m_table->shared_from_this();
        }
        m_writer.emplace(*m_table);
    }

    /// Most changes take less time than falling asleep.
    [[nodiscard]] static bool isLockedSoon(Table& table) noexcept {
        for (int tries = 0; tries < 64; ++tries) {
            if (table.tryLock()) [[likely]]
                return true;
            __builtin_ia32_pause();
        }
        return false;
    }

    // In this order: the lock goes first.
    std::shared_ptr<Table> m_share; // while others change it
    std::optional<Table::Writer> m_writer;
    Table* m_table = nullptr;
};

/// The objects of a key's value, in the order of insertion.
[[nodiscard]] Term objectsOf(const Table& table, const Term& value);

} // namespace grove::ets
