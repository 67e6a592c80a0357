#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>
#include <grove/storage/write_turn.h>

#include <utility>

namespace grove::storage {

WriteTurn::State WriteTurn::init() {
    setPriority(Priority::High);
    return {};
}

otp::Reply<void> WriteTurn::handleCall(Take take, From from) {
    state().waiting.push_back({.from = from, .untilWanted = take.untilWanted});
    if (state().holder)
        tellHolder();
    else
        grantNext();
    return Reply<void>::noReply();
}

void WriteTurn::handleCast(Give turn) {
    if (state().holder != turn.holder)
        return;
    demonitor(state().monitor, Flush::Yes);
    grantNext();
}

void WriteTurn::handleInfo(Down down) {
    if (down.ref == state().monitor)
        grantNext();
}

void WriteTurn::grantNext() {
    State& s = state();
    s.holder.reset();
    s.monitor = {};
    s.isKept = false;
    if (s.waiting.empty())
        return;
    const Asked next = s.waiting.front();
    s.waiting.pop_front();
    s.holder = next.from.caller;
    s.monitor = monitor(next.from.caller); // who has ended while waiting is found out by its Down
    s.isKept = next.untilWanted;
    ++s.turns;
    otp::reply(From(next.from));
    if (!s.waiting.empty())
        tellHolder();
}

/// Somebody waits.
void WriteTurn::tellHolder() {
    if (std::exchange(state().isKept, false))
        otp::cast(*state().holder, Wanted{});
}

Task<bool> takeWanted() {
    const auto isWanted = [](const Message& message) {
        return message.kind() == MessageKind::Cast && message.get<WriteTurn::Wanted>();
    };
    const auto got = co_await receive(on(isWanted), after(Duration::zero()));
    co_return std::holds_alternative<Message>(got);
}

} // namespace grove::storage
