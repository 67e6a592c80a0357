// The timeouts of gen_statem as OTP has them, by terms.
#include "told_machine.h"

#include <grove/otp/sys.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

const Scenario kScenarios[] = {
    {"G-070 a state timeout outlasts events and ends with its state",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         order(machine, keepWith(tuple(kStateTimeout, 100, 1)));
         otp::cast(machine, Term(2));
         co_await hears(atoms::cast, 2, kA);
         const Instant before = now();
         co_await hears(kStateTimeout, 1, kA);
         check(now() - before <= 100ms);
         order(machine, keepWith(tuple(kStateTimeout, 100, 3)));
         order(machine, nextWith("b"));
         co_await sleep(1s);
         co_await hearsNothing(machine);
     }},
    {"G-071 any event ends an event timeout; a bare integer is its own content",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Instant before = now();
         order(machine, keepWith(70));
         co_await hears(atoms::timeout, 70, kA);
         check(now() - before >= 70ms);
         order(machine, keepWith(tuple(atoms::timeout, 70, 1)));
         co_await sleep(10ms);
         otp::cast(machine, Term(2));
         co_await hears(atoms::cast, 2, kA);
         co_await sleep(1s);
         co_await hearsNothing(machine);
     }},
    {"G-072 named timeouts are independent, outlast states, and begin anew when set again",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Instant before = now();
         order(machine, keepWith(list({tuple(named("m"), 300, 1), tuple(named("n"), 100, 2),
                                       tuple(named("o"), 200, 3)})));
         order(machine, nextWith("b", list({tuple(named("n"), 400, 4)})));
         co_await hears(named("o"), 3, kB);
         co_await hears(named("m"), 1, kB);
         co_await hears(named("n"), 4, kB);
         check(now() - before >= 400ms);
         co_await hearsNothing(machine);
     }},
    {"G-073 cancel, and a time of infinity, end a timeout silently",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         order(machine, keepWith(list({tuple(named("n"), 100, 1), tuple(named("m"), 100, 2),
                                       tuple(kStateTimeout, 100, 3)})));
         order(machine, keepWith(list({tuple(named("n"), atom("cancel")),
                                       tuple(kStateTimeout, atom("cancel")),
                                       tuple(named("unknown"), atom("cancel"))})));
         order(machine, keepWith(list({tuple(named("m"), atoms::infinity, 4)})));
         order(machine,
               keepWith(list({tuple(named("n"), 50, 5), tuple(named("n"), atom("cancel"))})));
         co_await sleep(1s);
         co_await hearsNothing(machine);
     }},
    {"G-074 update changes the content of one that runs; otherwise it comes at once",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const Instant before = now();
         order(machine, keepWith(list({tuple(named("n"), 100, 1)})));
         order(machine, keepWith(list({tuple(named("n"), atom("update"), 2)})));
         co_await hears(named("n"), 2, kA);
         check(now() - before >= 100ms);
         const Instant second = now();
         order(machine, keepWith(list({tuple(named("n"), atom("update"), 3)})));
         co_await hears(named("n"), 3, kA);
         check(now() - second < 100ms);
     }},
    {"G-075 zero timeouts come before the mailbox, after inserted events, in the order they began",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         co_await otp::sys::suspend(machine);
         order(machine, keepWith(list({tuple(kStateTimeout, 0, 1), tuple(atoms::timeout, 0, 2),
                                       tuple(named("n"), 0, 3), inserted(4)})));
         otp::cast(machine, Term(5));
         co_await otp::sys::resume(machine);
         co_await hears(kInternal, 4, kA); // which ends the event timeout
         co_await hears(kStateTimeout, 1, kA);
         co_await hears(named("n"), 3, kA);
         co_await hears(atoms::cast, 5, kA);
         order(machine, keepWith(list({tuple(atoms::timeout, 0, 1), tuple(kStateTimeout, 0, 2),
                                       tuple(named("n"), 0, 3), tuple(kStateTimeout, 0, 4)})));
         co_await hears(atoms::timeout, 1, kA);
         co_await hears(named("n"), 3, kA);
         co_await hears(kStateTimeout, 4, kA);
     }},
    {"G-075 a moment that has passed is a zero timeout",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         const auto atMs = [](Duration from) {
             return Term(
                 std::chrono::ceil<std::chrono::milliseconds>((now() + from).time_since_epoch())
                     .count());
         };
         const Term absolute = list({tuple(atom("abs"), true)});
         const Instant before = now();
         order(machine, keepWith(list({tuple(kStateTimeout, atMs(200ms), 1, absolute),
                                       tuple(named("n"), atMs(-1s), 2, absolute)})));
         co_await hears(named("n"), 2, kA);
         co_await hears(kStateTimeout, 1, kA);
         check(now() - before >= 200ms);
     }},
    {"G-076 an event that waits already ends an event timeout",
     +[]() -> Task<> {
         const Pid machine = co_await startTold();
         co_await otp::sys::suspend(machine);
         order(machine, keepWith(tuple(atoms::timeout, 50, 1)));
         otp::cast(machine, Term(2));
         co_await otp::sys::resume(machine);
         co_await hears(atoms::cast, 2, kA);
         co_await sleep(1s);
         co_await hearsNothing(machine);
     }},
};

} // namespace

class tst_GenStatemTimeouts : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_GenStatemTimeouts)
#include "tst_gen_statem_timeouts.moc"
