#include <grove/otp/call.h>
#include <grove/otp/statem.h>
#include <grove/term/identifiers.h>

namespace grove::otp {

namespace statem {

Term When::term() const {
    if (isNever())
        return atoms::infinity;
    return detail::limitTerm(m_isAbsolute ? m_at.time_since_epoch() : m_after);
}

Term AnyEvent::typeTerm() const {
    switch (type) {
    case EventType::Call:
        return tuple(atoms::call, from.term());
    case EventType::Cast:
        return atoms::cast;
    case EventType::Info:
        return atom("info");
    case EventType::Internal:
        return atom("internal");
    case EventType::EventTimeout:
        return atoms::timeout;
    case EventType::NamedTimeout:
        return tuple(atoms::timeout, name);
    case EventType::StateTimeout:
        return atom("state_timeout");
    }
    GROVE_UNREACHABLE("an event type without a name");
}

} // namespace statem

void StatemActions::start(statem::EventType type, Term name, statem::When when, Term content) {
    add(detail::StatemAction::timeout(Kind::StartTimeout, type, std::move(name), std::move(content),
                                      when));
}

void StatemActions::end(statem::EventType type, Term name) {
    add(detail::StatemAction::timeout(Kind::CancelTimeout, type, std::move(name), {}));
}

void StatemActions::change(statem::EventType type, Term name, Term content) {
    add(detail::StatemAction::timeout(Kind::UpdateTimeout, type, std::move(name),
                                      std::move(content)));
}

namespace detail {

Term StatemAction::term() const {
    const Term typeName =
        statem::AnyEvent{.type = type, .from = from, .name = name, .content = {}}.typeTerm();
    switch (kind) {
    case Kind::Reply:
        return tuple(atoms::reply, from.term(), payload.term());
    case Kind::NextEvent:
        return tuple(atom("next_event"), typeName, payload.term());
    case Kind::StartTimeout:
        return tuple(typeName, when.term(), content.isNone() ? when.term() : content);
    case Kind::CancelTimeout:
        return tuple(typeName, atom("cancel"));
    case Kind::UpdateTimeout:
        return tuple(typeName, atom("update"), content);
    case Kind::Raise:
        return content;
    }
    GROVE_UNREACHABLE("an action without a name");
}

namespace {

Term downTerm(const Down& down) {
    return tuple(atoms::DOWN, down.ref, atoms::process,
                 down.name == Atom() ? Term(down.pid) : tuple(down.name, localNode().name),
                 down.reason);
}

} // namespace

statem::AnyEvent StatemEvent::any() const {
    statem::AnyEvent event{.type = type, .from = from, .name = name, .content = {}};
    if (const Payload* plain = payload())
        event.content = plain->term();
    else if (const Exit* exit = std::get_if<Exit>(&content))
        event.content = Message(MessageKind::Exit, exit->reason, exit->from).term();
    else
        event.content = downTerm(std::get<Down>(content));
    return event;
}

} // namespace detail

} // namespace grove::otp
