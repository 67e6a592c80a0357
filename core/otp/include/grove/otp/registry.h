#pragma once

#include <grove/otp/child_spec.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::otp {

/// Whether a key names one process or any number.
enum class Keys : std::uint8_t { Unique, Duplicate };

/// Whether something is done for several partitions at once.
enum class Parallel : std::uint8_t { No, Yes };

/// What a registry is made of.
struct RegistryOptions {
    Keys keys = Keys::Unique;
    std::size_t partitions = 1; ///< more than one, where many processes register at once
    /// Named processes that get `{register, Registry, Key, Pid, Value}` and
    /// `{unregister, Registry, Key, Pid}` from whoever does that; nothing when a process ends.
    /// Where one is not there, badarg is raised, after the deed.
    std::vector<Atom> listeners = {};
    std::vector<std::pair<Term, Term>> meta = {}; ///< see Registry::meta()
};

/// Names and groups of processes: keys are any terms, values too.
///
///     otp::registry("lists")                                    // a child of a supervisor
///     ListServer::startLink({.name = otp::via("lists", name)}, name)
///     co_await otp::call(otp::via("lists", name), ListServer::EntriesOn{date});
///
/// A process registers itself; the registry is linked to it, so that it ends when the registry
/// does. Its entries go when it ends, before anybody hears of its end. Reading takes no message and
/// no lock, and readers do not wait for each other. Keys are compared exactly: 1 and 1.0 are two
/// keys. Errors: a registry that does not run raises error(badarg), as Elixir's ArgumentError.
/// Threads: a process's, unless a Runtime is given. When not to use it: for a handful of names
/// known in the program's text (StartOptions::name as an atom).
///
/// Partitions: each has a process `Name.PIDPartitionN`, which the processes registered in it are
/// linked to, and a lock of its own for changes; above several is a supervisor with the registry's
/// name. When one of unique keys ends, all start again without entries; of duplicate ones only that
/// one. Departure from Elixir: the only partition of a registry is the registry; there is no
/// supervisor above it.
///
/// Match specifications (MatchSpec) see an entry as `{Key, {Pid, Value}}`; what is wrong with one
/// is badarg.
class Registry {
public:
    struct Entry {
        Pid pid;
        Term value;
        [[nodiscard]] friend bool operator==(const Entry&, const Entry&) = default;
    };

    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start,
                                                            RegistryOptions options);

    /// Registers the calling process. Returns: nothing when it worked, else who has the key of a
    /// unique registry.
    [[nodiscard]] static std::optional<Pid> registerName(Atom registry, Term key,
                                                         Term value = Term::nil());
    /// Takes away the calling process's entries under this key; others' stay.
    static void unregister(Atom registry, const Term& key);
    /// Takes away those of the calling process's entries under this key whose value fits; see
    /// match(). Listeners hear of it when none is left.
    static void unregisterMatch(Atom registry, const Term& key, const Term& pattern,
                                const Term& guards = Term::nil());
    /// In order of registration, partition by partition. Whether they are alive is not looked at:
    /// one that is on its way out is listed until what it held is released.
    [[nodiscard]] static std::vector<Entry> lookup(Atom registry, const Term& key);
    [[nodiscard]] static std::vector<Entry> lookup(Runtime& runtime, Atom registry,
                                                   const Term& key);
    /// The process under a key of a unique registry; nothing when there is none or no such
    /// registry.
    [[nodiscard]] static std::optional<Pid> whereis(Atom registry, const Term& key);
    [[nodiscard]] static std::optional<Pid> whereis(Runtime& runtime, Atom registry,
                                                    const Term& key);
    /// The keys of a process; of a duplicate registry once per entry.
    [[nodiscard]] static std::vector<Term> keys(Atom registry, Pid pid);
    /// The values of a process under a key.
    [[nodiscard]] static std::vector<Term> values(Atom registry, const Term& key, Pid pid);
    [[nodiscard]] static std::size_t count(Atom registry);
    /// The entries of a key whose value fits a pattern and a list of guards, both as in a match
    /// specification. The key is none: '_' is a key like any other.
    [[nodiscard]] static std::vector<Entry>
    match(Atom registry, const Term& key, const Term& pattern, const Term& guards = Term::nil());
    [[nodiscard]] static std::size_t countMatch(Atom registry, const Term& key, const Term& pattern,
                                                const Term& guards = Term::nil());
    /// The answers for all entries, in any order. `specification`: `[{{Key, Pid, Value}, Guards,
    /// Body}, …]`. Complexity: walks the registry.
    [[nodiscard]] static Term select(Atom registry, const Term& specification);
    /// How many answers are `true`.
    [[nodiscard]] static std::size_t countSelect(Atom registry, const Term& specification);
    /// Changes the value of the caller's own entry. `change` must not use the registry.
    /// Returns: {new, old}; nothing when the key is not the caller's. Errors: badarg for a
    /// duplicate registry.
    static std::optional<std::pair<Term, Term>>
    updateValue(Atom registry, const Term& key, const std::function<Term(const Term&)>& change);
    /// Runs `each` in the caller with all entries of a key, partition by partition; not at all when
    /// there are none.
    static void dispatch(Atom registry, const Term& key,
                         const std::function<void(const std::vector<Entry>&)>& each);
    /// The same, where it says so in a task for each of several partitions. Then `each` runs in
    /// several processes at once, and one that fails ends the caller, too.
    [[nodiscard]] static grove::Task<> dispatch(Atom registry, Term key,
                                                std::function<void(const std::vector<Entry>&)> each,
                                                Parallel parallel);
    /// Data about the registry itself, gone with it.
    static void putMeta(Atom registry, Term key, Term value);
    [[nodiscard]] static std::optional<Term> meta(Atom registry, const Term& key);
};

/// A registry as a child; `name` is also its id.
[[nodiscard]] ChildSpec registry(std::string_view name, RegistryOptions options);
[[nodiscard]] ChildSpec registry(std::string_view name, Keys keys = Keys::Unique);

} // namespace grove::otp
