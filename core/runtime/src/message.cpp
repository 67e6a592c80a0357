#include "envelope.h"

#include <grove/runtime/message.h>
#include <grove/runtime/process.h>
#include <grove/term/identifiers.h>

namespace grove {

Payload::Payload(Callable callable)
    : m_word(
          tagged(::new(allocate(sizeof(Callable))) Callable(std::move(callable)), kCallableTag)) {}

void Payload::dropOther(std::uint64_t word) noexcept {
    if ((word & kLowBits) == kBoxTag) {
        static_cast<void>(Box::adopt(pointerIn(word)));
        return;
    }
    auto* const callable = static_cast<Callable*>(pointerIn(word));
    callable->~Callable();
    release(callable, sizeof(Callable));
}

Term Payload::term() const {
    switch (kind()) {
    case Kind::Term:
        return m_term;
    case Kind::Box:
        return description().toTerm(static_cast<detail::BoxHeader*>(pointer())->value());
    case Kind::Callable:
        break;
    }
    const std::source_location& where = callable().where;
    return tuple(atom("$callable"), where.file_name(), where.line());
}

Payload Payload::shared() const noexcept {
    if (isTerm())
        return Payload(Term(m_term));
    GROVE_ASSERT(kind() == Kind::Box, "a function cannot be shared");
    Box mine = Box::adopt(pointer());
    Payload other{Box(mine)};
    static_cast<void>(std::move(mine).leak());
    return other;
}

std::uint32_t Payload::bytes() const noexcept {
    switch (kind()) {
    case Kind::Term:
        return m_term.flatWords() * 8;
    case Kind::Box:
        return static_cast<std::uint32_t>(sizeof(detail::BoxHeader) + description().sizeBytes);
    case Kind::Callable:
        break;
    }
    return sizeof(Callable);
}

From Message::from() const noexcept {
    GROVE_ASSERT(m_kind == MessageKind::Call, "only a call has somebody to answer");
    return {m_from, m_ref, self()};
}

Down Message::takeDown() && noexcept {
    GROVE_ASSERT(m_kind == MessageKind::Down, "the message is no Down");
    Term reason = MessageAccess::takeReason(*this);
    if (m_isTagged) [[unlikely]]
        return {m_ref, m_from, reason.element(1), m_name, reason.element(0)};
    return {m_ref, m_from, std::move(reason), m_name, {}};
}

Exit Message::takeExit() && noexcept {
    GROVE_ASSERT(m_kind == MessageKind::Exit, "the message is no Exit");
    return {m_from, MessageAccess::takeReason(*this)};
}

Term MessageAccess::takeReason(Message& message) noexcept {
    Payload payload = std::move(message.m_payload);
    return std::move(payload).takeTerm();
}

Term Message::term() const {
    switch (m_kind) {
    case MessageKind::Plain:
        return m_payload.term();
    case MessageKind::Cast:
        return tuple(atom("$gen_cast"), m_payload.term());
    case MessageKind::Call:
        return tuple(atom("$gen_call"), tuple(m_from, m_ref), m_payload.term());
    case MessageKind::Exit:
        return tuple(atoms::EXIT, m_from, m_payload.term());
    case MessageKind::Down: {
        const Term told = m_payload.term();
        return tuple(m_isTagged ? told.element(0) : Term(atoms::DOWN), m_ref, atoms::process,
                     m_name == Atom() ? Term(m_from) : tuple(m_name, localNode().name),
                     m_isTagged ? told.element(1) : told);
    }
    case MessageKind::Reply:
        return tuple(m_ref, m_payload.term());
    }
    return {};
}

} // namespace grove
