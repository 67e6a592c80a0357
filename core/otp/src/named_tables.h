#pragma once

#include <grove/runtime/exit_hook.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>
#include <grove/term/atom.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace grove::otp {

/// Tables of a runtime that processes keep and anybody reads, by name: each is there as long as
/// the process that put it there. An extension of the runtime. Threads: any.
template <class Table> class NamedTables {
public:
    [[nodiscard]] static std::shared_ptr<Table> find(Runtime& runtime, Atom name) {
        return extension<NamedTables>(runtime).find(name);
    }
    /// Raised by each change of what find() answers, and by changed().
    [[nodiscard]] const std::atomic<std::uint64_t>& version() const noexcept { return m_version; }
    /// A table has changed in a way that who keeps it in a WorkerCache must know.
    void changed() noexcept { m_version.fetch_add(1, std::memory_order_release); }
    /// For the running process: it keeps this table until its end, in place of one of that name.
    static void keep(Atom name, std::shared_ptr<Table> table) {
        extension<NamedTables>(Runtime::current()).put(name, table);
        addExitHook(*new Hook(name, std::move(table))); // deletes itself
    }

private:
    class Hook final : public ExitHook {
    public:
        Hook(Atom name, std::shared_ptr<Table> table) : m_name(name), m_table(std::move(table)) {}
        void released(Runtime& runtime, Pid, const Term&) noexcept override {
            extension<NamedTables>(runtime).remove(m_name, m_table);
            delete this;
        }

    private:
        Atom m_name;
        std::shared_ptr<Table> m_table;
    };

    [[nodiscard]] std::shared_ptr<Table> find(Atom name) const {
        const Lock lock(m_mutex);
        const auto at = m_tables.find(name);
        return at == m_tables.end() ? nullptr : at->second;
    }
    void put(Atom name, std::shared_ptr<Table> table) {
        const Lock lock(m_mutex);
        m_tables.insert_or_assign(name, std::move(table));
        changed();
    }
    void remove(Atom name, const std::shared_ptr<Table>& table) {
        const Lock lock(m_mutex);
        const auto at = m_tables.find(name);
        if (at != m_tables.end() && at->second == table)
            m_tables.erase(at);
        changed();
    }

    std::atomic<std::uint64_t> m_version{0}; // pairs with WorkerCache::has()
    mutable Mutex m_mutex;
    std::unordered_map<Atom, std::shared_ptr<Table>> m_tables GROVE_GUARDED_BY(m_mutex);
};

} // namespace grove::otp
