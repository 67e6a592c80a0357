// The processes of a registry: one for each partition, and a supervisor above several.

#include "named_tables.h"
#include "registry_table.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/exit_hook.h>

namespace grove::otp {

namespace {

/// The partition goes before anybody hears of its process's end.
class PartitionHook final : public ExitHook {
public:
    PartitionHook(std::shared_ptr<RegistryHome> home, std::size_t partition)
        : m_home(std::move(home)), m_partition(partition) {}
    void released(Runtime&, Pid, const Term&) noexcept override {
        m_home->ended(m_partition);
        delete this;
    }

private:
    std::shared_ptr<RegistryHome> m_home;
    std::size_t m_partition;
};

/// For the process at the top of a registry.
void keepHome(const std::shared_ptr<RegistryHome>& home) {
    if (NamedTables<RegistryHome>::find(Runtime::current(), home->name) != home)
        NamedTables<RegistryHome>::keep(home->name, home);
}

class RegistryServer final : public GenServer<RegistryServer> {
public:
    static constexpr const char* kBehaviour = "Registry";
    struct State {
        Atom name;
        bool unique = true;
        GROVE_MAP_FIELDS(State, name, unique)
    };

    Init init(std::shared_ptr<RegistryHome> home, std::size_t partition) {
        setTrapExit(TrapExit::Yes);
        addExitHook(*new PartitionHook(home, partition)); // deletes itself
        home->started(partition, self());
        if (home->options.partitions == 1)
            keepHome(home);
        return Init::ok(State{home->name, home->options.keys == Keys::Unique});
    }
    /// The entries of a process are gone before its exit signal is here.
    void handleInfo(Exit) {}
};

/// Run in the supervisor.
grove::Task<StartResult> startPartition(std::shared_ptr<RegistryHome> home, std::size_t partition,
                                        StartOptions options) {
    keepHome(home);
    return RegistryServer::startLink(std::move(options), std::move(home), partition);
}

ChildSpec partitionOf(const std::shared_ptr<RegistryHome>& home, std::size_t partition) {
    const Atom name =
        atom(std::string(home->name.name()) + ".PIDPartition" + std::to_string(partition));
    ChildSpec spec(Term(name), [home, partition](StartOptions options) {
        return startPartition(home, partition, std::move(options));
    });
    return spec.behaviour("Registry").name(name);
}

} // namespace

grove::Task<StartResult> Registry::startLink(StartOptions start, RegistryOptions options) {
    const Atom* name = start.name.asAtom();
    if (name == nullptr)
        grove::error(tuple(atoms::badarg, Term("a registry needs an atom as its name")));
    if (options.partitions == 0)
        grove::error(tuple(atoms::badarg, Term("a registry has at least one partition")));
    const Keys keys = options.keys;
    const std::size_t partitions = options.partitions;
    auto home = std::make_shared<RegistryHome>(*name, std::move(options));
    if (partitions == 1)
        return RegistryServer::startLink(std::move(start), std::move(home), std::size_t{0});
    SupervisorOptions made{.strategy =
                               keys == Keys::Unique ? Strategy::OneForAll : Strategy::OneForOne};
    for (std::size_t i = 0; i < partitions; ++i)
        made.children.push_back(partitionOf(home, i));
    return Supervisor::startLink(std::move(start), std::move(made));
}

ChildSpec registry(std::string_view name, RegistryOptions options) {
    const bool isOne = options.partitions == 1;
    ChildSpec spec(Term(atom(name)), [options = std::move(options)](StartOptions start) {
        return Registry::startLink(std::move(start), options);
    });
    spec.behaviour(isOne ? "Registry" : "Supervisor").name(name);
    if (!isOne)
        spec.type(ChildType::Supervisor).shutdown(Shutdown::infinity());
    return spec;
}

ChildSpec registry(std::string_view name, Keys keys) {
    return registry(name, RegistryOptions{.keys = keys});
}

} // namespace grove::otp
