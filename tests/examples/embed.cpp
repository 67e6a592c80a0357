#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/runtime.h>

#include <cstdio>

using namespace grove;

class Counter final : public otp::GenServer<Counter> {
public:
    struct Add {
        using Reply = int;
        int by;
        GROVE_FIELDS(Add, by)
    };
    using Calls = Messages<Add>;
    struct State {
        int count = 0;
        GROVE_MAP_FIELDS(State, count)
    };
    Reply<int> handleCall(Add request, From) { return state().count += request.by; }
};

Task<> program() {
    const auto counter = otp::worker<Counter>().name("counter");
    (void)co_await otp::startLink(otp::supervisor("shop", {.children = {counter}}));
    std::printf("%d\n", co_await otp::call("counter", Counter::Add{3}));
    std::printf("%d\n", co_await otp::call("counter", Counter::Add{4}));

    const Ref ref = monitor("counter"_atom);
    exit(*whereis("counter"_atom), atoms::kill); // its supervisor starts another,
    (void)co_await receive(on<Down>(ref));
    (void)co_await otp::Supervisor::countChildren("shop"); // and answers when it has
    std::printf("%d\n", co_await otp::call("counter", Counter::Add{5}));
}

int main() {
    Runtime runtime;
    External thread(runtime);
    (void)thread.receive(on<Down>(spawnMonitor(program).monitor));
}
