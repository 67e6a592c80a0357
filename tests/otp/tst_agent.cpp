#include "children.h"

#include <grove/otp/agent.h>
#include <grove/otp/call.h>
#include <grove/otp/sys.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

using Number = otp::Agent<int>;

Task<Pid> startNumber(int first) {
    const otp::StartResult started = co_await Number::start(first);
    check(started.isOk());
    co_return started.pid();
}
int read(const int& n) {
    return n;
}
Task<> addMany(Pid number, Pid listener, int times) {
    for (int i = 0; i < times; ++i)
        co_await Number::update(number, [](int& n) { ++n; });
    send(listener, atom("added"));
}

const Scenario kScenarios[] = {
    {"K-033 get, update, getAndUpdate and cast run in the agent, one at a time",
     +[]() -> Task<> {
         const Pid number = co_await startNumber(1);
         check(co_await Number::get(number, read) == 1);
         co_await Number::update(number, [](int& n) { n = 10; });
         const int old = co_await Number::getAndUpdate(number, [](int& n) { return n++; });
         check(old == 10);
         Number::cast(number, [](int& n) { n *= 2; });
         check(co_await Number::get(number, read) == 22);
         for (int i = 0; i < 4; ++i)
             spawn(addMany, number, self(), 25);
         for (int i = 0; i < 4; ++i)
             checkEqual(co_await nextMessage(), atom("added"));
         check(co_await Number::get(number, read) == 122);
         check(co_await Number::get(number, [](const int&) { return self().raw(); }) ==
               number.raw());
     }},
    {"K-035 a function that raises ends the agent, and its caller exits likewise",
     +[]() -> Task<> {
         const Pid number = co_await startNumber(1);
         const Ref watch = monitor(number);
         const Term reason =
             caughtTerm(co_await attempt(Number::update(number, [](int&) { error(atom("boo")); })));
         checkEqual(reason.element(0).element(0), atom("boo"));
         const Down down = co_await receive(on<Down>(watch));
         checkEqual(down.reason, reason.element(0));
     }},
    {"K-036 a caller that waits too long exits; the agent lives and does it",
     +[]() -> Task<> {
         const Pid number = co_await startNumber(1);
         co_await otp::sys::suspend(number);
         const Instant before = now();
         const Term reason =
             caughtTerm(co_await attempt(Number::update(number, [](int& n) { n = 2; })));
         checkEqual(reason.element(0), atoms::timeout);
         check(now() - before >= 5s);
         co_await otp::sys::resume(number);
         check(co_await Number::get(number, read) == 2);
         check(co_await isSilent());
     }},
    {"K-037 K-038 K-040 a taken name, stop, and nobody there",
     +[]() -> Task<> {
         const otp::StartResult first = co_await Number::start({.name = "number"}, 1);
         const otp::StartResult second = co_await Number::start({.name = "number"}, 2);
         checkEqual(second.reason(), tuple(atoms::alreadyStarted, first.pid()));
         co_await otp::stop("number");
         check(!co_await isAlive(first.pid()));
         const Term reason = caughtTerm(co_await attempt(Number::get("number", read)));
         checkEqual(reason.element(0), atoms::noproc);
         Number::cast("number", [](int& n) { ++n; });
         check(co_await isSilent());
     }},
    {"K-039 an agent outlives its caller's crash unless it is linked",
     +[]() -> Task<> {
         for (const bool linked : {false, true}) {
             const Pid starter = spawn(
                 +[](Pid listener, bool isLinked) -> Task<> {
                     const otp::StartResult started =
                         isLinked ? co_await Number::startLink(1) : co_await Number::start(1);
                     send(listener, started.pid());
                     exit(atom("boo"));
                 },
                 self(), linked);
             co_await awaitDown(starter);
             const Pid number = (co_await nextMessage()).toPid();
             co_await sleep(1ms);
             check(co_await isAlive(number) == !linked);
         }
     }},
};

} // namespace

class tst_Agent : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Agent)
#include "tst_agent.moc"
