#pragma once

#include "change_version.h"
#include "index.h"

#include <grove/ets/options.h>
#include <grove/runtime/process.h>
#include <grove/term/mutex.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace grove::ets {

class Tables;

/// Raises error(badarg).
[[noreturn]] void badarg();

/// The order of keys that are compared exactly.
struct ByKey {
    [[nodiscard]] bool operator()(const Term& a, const Term& b) const noexcept;
};

/// One table: an index of values by key, and who may use it.
///
/// A key's value is its object; in a bag the list of its objects, the latest first.
///
/// Threads: any. Reading takes no lock and waits for nobody, but for a change of several objects
/// at once that is under way. Who reads is pinned since it found the table, or holds a share of it.
/// Changing is done by one at a time, through a Writer.
class Table : public std::enable_shared_from_this<Table> {
public:
    Table(Tables& tables, Ref tid, Atom name, const Options& options, Pid owner);
    ~Table();

    const Ref tid;
    const Type type;
    const Access access;
    const bool isNamed;
    const bool isOpen;        // everybody may read, and it is no bag
    const bool hasCounts;     // a set, everybody may write, and keys stand first
    const std::size_t keypos; // from 1

    [[nodiscard]] bool isBag() const noexcept {
        return type == Type::Bag || type == Type::DuplicateBag;
    }
    [[nodiscard]] Pid owner() const noexcept {
        return Pid::fromRaw(m_owner.load(std::memory_order_acquire));
    }
    void setOwner(Pid pid) noexcept { m_owner.store(pid.raw(), std::memory_order_release); }
    [[nodiscard]] Atom name() const noexcept {
        return Atom::fromIndex(m_name.load(std::memory_order_acquire));
    }
    void setName(Atom name) noexcept { m_name.store(name.index(), std::memory_order_release); }
    /// What it is called by: its name, else its reference.
    [[nodiscard]] Term id() const noexcept { return isNamed ? Term(name()) : Term(tid); }

    /// Whether the running process may.
    [[nodiscard]] bool mayRead() const noexcept {
        return access != Access::Private || owner() == self();
    }
    [[nodiscard]] bool mayWrite() const noexcept {
        return access == Access::Public || owner() == self();
    }

    /// The key of an object; null when it is no tuple or too short.
    [[nodiscard]] const Term* keyOf(const Term& object) const noexcept {
        return object.tupleSize() >= keypos ? &object.element(keypos - 1) : nullptr;
    }
    [[nodiscard]] const Term& keyOfValue(const Term& value) const noexcept {
        return m_index.rows().keyOf(value);
    }
    /// Keys are the same: as the table compares them.
    [[nodiscard]] bool isSameKey(const Term& a, const Term& b) const noexcept {
        return type == Type::OrderedSet ? compare(a, b) == 0 : equalsExact(a, b);
    }

    // -- reading: pinned --------------------------------------------------------------------------
    /// A key's value; none when it is not there. Atomic with respect to every change.
    [[nodiscard]] Term value(const Term& key) const;
    /// The list of a key's objects. Requires: no bag. In table_looks.h, as is add().
    [[nodiscard]] Term listOf(const Term& key) const;
    /// What a first look at a key found: 0 where it is not, and now and then where it is.
    struct Glance {
        std::uint64_t version; // of the table, before
        Cell found;
    };
    /// As short as can be: for most looks. Requires: no bag; a key that is a word.
    [[nodiscard]] Glance glance(const Term& key) const noexcept;
    /// listOf() what was found, where it is copied into a spare list. Else 0.
    [[nodiscard]] Cell listSoon(const Glance& glance) const noexcept;
    /// listOf() behind a glance at the key, which has done part of the work.
    [[nodiscard]] Term listBehind(const Glance& glance, const Term& key) const;
    [[nodiscard]] bool contains(const Term& key) const;
    /// A value that shares as little as it can: readers of one object on several cores would
    /// otherwise all write its count. None for a counter that a Writer holds: value() waits for it.
    [[nodiscard]] static Term lent(Cell value) noexcept;
    /// Adds to a key's counter (see Writer::insert). Returns: the sum; none, and nothing is done,
    /// where there is no counter that may be changed now, or the sum is no small integer.
    [[nodiscard]] Term add(const Term& key, std::int64_t by) noexcept;
    /// The same, as short as can be, and 0 now and then. Requires: hasCounts; a key that is a
    /// word.
    [[nodiscard]] Cell addSoon(const Term& key, std::int64_t by) noexcept;
    /// The same to what `find(index)` finds, an object or 0.
    template <class Find> [[nodiscard]] Cell addToFound(Find&& find, std::int64_t by) noexcept;
    /// Has the place of an object's key on its way here, where that is found at once.
    /// Requires: a tuple.
    [[gnu::always_inline]] void fetchPlaceOf(const Term& object) const noexcept {
        if (sizeOf(object.bits()) >= keypos) [[likely]]
            m_index.fetchPlaceOf(elementOf(object.bits(), keypos - 1));
    }
    /// For keys and walks, which see single changes only. Values go out through lent().
    [[nodiscard]] const Index& index() const noexcept { return m_index; }
    [[nodiscard]] std::size_t size() const noexcept {
        return m_size.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t memoryWords() const noexcept;
    [[nodiscard]] Info info() const;

    // -- changing ---------------------------------------------------------------------------------
    /// Holds the table for changes. Raises badarg when it has been deleted.
    class Writer;
    /// Returns: whether the lock is the caller's now, to be handed to a Writer.
    [[nodiscard]] bool tryLock() GROVE_NO_THREAD_SAFETY_ANALYSIS { return m_mutex.tryLock(); }
    /// No more changes. What is there may still be read by who found the table before.
    void close();

    [[nodiscard]] std::optional<Heir> heir() const;
    void setHeir(std::optional<Heir> heir);

    // -- fixing -----------------------------------------------------------------------------------
    /// Returns: whether it is the process's first fixation.
    bool fix(Pid pid);
    /// Takes back one fixation, or all of them. Returns: whether the process has none left.
    bool unfix(Pid pid, bool all);
    /// Whether the key was deleted while the table is fixed, so that a walk may go on from it.
    [[nodiscard]] bool wasKeyUntilFixed(const Term& key) const;

private:
    /// Makes a counter of an object that is about to be there, where it can be one.
    void noteCounter(const Term& object) const noexcept;
    /// `isSettled` becomes false where it is a counter that a Writer holds.
    [[nodiscard]] static Term listOfFound(Cell found, bool& isSettled);
    template <class Read> [[nodiscard]] Term readAtOnce(Read&& read) const;
    template <class Read> [[nodiscard]] Term readLocked(Read&& read) const;

    static constexpr std::size_t kOwnWords = 64; // of the table itself, about
    static constexpr std::size_t kEntryWords = 4;

    Tables& m_tables;
    /// A pid's raw value. Release by whoever gives the table to somebody (under the lock of the
    /// directory), acquire by who asks.
    std::atomic<std::uint64_t> m_owner;
    std::atomic<std::uint32_t> m_name; // an atom's index; as m_owner
    /// m_fixations is not empty. Release under the lock, acquire by who asks without it.
    std::atomic<bool> m_isFixed{false};
    ChangeVersion m_changes; // of several objects at once
    Index m_index;

    // What every change writes lies apart from what every look reads.
    alignas(64) mutable Mutex m_mutex;
    std::atomic<std::size_t> m_size{0};  // objects; by the writer, relaxed: a count
    std::atomic<std::size_t> m_words{0}; // of objects and entries; as m_size
    bool m_isClosed GROVE_GUARDED_BY(m_mutex) = false;
    std::optional<Heir> m_heir GROVE_GUARDED_BY(m_mutex);
    std::map<Pid, std::size_t> m_fixations GROVE_GUARDED_BY(m_mutex);
    std::set<Term, ByKey> m_goneKeys GROVE_GUARDED_BY(m_mutex); // deleted while fixed
};

class GROVE_SCOPED_CAPABILITY Table::Writer {
public:
    explicit Writer(Table& table) GROVE_ACQUIRE(table.m_mutex);
    struct Locked {};
    /// Requires: the caller has locked the table with tryLock(), and leaves it to this.
    Writer(Table& table, Locked) GROVE_NO_THREAD_SAFETY_ANALYSIS;
    ~Writer() GROVE_RELEASE();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Until it goes, readers wait: several changes are one to them.
    class AllAtOnce {
    public:
        explicit AllAtOnce(Writer& writer) noexcept;
        ~AllAtOnce();
        AllAtOnce(const AllAtOnce&) = delete;
        AllAtOnce& operator=(const AllAtOnce&) = delete;

    private:
        ChangeVersion& m_changes;
    };

    /// Borrowed until the next change or find(); null where the key is not. Nobody adds to it
    /// meanwhile.
    [[nodiscard]] const Term* find(const Term& key) noexcept;
    /// Sets a key's object, or adds one to a bag (not twice the same, but in a duplicate bag).
    /// Of a key and a number, both words, behind each other, and nobody else's, it is a counter
    /// from then on: it can be added to without a Writer (Table::add).
    /// Requires: an object with a key.
    void insert(Term object);
    /// Replaces the object of a set that find() has just found; as insert().
    void replace(Term object);
    /// Adds to what is a counter from now on, as it would be had it come from nobody else.
    /// Returns: the sum; none, and nothing is done, where the key has no such object, or the sum is
    /// no small integer. Requires: no bag, keys stand first.
    [[nodiscard]] Term add(const Term& key, std::int64_t by) noexcept;
    /// Returns: how many objects there were.
    std::size_t remove(const Term& key);
    /// Takes out all that are exactly equal. Returns: how many.
    std::size_t removeObject(const Term& object);
    /// Takes objects out of a bag's key by their place in its list (the latest first).
    void removeFrom(const Term& key, const std::vector<bool>& isRemoved);
    /// Returns: what is to be buried (Tables::bury) when the Writer has gone.
    [[nodiscard]] Rubble removeAll();

private:
    void count(std::ptrdiff_t objects, std::ptrdiff_t words) noexcept;
    /// Finds a key's place, and holds nothing but what may be held there already.
    void look(const Term& key) noexcept;
    /// Holds the lock since its constructor, which the compiler cannot see from here.
    void noteGone(const Term& key) GROVE_NO_THREAD_SAFETY_ANALYSIS;

    /// The counter that find() has found counts again, unless it was taken out.
    void letGo() noexcept;

    Table& m_table;
    Index::Spot m_spot; // what find() found
    Borrowed m_found{0};
    Borrowed m_held{0}; // a counter that is held
    Term m_settled;     // what it says; none when none is held
};

} // namespace grove::ets
