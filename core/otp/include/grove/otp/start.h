#pragma once
// How processes of a behaviour are named and started.

#include <grove/runtime/clock.h>
#include <grove/term/term.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace grove::otp {

namespace sys {
struct DebugOptions;
}

/// A name kept by a registry: `otp::via("process_registry", listName)`.
///
/// Only registries with unique keys can resolve one.
struct Via {
    Atom registry;
    Term key;
    Term value = Term::nil(); ///< what lookup() shows beside the pid
};

[[nodiscard]] inline Via via(std::string_view registry, Term key) {
    return Via{.registry = atom(registry), .key = std::move(key)};
}
[[nodiscard]] inline Via via(Atom registry, Term key) {
    return Via{.registry = registry, .key = std::move(key)};
}

/// The name a process gets at its start: none, an atom of its own runtime, or a registry's key.
class ServerName {
public:
    ServerName() noexcept = default;
    ServerName(Atom name) noexcept : m_name(name) {}
    ServerName(std::string_view name) : m_name(atom(name)) {}
    ServerName(const char* name) : m_name(atom(name)) {}
    ServerName(Via name) : m_name(std::move(name)) {}

    [[nodiscard]] bool isNone() const noexcept {
        return std::holds_alternative<std::monostate>(m_name);
    }
    [[nodiscard]] const Atom* asAtom() const noexcept { return std::get_if<Atom>(&m_name); }
    [[nodiscard]] const Via* asVia() const noexcept { return std::get_if<Via>(&m_name); }
    /// As exit terms show it: the atom, `{via, registry, key}`, or `nil`.
    [[nodiscard]] Term term() const;

private:
    std::variant<std::monostate, Atom, Via> m_name;
};

/// Whom a call, cast or request is meant for: a pid, a registered atom, or a registry's key.
class ServerRef {
public:
    ServerRef(Pid pid) noexcept : m_target(pid) {}
    ServerRef(Atom name) noexcept : m_target(name) {}
    ServerRef(std::string_view name) : m_target(atom(name)) {}
    ServerRef(const char* name) : m_target(atom(name)) {}
    ServerRef(Via name) : m_target(std::move(name)) {}

    [[nodiscard]] const Pid* asPid() const noexcept { return std::get_if<Pid>(&m_target); }
    [[nodiscard]] const Atom* asAtom() const noexcept { return std::get_if<Atom>(&m_target); }
    [[nodiscard]] const Via* asVia() const noexcept { return std::get_if<Via>(&m_target); }
    /// As exit terms show it.
    [[nodiscard]] Term term() const;

private:
    std::variant<Pid, Atom, Via> m_target;
};

/// What a start function gave: a process, `ignore`, or the reason why there is none.
class [[nodiscard]] StartResult {
public:
    [[nodiscard]] static StartResult ok(Pid pid, Term info = {}) {
        return StartResult(Kind::Ok, pid, std::move(info));
    }
    /// The process decided not to run; its end was normal.
    [[nodiscard]] static StartResult ignore() { return StartResult(Kind::Ignore, {}, {}); }
    [[nodiscard]] static StartResult error(Term reason) {
        return StartResult(Kind::Error, {}, std::move(reason));
    }

    [[nodiscard]] bool isOk() const noexcept { return m_kind == Kind::Ok; }
    [[nodiscard]] bool isIgnore() const noexcept { return m_kind == Kind::Ignore; }
    [[nodiscard]] bool isError() const noexcept { return m_kind == Kind::Error; }
    [[nodiscard]] explicit operator bool() const noexcept { return isOk(); }

    /// Requires: isOk().
    [[nodiscard]] Pid pid() const {
        GROVE_ASSERT(isOk(), "the process was not started");
        return m_pid;
    }
    /// Requires: isError().
    [[nodiscard]] const Term& reason() const {
        GROVE_ASSERT(isError(), "the start did not fail");
        return m_term;
    }
    /// What the start function had to say beside the pid; none as a rule.
    [[nodiscard]] const Term& info() const noexcept { return m_term; }
    /// The process that holds the name already, of an error `{already_started, Pid}`.
    [[nodiscard]] std::optional<Pid> alreadyStarted() const noexcept;
    /// The started process, or the one that holds the name already; nothing otherwise.
    [[nodiscard]] std::optional<Pid> pidOrAlreadyStarted() const noexcept {
        return isOk() ? std::optional(m_pid) : alreadyStarted();
    }
    /// `{ok, Pid}`, `{ok, Pid, Info}`, `ignore` or `{error, Reason}`.
    [[nodiscard]] Term term() const;
    /// Reads such a term; anything else is an error with the term as its reason.
    [[nodiscard]] static StartResult fromTerm(const Term& term);

private:
    enum class Kind : std::uint8_t { Ok, Ignore, Error };
    StartResult(Kind kind, Pid pid, Term term) noexcept
        : m_kind(kind), m_pid(pid), m_term(std::move(term)) {}

    Kind m_kind;
    Pid m_pid;
    Term m_term;
};

/// What a startMonitor() gave.
struct MonitoredStart {
    StartResult result;
    Ref monitor; ///< of a process that was started; its 'DOWN' comes when that ends

    /// `{ok, {Pid, Monitor}}`, `ignore` or `{error, Reason}`.
    [[nodiscard]] Term term() const {
        return result.isOk() ? tuple(atoms::ok, tuple(result.pid(), monitor)) : result.term();
    }
};

/// How a process of a behaviour is started; whatever is not given stays as it is.
struct StartOptions {
    ServerName name;
    /// What people call it: "SQLite worker 2".
    std::string label;
    /// Limit of its init; past it the process is killed and the start is `{error, timeout}`.
    std::optional<Duration> timeout;
    /// It gets a thread of its own, for work that blocks.
    bool ownThread = false;
    /// It hibernates whenever it has waited so long for a message (hibernate_after).
    std::optional<Duration> hibernateAfter = {};
    /// What it is debugged with from its start: `sys::debugged({.log = 20})`, see debug.h.
    std::shared_ptr<const sys::DebugOptions> debug = {};
    /// Set by supervisors: where the process belongs in the tree (see places.h), and how often that
    /// place has been filled again.
    std::uint64_t place = 0;
    std::uint32_t restarts = 0;
};

} // namespace grove::otp
