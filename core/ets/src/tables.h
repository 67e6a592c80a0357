#pragma once

#include "table.h"

#include <grove/runtime/exit_hook.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/task.h>

#include <array>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace grove::ets {

/// The tables of a runtime: which there are, who owns and who fixes them, and what is left of those
/// that are gone.
///
/// Threads: any. Finding a table takes no lock. Never holds its lock and a table's at once.
class Tables {
public:
    explicit Tables(Runtime& runtime);
    ~Tables();
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    /// By reference or name. Requires: pinned as long as the table is used, or until it is shared.
    [[nodiscard]] Table* find(const Term& id) const noexcept;
    /// The same in the current runtime; what a thread finds again and again it remembers.
    [[nodiscard]] static Table* findHere(const Term& id) noexcept {
        Table* const known = findKnown(id);
        return known != nullptr ? known : findAndRemember(id);
    }
    /// Only what the thread remembers; null for the rest.
    [[nodiscard, gnu::always_inline]] static Table* findKnown(const Term& id) noexcept {
        const Remembered& known = t_remembered[placeOf(id)];
        const bool isKnown = known.id == id.bits() && known.runtime == &Runtime::current() &&
                             known.departures == s_departures.load(std::memory_order_acquire);
        return isKnown ? known.table : nullptr;
    }

    /// Returns: false when the name is taken, or the owner has ended.
    [[nodiscard]] bool add(const std::shared_ptr<Table>& table);
    /// Takes a table away; nobody finds it from now on. Returns: false when somebody was faster.
    bool remove(Table& table);
    /// Returns: false when the name is taken, or the table is gone.
    [[nodiscard]] bool rename(Table& table, Atom name);
    /// Makes `to` the owner in place of the present one.
    /// Returns: false when it has ended, or the table is gone.
    [[nodiscard]] bool give(Table& table, Pid to);
    /// A process's fixations end when it does. Returns: false when it has ended.
    [[nodiscard]] bool fix(Table& table, Pid pid);
    void unfix(Table& table, Pid pid);

    /// In the order of their references.
    [[nodiscard]] std::vector<std::shared_ptr<Table>> all() const;

    /// What an index held, which others may still look at: freed when nobody can, in slices by a
    /// process of its own when it is large.
    void bury(Rubble rubble);

private:
    /// What a thread has found: as good as a look while no table has gone since.
    struct Remembered {
        std::uint64_t id = 0;
        const Runtime* runtime = nullptr;
        std::uint64_t departures = 0;
        Table* table = nullptr;
    };
    static constexpr std::size_t kRemembered = 4;
    [[nodiscard]] static std::size_t placeOf(const Term& id) noexcept {
        return id.bits() >> 4 & (kRemembered - 1);
    }
    [[nodiscard]] static Table* findAndRemember(const Term& id) noexcept;
    static constinit thread_local std::array<Remembered, kRemembered> t_remembered
        [[gnu::tls_model("initial-exec")]];
    /// How often a table's id or its runtime's tables have gone, in the program. Counted up
    /// (release) after the id has left the directory and before the epoch advances; loaded by who
    /// is pinned (acquire), who so either finds it changed or keeps the table from being freed.
    static constinit std::atomic<std::uint64_t> s_departures;

    /// What belongs to a process: found through its exit hook when it ends.
    struct Owner {
        std::vector<std::shared_ptr<Table>> owned;
        std::vector<std::weak_ptr<Table>> fixed;
        bool isHooked = false;
        bool isDead = false; // what was added now would never be released
    };
    class OwnerHook;
    class SweeperHook;
    /// What is to be freed when nobody is pinned below `freeFrom`.
    struct Ruin {
        std::uint64_t freeFrom = 0;
        std::shared_ptr<Table> table;
        Rubble rubble;
    };

    /// The owner's entry, with its hook in place. Returns: null when the process has ended.
    [[nodiscard]] std::shared_ptr<Owner> ensureOwner(Pid pid) GROVE_EXCLUDES(m_mutex);
    void ownerEnded(Pid pid) noexcept GROVE_EXCLUDES(m_mutex);
    void passOn(Table& table, Pid from) noexcept GROVE_EXCLUDES(m_mutex);
    void enter(const Term& id, Table& table) GROVE_REQUIRES(m_mutex);
    void leave(const Term& id) GROVE_REQUIRES(m_mutex);
    void bury(Ruin ruin) GROVE_EXCLUDES(m_mutex);
    [[nodiscard]] std::optional<Ruin> takeRuin(bool& mustWait) GROVE_EXCLUDES(m_mutex);
    [[nodiscard]] static Task<> sweep(Tables* tables);
    void startSweeper() GROVE_EXCLUDES(m_mutex);

    Runtime& m_runtime;
    /// {Reference or name, address of the table}. Readers are pinned; the writer holds m_mutex.
    Index m_directory{Type::Set, 1};

    mutable Mutex m_mutex;
    std::unordered_map<const Table*, std::shared_ptr<Table>> m_tables GROVE_GUARDED_BY(m_mutex);
    std::unordered_map<Pid, std::shared_ptr<Owner>> m_owners GROVE_GUARDED_BY(m_mutex);
    std::deque<Ruin> m_ruins GROVE_GUARDED_BY(m_mutex);
    bool m_isSweeping GROVE_GUARDED_BY(m_mutex) = false;
};

} // namespace grove::ets
