#include "pointer_index.h"

#include <grove/otp/call.h>
#include <grove/otp/child_spec.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/supervisor.h>
#include <grove/term/inspect.h>
#include <grove/term/key_order.h>

namespace grove::otp {

Term Shutdown::term() const {
    if (isBrutalKill())
        return atoms::brutalKill;
    return detail::limitTerm(m_limit);
}

Term restartTerm(Restart restart) {
    switch (restart) {
    case Restart::Permanent:
        return atoms::permanent;
    case Restart::Transient:
        return atoms::transient;
    case Restart::Temporary:
        return atoms::temporary;
    }
    GROVE_UNREACHABLE("a restart type without a name");
}

const StartOptions& ChildSpec::noOptions() noexcept {
    static const StartOptions none;
    return none;
}

std::string ChildSpec::titleOf(const Term& id) {
    if (const auto name = id.asAtom())
        return std::string(name->name());
    if (const auto text = id.asBinary())
        return std::string(*text);
    if (const auto number = id.asInt())
        return std::to_string(*number);
    return inspect(id);
}

std::string ChildSpec::givenTitle() const {
    const StartOptions& given = options();
    if (!given.label.empty())
        return given.label;
    if (const Via* via = given.name.asVia())
        return titleOf(via->key);
    if (const Atom* name = given.name.asAtom())
        return std::string(name->name());
    return {};
}

std::string ChildSpec::title() const {
    std::string given = givenTitle();
    return given.empty() ? titleOf(m_id) : given;
}

ChildSpec ChildSpec::withArguments(Term id, StartWithArguments start, std::vector<Term> arguments) {
    ChildSpec spec(std::move(id), {});
    Seldom& seldom = spec.ensureSeldom();
    seldom.startWith = std::move(start);
    seldom.arguments = std::move(arguments);
    spec.bindArguments();
    return spec;
}

void ChildSpec::bindArguments() {
    const Seldom& seldom = *m_seldom.there;
    m_start = [start = seldom.startWith, arguments = seldom.arguments](StartOptions options) {
        return start(std::move(options), arguments);
    };
}

bool ChildSpec::prependArguments(const std::vector<Term>& arguments) {
    if (!takesArguments())
        return false;
    std::vector<Term>& mine = ensureSeldom().arguments;
    mine.insert(mine.begin(), arguments.begin(), arguments.end());
    bindArguments();
    return true;
}

bool ChildSpec::appendArguments(const std::vector<Term>& arguments) {
    if (!takesArguments())
        return false;
    std::vector<Term>& mine = ensureSeldom().arguments;
    mine.insert(mine.end(), arguments.begin(), arguments.end());
    bindArguments();
    return true;
}

bool ChildSpec::setArguments(const std::vector<Term>& arguments) {
    if (!takesArguments())
        return false;
    ensureSeldom().arguments = arguments;
    bindArguments();
    return true;
}

Term ChildSpec::modules() const {
    const bool isGiven = m_seldom.there && !m_seldom.there->shownModules.isNone();
    return isGiven ? m_seldom.there->shownModules : list({Term(atom(behaviour()))});
}

Term ChildSpec::term() const {
    const Term found = m_showStart
                           ? m_showStart()
                           : tuple(atom(behaviour()), atom("start_link"), listOf(arguments()));
    const bool isGiven = m_seldom.there && !m_seldom.there->shownStart.isNone();
    return map({{atoms::id, m_id},
                {atoms::start, isGiven ? m_seldom.there->shownStart : found},
                {atom("restart"), restartTerm(m_restart)},
                {atoms::shutdown, m_shutdown.term()},
                {atoms::type, m_type == ChildType::Worker ? atoms::worker : atoms::supervisor},
                {atom("modules"), modules()},
                {atom("significant"), m_significant}});
}

namespace {

ChildSpec supervisorSpec(Term id, StartFunction start, const char* behaviour) {
    ChildSpec spec(std::move(id), std::move(start));
    spec.type(ChildType::Supervisor).shutdown(Shutdown::infinity()).behaviour(behaviour);
    return spec;
}

} // namespace

ChildSpec anonymousSupervisor(Term id, SupervisorOptions options) {
    // Shared: a tree is copied with every copy of its specification otherwise.
    auto kept = std::make_shared<const SupervisorOptions>(std::move(options));
    return supervisorSpec(
        std::move(id),
        [kept](StartOptions start) { return Supervisor::startLink(std::move(start), *kept); },
        "Supervisor");
}

ChildSpec supervisor(std::string_view name, SupervisorOptions options) {
    return anonymousSupervisor(Term(atom(name)), std::move(options)).name(name);
}

ChildSpec dynamicSupervisor(std::string_view name, DynamicSupervisorOptions options) {
    return supervisorSpec(
               Term(atom(name)),
               [options](StartOptions start) {
                   return DynamicSupervisor::startLink(std::move(start), options);
               },
               "DynamicSupervisor")
        .name(name);
}

std::optional<Term> findBadSpec(const SupervisorOptions& options) {
    PointerIndex<const ChildSpec> byId;
    byId.reserve(options.children.size());
    for (const ChildSpec& spec : options.children) {
        const std::uint64_t hash = grove::detail::keyHash(spec.id());
        if (byId.find(hash, [&](const ChildSpec& other) {
                return equalsExact(other.id(), spec.id());
            }) != nullptr)
            return tuple(atom("duplicate_child_name"), spec.id());
        byId.add(hash, spec);
        if (std::optional<Term> bad = findBadSignificance(spec, options.autoShutdown))
            return bad;
    }
    return std::nullopt;
}

std::optional<Term> findBadSignificance(const ChildSpec& spec, AutoShutdown autoShutdown) {
    const auto combination = [](Term first) {
        return tuple(atom("bad_combination"),
                     list({std::move(first), tuple(atom("significant"), true)}));
    };
    if (!spec.isSignificant())
        return std::nullopt;
    if (autoShutdown == AutoShutdown::Never)
        return combination(tuple(atom("auto_shutdown"), atom("never")));
    if (spec.restart() == Restart::Permanent)
        return combination(tuple(atom("restart"), atoms::permanent));
    return std::nullopt;
}

} // namespace grove::otp
