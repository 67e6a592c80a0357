#include <grove/runtime/process.h>
#include <grove/storage/write_turn.h>

namespace grove::storage {

WriteTurn::State WriteTurn::init() {
    setPriority(Priority::High);
    return {};
}

otp::Reply<void> WriteTurn::handleCall(Take, From from) {
    state().waiting.emplace_back(from);
    if (!state().holder)
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
    if (s.waiting.empty())
        return;
    const Waiting next = s.waiting.front();
    s.waiting.pop_front();
    s.holder = next.caller;
    s.monitor = monitor(next.caller); // who has ended while waiting is found out by its Down
    ++s.turns;
    otp::reply(next);
}

} // namespace grove::storage
