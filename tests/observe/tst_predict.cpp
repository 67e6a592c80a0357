// The prediction of what an exit does, on trees written down by hand.
#include "predict.h"

#include <grove/term/atoms.h>

#include <QTest>

#include <map>
#include <optional>

using namespace grove;
using namespace grove::observe;
using namespace std::chrono_literals;

namespace {

const auto kNow = std::chrono::steady_clock::time_point(1000s);

Pid pid(unsigned number) {
    return Pid::make(number, 1);
}

// todo ─ Top (rest for one) ─ Registry(2), Db(3: rest for one ─ Turn(4), Workers(5: one for one ─
// W1(6), W2(7))),
//        Cache(8: dynamic ─ list(9, temporary)), Metrics(10)
struct Tree {
    PredictInput input;
    std::map<Pid, ProcessFacts> facts;
    unsigned nextOrder = 0;

    Place& add(unsigned number, unsigned parent, PlaceKind kind, std::string name) {
        Place place;
        place.id = number;
        place.parent = parent;
        place.kind = kind;
        place.name = std::move(name);
        place.order = nextOrder++;
        place.intensity = 3;
        place.period = 5s;
        place.state = PlaceState::Alive;
        if (kind != PlaceKind::Application) {
            place.pid = pid(number);
            facts[place.pid].title = place.name;
            facts[place.pid].trapsExit = kind != PlaceKind::Worker;
            if (parent != 100)
                link(number, parent);
        }
        input.places.push_back(place);
        return input.places.back();
    }
    void link(unsigned a, unsigned b) {
        facts[pid(a)].links.push_back(pid(b));
        facts[pid(b)].links.push_back(pid(a));
    }
    Place& at(unsigned number) { return *std::ranges::find(input.places, number, &Place::id); }
    Tree() {
        using enum PlaceKind;
        add(100, 0, Application, "todo");
        add(1, 100, Supervisor, "Top").strategy = Strategy::RestForOne;
        add(2, 1, Worker, "Registry");
        add(3, 1, Supervisor, "Db").strategy = Strategy::RestForOne;
        add(4, 3, Worker, "Turn");
        add(5, 3, Supervisor, "Workers");
        add(6, 5, Worker, "W1");
        add(7, 5, Worker, "W2");
        add(8, 1, DynamicSupervisor, "Cache");
        add(9, 8, Worker, "list").restartType = RestartType::Temporary;
        add(10, 1, Worker, "Metrics");
        link(9, 2);
        facts[pid(2)].trapsExit = true; // as a registry does
        input.now = kNow;
        input.facts = [this](Pid asked) {
            auto found = facts.find(asked);
            return found == facts.end() ? ProcessFacts{.alive = false} : found->second;
        };
    }
    Consequences kill(unsigned number) { return predict(input, pid(number), atoms::kill); }
    static std::string lines(const Consequences& what) {
        std::string out;
        for (const Affected& affected : what.affected) {
            static const char* const words[] = {"restarts", "ends", "reopens", "traps",
                                                "unaffected"};
            out += affected.title + " " + words[static_cast<int>(affected.fate)] + "\n";
        }
        return out;
    }
};

} // namespace

class tst_Predict : public QObject {
    Q_OBJECT
private slots:
    void oneForOneRestartsAlone() {
        Tree tree;
        auto what = tree.kill(6);
        QCOMPARE(what.verdict, Verdict::RestartsAlone);
        QCOMPARE(Tree::lines(what), std::string("W1 restarts\n"));
        QCOMPARE(what.supervisor, std::string("Workers"));
        QCOMPARE(what.path, (std::vector<std::string>{"todo", "Top", "Db", "Workers"}));
    }
    void restForOneRestartsThoseAfterAndTheLinkedEnd() {
        Tree tree;
        auto what = tree.kill(2);
        QCOMPARE(what.verdict, Verdict::RestartsRest);
        QCOMPARE(what.siblings, 3U);
        QCOMPARE(Tree::lines(what),
                 std::string(
                     "Registry restarts\nlist ends\nMetrics restarts\nCache restarts\nW2 restarts\n"
                     "W1 restarts\nWorkers restarts\nTurn restarts\nDb restarts\n"));
    }
    void theFirstOfRestForOneTakesAllItsWorkersAlong() {
        Tree tree;
        auto what = tree.kill(4);
        QCOMPARE(what.verdict, Verdict::RestartsRest);
        QCOMPARE(Tree::lines(what),
                 std::string("Turn restarts\nW2 restarts\nW1 restarts\nWorkers restarts\n"));
    }
    void temporaryChildIsNotRestarted() {
        Tree tree;
        auto what = tree.kill(9);
        QCOMPARE(what.verdict, Verdict::NotRestarted);
        QCOMPARE(Tree::lines(what), std::string("list ends\n"));
        tree.input.reopens = [](const Place& place) { return place.name == "list"; };
        QCOMPARE(Tree::lines(tree.kill(9)), std::string("list reopens\n"));
    }
    void usedUpBudgetMakesTheSupervisorGiveUp() {
        Tree tree;
        tree.at(5).restartTimes = {kNow - 4s, kNow - 3s, kNow - 2s};
        auto what = tree.kill(6);
        QCOMPARE(what.verdict, Verdict::SupervisorGivesUp);
        QCOMPARE(what.restartsUsed, 3U);
        QCOMPARE(what.budgetFreeIn,
                 std::chrono::milliseconds(2000)); // whole seconds, as OTP counts
        QCOMPARE(what.givesUp, std::vector<std::string>{"Workers"});
        QCOMPARE(what.escalatesTo, std::string("Db"));
        QCOMPARE(Tree::lines(what), std::string("W1 restarts\nW2 restarts\nWorkers restarts\n"));
    }
    void oldRestartsDoNotCount() {
        Tree tree;
        tree.at(5).restartTimes = {kNow - 9s, kNow - 8s, kNow - 7s};
        QCOMPARE(tree.kill(6).verdict, Verdict::RestartsAlone);
    }
    void escalationReachesTheApplication() {
        Tree tree;
        for (unsigned supervisor : {5U, 3U, 1U})
            tree.at(supervisor).restartTimes = {kNow - 1s, kNow - 1s, kNow - 1s};
        auto what = tree.kill(6);
        QCOMPARE(what.verdict, Verdict::ApplicationStops);
        QCOMPARE(what.application, std::string("todo"));
        QCOMPARE(what.givesUp, (std::vector<std::string>{"Workers", "Db", "Top"}));
        QVERIFY(
            std::ranges::none_of(what.affected, [](auto& a) { return a.fate == Fate::Restarts; }));
    }
    void killingTheTopStopsTheApplicationUnlessTheRuntimeRestartsIt() {
        Tree tree;
        QCOMPARE(tree.kill(1).verdict, Verdict::ApplicationStops);
        tree.input.runtimeRestarts = [](const std::string& name) { return name == "todo"; };
        auto what = tree.kill(1);
        QCOMPARE(what.verdict, Verdict::RestartsAlone);
        QCOMPARE(what.affected.front().fate, Fate::Restarts);
    }
    void reasonsCountAsInErlang() {
        Tree tree;
        QCOMPARE(predict(tree.input, pid(6), atoms::normal).verdict, Verdict::Ignored);
        QCOMPARE(predict(tree.input, pid(5), atoms::shutdown).verdict, Verdict::MayTrap);
        QCOMPARE(predict(tree.input, pid(77), atoms::kill).verdict, Verdict::AlreadyGone);
        tree.at(6).restartType = RestartType::Transient;
        QCOMPARE(predict(tree.input, pid(6), atoms::shutdown).verdict, Verdict::NotRestarted);
        QCOMPARE(tree.kill(6).verdict, Verdict::RestartsAlone);
    }
    void callersThatWaitAreCountedApartFromMonitors() {
        Tree tree;
        ProcessFacts& worker = tree.facts[pid(6)];
        for (unsigned number : {20U, 21U, 22U})
            tree.facts[pid(number)].title = "process " + std::to_string(number);
        worker.monitoredBy = {pid(20), pid(21)}; // the second by its call
        worker.callers = {pid(21), pid(22), pid(5)};
        const Consequences what = tree.kill(6);
        // Its supervisor is linked to it and hears of it anyway.
        QCOMPARE(what.told, (std::vector<std::string>{"Workers", "process 20"}));
        QCOMPARE(what.callers, 2U);
    }
    void unsupervisedEndsWithItsLinks() {
        Tree tree;
        tree.facts[pid(20)].title = "free";
        tree.link(20, 6);
        auto what = tree.kill(20);
        QCOMPARE(what.verdict, Verdict::NotSupervised);
        QCOMPARE(Tree::lines(what), std::string("free ends\nW1 restarts\n"));
    }
};

QTEST_APPLESS_MAIN(tst_Predict)
#include "tst_predict.moc"
