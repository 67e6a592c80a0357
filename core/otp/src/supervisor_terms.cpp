#include "supervisor_terms.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>
#include <grove/term/key_order.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string_view>
#include <unordered_set>

namespace grove::otp {

namespace {

template <class T> using Named = std::pair<std::string_view, T>;

template <class T, std::size_t N>
std::optional<T> byName(const std::array<Named<T>, N>& names, const Term& term) {
    for (const auto& [name, value] : names)
        if (term.isAtom(atom(name)))
            return value;
    return std::nullopt;
}

constexpr std::array kStrategies{Named<Strategy>{"one_for_one", Strategy::OneForOne},
                                 Named<Strategy>{"one_for_all", Strategy::OneForAll},
                                 Named<Strategy>{"rest_for_one", Strategy::RestForOne},
                                 Named<Strategy>{"simple_one_for_one", Strategy::OneForOne}};
constexpr std::array kAutoShutdowns{
    Named<AutoShutdown>{"never", AutoShutdown::Never},
    Named<AutoShutdown>{"any_significant", AutoShutdown::AnySignificant},
    Named<AutoShutdown>{"all_significant", AutoShutdown::AllSignificant}};
constexpr std::array kRestarts{Named<Restart>{"permanent", Restart::Permanent},
                               Named<Restart>{"transient", Restart::Transient},
                               Named<Restart>{"temporary", Restart::Temporary}};
constexpr std::array kTypes{Named<ChildType>{"worker", ChildType::Worker},
                            Named<ChildType>{"supervisor", ChildType::Supervisor}};

std::unexpected<Term> wrong(std::string_view what, const Term& value) {
    return std::unexpected(tuple(atom(what), value));
}

/// The value of a key, or what it is by default.
Term valueOf(const Term& map, std::string_view key, Term byDefault) {
    const Term* value = map.mapFind(atom(key));
    return value == nullptr ? byDefault : *value;
}

// -- start functions

grove::Task<StartResult> applyStart(Atom module, Atom function, StartOptions options,
                                    std::vector<Term> arguments) {
    const TermStart start = extension<StartFunctions>(Runtime::current()).find(module, function);
    if (!start)
        grove::error(atoms::undef);
    co_return StartResult::fromTerm(co_await start(std::move(options), std::move(arguments)));
}

std::vector<Term> elementsOf(const Term& list) {
    std::vector<Term> elements;
    for (const Term& each : list.listElements())
        elements.push_back(each);
    return elements;
}

ChildSpec specOf(Term id, const Term& start) {
    const Atom module = start.element(0).toAtom();
    const Atom function = start.element(1).toAtom();
    const Term& arguments = start.element(2);
    if (!arguments.listLength()) // apply() of a list that does not end well
        return {std::move(id), +[](StartOptions) -> grove::Task<StartResult> {
                    grove::error(atoms::badarg);
                    co_return StartResult::ignore();
                }};
    return ChildSpec::withArguments(
        std::move(id),
        [module, function](StartOptions options, std::vector<Term> all) {
            return applyStart(module, function, std::move(options), std::move(all));
        },
        elementsOf(arguments));
}

// -- one specification

std::optional<Shutdown> readShutdown(const Term& term) {
    if (term.isAtom(atoms::infinity))
        return Shutdown::infinity();
    if (term.isAtom(atoms::brutalKill))
        return Shutdown::brutalKill();
    const std::optional<std::int64_t> ms = term.asInt();
    if (!ms || *ms < 0)
        return std::nullopt;
    const auto most = std::chrono::floor<std::chrono::milliseconds>(Duration::max());
    return *ms > most.count() ? Shutdown::infinity() : Shutdown(std::chrono::milliseconds(*ms));
}

std::optional<Term> findBadModules(const Term& modules) {
    if (modules.isAtom(atom("dynamic")))
        return std::nullopt;
    if (!modules.isList())
        return tuple(atom("invalid_modules"), modules);
    for (const Term& each : modules.listElements())
        if (!each.isAtom())
            return tuple(atom("invalid_module"), each);
    return std::nullopt;
}

std::optional<Term> findBadSignificance(const Term& significant, const ChildSpec& spec,
                                        std::optional<AutoShutdown> autoShutdown) {
    if (!significant.isBoolean())
        return tuple(atom("invalid_significant"), significant);
    return findBadSignificance(spec, autoShutdown.value_or(AutoShutdown::AnySignificant));
}

} // namespace

std::optional<AutoShutdown> readAutoShutdown(const Term& term) {
    return byName(kAutoShutdowns, term);
}

std::expected<ChildSpec, Term> readChildSpec(const Term& term,
                                             std::optional<AutoShutdown> autoShutdown) {
    if (term.isTuple(6))
        return readChildSpec(map({{atoms::id, term.element(0)},
                                  {atoms::start, term.element(1)},
                                  {atom("restart"), term.element(2)},
                                  {atoms::shutdown, term.element(3)},
                                  {atoms::type, term.element(4)},
                                  {atom("modules"), term.element(5)}}),
                             autoShutdown);
    if (!term.isMap())
        return wrong("invalid_child_spec", term);
    const Term* id = term.mapFind(atoms::id);
    const Term* start = term.mapFind(atoms::start);
    if (id == nullptr || start == nullptr)
        return std::unexpected(Term(atom(id == nullptr ? "missing_id" : "missing_start")));
    if (!start->isTuple(3) || !start->element(0).isAtom() || !start->element(1).isAtom() ||
        !start->element(2).isList())
        return wrong("invalid_mfa", *start);
    ChildSpec spec = specOf(*id, *start);

    const Term restart = valueOf(term, "restart", atoms::permanent);
    if (!byName(kRestarts, restart))
        return wrong("invalid_restart_type", restart);
    spec.restart(*byName(kRestarts, restart));
    const Term significant = valueOf(term, "significant", false);
    if (significant.isAtom(atoms::true_))
        spec.significant();
    if (std::optional<Term> bad = findBadSignificance(significant, spec, autoShutdown))
        return std::unexpected(std::move(*bad));
    const Term type = valueOf(term, "type", atoms::worker);
    if (!byName(kTypes, type))
        return wrong("invalid_child_type", type);
    spec.type(*byName(kTypes, type));
    const bool isWorker = spec.type() == ChildType::Worker;
    const Term shutdown = valueOf(term, "shutdown", isWorker ? Term(5000) : Term(atoms::infinity));
    if (!readShutdown(shutdown))
        return wrong("invalid_shutdown", shutdown);
    spec.shutdown(*readShutdown(shutdown));
    const Term modules = valueOf(term, "modules", list({start->element(0)}));
    if (std::optional<Term> bad = findBadModules(modules))
        return std::unexpected(std::move(*bad));
    spec.behaviour(start->element(0).toAtom().name()).shownAs(*start, modules);
    return spec;
}

std::expected<std::vector<ChildSpec>, Term>
readChildSpecs(const Term& list, std::optional<AutoShutdown> autoShutdown) {
    using Ids = std::unordered_set<Term, decltype(&grove::detail::keyHash), decltype(&equalsExact)>;
    Ids ids(8, &grove::detail::keyHash, &equalsExact);
    std::vector<ChildSpec> specs;
    for (Term rest = list; !rest.isNil(); rest = Term(rest.tail())) {
        if (!rest.isCons())
            grove::error(atom("function_clause"));
        std::expected<ChildSpec, Term> spec = readChildSpec(rest.head(), autoShutdown);
        if (!spec)
            return std::unexpected(std::move(spec.error()));
        const Term& id = std::as_const(*spec).id();
        if (!ids.insert(id).second)
            return wrong("duplicate_child_name", id);
        specs.push_back(std::move(*spec));
    }
    return specs;
}

namespace {

/// Shown with the arguments it has now.
ChildSpec shownAnew(ChildSpec spec) {
    const Term before = spec.term();
    const Term& start = *before.mapFind(atoms::start);
    Term now = tuple(start.element(0), start.element(1), listOf(spec.arguments()));
    spec.shownAs(std::move(now), *before.mapFind(atom("modules")));
    return spec;
}

} // namespace

std::optional<ChildSpec> withMoreArguments(ChildSpec pattern, const Term& arguments) {
    if (!arguments.listLength() || !pattern.appendArguments(elementsOf(arguments)))
        return std::nullopt;
    return shownAnew(std::move(pattern));
}

std::optional<ChildSpec> withArgumentsOf(ChildSpec pattern, const ChildSpec& child) {
    if (!pattern.setArguments(child.arguments()))
        return std::nullopt;
    return shownAnew(std::move(pattern));
}

// -- what init() says

namespace {

/// Nothing for what is none.
std::optional<std::uint32_t> readCount(const Term& term) {
    if (!term.isInteger() || term < Term(0))
        return std::nullopt;
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(term.asInt().value_or(kMost), kMost));
}

std::expected<Intensity, Term> readIntensity(const Term& flags, std::uint32_t byDefault) {
    const Term restarts = valueOf(flags, "intensity", byDefault);
    if (!readCount(restarts))
        return wrong("invalid_intensity", restarts);
    const Term period = valueOf(flags, "period", 5);
    const std::optional<std::uint32_t> seconds = readCount(period);
    if (seconds.value_or(0) == 0)
        return wrong("invalid_period", period);
    return Intensity{*readCount(restarts), std::chrono::seconds(*seconds)};
}

/// Errors: the term that supervisor_data is told with.
std::expected<SupervisorOptions, Term> readFlags(const Term& flags) {
    if (flags.isTuple(3))
        return readFlags(map({{atom("strategy"), flags.element(0)},
                              {atom("intensity"), flags.element(1)},
                              {atom("period"), flags.element(2)}}));
    if (!flags.isMap())
        return wrong("invalid_type", flags);
    const Term strategy = valueOf(flags, "strategy", atom("one_for_one"));
    if (!byName(kStrategies, strategy))
        return wrong("invalid_strategy", strategy);
    const std::expected<Intensity, Term> intensity =
        readIntensity(flags, Intensity::erlang().restarts);
    if (!intensity)
        return std::unexpected(intensity.error());
    const Term autoShutdown = valueOf(flags, "auto_shutdown", atom("never"));
    if (!readAutoShutdown(autoShutdown))
        return wrong("invalid_auto_shutdown", autoShutdown);
    return SupervisorOptions{.strategy = *byName(kStrategies, strategy),
                             .intensity = *intensity,
                             .autoShutdown = *readAutoShutdown(autoShutdown),
                             .children = {}};
}

bool isSimple(const Term& flags) {
    const Term strategy =
        flags.isTuple(3) ? flags.element(0) : valueOf(flags, "strategy", Term(atoms::undefined));
    return strategy.isAtom(atom("simple_one_for_one"));
}

std::expected<DynamicSupervisorOptions, Term> readDynamicFlags(const Term& flags) {
    const Term strategy = valueOf(flags, "strategy", atom("one_for_one"));
    if (!strategy.isAtom(atom("one_for_one")))
        return wrong("invalid_strategy", strategy);
    const std::expected<Intensity, Term> intensity = readIntensity(flags, 1);
    if (!intensity)
        return std::unexpected(intensity.error());
    const Term most = valueOf(flags, "max_children", atoms::infinity);
    if (!most.isAtom(atoms::infinity) && !readCount(most))
        return wrong("invalid_max_children", most);
    const Term extra = valueOf(flags, "extra_arguments", Term::nil());
    if (!extra.listLength())
        return wrong("invalid_extra_arguments", extra);
    DynamicSupervisorOptions options{.intensity = *intensity, .extraArguments = elementsOf(extra)};
    if (!most.isAtom())
        options.childrenMax = *readCount(most);
    return options;
}

using What = PlanError::What;

std::unexpected<PlanError> planError(What what, Term why) {
    return std::unexpected(PlanError{what, std::move(why)});
}

/// What init() returns. Nothing: `ignore`.
template <class Options>
std::expected<std::optional<Term>, PlanError> askInit(const MadeFrom<Options>& from) {
    Term value = from.callbacks->init(from.arguments);
    if (value.isAtom(atoms::ignore))
        return std::optional<Term>();
    if (!value.isTagged(atoms::ok, 2))
        return planError(What::Return, std::move(value));
    return std::optional(std::move(value));
}

} // namespace

Planned<SupervisorPlan> readPlan(MadeFrom<SupervisorOptions>& from) {
    if (!from.callbacks) {
        if (std::optional<Term> bad = findBadSpec(from.options))
            return planError(What::Specs, std::move(*bad));
        return SupervisorPlan{std::move(from.options)};
    }
    const auto value = askInit(from);
    if (!value)
        return std::unexpected(value.error());
    if (!*value)
        return std::optional<SupervisorPlan>();
    const Term& wanted = (*value)->element(1);
    if (!wanted.isTuple(2))
        return planError(What::Return, **value);
    std::expected<SupervisorOptions, Term> options = readFlags(wanted.element(0));
    if (!options)
        return planError(What::Flags, std::move(options.error()));
    const Term& specs = wanted.element(1);
    const bool takesPattern = isSimple(wanted.element(0));
    if (takesPattern && specs.listLength() != 1)
        return planError(What::Pattern, specs);
    std::expected<std::vector<ChildSpec>, Term> children =
        readChildSpecs(specs, options->autoShutdown);
    if (!children)
        return planError(What::Specs, std::move(children.error()));
    SupervisorPlan plan{std::move(*options)};
    if (takesPattern)
        plan.pattern = std::move(children->front());
    else
        plan.options.children = std::move(*children);
    return plan;
}

Planned<DynamicSupervisorOptions> readPlan(const MadeFrom<DynamicSupervisorOptions>& from) {
    if (!from.callbacks)
        return from.options;
    const auto value = askInit(from);
    if (!value)
        return std::unexpected(value.error());
    if (!*value)
        return std::optional<DynamicSupervisorOptions>();
    const Term& flags = (*value)->element(1);
    if (!flags.isMap())
        return planError(What::Return, **value);
    std::expected<DynamicSupervisorOptions, Term> options = readDynamicFlags(flags);
    if (!options)
        return planError(What::Flags, std::move(options.error()));
    return std::move(*options);
}

Term startErrorOf(const PlanError& error, Atom module) {
    switch (error.what) {
    case What::Return:
        return tuple(atom("bad_return"), tuple(module, atoms::init, error.why));
    case What::Flags:
        return tuple(atom("supervisor_data"), error.why);
    case What::Specs:
        return tuple(atom("start_spec"), error.why);
    case What::Pattern:
        return tuple(atom("bad_start_spec"), error.why);
    }
    GROVE_UNREACHABLE("a wrong plan without a name");
}

Term changeErrorOf(const PlanError& error) {
    if (error.what == What::Return)
        grove::throwTerm(error.why); // which is its value to sys
    if (error.what == What::Flags && error.why.isTagged(atom("invalid_type"), 2))
        return tuple(atom("bad_flags"), error.why.element(1));
    return error.why;
}

} // namespace grove::otp
