#pragma once

#include <grove/ets/match_spec.h>
#include <grove/ets/options.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// Shared tables: terms by key, kept outside of any process's memory, read and changed by many at
/// once. OTP's `ets`, under its names.
///
///     ets::newTable("prices"_atom, {.access = ets::Access::Public, .named = true});
///     ets::insert("prices"_atom, tuple("milk", 109));
///     Term found = ets::lookup("prices"_atom, "milk");               // [{<<"milk">>, 109}]
///     ets::updateCounter("prices"_atom, "milk", tuple(2, 10));       // 119
///
/// A table is known by what newTable() returned: its reference, or its name if it is named. An
/// object is a tuple with at least `keypos` elements.
///
/// Owner: the process that made it, or to whom it was given. When it ends, the table is gone or its
/// heir's before anybody hears of that end; the heir hears `{'ETS-TRANSFER', Table, Owner, Data}`.
/// Nothing else frees a table but deleteTable().
///
/// Atomic: each call about one object or one key, and insert() of a list; readers see all of that
/// or nothing. Walks (select, match, foldl, tab2list, first and next) see each key that is there
/// all the time exactly once; of what is changed meanwhile, the old or the new.
///
/// Threads: a process's (or an External's). Readers take no lock and do not wait for each other;
/// changes of one table wait for each other, but those that add to counters {Key, Number}. Nothing
/// here waits for a process.
///
/// Errors: error(badarg) for an unknown or deleted table, one that the caller may not use so, and
/// for arguments of a wrong shape, as in OTP.
///
/// When not to use it: for what one process alone needs (its state is simpler), or what must
/// outlast the program (core/storage).
///
/// Departures: what in OTP always returns `true` returns nothing here. A walk over a whole table
/// runs in one go: for a large one use limits, or a process that has nothing else to do. A set's
/// order is that of its keys' hashes; next() there takes any key that is or was there while the
/// table is fixed. Continuations are C++ values.
namespace grove::ets {

// -- tables ---------------------------------------------------------------------------------------

/// Returns: what the table is known by. Errors: the name is taken, or keypos is 0.
Term newTable(Atom name, const Options& options = {});
/// `ets:new/2` with its list of options: set, ordered_set, bag, duplicate_bag, public, protected,
/// private, named_table, {keypos, N}, {heir, Pid, Data}, {heir, none}, and those that tune
/// (write_concurrency, read_concurrency, decentralized_counters, compressed), which change nothing.
Term newTable(const Term& name, const Term& options);
/// `ets:delete/1`.
void deleteTable(const Term& table);
/// Returns: what it is known by from now on. Errors: the name is taken.
Term rename(const Term& table, Atom name);
/// The reference of a named table.
[[nodiscard]] std::optional<Ref> whereis(Atom name);
/// What all tables are known by.
[[nodiscard]] std::vector<Term> all();
/// `{'ETS-TRANSFER', Table, Giver, Data}` is sent to `to`, which owns the table from now on.
/// Errors: the caller is not the owner, `to` is, or has ended.
void giveAway(const Term& table, Pid to, Term data);
/// `ets:setopts/2` with `{heir, …}`; nothing: none. Errors: the caller is not the owner.
void setHeir(const Term& table, std::optional<Heir> heir);
/// With its list of options, or one.
void setopts(const Term& table, const Term& options);

/// Nothing when there is no such table. Anybody may ask about any.
[[nodiscard]] std::optional<Info> info(const Term& table);
/// One of id, name, named_table, type, protection, keypos, owner, heir, size, memory, node, fixed,
/// compressed, read_concurrency, write_concurrency, decentralized_counters; `undefined` when there
/// is no such table. Errors: another item.
[[nodiscard]] Term info(const Term& table, Atom item);

// -- objects --------------------------------------------------------------------------------------

/// One object or a list of them, which then arrive at once. Replaces the object of a set's key.
void insert(const Term& table, Term objects);
/// Returns: whether none of the keys was there; only then are all inserted.
bool insertNew(const Term& table, const Term& objects);
/// The objects of a key, of a bag in the order of insertion.
[[nodiscard]] Term lookup(const Term& table, const Term& key);
/// The element at a position of the key's object; of a bag the list of them.
[[nodiscard]] Term lookupElement(const Term& table, const Term& key, std::size_t position);
[[nodiscard]] bool member(const Term& table, const Term& key);
/// `ets:delete/2`.
void deleteKey(const Term& table, const Term& key);
/// All objects that are exactly this one.
void deleteObject(const Term& table, const Term& object);
void deleteAllObjects(const Term& table);
/// Removes the objects of a key. Returns: them.
Term take(const Term& table, const Term& key);

/// `ets:update_counter/3`: Incr, {Pos, Incr}, {Pos, Incr, Threshold, SetValue}, or a list of the
/// latter two. Returns: the new value, or the list of them.
Term updateCounter(const Term& table, const Term& key, const Term& operations);
/// The same; where the key is missing it starts from this object, with its key replaced.
Term updateCounter(const Term& table, const Term& key, const Term& operations,
                   const Term& defaultObject);
/// {Pos, Value} or a list of them. Returns: whether the key is there.
bool updateElement(const Term& table, const Term& key, const Term& changes);

// -- walks ----------------------------------------------------------------------------------------

/// A key, or `'$end_of_table'`. Of a set last() is first() and prev() is next().
[[nodiscard]] Term first(const Term& table);
[[nodiscard]] Term last(const Term& table);
[[nodiscard]] Term next(const Term& table, const Term& key);
[[nodiscard]] Term prev(const Term& table, const Term& key);
/// The objects of the i-th key, from 0; `'$end_of_table'` just past the last. Complexity: linear.
[[nodiscard]] Term slot(const Term& table, std::size_t index);
/// While a process has a table fixed, next() goes on from keys that are deleted meanwhile. Counts;
/// ends with the process.
void safeFixtable(const Term& table, bool fix);
[[nodiscard]] Term tab2list(const Term& table);

namespace detail {
/// Runs `each` with every object, in the order of the table or against it.
void forEach(const Term& table, bool backwards, const std::function<void(const Term&)>& each);
} // namespace detail

/// `foldl(table, 0, [](int sum, const Term& object) { … })`; the function may use the table.
template <class Value, class F> [[nodiscard]] Value foldl(const Term& table, Value value, F&& f) {
    detail::forEach(table, false, [&](const Term& object) { value = f(std::move(value), object); });
    return value;
}
/// From the last to the first.
template <class Value, class F> [[nodiscard]] Value foldr(const Term& table, Value value, F&& f) {
    detail::forEach(table, true, [&](const Term& object) { value = f(std::move(value), object); });
    return value;
}

// -- matching -------------------------------------------------------------------------------------

/// Where a search with a limit goes on. A value; may be kept and used again. What a deleted table
/// held is freed when the last continuation of it has gone. Must not outlive the runtime.
class Continuation {
public:
    /// `'$end_of_table'`: there is no more.
    Continuation() = default;
    [[nodiscard]] bool isEnd() const noexcept { return m_search == nullptr; }

    struct Search;
    explicit Continuation(std::shared_ptr<const Search> search) : m_search(std::move(search)) {}
    [[nodiscard]] const Search& search() const noexcept { return *m_search; }

private:
    std::shared_ptr<const Search> m_search;
};
/// Some of the answers, and where to go on. At the end `continuation` may or may not say so: the
/// next search then finds nothing.
struct Chunk {
    Term answers; // a list, not empty
    Continuation continuation;
};

/// The answers of a match specification (see MatchSpec) for all objects. Where the heads name keys,
/// only those are looked at.
[[nodiscard]] Term select(const Term& table, const Term& specification);
/// At most `limit` answers; nothing instead of `'$end_of_table'`. Errors: a limit of 0.
[[nodiscard]] std::optional<Chunk> select(const Term& table, const Term& specification,
                                          std::size_t limit);
/// Goes on. Errors: the table is gone.
[[nodiscard]] std::optional<Chunk> select(const Continuation& continuation);
/// From the last to the first of an ordered set.
[[nodiscard]] Term selectReverse(const Term& table, const Term& specification);
[[nodiscard]] std::optional<Chunk> selectReverse(const Term& table, const Term& specification,
                                                 std::size_t limit);
/// How many answers are `true`.
[[nodiscard]] std::size_t selectCount(const Term& table, const Term& specification);
/// Deletes the objects whose answer is `true`. Returns: how many.
std::size_t selectDelete(const Term& table, const Term& specification);
/// Puts the answers in the place of their objects, each at once. Returns: how many.
/// Errors: a bag; a body that may change the key.
std::size_t selectReplace(const Term& table, const Term& specification);

/// The bindings of a pattern, a list for each object that fits.
[[nodiscard]] Term match(const Term& table, const Term& pattern);
[[nodiscard]] std::optional<Chunk> match(const Term& table, const Term& pattern, std::size_t limit);
/// The objects that fit.
[[nodiscard]] Term matchObject(const Term& table, const Term& pattern);
[[nodiscard]] std::optional<Chunk> matchObject(const Term& table, const Term& pattern,
                                               std::size_t limit);
void matchDelete(const Term& table, const Term& pattern);

} // namespace grove::ets
