// What cannot be written of servers.
#include <grove/otp/agent.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/task.h>

using namespace grove;

struct Get {
    using Reply = int;
    GROVE_FIELDS(Get)
};
struct Count {
    int count = 0;
    GROVE_MAP_FIELDS(Count, count)
};

// G-006 init() returns its State, or Init
class StartsWithText final : public otp::GenServer<StartsWithText> {
public:
    using State = Count;
    static const char* init() { return "zero"; }
};
void startsWithText() {
    // expected-error@*:* {{init() returns Init or the server's State}}
    // expected-error@*:* {{no matching function for call to 'make'}}
    (void)StartsWithText::startLink();
}

// G-031 only a call is answered
class AnswersCasts final : public otp::GenServer<AnswersCasts> {
public:
    using State = Count;
    using Casts = Messages<Get>;
    int handleCast(Get) { return state().count; }
};
void answersCasts() {
    // expected-error@*:* {{only handleCall() answers: this callback returns Next or nothing}}
    (void)AnswersCasts::startLink();
}

// G-031 and with what its message says
class AnswersWithText final : public otp::GenServer<AnswersWithText> {
public:
    using State = Count;
    using Calls = Messages<Get>;
    // expected-error@+1 {{no viable conversion from returned value of type 'const char[5]'}}
    static Reply<int> handleCall(Get) { return "zero"; }
};

// K-034 what an agent's function returns is the answer
Task<> updatesWithText(Pid agent) {
    // expected-error@+1 {{no viable conversion from 'std::basic_string<char>'}}
    const int count =
        co_await otp::Agent<int>::getAndUpdate(agent, [](int&) { return std::string("zero"); });
}

// The memory of a start's arguments is aligned to 16
struct alignas(32) Wide {
    float lanes[8];
};
class TakesWide final : public otp::GenServer<TakesWide> {
public:
    using State = Count;
    State init(const Wide&) { return {}; }
};
void startsWithWide() {
    // expected-error@*:* {{the arguments of a start lie in memory aligned to 16}}
    (void)TakesWide::startLink(Wide{});
}
