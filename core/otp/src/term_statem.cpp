#include <grove/otp/term_statem.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/process.h>

#include <algorithm>
#include <chrono>

namespace grove::otp {

using detail::StatemAction;
using detail::StatemOutcome;
using statem::EventType;

namespace {

/// What a function returns, or throws.
template <class F> Term valueOf(F&& function) {
    Attempt<Term> got = attempt(std::forward<F>(function));
    if (got)
        return std::move(*got);
    if (got.error().errorClass == ErrorClass::Throw)
        return got.error().term;
    const Caught& caught = got.error();
    if (caught.errorClass == ErrorClass::Exit)
        grove::exit(caught.term);
    grove::error(caught.term);
}

enum class Where : std::uint8_t { Init, Event, Enter };

/// Turns terms into actions. What is none becomes an action that ends the machine in its turn.
class Reader {
public:
    explicit Reader(Where where) : m_where(where) {}

    [[nodiscard]] std::vector<StatemAction> takeActions() { return std::move(m_actions); }
    [[nodiscard]] bool postpones() const noexcept { return m_postpones; }
    [[nodiscard]] bool hibernates() const noexcept { return m_hibernates; }

    void readAll(const Term& actions) {
        if (!actions.isList()) {
            read(actions);
            return;
        }
        for (const Term& action : actions.listElements())
            read(action);
    }
    void readReplies(const Term& replies) {
        if (!replies.isList()) {
            readReplyOnly(replies);
            return;
        }
        for (const Term& reply : replies.listElements())
            readReplyOnly(reply);
    }

private:
    void readReplyOnly(const Term& reply) {
        if (!readReply(reply))
            raise("bad_reply_action_from_state_function", reply);
    }
    void read(const Term& action) {
        if (readFlag(action) || readReply(action) || readNextEvent(action) || readTimeout(action))
            return;
        raise("bad_action_from_state_function", action);
    }
    void raise(std::string_view tag, const Term& action) {
        m_actions.push_back(
            {.kind = StatemAction::Kind::Raise, .content = tuple(atom(tag), action)});
    }

    /// `postpone`, `{postpone, Bool}`, `hibernate`, `{hibernate, Bool}`.
    bool readFlag(const Term& action) {
        const bool isPair = action.isTuple(2) && action.element(1).isBoolean();
        const Term& name = isPair ? action.element(0) : action;
        const bool value = !isPair || action.element(1).toBool();
        if (name.isAtom(atoms::hibernate)) {
            m_hibernates = value;
            return true;
        }
        if (!name.isAtom(atom("postpone")))
            return false;
        if (m_where == Where::Enter)
            raise("bad_state_enter_action_from_state_function", action);
        m_postpones = value && m_where == Where::Event;
        return true;
    }
    static std::optional<From> readFrom(const Term& term) {
        if (!term.isTuple(2) || !term.element(0).isPid() || !term.element(1).isRef())
            return std::nullopt;
        return From{
            .caller = term.element(0).toPid(), .ref = term.element(1).toRef(), .server = self()};
    }
    bool readReply(const Term& action) {
        if (!action.isTagged(atoms::reply, 3))
            return false;
        const std::optional<From> from = readFrom(action.element(1));
        if (from)
            m_actions.push_back(StatemAction::reply(*from, Payload(action.element(2))));
        return from.has_value();
    }
    bool readNextEvent(const Term& action) {
        if (!action.isTagged(atom("next_event"), 3))
            return false;
        std::optional<statem::AnyEvent> type = readType(action.element(1));
        if (!type)
            return false;
        if (m_where == Where::Enter)
            raise("bad_state_enter_action_from_state_function", action);
        m_actions.push_back({.kind = StatemAction::Kind::NextEvent,
                             .type = type->type,
                             .from = type->from,
                             .payload = Payload(action.element(2)),
                             .name = type->name});
        return true;
    }
    static std::optional<statem::AnyEvent> readType(const Term& term) {
        if (term.isTagged(atoms::call, 2))
            if (const std::optional<From> from = readFrom(term.element(1)))
                return statem::AnyEvent{.type = EventType::Call, .from = *from};
        if (term.isTagged(atoms::timeout, 2))
            return statem::AnyEvent{.type = EventType::NamedTimeout, .name = term.element(1)};
        if (term.isAtom(atoms::timeout))
            return statem::AnyEvent{.type = EventType::EventTimeout};
        if (term.isAtom(atom("state_timeout")))
            return statem::AnyEvent{.type = EventType::StateTimeout};
        if (term.isAtom(atoms::cast))
            return statem::AnyEvent{.type = EventType::Cast};
        if (term.isAtom(atom("info")))
            return statem::AnyEvent{.type = EventType::Info};
        if (term.isAtom(atom("internal")))
            return statem::AnyEvent{.type = EventType::Internal};
        return std::nullopt;
    }

    static std::optional<statem::When> readTime(const Term& time, bool isAbsolute) {
        if (time.isAtom(atoms::infinity))
            return statem::When(Duration::max());
        const std::optional<std::int64_t> ms = time.asInt();
        if (!ms || (*ms < 0 && !isAbsolute))
            return std::nullopt;
        if (isAbsolute)
            return statem::When(Instant(std::chrono::milliseconds(*ms)));
        return statem::When(std::chrono::milliseconds(*ms));
    }
    /// Nothing when these are no options.
    static std::optional<bool> readIsAbsolute(const Term& options) {
        if (!options.isList())
            return readIsAbsolute(list({options}));
        bool isAbsolute = false;
        for (const Term& option : options.listElements()) {
            if (!option.isTagged(atom("abs"), 2) || !option.element(1).isBoolean())
                return std::nullopt;
            isAbsolute = option.element(1).toBool();
        }
        return isAbsolute;
    }
    /// `Time`, `{Which, Time, Content}`, `{Which, Time, Content, Options}`, `{Which, cancel}`,
    /// `{Which, update, Content}`.
    bool readTimeout(const Term& action) {
        using Kind = StatemAction::Kind;
        if (const auto bare = readTime(action, false)) {
            m_actions.push_back(StatemAction::timeout(Kind::StartTimeout, EventType::EventTimeout,
                                                      {}, action, *bare));
            return true;
        }
        if (action.tupleSize() < 2 || action.tupleSize() > 4)
            return false;
        const std::optional<statem::AnyEvent> which = readType(action.element(0));
        if (!which || which->type < EventType::EventTimeout)
            return false;
        const auto add = [&](Kind kind, const Term& content, statem::When when = {}) {
            m_actions.push_back(
                StatemAction::timeout(kind, which->type, which->name, content, when));
            return true;
        };
        const Term& time = action.element(1);
        if (action.tupleSize() == 2)
            return time.isAtom(atom("cancel")) && add(Kind::CancelTimeout, {});
        const Term& content = action.element(2);
        if (action.tupleSize() == 3 && time.isAtom(atom("update")))
            return add(Kind::UpdateTimeout, content);
        std::optional<bool> isAbsolute = false;
        if (action.tupleSize() == 4)
            isAbsolute = readIsAbsolute(action.element(3));
        const auto when = isAbsolute ? readTime(time, *isAbsolute) : std::nullopt;
        return when && add(Kind::StartTimeout, content, *when);
    }

    Where m_where;
    std::vector<StatemAction> m_actions;
    bool m_postpones = false;
    bool m_hibernates = false;
};

/// A decision of handleEvent() in its parts.
struct Decision {
    StatemOutcome::Kind kind = StatemOutcome::Kind::KeepState;
    const Term* state = nullptr;
    const Term* data = nullptr;
    const Term* reason = nullptr;
    const Term* actions = nullptr; // of a stop: replies
};

/// Nothing for what is no decision.
std::optional<Decision> readDecision(const Term& value) {
    using Kind = StatemOutcome::Kind;
    const std::size_t size = value.tupleSize();
    const auto at = [&](std::size_t index) {
        return size > index ? &value.element(index) : nullptr;
    };
    const auto is = [&](std::string_view name, std::size_t least, std::size_t most) {
        return size >= least && size <= most && value.element(0).isAtom(atom(name));
    };
    if (value.isAtom(atom("keep_state_and_data")))
        return Decision{};
    if (value.isAtom(atom("repeat_state_and_data")))
        return Decision{.kind = Kind::RepeatState};
    if (value.isAtom(atoms::stop))
        return Decision{.kind = Kind::Stop};
    if (is("keep_state_and_data", 2, 2))
        return Decision{.actions = at(1)};
    if (is("repeat_state_and_data", 2, 2))
        return Decision{.kind = Kind::RepeatState, .actions = at(1)};
    if (is("keep_state", 2, 3))
        return Decision{.data = at(1), .actions = at(2)};
    if (is("repeat_state", 2, 3))
        return Decision{.kind = Kind::RepeatState, .data = at(1), .actions = at(2)};
    if (is("next_state", 3, 4))
        return Decision{.kind = Kind::NextState, .state = at(1), .data = at(2), .actions = at(3)};
    if (is("stop", 2, 3))
        return Decision{.kind = Kind::Stop, .data = at(2), .reason = at(1)};
    if (is("stop_and_reply", 3, 4))
        return Decision{.kind = Kind::Stop, .data = at(3), .reason = at(1), .actions = at(2)};
    return std::nullopt;
}

} // namespace

TermStatem::Init TermStatem::init(Callbacks callbacks, Term arguments) {
    m_callbacks = std::move(callbacks);
    const Term value = valueOf([&] { return m_callbacks->init(arguments); });
    if (value.isAtom(atoms::ignore))
        return Init::ignore();
    if (value.isTagged(atoms::stop, 2))
        return Init::stop(value.element(1));
    if (!value.isTagged(atoms::ok, 3) && !value.isTagged(atoms::ok, 4))
        return Init::stop(tuple(atom("bad_return_from_init"), value));
    Init init = Init::ok(value.element(1), value.element(2));
    if (value.tupleSize() == 4) {
        Reader reader(Where::Init);
        reader.readAll(value.element(3));
        init.addAll(reader.takeActions());
        init.hibernate(reader.hibernates());
    }
    return init;
}

Term TermStatem::callState(const Term& type, const Term& content) const {
    const std::optional<Atom> name = state().asAtom();
    if (!name)
        grove::error(atoms::badarg);
    const auto at =
        std::ranges::find(m_callbacks->states, *name, &std::pair<Atom, StateFunction>::first);
    if (at == m_callbacks->states.end())
        grove::error(atoms::undef);
    return at->second(type, content, data());
}

Term TermStatem::decide(const Term& type, const Term& content) const {
    return valueOf([&] {
        if (m_callbacks->mode.kind == statem::CallbackMode::StateFunctions)
            return callState(type, content);
        if (!m_callbacks->handleEvent)
            grove::error(atoms::undef);
        return m_callbacks->handleEvent(type, content, state(), data());
    });
}

TermStatem::Next TermStatem::handleEvent(AnyEvent event) {
    const Term value = decide(event.typeTerm(), event.content);
    const std::optional<Decision> decision = readDecision(value);
    if (!decision)
        grove::error(tuple(atom("bad_return_from_state_function"), value));
    if (decision->data != nullptr)
        data() = *decision->data;
    const bool stops = decision->kind == StatemOutcome::Kind::Stop;
    Next next = decision->state != nullptr ? nextState(*decision->state)
                : stops ? stop(decision->reason != nullptr ? *decision->reason : atoms::normal)
                        : Next(decision->kind);
    if (decision->actions != nullptr) {
        Reader reader(Where::Event);
        if (stops)
            reader.readReplies(*decision->actions);
        else
            reader.readAll(*decision->actions);
        next.addAll(reader.takeActions());
        next.postpone(reader.postpones());
        next.hibernate(reader.hibernates());
    }
    return next;
}

TermStatem::Entered TermStatem::handleEnter(const Term& old) {
    if (!m_callbacks->mode.stateEnter)
        return {};
    const Term value = decide(atom("enter"), old);
    const std::optional<Decision> decision = readDecision(value);
    if (!decision)
        grove::error(tuple(atom("bad_return_from_state_function"), value));
    if (decision->state != nullptr && !equalsExact(*decision->state, state()))
        grove::error(tuple(atom("bad_state_enter_return_from_state_function"), value));
    if (decision->data != nullptr)
        data() = *decision->data;
    const bool stops = decision->kind == StatemOutcome::Kind::Stop;
    Entered entered =
        stops ? Entered::stop(decision->reason != nullptr ? *decision->reason : atoms::normal)
        : decision->kind == StatemOutcome::Kind::RepeatState ? Entered::repeat()
                                                             : Entered();
    if (decision->actions != nullptr) {
        Reader reader(Where::Enter);
        if (stops)
            reader.readReplies(*decision->actions);
        else
            reader.readAll(*decision->actions);
        entered.addAll(reader.takeActions());
        entered.hibernate(reader.hibernates());
    }
    return entered;
}

void TermStatem::terminate(const Term& why) {
    if (m_callbacks->terminate)
        m_callbacks->terminate(why, state(), data());
}

} // namespace grove::otp
