// What cannot be written of supervisors.
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>

using namespace grove;
using namespace std::chrono_literals;

class Worker final : public otp::GenServer<Worker> {
public:
    struct State {
        int count = 0;
        GROVE_MAP_FIELDS(State, count)
    };
    static State init(int first) { return {first}; }
};

// S-031 a strategy is one of three, an intensity a number in a period
void hasNoSuchStrategy() {
    // expected-error@+1 {{no member named 'SimpleOneForOne' in 'grove::otp::Strategy'}}
    (void)otp::SupervisorOptions{.strategy = otp::Strategy::SimpleOneForOne};
    // expected-error@+1 {{cannot initialize a member subobject of type 'std::uint32_t'}}
    (void)otp::Intensity{"often", 5s};
    // expected-error@+1 {{no viable conversion from 'int'}}
    (void)otp::Intensity{3, 5};
}

// S-032 a child is described by a specification
void hasBadChildren() {
    // expected-error@+1 {{no matching constructor for initialization of 'std::vector<ChildSpec>'}}
    (void)otp::SupervisorOptions{.children = {Worker()}};
    // expected-error@+1 {{no matching member function for call to 'shutdown'}}
    otp::worker<Worker>(1).shutdown(5);
    // expected-error@+1 {{no matching member function for call to 'restart'}}
    otp::worker<Worker>(1).restart("always"_atom);
}

// S-033 D-004 nor is anything else started later
void startsANumber() {
    // expected-error@+1 {{no viable conversion from 'int' to 'ChildSpec'}}
    (void)otp::Supervisor::startChild("shop", 7);
    // expected-error@+1 {{no viable conversion from 'int' to 'ChildSpec'}}
    (void)otp::DynamicSupervisor::startChild("shop", 7);
}

// A start takes the arguments that init() takes
void startsWithOtherArguments() {
    // expected-error@*:* {{no init() takes these arguments}}
    (void)otp::worker<Worker>("first", 7);
}

// S-072 D-001 what a specification does not know is not set
void setsWhatThereIsNot() {
    // expected-error@+1 {{no member named 'priority' in 'grove::otp::ChildSpec'}}
    otp::worker<Worker>(1).priority(7);
    // expected-error@+1 {{field designator 'strategy' does not refer to any field}}
    (void)otp::DynamicSupervisorOptions{.strategy = otp::Strategy::OneForAll};
}
