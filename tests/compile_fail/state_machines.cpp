// What cannot be written of state machines and event handlers.
#include <grove/otp/gen_event.h>
#include <grove/otp/gen_statem.h>

using namespace grove;

enum class Light { Red, Green };
GROVE_ENUM(Light, Red, Green)
struct Switch {
    GROVE_FIELDS(Switch)
};

// G-060 a machine is in no other states than its own
class LeavesItsStates final : public otp::GenStatem<LeavesItsStates> {
public:
    using State = Light;
    using Casts = Messages<Switch>;
    static Init init() { return Init::ok(Light::Red); }
    // expected-error@*:* {{nextState() takes the machine's State}}
    static Next handleEvent(Cast, const Switch&) { return nextState(3); }
};

// G-078 what enters a state does not leave it
class LeavesOnEntering final : public otp::GenStatem<LeavesOnEntering> {
public:
    using State = Light;
    static Init init() { return Init::ok(Light::Red); }
    static Next handleEnter(Light) { return nextState(Light::Green); }
};
void leavesOnEntering() {
    // expected-error@*:* {{handleEvent() returns Next or nothing}}
    (void)LeavesOnEntering::startLink();
}

// G-078 and has no event to postpone
otp::StatemEntered postponesOnEntering() {
    // expected-error@+1 {{no member named 'postpone' in 'grove::otp::StatemEntered'}}
    return otp::StatemEntered().postpone();
}

// G-083 a decision is a decision
class ReturnsANumber final : public otp::GenStatem<ReturnsANumber> {
public:
    using State = Light;
    using Casts = Messages<Switch>;
    static Init init() { return Init::ok(Light::Red); }
    static int handleEvent(Cast, const Switch&) { return 7; }
};
void returnsANumber() {
    // expected-error@*:* {{handleEvent() returns Next or nothing}}
    // expected-error@*:* {{not a structure or union}}
    (void)ReturnsANumber::startLink();
}

// G-105 of a handler, too
class HandlesWithANumber final : public otp::GenEventHandler<HandlesWithANumber> {
public:
    using Events = Messages<Switch>;
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    static int handleEvent(const Switch&) { return 7; }
};
void handlesWithANumber(Pid manager) {
    // expected-error@*:* {{handleEvent() and handleInfo() return Handled or nothing}}
    (void)otp::GenEvent::addHandler<HandlesWithANumber>(manager,
                                                        otp::handler<HandlesWithANumber>());
}
