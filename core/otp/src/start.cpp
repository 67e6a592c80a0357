#include <grove/otp/start.h>

namespace grove::otp {

namespace {

Term viaTerm(const Via& name) {
    return tuple(atoms::via, name.registry, name.key);
}

} // namespace

Term ServerName::term() const {
    if (const Atom* name = asAtom())
        return *name;
    if (const Via* name = asVia())
        return viaTerm(*name);
    return atoms::nil;
}

Term ServerRef::term() const {
    if (const Pid* pid = asPid())
        return *pid;
    if (const Atom* name = asAtom())
        return *name;
    return viaTerm(*asVia());
}

std::optional<Pid> StartResult::alreadyStarted() const noexcept {
    if (!isError() || !m_term.isTagged(atoms::alreadyStarted, 2))
        return std::nullopt;
    return m_term.element(1).asPid();
}

Term StartResult::term() const {
    switch (m_kind) {
    case Kind::Ok:
        return m_term.isNone() ? tuple(atoms::ok, m_pid) : tuple(atoms::ok, m_pid, m_term);
    case Kind::Ignore:
        return atoms::ignore;
    case Kind::Error:
        break;
    }
    return tuple(atoms::error, m_term);
}

StartResult StartResult::fromTerm(const Term& term) {
    if (term.isAtom(atoms::ignore))
        return ignore();
    if (term.isTagged(atoms::ok, 2) && term.element(1).isPid())
        return ok(term.element(1).toPid());
    if (term.isTagged(atoms::ok, 3) && term.element(1).isPid())
        return ok(term.element(1).toPid(), term.element(2));
    return error(term.isTagged(atoms::error, 2) ? term.element(1) : term);
}

} // namespace grove::otp
