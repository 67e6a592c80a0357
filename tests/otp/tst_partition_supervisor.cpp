#include "children.h"

#include <grove/otp/call.h>
#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/partition_supervisor.h>
#include <grove/runtime/runtime.h>
#include <grove/term/phash2.h>

#include <set>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::PartitionSupervisor;

namespace {

const Atom kName = atom("parts");

Task<Pid> startParts(std::size_t partitions, otp::PartitionSupervisor::MakeChild make) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started = co_await PartitionSupervisor::startLink(
        {.name = kName}, std::move(make), {.partitions = partitions, .intensity = kOften});
    check(started.isOk());
    co_return started.pid();
}
/// Each partition is the child of its own number.
otp::ChildSpec numbered(Pid listener, std::size_t partition) {
    return otp::worker<Child>(listener, Term(partition), Term(atom("plain")));
}
auto numberedFor(Pid listener) {
    return [listener](std::size_t partition) { return numbered(listener, partition); };
}
Task<std::vector<Pid>> areUp(std::size_t count) {
    std::vector<Pid> pids;
    for (std::size_t i = 0; i < count; ++i) {
        const Term message = co_await nextMessage();
        checkEqual(message.element(1), i);
        pids.push_back(message.element(2).toPid());
    }
    co_return pids;
}
std::size_t partitionOf(Term key) {
    return PartitionSupervisor::partitionOf(kName, key);
}
Term noProcess(Atom name) {
    return tuple(atoms::noproc,
                 tuple(atom("Elixir.PartitionSupervisor"), atom("partitions"), list({name})));
}

const Scenario kScenarios[] = {
    {"D-020 as many children as partitions, numbered from 0; as many as schedulers by default",
     +[]() -> Task<> {
         const Pid parts = co_await startParts(3, numberedFor(self()));
         const std::vector<Pid> pids = co_await areUp(3);
         const std::vector<otp::Child> children =
             co_await PartitionSupervisor::whichChildren(parts);
         check(children.size() == 3);
         for (std::size_t i = 0; i < 3; ++i) {
             checkEqual(children.at(2 - i).id, i); // newest first
             check(children.at(2 - i).pid == pids.at(i));
         }
         const otp::ChildCounts counts = co_await PartitionSupervisor::countChildren(kName);
         check(counts.specs == 3 && counts.active == 3 && counts.workers == 3);
         co_await stopTree(parts);

         const std::size_t usual = Runtime::current().schedulers().size();
         const Pid others = co_await startParts(0, numberedFor(self()));
         static_cast<void>(co_await areUp(usual));
         check(PartitionSupervisor::partitions(kName) == usual);
         co_await stopTree(others);
     }},
    {"D-021 integers go by their absolute value, other keys by their hash",
     +[]() -> Task<> {
         const Pid parts = co_await startParts(3, numberedFor(self()));
         const std::vector<Pid> pids = co_await areUp(3);
         const std::pair<int, std::size_t> integers[] = {{0, 0}, {1, 1}, {-1, 1}, {-4, 1}, {5, 2}};
         for (const auto& [key, wanted] : integers)
             check(partitionOf(key) == wanted);
         // 2^64 mod 3 is 1, and 2^63, the least integer of 64 bits, is 2.
         const std::uint64_t limbs[] = {0, 1};
         check(partitionOf(bigInteger(false, limbs)) == 1);
         check(partitionOf(bigInteger(true, limbs)) == 1);
         check(partitionOf(std::numeric_limits<std::int64_t>::min()) == 2);
         // As Elixir: :a to 1, "b" and {1, 2} to 0 of three.
         check(partitionOf(atom("a")) == 1);
         check(partitionOf(Term("b")) == 0 && partitionOf(tuple(1, 2)) == 0);
         for (const Term& key : {Term(2.5), list({1}), Term("c"), Term(self())}) {
             check(partitionOf(key) == phash2(key, 3));
             const Pid wanted = pids.at(partitionOf(key));
             check(otp::whereis(otp::partition("parts", key)) == wanted);
             checkEqual(co_await otp::call(otp::partition("parts", key), key), key);
         }
         co_await stopTree(parts);
     }},
    {"D-021 a key finds its partition again after that was restarted",
     +[]() -> Task<> {
         const Pid parts = co_await startParts(2, numberedFor(self()));
         const std::vector<Pid> pids = co_await areUp(2);
         exit(pids.at(1), atoms::kill);
         const Term up = co_await nextMessage();
         checkEqual(up.element(1), 1);
         static_cast<void>(co_await PartitionSupervisor::countChildren(parts));
         check(PartitionSupervisor::whereis(kName, 1) == up.element(2).toPid());
         check(PartitionSupervisor::whereis(kName, 0) == pids.at(0));
         co_await stopTree(parts);
     }},
    {"D-022 how many partitions there are; noproc without the supervisor",
     +[]() -> Task<> {
         const auto ask = [] { return PartitionSupervisor::partitions(kName); };
         checkEqual(caughtTerm(attempt(ask)), noProcess(kName));
         const Pid parts = co_await startParts(4, numberedFor(self()));
         static_cast<void>(co_await areUp(4));
         check(PartitionSupervisor::partitions(kName) == 4);
         co_await stopTree(parts);
         checkEqual(caughtTerm(attempt(ask)), noProcess(kName));
         const auto find = [] { return otp::whereis(otp::partition("parts", 1)); };
         checkEqual(caughtTerm(attempt(find)), noProcess(kName));
         otp::cast(otp::partition("parts", 1), Payload(Term(1))); // ok, whoever is there
     }},
    {"D-023 nothing is started under the name of a partition",
     +[]() -> Task<> {
         const Pid parts = co_await startParts(2, numberedFor(self()));
         const std::vector<Pid> pids = co_await areUp(2);
         const otp::StartResult refused = co_await Child::start(
             {.name = otp::partition("parts", 1)}, self(), Term(1), Term(atom("plain")));
         checkEqual(refused.reason(), tuple(atoms::alreadyStarted, pids.at(1)));
         const otp::StartResult again =
             co_await PartitionSupervisor::startLink({.name = kName}, numberedFor(self()), {});
         checkEqual(again.reason(), tuple(atoms::alreadyStarted, parts));
         const auto nameless = [listener = self()] {
             static_cast<void>(PartitionSupervisor::startLink({}, numberedFor(listener), {}));
         };
         checkEqual(caughtTerm(attempt(nameless)).element(0), atoms::badarg);
         check(PartitionSupervisor::partitions(kName) == 2);
         co_await stopTree(parts);
     }},
    {"partitions of a dynamic supervisor, in a tree",
     +[]() -> Task<> {
         const Pid tree = co_await startTree(
             {.children = {otp::partitionSupervisor(
                  "parts",
                  otp::ChildSpec(atom("pool"),
                                 [](otp::StartOptions start) {
                                     return otp::DynamicSupervisor::startLink(std::move(start), {});
                                 })
                      .type(otp::ChildType::Supervisor),
                  {.partitions = 2})}});
         for (int key = 0; key < 4; ++key) {
             const otp::StartResult started = co_await otp::DynamicSupervisor::startChild(
                 otp::partition("parts", key), child("a"));
             check(started.pid() == co_await isUp("a"));
         }
         for (int key = 0; key < 2; ++key)
             check((co_await otp::DynamicSupervisor::countChildren(otp::partition("parts", key)))
                       .active == 2);
         // A killed one starts again with all of its partitions.
         const Pid parts = whereis(kName).value();
         exit(parts, atoms::kill);
         while (!whereis(kName) || whereis(kName) == parts)
             static_cast<void>(co_await childStates(tree));
         static_cast<void>(co_await childStates(tree));
         check(
             (co_await otp::DynamicSupervisor::countChildren(otp::partition("parts", 1))).active ==
             0);
         co_await stopTree(tree);
     }},
};

/// Every answer comes from a partition, whatever is killed.
Task<> callsUnderKills() {
    const Pid parts = co_await startParts(4, [](std::size_t) {
        return otp::worker<Child>(spawn(idle), Term(1), Term(atom("plain")));
    });
    for (int i = 0; i < 200; ++i) {
        const auto got = co_await otp::tryCall(otp::partition("parts", i), Term(i));
        check(!got || equalsExact(*got, i));
        if (i % 5 == 0)
            exit(PartitionSupervisor::whereis(kName, i).value(), atoms::kill);
    }
    for (int i = 0; i < 4; ++i) { // the last killed one is started again by now
        static_cast<void>(co_await PartitionSupervisor::countChildren(parts));
        check(PartitionSupervisor::whereis(kName, i).has_value());
    }
    co_await stopTree(parts);
}

} // namespace

class tst_PartitionSupervisor : public QObject {
    Q_OBJECT
private slots:
    GROVE_SCENARIOS(kScenarios)
    void callsAreAnsweredWhilePartitionsAreKilled() { GROVE_EVERYWHERE(callsUnderKills); }
};

QTEST_GUILESS_MAIN(tst_PartitionSupervisor)
#include "tst_partition_supervisor.moc"
