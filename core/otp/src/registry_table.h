#pragma once

#include "named_tables.h"
#include "registry_entries.h"

#include <grove/otp/registry.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>

#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

namespace grove::otp {

struct ExactlyEqual {
    bool operator()(const Term& a, const Term& b) const noexcept { return equalsExact(a, b); }
};
template <class T> using ByTerm = std::unordered_map<Term, T, std::hash<Term>, ExactlyEqual>;

/// A part of a registry: the entries of some keys, and the keys of some processes. What it lists of
/// one process is changed by that process only, or when that has ended.
///
/// Threads: any. Looking for a key takes no lock; every other member takes one for a few steps.
class RegistryPartition {
public:
    explicit RegistryPartition(Pid owner);

    const Pid owner;    // whom registered processes are linked to; none: it has ended
    const Term hookKey; // of the hook of each of them, in its dictionary: one for all

    // -- entries, by key

    /// Returns: who has a unique key already.
    [[nodiscard]] std::optional<Pid> addEntry(Keys keys, Pid pid, const Term& key, Term value);
    void removeEntries(Pid pid, const Term& key);
    /// Of a process's entries under a key those that are marked, in order.
    void removeMarked(Pid pid, const Term& key, const std::vector<bool>& isRemoved);
    void setValue(Pid pid, const Term& key, const Term& value);
    /// For looks, which take no lock.
    [[nodiscard]] const RegistryEntries& entries() const noexcept { return m_entries; }

    // -- keys, by process

    /// Returns: whether the process had none before.
    [[nodiscard]] bool addKey(Pid pid, Term key);
    /// Takes a key away, as often as `times` says. Returns: whether the process has none left and
    /// had one.
    [[nodiscard]] bool removeKey(Pid pid, const Term& key, std::size_t times = ~std::size_t{0});
    [[nodiscard]] std::vector<Term> takeKeys(Pid pid);
    /// Once per entry.
    [[nodiscard]] std::vector<Term> keysOf(Pid pid) const;

    /// It has ended: whoever still finds it finds nothing in it.
    void clear();

private:
    mutable Mutex m_mutex;
    RegistryEntries m_entries; // changed under m_mutex
    std::unordered_map<std::uint64_t, std::vector<Term>>
        m_byPid GROVE_GUARDED_BY(m_mutex); // once per entry
};

class RegistryHome;

/// The partitions of a registry at one time. Entries under a unique key lie in the partition of the
/// key, under a duplicate one in that of their process; the keys of a process in that of the
/// process.
struct RegistryTable {
    std::shared_ptr<RegistryHome> home;
    std::vector<std::shared_ptr<RegistryPartition>> partitions;

    [[nodiscard]] RegistryPartition& ofProcess(Pid pid) const;
    [[nodiscard]] RegistryPartition& ofKey(const Term& key, Pid pid) const;
    /// Where entries under a key may lie.
    [[nodiscard]] std::span<const std::shared_ptr<RegistryPartition>>
    partitionsOf(const Term& key) const;
    [[nodiscard]] std::vector<Registry::Entry> lookup(const Term& key) const;
    void removeAll(Pid pid) const;
};

/// What outlives the processes of a registry's partitions.
///
/// Threads: any; each member takes the lock for a few steps.
class RegistryHome : public std::enable_shared_from_this<RegistryHome> {
public:
    RegistryHome(Atom name, RegistryOptions options);

    const Atom name;
    const RegistryOptions options;

    /// A partition's process runs. The processes of unique keys start together, with no entries;
    /// of duplicate ones each has entries of its own.
    void started(std::size_t partition, Pid owner);
    void ended(std::size_t partition);
    /// Null while it does not run.
    [[nodiscard]] std::shared_ptr<const RegistryTable> table() const;

    void putMeta(Term key, Term value);
    [[nodiscard]] std::optional<Term> meta(const Term& key) const;

private:
    void renew() GROVE_REQUIRES(m_mutex);

    NamedTables<RegistryHome>& m_index; // where it is found
    mutable Mutex m_mutex;
    std::vector<Pid> m_owners GROVE_GUARDED_BY(m_mutex); // none: not running
    std::vector<std::shared_ptr<RegistryPartition>>
        m_partitions GROVE_GUARDED_BY(m_mutex); // null: never started
    std::shared_ptr<const RegistryTable> m_table GROVE_GUARDED_BY(m_mutex);
    ByTerm<Term> m_meta GROVE_GUARDED_BY(m_mutex);
};

/// Null when there is no such registry.
[[nodiscard]] std::shared_ptr<const RegistryTable> findRegistry(Runtime& runtime, Atom registry);
/// The same for readers: found without a lock by a thread that has found it lately. Borrowed from
/// `held` or the thread: not to be kept over a suspension or another look.
[[nodiscard]] const RegistryTable* peekRegistry(Runtime& runtime, Atom registry,
                                                std::shared_ptr<const RegistryTable>& held);
/// Raises badarg when there is no such registry.
[[nodiscard]] std::shared_ptr<const RegistryTable> registryTable(Atom registry);
/// For a process that has no entry left in its partition: nothing ties it to that any more.
void leaveRegistry(const RegistryPartition& partition);
/// Tells each listener. Raises badarg where one is not there, as Elixir.
void tellListeners(const RegistryHome& home, const Term& event);

} // namespace grove::otp
