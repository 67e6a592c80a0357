// What an idle server holds. Everything in the frame of serve() that only a start, an end or a
// request of sys.h needs would be held by each server for all its life: whoever makes it grow
// meets this test.
#include "scenarios.h"

#include <grove/otp/call.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

#include <string>

using namespace grove;
using namespace grove::test;

namespace {

class Small final : public otp::GenServer<Small> {
public:
    struct State {
        int calls = 0;
        GROVE_MAP_FIELDS(State, calls)
    };
    State init(std::string) { return {}; }
    Reply<Term> handleCall(Term request, From) {
        ++state().calls;
        return request;
    }
};

/// 192 of its slot, 24 of its object, the rest the frame it waits in, which has a block of 192.
constexpr std::uint64_t kMost = 192 + 24 + 192;

/// Bytes, as its row tells them: its slot, its frames and what it needs for links and callers.
std::uint64_t bytesOf(Pid pid) {
    return peekRow(pid)->memoryBytes;
}

} // namespace

class tst_ServerSize : public QObject {
    Q_OBJECT

private slots:
    void anIdleServerHoldsNoMoreThanItNeedsToWait() {
        static std::uint64_t bytes = 0;
        GROVE_SIMULATED(
            []() -> Task<> {
                // What a starter keeps for any child is there before.
                static_cast<void>(co_await Small::start({.label = "first"}, std::string()));
                const std::uint64_t before = bytesOf(self());
                const Pid server =
                    (co_await Small::start({.label = "small"}, std::string(1'000, 'x'))).pid();
                bytes = bytesOf(server);
                checkEqual(bytesOf(self()), before); // it has not paid for its child
                // Seldom requests, and many usual ones, leave nothing.
                for (int i = 0; i < 3; ++i) {
                    checkEqual(co_await otp::call(server, Term(i)), i);
                    static_cast<void>(co_await otp::sys::getState(server));
                    co_await otp::sys::suspend(server);
                    co_await otp::sys::resume(server);
                }
                check(bytesOf(server) <= bytes + 256); // the tables of its callers
            },
            SimulationOptions{});
        QVERIFY2(bytes <= kMost, std::to_string(bytes).c_str());
    }
};

QTEST_GUILESS_MAIN(tst_ServerSize)
#include "tst_server_size.moc"
