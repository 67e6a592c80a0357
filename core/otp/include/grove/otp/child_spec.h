#pragma once
// A supervision tree as a value: what to start, in which order, and what to do when it ends.

#include <grove/otp/start.h>
#include <grove/runtime/task.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::otp {

/// What a supervisor does to the siblings of a child that it starts again.
enum class Strategy : std::uint8_t {
    OneForOne,  ///< nothing
    OneForAll,  ///< stops and starts them all
    RestForOne, ///< stops and starts those that were started after it
};

/// When a supervisor starts a child again.
enum class Restart : std::uint8_t {
    Permanent, ///< always
    Transient, ///< unless it ended with normal, shutdown or {shutdown, _}
    Temporary, ///< never; its specification goes with it
};

enum class ChildType : std::uint8_t { Worker, Supervisor };

/// How many restarts a supervisor allows within a period, whole seconds counted as OTP counts them.
/// One more, and it stops its children and ends with `shutdown`.
struct Intensity {
    std::uint32_t restarts = 3;                ///< Elixir's default
    Duration period = std::chrono::seconds(5); ///< Elixir's default
    [[nodiscard]] static constexpr Intensity elixir() { return {}; }
    [[nodiscard]] static constexpr Intensity erlang() { return {1, std::chrono::seconds(5)}; }
};

/// How long a supervisor waits for a child that it asked to stop (exit signal `shutdown`) before it
/// kills it.
class Shutdown {
public:
    /// Zero: asked and killed at once.
    constexpr Shutdown(Duration limit) noexcept : m_limit(limit) {}
    template <class Rep, class Period>
    constexpr Shutdown(std::chrono::duration<Rep, Period> limit) noexcept : m_limit(limit) {}
    /// Killed without being asked.
    [[nodiscard]] static constexpr Shutdown brutalKill() noexcept { return Shutdown(Duration(-1)); }
    /// Waits without limit; the default for supervisors.
    [[nodiscard]] static constexpr Shutdown infinity() noexcept {
        return Shutdown(Duration::max());
    }

    [[nodiscard]] constexpr bool isBrutalKill() const noexcept {
        return m_limit < Duration::zero();
    }
    [[nodiscard]] constexpr bool isInfinity() const noexcept { return m_limit == Duration::max(); }
    [[nodiscard]] constexpr Duration limit() const noexcept { return m_limit; }
    /// `brutal_kill`, `infinity` or milliseconds.
    [[nodiscard]] Term term() const;

private:
    Duration m_limit;
};

/// A start function: run in the supervisor's process, links the new process to it, and is kept for
/// restarts. It passes the options on to startLink().
using StartFunction = std::function<grove::Task<StartResult>(StartOptions)>;

/// A start function that takes its arguments as terms, see ChildSpec::withArguments().
using StartWithArguments =
    std::function<grove::Task<StartResult>(StartOptions, std::vector<Term> arguments)>;

/// One child of a supervisor, a value:
/// `otp::worker<Metrics>(10s).shutdown(2s).restart(Restart::Transient)`.
///
/// The setters change this value and return it, so that they chain.
/// Arguments of the start are kept as copies and used again at each restart. Memory: 104 bytes, and
/// a block more where it has options, arguments or terms to show.
class ChildSpec {
public:
    ChildSpec(Term id, StartFunction start) : m_id(std::move(id)), m_start(std::move(start)) {}
    /// A child whose arguments others may add to: DynamicSupervisorOptions::extraArguments,
    /// DynamicSupervisor::startChild() with arguments.
    [[nodiscard]] static ChildSpec withArguments(Term id, StartWithArguments start,
                                                 std::vector<Term> arguments = {});

    ChildSpec& id(Term id) { return set(m_id, std::move(id)); }
    ChildSpec& start(StartFunction start) {
        m_showStart = nullptr; // it showed the one before
        return set(m_start, std::move(start));
    }
    /// Puts arguments before or behind those it has. Returns: whether it takes arguments.
    [[nodiscard]] bool prependArguments(const std::vector<Term>& arguments);
    [[nodiscard]] bool appendArguments(const std::vector<Term>& arguments);
    /// The same, for those that it has. Requires: not its own arguments().
    [[nodiscard]] bool setArguments(const std::vector<Term>& arguments);
    /// What term() shows as `start` and `modules` instead of what it finds.
    ChildSpec& shownAs(Term start, Term modules) {
        Seldom& seldom = ensureSeldom();
        seldom.shownModules = std::move(modules);
        return set(seldom.shownStart, std::move(start));
    }
    /// The same for `start`, made when somebody asks.
    ChildSpec& startShownBy(std::function<Term()> show) {
        return set(m_showStart, std::move(show));
    }
    ChildSpec& restart(Restart restart) { return set(m_restart, restart); }
    ChildSpec& shutdown(Shutdown shutdown) { return set(m_shutdown, shutdown); }
    ChildSpec& type(ChildType type) { return set(m_type, type); }
    /// The name of the class that runs, for the observer and for `modules`: one of the program's.
    ChildSpec& behaviour(std::string_view name) {
        return set(m_behaviour, std::optional(atom(name)));
    }
    /// The name under which it registers itself.
    ChildSpec& name(ServerName name) { return set(ensureSeldom().options.name, std::move(name)); }
    /// What people call it; shown by the observer.
    ChildSpec& label(std::string label) {
        return set(ensureSeldom().options.label, std::move(label));
    }
    ChildSpec& ownThread() { return set(ensureSeldom().options.ownThread, true); }
    ChildSpec& startTimeout(Duration limit) {
        return set(ensureSeldom().options.timeout, std::optional(limit));
    }
    /// A significant child's own end may end its supervisor; see AutoShutdown.
    ChildSpec& significant() { return set(m_significant, true); }
    /// Whoever needs it starts it again on next use; the observer says so. Changes nothing else.
    ChildSpec& reopenedOnUse() { return set(m_reopenedOnUse, true); }

    [[nodiscard]] const Term& id() const noexcept { return m_id; }
    [[nodiscard]] Restart restart() const noexcept { return m_restart; }
    [[nodiscard]] Shutdown shutdown() const noexcept { return m_shutdown; }
    [[nodiscard]] ChildType type() const noexcept { return m_type; }
    /// Lives as long as the program.
    [[nodiscard]] std::string_view behaviour() const noexcept {
        return m_behaviour ? m_behaviour->name() : std::string_view();
    }
    [[nodiscard]] const StartOptions& options() const noexcept {
        return m_seldom.there ? m_seldom.there->options : noOptions();
    }
    [[nodiscard]] bool isSignificant() const noexcept { return m_significant; }
    [[nodiscard]] bool isReopenedOnUse() const noexcept { return m_reopenedOnUse; }
    [[nodiscard]] const StartFunction& start() const noexcept { return m_start; }
    /// None for a child that takes no arguments.
    [[nodiscard]] const std::vector<Term>& arguments() const noexcept {
        return m_seldom.there ? m_seldom.there->arguments : kNoArguments;
    }
    /// What a person calls it: the label, else the name, else the id.
    [[nodiscard]] std::string title() const;
    /// The same where it has a label or a name; empty otherwise.
    [[nodiscard]] std::string givenTitle() const;
    /// What a person calls who is known by an id.
    [[nodiscard]] static std::string titleOf(const Term& id);
    /// The modules that whichChildren() tells: `[Behaviour]` where shownAs() has given no others.
    [[nodiscard]] Term modules() const;
    /// Erlang's map of a child specification.
    [[nodiscard]] Term term() const;

private:
    /// What many children do without.
    struct Seldom {
        StartOptions options;
        StartWithArguments startWith; // empty: it takes no arguments
        std::vector<Term> arguments;
        Term shownStart, shownModules; // none: as found
    };
    /// One's own, copied with it.
    struct OwnSeldom {
        std::unique_ptr<Seldom> there;

        OwnSeldom() = default;
        OwnSeldom(const OwnSeldom& other)
            : there(other.there ? std::make_unique<Seldom>(*other.there) : nullptr) {}
        OwnSeldom(OwnSeldom&&) noexcept = default;
        OwnSeldom& operator=(const OwnSeldom& other) { return *this = OwnSeldom(other); }
        OwnSeldom& operator=(OwnSeldom&&) noexcept = default;
        ~OwnSeldom() = default;
    };
    [[nodiscard]] static const StartOptions& noOptions() noexcept;
    static constexpr std::vector<Term> kNoArguments{};

    template <class T> ChildSpec& set(T& field, T value) {
        field = std::move(value);
        return *this;
    }
    [[nodiscard]] Seldom& ensureSeldom() {
        if (!m_seldom.there)
            m_seldom.there = std::make_unique<Seldom>();
        return *m_seldom.there;
    }
    [[nodiscard]] bool takesArguments() const noexcept {
        return m_seldom.there && m_seldom.there->startWith;
    }
    void bindArguments();

    Term m_id;
    StartFunction m_start;
    std::function<Term()> m_showStart; // empty: as found
    OwnSeldom m_seldom;
    Shutdown m_shutdown = std::chrono::seconds(5);
    std::optional<Atom> m_behaviour;
    Restart m_restart = Restart::Permanent;
    ChildType m_type = ChildType::Worker;
    bool m_significant = false;
    bool m_reopenedOnUse = false;
};

/// Whether a supervisor ends when significant children end by themselves.
enum class AutoShutdown : std::uint8_t { Never, AnySignificant, AllSignificant };

/// What a supervisor is made of.
struct SupervisorOptions {
    Strategy strategy = Strategy::OneForOne;
    Intensity intensity = Intensity::elixir();
    AutoShutdown autoShutdown = AutoShutdown::Never;
    /// Started from first to last, stopped from last to first.
    std::vector<ChildSpec> children;
};

/// What a dynamic supervisor is made of.
struct DynamicSupervisorOptions {
    static constexpr std::size_t kNoLimit = ~std::size_t{0};
    Intensity intensity = Intensity::elixir();
    std::size_t childrenMax = kNoLimit;
    /// Put before the arguments of every child, which must be a ChildSpec::withArguments().
    std::vector<Term> extraArguments = {};
};

/// A supervisor as a child, or as the root of a tree: it registers under `name`, which is also its
/// id.
[[nodiscard]] ChildSpec supervisor(std::string_view name, SupervisorOptions options);
/// A supervisor without a registered name.
[[nodiscard]] ChildSpec anonymousSupervisor(Term id, SupervisorOptions options);
/// A supervisor whose children are started later, one by one, with DynamicSupervisor::startChild().
[[nodiscard]] ChildSpec dynamicSupervisor(std::string_view name,
                                          DynamicSupervisorOptions options = {});

/// Nothing wrong with them, or Erlang's word for what is: `{duplicate_child_name, Id}`,
/// `{bad_combination, …}`.
[[nodiscard]] std::optional<Term> findBadSpec(const SupervisorOptions& options);
[[nodiscard]] std::optional<Term> findBadSignificance(const ChildSpec& spec,
                                                      AutoShutdown autoShutdown);
/// `permanent`, `transient` or `temporary`.
[[nodiscard]] Term restartTerm(Restart restart);

} // namespace grove::otp
