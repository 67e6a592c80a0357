#include "keeps_key.h"
#include "use.h"
#include "walk.h"

#include <grove/ets/ets.h>

#include <algorithm>
#include <span>

namespace grove::ets {

using namespace grove::literals;

namespace {

using Direction = Walk::Direction;

MatchSpec compiled(const Term& specification) {
    Result<MatchSpec> made = MatchSpec::compile(specification);
    if (!made)
        badarg();
    return std::move(*made);
}

MatchSpec ofPattern(const Term& pattern, const Term& answer) {
    return compiled(list({tuple(pattern, Term::nil(), list({answer}))}));
}

/// The keys that the heads name, each once and in the table's direction; nothing when some head
/// leaves the key open.
std::optional<std::vector<Term>> keysIn(const Table& table, const MatchProgram& program,
                                        Direction direction) {
    std::vector<Term> keys;
    for (const MatchClause& clause : program.clauses) {
        if (clause.head.isOpen())
            return std::nullopt;
        const MatchPattern* const key = clause.head.element(table.keypos);
        if (key == nullptr)
            continue; // fits no object of this table
        if (key->literal() == nullptr)
            return std::nullopt;
        const auto isThere = [&](const Term& other) {
            return table.isSameKey(*key->literal(), other);
        };
        if (std::ranges::none_of(keys, isThere))
            keys.push_back(*key->literal());
    }
    if (table.type == Type::OrderedSet)
        std::ranges::sort(keys, [&](const Term& a, const Term& b) {
            return direction == Direction::Forward ? compare(a, b) < 0 : compare(a, b) > 0;
        });
    return keys;
}

/// The objects of a table that a program may fit, some keys at a time.
class Source {
public:
    Source(std::shared_ptr<Table> table, const MatchProgram& program, Direction direction)
        : m_walk(std::move(table), direction), m_keys(keysIn(m_walk.table(), program, direction)) {}

    [[nodiscard]] Table& table() const noexcept { return m_walk.table(); }
    [[nodiscard]] const std::vector<Walk::Entry>& step() {
        if (!m_keys)
            return m_walk.step();
        m_named.clear();
        while (m_named.empty() && m_nextKey < m_keys->size()) {
            const Term& key = (*m_keys)[m_nextKey++];
            const Pin pin;
            Term value = table().value(key);
            if (!value.isNone())
                m_named.push_back({key, std::move(value)});
        }
        return m_named;
    }

private:
    Walk m_walk;
    std::optional<std::vector<Term>> m_keys;
    std::size_t m_nextKey = 0;
    std::vector<Walk::Entry> m_named;
};

/// Objects of an entry, the latest first: as they lie.
std::vector<Term> objectsOfEntry(const Table& table, const Walk::Entry& entry) {
    if (!table.isBag())
        return {entry.value};
    std::vector<Term> objects;
    for (const Term& object : entry.value.listElements())
        objects.push_back(object);
    return objects;
}

void addAnswers(const Table& table, const MatchProgram& program, const Walk::Entry& entry,
                std::vector<const Term*>& room, std::vector<Term>& answers) {
    std::vector<Term> objects = objectsOfEntry(table, entry);
    std::ranges::reverse(objects);
    for (const Term& object : objects) {
        Term answer = program.run(object, room);
        if (!answer.isNone())
            answers.push_back(std::move(answer));
    }
}

Term searchAll(const Term& id, const MatchSpec& specification, Direction direction) {
    Source source(toRead(id), specification.program(), direction);
    std::vector<Term> answers;
    std::vector<const Term*> room;
    for (;;) {
        const std::vector<Walk::Entry>& entries = source.step();
        if (entries.empty())
            return listFrom(answers);
        for (const Walk::Entry& entry : entries)
            addAnswers(source.table(), specification.program(), entry, room, answers);
    }
}

Direction backwardIfOrdered(const Term& id) {
    return toRead(id)->type == Type::OrderedSet ? Direction::Backward : Direction::Forward;
}

} // namespace

struct Continuation::Search {
    Term table; // its reference: a name may pass to another
    MatchSpec specification;
    std::size_t limit;
    Source source;
    std::vector<Term> ready; // answers found with the last ones given
};

namespace {

std::optional<Chunk> goOn(Continuation::Search search) {
    std::vector<Term> answers = std::exchange(search.ready, {});
    std::vector<const Term*> room;
    const MatchProgram& program = search.specification.program();
    bool isAtEnd = false;
    while (answers.size() < search.limit && !isAtEnd) {
        const std::vector<Walk::Entry>& entries = search.source.step();
        isAtEnd = entries.empty();
        for (const Walk::Entry& entry : entries)
            addAnswers(search.source.table(), program, entry, room, answers);
    }
    if (answers.empty())
        return std::nullopt;
    if (answers.size() > search.limit) {
        const auto rest = answers.begin() + static_cast<std::ptrdiff_t>(search.limit);
        search.ready.assign(rest, answers.end());
        answers.erase(rest, answers.end());
    }
    Chunk chunk{listFrom(answers), {}};
    if (!isAtEnd || !search.ready.empty())
        chunk.continuation =
            Continuation(std::make_shared<const Continuation::Search>(std::move(search)));
    return chunk;
}

std::optional<Chunk> searchSome(const Term& id, MatchSpec specification, std::size_t limit,
                                Direction direction) {
    if (limit == 0)
        badarg();
    std::shared_ptr<Table> table = toRead(id);
    const Term tid = table->tid;
    Source source(std::move(table), specification.program(), direction);
    return goOn({tid, std::move(specification), limit, std::move(source), {}});
}

/// Runs `change` for every entry that a program may fit, holding the table for some at a time.
template <class Change>
std::size_t changeEach(const Term& id, const MatchSpec& specification, Change&& change) {
    const std::shared_ptr<Table> table = toWrite(id);
    Source source(table, specification.program(), Direction::Forward);
    std::size_t changed = 0;
    for (;;) {
        const std::vector<Walk::Entry>& entries = source.step();
        if (entries.empty())
            return changed;
        Table::Writer writer(*table);
        for (const Walk::Entry& entry : entries) {
            const Term* const now = writer.find(entry.key);
            if (now != nullptr)
                changed += change(*table, writer, Walk::Entry{entry.key, *now});
        }
    }
}

std::size_t deleteFitting(const Term& id, const MatchSpec& specification) {
    std::vector<const Term*> room;
    const MatchProgram& program = specification.program();
    const auto isUnwanted = [&](const Term& object) {
        return program.run(object, room).isAtom(atoms::true_);
    };
    return changeEach(id, specification,
                      [&](const Table& table, Table::Writer& writer, const Walk::Entry& entry) {
                          if (!table.isBag())
                              return isUnwanted(entry.value) ? writer.remove(entry.key) : 0;
                          std::vector<bool> isRemoved;
                          for (const Term& object : entry.value.listElements())
                              isRemoved.push_back(isUnwanted(object));
                          const auto count =
                              static_cast<std::size_t>(std::ranges::count(isRemoved, true));
                          if (count > 0)
                              writer.removeFrom(entry.key, isRemoved);
                          return count;
                      });
}

} // namespace

Term select(const Term& table, const Term& specification) {
    return searchAll(table, compiled(specification), Direction::Forward);
}

std::optional<Chunk> select(const Term& table, const Term& specification, std::size_t limit) {
    return searchSome(table, compiled(specification), limit, Direction::Forward);
}

std::optional<Chunk> select(const Continuation& continuation) {
    if (continuation.isEnd())
        return std::nullopt;
    static_cast<void>(toRead(continuation.search().table)); // it is there, and may be read
    return goOn(continuation.search());
}

Term selectReverse(const Term& table, const Term& specification) {
    return searchAll(table, compiled(specification), backwardIfOrdered(table));
}

std::optional<Chunk> selectReverse(const Term& table, const Term& specification,
                                   std::size_t limit) {
    return searchSome(table, compiled(specification), limit, backwardIfOrdered(table));
}

std::size_t selectCount(const Term& id, const Term& specification) {
    const MatchSpec wanted = compiled(specification);
    Source source(toRead(id), wanted.program(), Direction::Forward);
    std::vector<const Term*> room;
    std::size_t count = 0;
    for (;;) {
        const std::vector<Walk::Entry>& entries = source.step();
        if (entries.empty())
            return count;
        for (const Walk::Entry& entry : entries)
            for (const Term& object : objectsOfEntry(source.table(), entry))
                count += wanted.program().run(object, room).isAtom(atoms::true_) ? 1 : 0;
    }
}

std::size_t selectDelete(const Term& table, const Term& specification) {
    return deleteFitting(table, compiled(specification));
}

std::size_t selectReplace(const Term& id, const Term& specification) {
    const MatchSpec wanted = compiled(specification);
    const std::shared_ptr<Table> known = toWrite(id);
    if (known->isBag() || !keepsKey(wanted.program(), known->keypos))
        badarg();
    std::vector<const Term*> room;
    return changeEach(id, wanted,
                      [&](const Table& table, Table::Writer& writer, const Walk::Entry& entry) {
                          const Term answer = wanted.program().run(entry.value, room);
                          const Term* const key = answer.isNone() ? nullptr : table.keyOf(answer);
                          if (key == nullptr)
                              return std::size_t{0};
                          GROVE_ASSERT(table.isSameKey(*key, entry.key),
                                       "keepsKey() has looked at the specification");
                          writer.replace(answer);
                          return std::size_t{1};
                      });
}

Term match(const Term& table, const Term& pattern) {
    return searchAll(table, ofPattern(pattern, "$$"_atom), Direction::Forward);
}

std::optional<Chunk> match(const Term& table, const Term& pattern, std::size_t limit) {
    return searchSome(table, ofPattern(pattern, "$$"_atom), limit, Direction::Forward);
}

Term matchObject(const Term& table, const Term& pattern) {
    return searchAll(table, ofPattern(pattern, "$_"_atom), Direction::Forward);
}

std::optional<Chunk> matchObject(const Term& table, const Term& pattern, std::size_t limit) {
    return searchSome(table, ofPattern(pattern, "$_"_atom), limit, Direction::Forward);
}

void matchDelete(const Term& table, const Term& pattern) {
    deleteFitting(table, ofPattern(pattern, atoms::true_));
}

} // namespace grove::ets
