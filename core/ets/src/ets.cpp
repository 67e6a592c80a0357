#include "table_looks.h"
#include "use.h"

#include <grove/ets/ets.h>

#include <algorithm>

namespace grove::ets {

using namespace grove::literals;

Term objectsOf(const Table& table, const Term& value) {
    if (value.isNone())
        return Term::nil();
    if (!table.isBag())
        return cons(value, Term::nil());
    Term objects = Term::nil();
    for (const Term& object : value.listElements())
        objects = cons(object, std::move(objects));
    return objects;
}

namespace {

/// Those of a list, which all have a key; raises badarg for anything else.
std::vector<Term> objectsIn(const Table& table, const Term& objects) {
    std::vector<Term> found;
    if (objects.listLength()) {
        for (const Term& object : objects.listElements())
            found.push_back(object);
    } else {
        badarg();
    }
    for (const Term& object : found)
        if (table.keyOf(object) == nullptr)
            badarg();
    return found;
}

void insertAll(Table::Writer& writer, const std::vector<Term>& objects) {
    if (objects.size() == 1)
        return writer.insert(objects.front());
    const Table::Writer::AllAtOnce all(writer);
    for (const Term& object : objects)
        writer.insert(object);
}

} // namespace

// -- tables ---------------------------------------------------------------------------------------

Term newTable(Atom name, const Options& options) {
    if (options.keypos == 0)
        badarg();
    Options wanted = options;
    if (wanted.heir && !Runtime::current().peekRow(wanted.heir->pid))
        wanted.heir.reset();
    Tables& tables = tablesHere();
    const auto table = std::make_shared<Table>(tables, makeRef(), name, wanted, self());
    if (!tables.add(table))
        badarg();
    return table->id();
}

void deleteTable(const Term& id) {
    if (!tablesHere().remove(*toWrite(id)))
        badarg();
}

Term rename(const Term& id, Atom name) {
    const std::shared_ptr<Table> table = toWrite(id);
    if (!tablesHere().rename(*table, name))
        badarg();
    return table->id();
}

std::optional<Ref> whereis(Atom name) {
    const Pin pin;
    const Table* const table = Tables::findHere(name);
    return table == nullptr ? std::nullopt : std::optional(table->tid);
}

std::vector<Term> all() {
    std::vector<Term> ids;
    for (const auto& table : tablesHere().all())
        ids.push_back(table->id());
    return ids;
}

std::vector<Info> tables(Runtime& runtime) {
    std::vector<Info> rows;
    for (const auto& table : extension<Tables>(runtime).all())
        rows.push_back(table->info());
    return rows;
}

void giveAway(const Term& id, Pid to, Term data) {
    const std::shared_ptr<Table> table = toOwn(id);
    if (to == self() || !tablesHere().give(*table, to))
        badarg();
    static_cast<void>(
        trySend(to, tuple("ETS-TRANSFER"_atom, table->id(), self(), std::move(data))));
}

void setHeir(const Term& id, std::optional<Heir> heir) {
    if (heir && !Runtime::current().peekRow(heir->pid))
        heir.reset();
    toOwn(id)->setHeir(std::move(heir));
}

std::optional<Info> info(const Term& id) {
    std::shared_ptr<Table> table;
    {
        const Pin pin;
        Table* const found = Tables::findHere(id);
        if (found == nullptr) {
            if (!id.isRef() && !id.isAtom())
                badarg();
            return std::nullopt;
        }
        table = found->shared_from_this();
    }
    return table->info();
}

// -- objects --------------------------------------------------------------------------------------

void insert(const Term& id, Term objects) {
    if (objects.isTuple()) [[likely]] {
        Changing change(id, objects);
        if (sizeOf(objects.bits()) < change.table().keypos)
            badarg();
        return change.writer().insert(std::move(objects));
    }
    const std::shared_ptr<Table> table = toWrite(id);
    const std::vector<Term> wanted = objectsIn(*table, objects);
    Table::Writer writer(*table);
    insertAll(writer, wanted);
}

bool insertNew(const Term& id, const Term& objects) {
    const std::shared_ptr<Table> table = toWrite(id);
    const std::vector<Term> wanted =
        objectsIn(*table, objects.isTuple() ? list({objects}) : objects);
    Table::Writer writer(*table);
    for (const Term& object : wanted)
        if (writer.find(*table->keyOf(object)) != nullptr)
            return false;
    insertAll(writer, wanted);
    return true;
}

namespace {

/// For all that lookup() does not answer by itself. Ways that are no part of it, so that it saves
/// no registers for them.
[[gnu::noinline]] Term lookupAny(const Term& id, const Term& key) {
    const Reading table(id);
    if (!table->isBag()) [[likely]]
        return table->listOf(key);
    return objectsOf(*table, table->value(key));
}
/// Of a table that was found, and may be read.
[[gnu::noinline]] Term lookupPinned(const Table& table, const Term& key,
                                    runtime::Epochs::Reader& pinned) {
    const Pin pin(pinned);
    return table.listOf(key);
}
[[gnu::noinline]] Term lookupBehind(const Table& table, Table::Glance glance, const Term& key,
                                    runtime::Epochs::Reader& pinned) {
    const Pin pin(pinned);
    return table.listBehind(glance, key);
}

} // namespace

Term lookup(const Term& id, const Term& key) {
    PinAlone pin;
    const Table* const table = pin ? Tables::findKnown(id) : nullptr;
    if (table == nullptr || !table->isOpen) [[unlikely]] {
        pin.end();
        return lookupAny(id, key);
    }
    if (TableRows::isWord(key)) [[likely]] {
        const Table::Glance glance = table->glance(key);
        if (const Cell list = table->listSoon(glance); list != 0) [[likely]]
            return adopt(list);
        return lookupBehind(*table, glance, key, pin.letGo());
    }
    return lookupPinned(*table, key, pin.letGo());
}

Term lookupElement(const Term& id, const Term& key, std::size_t position) {
    const Reading table(id);
    const Term value = table->value(key);
    const auto isLong = [&](const Term& object) { return object.tupleSize() >= position; };
    if (value.isNone() || position == 0)
        badarg();
    if (!table->isBag()) {
        if (!isLong(value))
            badarg();
        return value.element(position - 1);
    }
    Term elements = Term::nil();
    for (const Term& object : value.listElements()) {
        if (!isLong(object))
            badarg();
        elements = cons(object.element(position - 1), std::move(elements));
    }
    return elements;
}

bool member(const Term& id, const Term& key) {
    const Reading table(id);
    return table->contains(key);
}

void deleteKey(const Term& id, const Term& key) {
    Changing(id).writer().remove(key);
}

void deleteObject(const Term& id, const Term& object) {
    const std::shared_ptr<Table> table = toWrite(id);
    if (!object.isTuple() || table->keyOf(object) == nullptr)
        badarg();
    Table::Writer writer(*table);
    writer.removeObject(object);
}

void deleteAllObjects(const Term& id) {
    const std::shared_ptr<Table> table = toWrite(id);
    Rubble gone;
    {
        Table::Writer writer(*table);
        gone = writer.removeAll();
    }
    tablesHere().bury(std::move(gone));
}

Term take(const Term& id, const Term& key) {
    Changing change(id);
    const Term* const found = change.writer().find(key);
    if (found == nullptr)
        return Term::nil();
    Term objects = objectsOf(change.table(), *found);
    change.writer().remove(key);
    return objects;
}

} // namespace grove::ets
