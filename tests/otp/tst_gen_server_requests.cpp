#include "counter.h"
#include "server_rows.h"

#include <grove/otp/request.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

const Atom kElsewhere = atom("other@host");

Term error(Term reason, Term server) {
    return tuple(atoms::error, tuple(std::move(reason), std::move(server)));
}
/// What a request gives when it is waited for at once.
Task<Term> outcome(otp::ServerRef server, Term request, Duration limit = 1s) {
    const auto id = otp::sendRequest(server, request);
    co_return (co_await otp::receiveResponse(id, limit)).term();
}
Task<Term> asked(std::vector<Atom> nodes, Atom name, Term request, Duration limit = kInfinity) {
    const auto got = co_await otp::multiCall(nodes, name, request, limit);
    std::vector<Term> replies;
    for (const auto& [node, reply] : got.replies)
        replies.push_back(tuple(node, reply));
    co_return tuple(listFrom(replies), toTerm(got.badNodes));
}

/// Answers, and hibernates at once.
class Dozer final : public otp::GenServer<Dozer> {
public:
    struct State {
        GROVE_MAP_FIELDS(State)
    };
    Reply<Term> handleCall(Term request, From) { return Reply<Term>(request).hibernate(); }
};

/// Passes what it is cast on to another server, and answers on to who listens.
class Relay final : public otp::GenServer<Relay> {
public:
    struct State {
        Pid to;
        Pid listener;
        GROVE_MAP_FIELDS(State, to, listener)
    };
    State init(Pid to, Pid listener) { return {to, listener}; }
    void handleCast(Term question) {
        m_request = otp::sendRequest(state().to, Counter::Add{static_cast<int>(question.toInt())});
    }
    void handleInfo(Message answer) {
        check(answer.kind() == MessageKind::Reply);
        auto response = otp::checkResponse(answer, *m_request);
        check(response.has_value());
        send(state().listener, Term(std::move(*response).takeReply()));
    }
    void handleInfo(Down) { send(state().listener, atom("down")); }

private:
    std::optional<otp::RequestId<int>> m_request;
};

constexpr int kServers = 10;
constexpr int kRounds = 50;

/// Asks all servers at once again and again, gives some answers up, and sees servers of its own
/// end.
Task<> asksAll(Pid listener, std::vector<Pid> servers) {
    for (int round = 0; round < kRounds; ++round) {
        std::vector<otp::RequestId<Term>> requests;
        for (const Pid server : servers)
            requests.push_back(otp::sendRequest(server, Term(round)));
        if (round % 5 == 0)
            static_cast<void>(co_await otp::receiveResponse(requests.back(), 0ms));
        else
            check((co_await otp::receiveResponse(requests.back())).isReply());
        requests.pop_back();
        for (const auto& request : requests)
            checkEqual((co_await otp::receiveResponse(request)).term(), tuple(atoms::reply, round));
        const otp::MonitoredStart own = co_await Dozer::startMonitor();
        const auto last = otp::sendRequest(own.result.pid(), Term(round));
        exit(own.result.pid(), atoms::kill);
        const otp::Response<Term> response = co_await otp::receiveResponse(last);
        check(response.isReply() || equalsExact(response.reason(), atoms::killed));
        checkEqual((co_await receive(on<Down>(own.monitor))).reason, atoms::killed);
    }
    for (const Pid server : servers) // what was given up has been answered by then
        checkEqual(co_await otp::call(server, Term(1), kInfinity), 1);
    check(co_await isSilent());
    send(listener, atom("done"));
}

const Scenario kScenarios[] = {
    {"G-042 multiCall collects the answers; where there is no such server is a bad node",
     +[]() -> Task<> {
         const Atom here = localNode().name;
         static_cast<void>(co_await started(atoms::ok, {.name = "many"}));
         const Atom name = atom("many");
         const Term replies = list({tuple(here, tuple(atoms::reply, 1))});
         checkEqual(co_await asked({here}, name, 1), tuple(replies, Term::nil()));
         checkEqual(co_await asked({kElsewhere, here}, name, 1),
                    tuple(replies, list({kElsewhere})));
         checkEqual(co_await asked({here}, atom("nobody"), 1), tuple(Term::nil(), list({here})));
         checkEqual(co_await asked({here}, name, tuple(atoms::exit, atom("boo"))),
                    tuple(Term::nil(), list({here})));
     }},
    {"G-042 multiCall with a limit: a bad node, and late answers never arrive",
     +[]() -> Task<> {
         const Atom here = localNode().name;
         const Pid server = co_await started(atoms::ok, {.name = "slow"});
         const Instant before = now();
         checkEqual(co_await asked({here, here}, atom("slow"), tuple(atom("sleep"), 200), 50ms),
                    tuple(Term::nil(), list({here, here})));
         check(now() - before < 200ms); // one limit for all
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
         check(co_await isSilent());
     }},
    {"G-042 multiCall of a typed message, on the nodes there are",
     +[]() -> Task<> {
         static_cast<void>(co_await Counter::start({.name = "counter"}, 5));
         const auto got = co_await otp::multiCall(atom("counter"), Counter::Add{3});
         check(got.replies == std::vector{std::pair(localNode().name, 8)});
         check(got.badNodes.empty());
     }},
    {"G-043 abcast, whatever exists",
     +[]() -> Task<> {
         static_cast<void>(co_await started(atoms::ok, {.name = "many"}));
         otp::abcast(atom("many"), 1);
         checkEqual(co_await nextMessage(), tuple(atoms::cast, 1));
         otp::abcast(std::vector{kElsewhere, localNode().name}, atom("many"), 2);
         checkEqual(co_await nextMessage(), tuple(atoms::cast, 2));
         otp::abcast(std::vector{kElsewhere}, atom("many"), 3);
         otp::abcast(atom("nobody"), 4);
         checkEqual(co_await ask("many", 5), tuple(atoms::reply, 5));
         check(co_await isSilent());
     }},
    {"G-044 a request is answered later: a reply, or why there is none",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok, {.name = "asked"});
         checkEqual(co_await outcome("asked", 1), tuple(atoms::reply, tuple(atoms::reply, 1)));
         checkEqual(co_await outcome("nobody", 1), error(atoms::noproc, atom("nobody")));
         checkEqual(co_await outcome(otp::via("nowhere", 3), 1),
                    error(atoms::noproc, tuple(atoms::via, atom("nowhere"), 3)));
         checkEqual(co_await outcome("asked", tuple(atoms::exit, atom("boo"))),
                    error(atom("boo"), server));
         checkEqual(co_await outcome(server, 1), error(atoms::noproc, server));
         checkEqual((co_await outcome(Pid(), 1)).element(1).element(0), atoms::noproc);
     }},
    {"G-044 several requests are under way at once",
     +[]() -> Task<> {
         const Pid first = co_await started(atoms::ok);
         const Pid second = co_await started(atoms::ok);
         const Instant before = now();
         const auto slow = otp::sendRequest(first, tuple(atom("sleep"), 200));
         const auto other = otp::sendRequest(second, tuple(atom("sleep"), 200));
         const auto quick = otp::sendRequest(second, Term(3));
         checkEqual((co_await otp::receiveResponse(quick)).term(),
                    tuple(atoms::reply, tuple(atoms::reply, 3)));
         check((co_await otp::receiveResponse(slow)).isReply());
         check((co_await otp::receiveResponse(other)).isReply());
         check(now() - before < 400ms);
     }},
    {"G-044 waitResponse past its limit can wait again",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto id = otp::sendRequest(server, tuple(atom("sleep"), 200));
         checkEqual((co_await otp::waitResponse(id, 10ms)).term(), atoms::timeout);
         check((co_await otp::waitResponse(id, 0ms)).isTimeout());
         check((co_await otp::waitResponse(id)).isReply());
         check((co_await otp::waitResponse(id, 10ms)).isTimeout()); // it is used up
     }},
    {"G-044 a typed request has a typed answer",
     +[]() -> Task<> {
         const Pid pid = (co_await Counter::start(5)).pid();
         const auto id = otp::sendRequest(pid, Counter::Add{3});
         const int sum = (co_await otp::receiveResponse(id)).takeReply();
         check(sum == 8);
         const auto touch = otp::sendRequest(pid, Counter::Touch{});
         (co_await otp::receiveResponse(touch)).takeReply();
     }},
    {"G-044 a process may ask itself: the question is a message as any other",
     +[]() -> Task<> {
         const auto id = otp::sendRequest(self(), Term(7));
         checkEqual((co_await otp::waitResponse(id, 10ms)).term(), atoms::timeout);
         const Message question = co_await receive(any());
         check(question.kind() == MessageKind::Call);
         otp::reply(question.from(), Term(8));
         checkEqual((co_await otp::receiveResponse(id)).term(), tuple(atoms::reply, 8));
     }},
    {"G-044 a server gets the answer to its request as it was sent",
     +[]() -> Task<> {
         const Pid counter = (co_await Counter::start(5)).pid();
         const Pid relay = (co_await Relay::start(counter, self())).pid();
         otp::cast(relay, Term(3));
         checkEqual(co_await nextMessage(), 8);
         co_await killAndAwaitDown(counter);
         otp::cast(relay, Term(3));
         checkEqual(co_await nextMessage(), atom("down"));
     }},
    {"G-045 receiveResponse past its limit gives the request up: a late answer never arrives",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto id = otp::sendRequest(server, tuple(atom("sleep"), 200));
         check((co_await otp::receiveResponse(id, 10ms)).isTimeout());
         checkEqual(co_await ask(server, 1), tuple(atoms::reply, 1));
         check((co_await otp::receiveResponse(id, 10ms)).isTimeout());
         check(co_await isSilent());
         const auto other = otp::sendRequest(server, atom("never"));
         check((co_await otp::receiveResponse(other, 10ms)).isTimeout());
         co_await killAndAwaitDown(server);
         check(co_await isSilent());
     }},
    {"G-046 checkResponse tells answers from other messages",
     +[]() -> Task<> {
         const Pid server = co_await started(atoms::ok);
         const auto other = otp::sendRequest(server, atom("never"));
         const auto id = otp::sendRequest(server, Term(1));
         send(self(), atom("hello"));
         for (int answers = 0; answers < 2;) {
             Message message = co_await receive(any());
             check(!otp::checkResponse(message, other));
             if (const auto response = otp::checkResponse(message, id))
                 checkEqual(response->term(), tuple(atoms::reply, tuple(atoms::reply, 1)));
             else
                 checkEqual(message.term(), atom("hello"));
             ++answers;
         }
         co_await killAndAwaitDown(server);
         Message end = co_await receive(any());
         check(!otp::checkResponse(end, id));
         const auto response = otp::checkResponse(end, other);
         check(response && response->isError());
         checkEqual(response->reason(), atoms::killed);
         checkEqual(response->term(), error(atoms::killed, server));
     }},
};

} // namespace

/// Requests whose answers are asked for later, and those to servers on several nodes.
class tst_GenServerRequests : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)

    void manyAskManyOnRealSchedulers() {
        const std::string fault = onThreads(+[]() -> Task<> {
            std::vector<Pid> servers;
            for (int i = 0; i < kServers; ++i)
                servers.push_back((co_await Dozer::start()).pid());
            for (int i = 0; i < 4; ++i)
                spawn(asksAll, self(), servers);
            for (int i = 0; i < 4; ++i)
                checkEqual(co_await nextMessage(), atom("done"));
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }
};

QTEST_GUILESS_MAIN(tst_GenServerRequests)
#include "tst_gen_server_requests.moc"
