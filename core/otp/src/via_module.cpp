#include "via.h"

#include <grove/otp/partition_supervisor.h>
#include <grove/otp/registry.h>
#include <grove/otp/via_module.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>

#include <atomic>
#include <map>

namespace grove::otp {

namespace {

/// Those of a runtime.
class ViaModules {
public:
    void add(Atom name, std::shared_ptr<ViaModule> module) GROVE_EXCLUDES(m_mutex) {
        const Lock lock(m_mutex);
        const bool isNew = m_modules.emplace(name.index(), std::move(module)).second;
        GROVE_ASSERT(isNew, "there is such a module");
        m_isAny.store(true, std::memory_order_release);
    }
    [[nodiscard]] ViaModule* find(Atom name) const GROVE_EXCLUDES(m_mutex) {
        if (!m_isAny.load(std::memory_order_acquire)) [[likely]]
            return nullptr;
        const Lock lock(m_mutex);
        const auto at = m_modules.find(name.index());
        return at == m_modules.end() ? nullptr : at->second.get();
    }

private:
    /// Most programs have none, and then nobody takes the lock. Release by add(), acquire by
    /// find(); never false again.
    std::atomic<bool> m_isAny{false};
    mutable Mutex m_mutex;
    std::map<std::uint32_t, std::shared_ptr<ViaModule>> m_modules GROVE_GUARDED_BY(m_mutex);
};

} // namespace

void addViaModule(Runtime& runtime, Atom name, std::shared_ptr<ViaModule> module) {
    extension<ViaModules>(runtime).add(name, std::move(module));
}

ViaModule* findViaModule(Atom name) {
    return extension<ViaModules>(Runtime::current()).find(name);
}

void ViaModule::send(const Term& key, Payload message, MessageKind kind) {
    const std::optional<Pid> holder = whereisName(key);
    if (holder && kind == MessageKind::Cast)
        grove::sendCast(*holder, std::move(message));
    else if (holder)
        grove::send(*holder, std::move(message));
    else if (kind != MessageKind::Cast)
        grove::error(atoms::badarg);
}

std::optional<Pid> whereisVia(const Via& name) {
    if (const std::optional<Pid> pid = Registry::whereis(name.registry, name.key))
        return pid;
    if (name.registry == atom(kPartitionModule) && name.key.isTuple(2))
        return PartitionSupervisor::whereis(name.key.element(0).toAtom(), name.key.element(1));
    ViaModule* const module = findViaModule(name.registry);
    return module == nullptr ? std::nullopt : module->whereisName(name.key);
}

} // namespace grove::otp
