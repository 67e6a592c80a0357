#include "seam_allocator.h"

#include <grove/otp/call.h>
#include <grove/otp/child_spec.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/supervisor.h>
#include <grove/term/inspect.h>
#include <grove/term/key_order.h>

#include <unordered_set>

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

std::string ChildSpec::title() const {
    if (!m_options.label.empty())
        return m_options.label;
    const auto plain = [](const Term& term) {
        if (const auto name = term.asAtom())
            return std::string(name->name());
        if (const auto text = term.asBinary())
            return std::string(*text);
        if (const auto number = term.asInt())
            return std::to_string(*number);
        return inspect(term);
    };
    if (const Via* via = m_options.name.asVia())
        return plain(via->key);
    if (const Atom* name = m_options.name.asAtom())
        return std::string(name->name());
    return plain(m_id);
}

ChildSpec ChildSpec::withArguments(Term id, StartWithArguments start, std::vector<Term> arguments) {
    ChildSpec spec(std::move(id), {});
    spec.m_startWith = std::move(start);
    spec.m_arguments = std::move(arguments);
    spec.bindArguments();
    return spec;
}

void ChildSpec::bindArguments() {
    m_start = [start = m_startWith, arguments = m_arguments](StartOptions options) {
        return start(std::move(options), arguments);
    };
}

bool ChildSpec::prependArguments(const std::vector<Term>& arguments) {
    if (!m_startWith)
        return false;
    m_arguments.insert(m_arguments.begin(), arguments.begin(), arguments.end());
    bindArguments();
    return true;
}

bool ChildSpec::appendArguments(const std::vector<Term>& arguments) {
    if (!m_startWith)
        return false;
    m_arguments.insert(m_arguments.end(), arguments.begin(), arguments.end());
    bindArguments();
    return true;
}

bool ChildSpec::setArguments(const std::vector<Term>& arguments) {
    if (!m_startWith)
        return false;
    m_arguments = arguments;
    bindArguments();
    return true;
}

Term ChildSpec::modules() const {
    return m_shownModules.isNone() ? list({Term(atom(m_behaviour))}) : m_shownModules;
}

Term ChildSpec::term() const {
    const Term found = m_showStart
                           ? m_showStart()
                           : tuple(atom(m_behaviour), atom("start_link"), listOf(m_arguments));
    return map({{atoms::id, m_id},
                {atoms::start, m_shownStart.isNone() ? found : m_shownStart},
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
    using Ids = std::unordered_set<Term, decltype(&grove::detail::keyHash), decltype(&equalsExact),
                                   SeamAllocator<Term>>;
    Ids ids(options.children.size(), &grove::detail::keyHash, &equalsExact);
    for (const ChildSpec& spec : options.children) {
        if (!ids.insert(spec.id()).second)
            return tuple(atom("duplicate_child_name"), spec.id());
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
