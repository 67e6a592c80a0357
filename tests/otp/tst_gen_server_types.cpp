#include "counter.h"
#include "server_rows.h"

#include <grove/otp/logger.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

/// An argument that is no term.
struct Opaque {
    std::vector<int> numbers;
    operator int() const { return numbers.front(); }
};

/// Answers with parts of what it was asked, however long.
class Echo final : public otp::GenServer<Echo> {
public:
    struct Text {
        using Reply = std::string;
        std::string text;
        GROVE_FIELDS(Text, text)
    };
    struct Tail {
        using Reply = std::string;
        std::string text;
        GROVE_FIELDS(Tail, text)
    };
    struct Whole {
        using Reply = std::string;
        std::string text;
        GROVE_FIELDS(Whole, text)
    };
    struct First {
        using Reply = int;
        int first = 0;
        int second = 0;
        GROVE_FIELDS(First, first, second)
    };
    using Calls = Messages<Text, Tail, Whole, First>;
    struct State {
        GROVE_MAP_FIELDS(State)
    };

    static State init() { return {}; }
    static const std::string& handleCall(const Text& asked) { return asked.text; }
    static std::string_view handleCall(Tail&& asked) {
        return std::string_view(asked.text).substr(1);
    }
    static std::string handleCall(Whole asked) { return std::move(asked.text); }
    static const int& handleCall(const First& asked) { return asked.first; }
    static const Term& handleCall(const Term& asked, From) { return asked; }
};

const Scenario kScenarios[] = {
    {"G-040 unknown messages are dropped with a log",
     +[]() -> Task<> {
         const otp::StartResult counter = co_await Counter::start(1);
         send(counter.pid(), atom("unknown"));
         const int n = co_await otp::call(counter.pid(), Counter::Add{1});
         check(n == 2);
         otp::Logger& log = extension<otp::Logger>(Runtime::current());
         log.drain();
         bool isLogged = false;
         for (const otp::LogEvent& event : log.recentSince(0))
             isLogged = isLogged || event.report.isTagged(atom("unexpected_message"), 3);
         check(isLogged);
     }},
    {"G-054 a class is a child under its name; what is not given has OTP's defaults",
     +[]() -> Task<> {
         const Term shown = otp::worker<Counter>(5).term();
         checkEqual(*shown.mapFind(atoms::id), atom("Counter"));
         checkEqual(*shown.mapFind(atoms::start),
                    tuple(atom("Counter"), atom("start_link"), list({5})));
         checkEqual(*shown.mapFind(atom("restart")), atoms::permanent);
         checkEqual(*shown.mapFind(atoms::shutdown), 5000);
         const Term given = otp::worker<Counter>(Opaque{.numbers = {1}})
                                .id(3)
                                .restart(otp::Restart::Temporary)
                                .shutdown(otp::Shutdown::brutalKill())
                                .term();
         checkEqual(*given.mapFind(atoms::id), 3);
         checkEqual(*given.mapFind(atoms::start),
                    tuple(atom("Counter"), atom("start_link"), list({atoms::undefined})));
         checkEqual(*given.mapFind(atom("restart")), atoms::temporary);
         checkEqual(*given.mapFind(atoms::shutdown), atoms::brutalKill);
         const auto other = [](otp::StartOptions options) {
             return Counter::startLink(std::move(options), 6);
         };
         checkEqual(*otp::worker<Counter>(5).start(other).term().mapFind(atoms::start),
                    tuple(atom("GenServer"), atom("start_link"), Term::nil()));
         const Pid pid = (co_await otp::startLink(otp::worker<Counter>(5))).pid();
         check(co_await otp::call(pid, Counter::Add{1}) == 6);
     }},
    {"G-051 a call or cast that fits nothing ends the server with function_clause",
     +[]() -> Task<> {
         for (int round = 0; round < 2; ++round) {
             const Pid pid = (co_await Counter::start(1)).pid();
             const Ref watch = monitor(pid);
             if (round == 0)
                 static_cast<void>(co_await attempt(ask(pid, tuple(atom("subtract"), 1))));
             else
                 otp::cast(pid, atom("subtract"));
             const Down down = co_await receive(on<Down>(watch));
             check(down.reason.isTuple(2));
             checkEqual(down.reason.element(0), atoms::functionClause);
         }
     }},
};

} // namespace

/// Servers of typed messages.
class tst_GenServerTypes : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)

    void repliesHaveTheTypesTheirMessagesName() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            int sum = co_await otp::call(pid, Counter::Add{3});
            check(sum == 8);
            co_await otp::call(pid, Counter::Touch{});
            const std::vector<std::string> names = co_await otp::call(pid, Counter::Names{});
            check(names == std::vector<std::string>{"touched"});
            check(co_await otp::call(pid, Counter::Find{"count"}) == std::optional(8));
            check(co_await otp::call(pid, Counter::Find{"other"}) == std::nullopt);
            otp::cast(pid, Counter::Reset{70});
            send(pid, Counter::Tick{});
            check(co_await otp::call(pid, Counter::Add{0}) == 71);
        });
    }

    void anAnswerMayReferToTheMessage() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Echo::start()).pid();
            const std::string text(100, 'x');
            check(co_await otp::call(pid, Echo::Text{text}) == text);
            check(co_await otp::call(pid, Echo::Tail{"." + text}) == text);
            check(co_await otp::call(pid, Echo::First{7, 8}) == 7);
            checkEqual(co_await otp::call(pid, tuple(atom("text"), text)), text);
            const Term any = tuple(1, list({2, 3}));
            checkEqual(co_await otp::call(pid, any), any);
        });
    }

    void aMessageThatOthersHoldIsNotTakenFromThem() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Echo::start()).pid();
            const std::string text(100, 'x');
            const Box box = Box::make(Echo::Whole{text});
            for (int times = 0; times < 2; ++times) {
                const CallResult got = co_await request(pid, Payload(box));
                checkEqual(got.reply().term(), text);
            }
            check(box.get<Echo::Whole>()->text == text);
        });
    }

    void termsOfTheSameFormAreAccepted() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            checkEqual(co_await otp::call(pid, tuple(atom("add"), 3)), 8);
            otp::cast(pid, tuple(atom("reset"), 70));
            send(pid, atom("tick"));
            checkEqual(co_await otp::call(pid, tuple(atom("add"), 0)), 71);
            checkEqual(co_await otp::call(pid, atom("names")), Term::nil());
        });
    }

    void aFailedCallOfATypedMessageShowsItsTerm() {
        GROVE_SIMULATED([]() -> Task<> {
            const auto call = [](Pid pid) -> Task<> {
                static_cast<void>(co_await otp::call(pid, Counter::Add{3}));
            };
            const Pid pid = (co_await Counter::start(5)).pid();
            co_await killAndAwaitDown(pid);
            checkEqual(caughtTerm(co_await attempt(call(pid))),
                       callExit(atoms::noproc, pid, tuple(atom("add"), 3)));
        });
    }

    void aWrongTermOfTheRightTagIsNoClause() {
        GROVE_SIMULATED([]() -> Task<> {
            const Pid pid = (co_await Counter::start(5)).pid();
            send(pid, tuple(atom("tick"), 1, 2)); // an info: logged only
            check(co_await otp::call(pid, Counter::Add{1}) == 6);
            static_cast<void>(co_await attempt(ask(pid, tuple(atom("add"), atom("three")))));
            check(!co_await isAlive(pid));
        });
    }
};

QTEST_GUILESS_MAIN(tst_GenServerTypes)
#include "tst_gen_server_types.moc"
