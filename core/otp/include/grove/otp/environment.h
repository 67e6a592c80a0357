#pragma once
// The settings of applications, by name.

#include <grove/runtime/mutex.h>
#include <grove/term/term.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::otp {

/// What a program is run for.
enum class RunMode : std::uint8_t { Dev, Test, Prod };

/// A setting that an application brings along; with a mode, only when it runs in that.
struct Setting {
    Atom key;
    Term value;
    std::optional<RunMode> mode = {};
};

/// The environment of each application of a runtime: settings that its processes read.
///
///     applications.add({.name = "todo", .environment = {{atom("port"), 8080},
///                                                       {atom("port"), 0, RunMode::Test}}, …});
///     const Term port = environment().fetch("todo", atom("port"));
///
/// When an application is added, what it brings along takes the place of what was set before,
/// unless that was set to stay (Persistent::Yes). Where it brings a key twice, the last that is
/// meant for the mode counts. What is set later stays over stops and starts. An application that is
/// not known may have settings, too.
///
/// Threads: every member from any thread. One per runtime: `extension<Environment>(runtime)`, or
/// environment() in a process.
class Environment {
public:
    enum class Persistent : bool { No, Yes };

    /// What load() takes; Prod until somebody says so. Requires: before applications are added.
    void setMode(RunMode mode);
    [[nodiscard]] RunMode mode() const;

    [[nodiscard]] std::optional<Term> get(const std::string& application, Atom key) const;
    [[nodiscard]] Term get(const std::string& application, Atom key, Term otherwise) const;
    /// Errors: raises error(badarg) where there is no such setting, as Elixir's ArgumentError.
    [[nodiscard]] Term fetch(const std::string& application, Atom key) const;
    /// In the order of the keys' names.
    [[nodiscard]] std::vector<std::pair<Atom, Term>> all(const std::string& application) const;
    void set(const std::string& application, Atom key, Term value,
             Persistent persistent = Persistent::No);
    void unset(const std::string& application, Atom key);
    /// Takes over what an application brings along.
    void load(const std::string& application, const std::vector<Setting>& settings);

private:
    struct Value {
        Term value;
        Persistent persistent = Persistent::No;
    };
    using Key = std::pair<std::string, std::string>; // application, key

    mutable Mutex m_mutex;
    RunMode m_mode GROVE_GUARDED_BY(m_mutex) = RunMode::Prod;
    std::map<Key, Value> m_values GROVE_GUARDED_BY(m_mutex);
};

/// Of the running process's runtime.
[[nodiscard]] Environment& environment();

} // namespace grove::otp
