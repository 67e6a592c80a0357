#include "statem_timeouts.h"

#include <grove/runtime/process.h>
#include <grove/runtime/timers.h>

#include <algorithm>

namespace grove::otp::detail {

StatemTimeouts::~StatemTimeouts() {
    for (const Running& each : m_running)
        if (each.timer)
            cancelTimer(each.timer);
}

StatemEvent StatemTimeouts::eventOf(Running timeout) {
    return {.type = timeout.type,
            .content = Payload(std::move(timeout.content)),
            .from = {},
            .name = std::move(timeout.name)};
}

void StatemTimeouts::cancel(statem::EventType type, const Term& name) {
    const auto at =
        std::ranges::find_if(m_running, [&](const Running& each) { return each.is(type, name); });
    if (at == m_running.end())
        return;
    if (at->timer && !cancelTimer(at->timer))
        m_late.push_back(at->timer);
    m_running.erase(at);
}

void StatemTimeouts::apply(StatemAction& action) {
    using Kind = StatemAction::Kind;
    Term content = action.content.isNone() ? action.when.term() : action.content;
    Duration length{};
    if (action.kind == Kind::UpdateTimeout) {
        const auto at = std::ranges::find_if(
            m_running, [&](const Running& each) { return each.is(action.type, action.name); });
        if (at != m_running.end()) {
            at->content = std::move(content);
            return;
        }
    } else {
        cancel(action.type, action.name);
        if (action.kind == Kind::CancelTimeout || action.when.isNever())
            return;
        length = action.when.left(now());
    }
    Ref timer;
    if (length > Duration::zero())
        timer = startTimer(length, self(), atoms::timeout);
    m_running.push_back({.type = action.type,
                         .name = std::move(action.name),
                         .content = std::move(content),
                         .timer = timer});
}

std::optional<StatemEvent> StatemTimeouts::takeZero() {
    const auto at =
        std::ranges::find_if(m_running, [](const Running& each) { return !each.timer; });
    if (at == m_running.end())
        return std::nullopt;
    StatemEvent event = eventOf(std::move(*at));
    m_running.erase(at);
    return event;
}

StatemTimeouts::Found StatemTimeouts::take(const Payload& message) {
    const Term* term = message.asTerm();
    if (term == nullptr || !term->isTagged(atoms::timeout, 3) || !term->element(1).isRef())
        return {};
    const Ref timer = term->element(1).toRef();
    const auto at = std::ranges::find(m_running, timer, &Running::timer);
    if (at != m_running.end()) {
        Found found{.meaning = Meaning::Timeout, .event = eventOf(std::move(*at))};
        m_running.erase(at);
        return found;
    }
    const auto late = std::ranges::find(m_late, timer);
    if (late == m_late.end())
        return {};
    m_late.erase(late);
    return {.meaning = Meaning::Late, .event = {}};
}

Term StatemTimeouts::term() const {
    std::vector<Term> shown;
    for (const Running& each : m_running)
        shown.push_back(
            tuple(statem::AnyEvent{.type = each.type, .from = {}, .name = each.name, .content = {}}
                      .typeTerm(),
                  each.content));
    const std::size_t count = shown.size();
    return tuple(count, listFrom(shown));
}

} // namespace grove::otp::detail
