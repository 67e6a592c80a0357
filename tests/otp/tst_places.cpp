// What supervisors have written down is told to who asks for what changed, and takes little room.

#include <grove/otp/places.h>

#include <QTest>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace grove;
using namespace grove::otp;
using namespace std::chrono_literals;

namespace {

ChildSpec spec(int id) {
    return {Term(id), {}};
}

/// A tree whose children come and go.
struct Tree {
    Places places;
    PlaceId root = places.add(0, PlaceKind::DynamicSupervisor, spec(0));
    int added = 0;

    /// Returns: the version after one has come, ended with `reason` and gone.
    std::uint64_t addAndRemove(const Term& reason) {
        const PlaceId id = places.add(root, PlaceKind::Worker, spec(++added));
        places.setEnded(id, reason, PlaceState::NotStarted, Instant(1h));
        places.remove(id);
        return places.version();
    }
    std::uint64_t addStartAndRemove(int pid, const Term& reason) {
        const PlaceId id = places.add(root, PlaceKind::Worker, spec(++added));
        places.setStarted(id, Pid::make(static_cast<std::uint32_t>(pid), 1), Instant(1h));
        places.setEnded(id, reason, PlaceState::NotStarted, Instant(1h));
        places.remove(id);
        return places.version();
    }
};

} // namespace

class TestPlaces : public QObject {
    Q_OBJECT

private slots:
    void whatWasRemovedIsToldAsItWas() {
        Tree tree;
        const std::uint64_t before = tree.places.version();
        const std::uint64_t after = tree.addStartAndRemove(7, Term("boo"));
        const Places::Delta delta = tree.places.changesSince(before);
        QVERIFY(!delta.isWhole);
        QCOMPARE(delta.version, after);
        QCOMPARE(delta.removed.size(), std::size_t(1));
        QVERIFY(equalsExact(delta.removed[0].childId, Term(1)));
        QVERIFY(equalsExact(delta.removed[0].lastReason, Term("boo")));
        QVERIFY(delta.removed[0].pid == Pid::make(7, 1));
        QVERIFY(tree.places.changesSince(after).removed.empty());
        QCOMPARE(tree.places.placeOf(Pid::make(7, 1)), PlaceId(0));
    }

    void whoHasMissedTooManyRemovalsIsGivenEverything() {
        Tree tree;
        const std::uint64_t before = tree.places.version();
        const std::uint64_t first = tree.addAndRemove(Term(1));
        for (int i = 0; i < 4'095; ++i)
            tree.addAndRemove(Term(1));
        QCOMPARE(tree.places.changesSince(before).removed.size(), std::size_t(4'096));
        tree.addAndRemove(Term(1));
        const Places::Delta late = tree.places.changesSince(before);
        QVERIFY(late.isWhole);
        QCOMPARE(late.changed.size(), std::size_t(1)); // the root
        const Places::Delta intime = tree.places.changesSince(first);
        QVERIFY(!intime.isWhole);
        QCOMPARE(intime.removed.size(), std::size_t(4'096));
    }

    void largeReasonsAreForgottenSooner() {
        Tree tree;
        const auto reason = [] { return Term(std::string(30'000, 'x')); };
        const std::uint64_t before = tree.places.version();
        for (int i = 0; i < 34; ++i)
            tree.addStartAndRemove(i + 1, reason());
        QCOMPARE(tree.places.changesSince(before).removed.size(), std::size_t(34));
        const std::uint64_t later = tree.addStartAndRemove(35, reason());
        QVERIFY(tree.places.changesSince(before).isWhole);
        tree.addStartAndRemove(36, reason());
        QCOMPARE(tree.places.changesSince(later).removed.size(), std::size_t(1));
    }

    void ofALargeReasonARemovalKeepsWhatItBeginsWith() {
        const Term large(std::string(3'000'000, 'x'));
        const Atom shutdown = atom("shutdown");
        const std::pair<Term, Term> kReasons[] = {
            {tuple(shutdown, large), Term(shutdown)},
            {tuple(tuple(shutdown, 7), large), tuple(shutdown, 7)},
            {tuple(tuple(shutdown, large), 7), Term(shutdown)},
            {large, Term(atom("too_large"))},
            {tuple(large, shutdown), Term(atom("too_large"))},
        };
        Tree tree;
        const std::uint64_t before = tree.addAndRemove(Term(1));
        for (const auto& [reason, kept] : kReasons)
            tree.addStartAndRemove(1, reason);
        const Places::Delta delta = tree.places.changesSince(before);
        QVERIFY(!delta.isWhole);
        QCOMPARE(delta.removed.size(), std::size(kReasons));
        for (std::size_t i = 0; i < delta.removed.size(); ++i)
            QVERIFY(equalsExact(delta.removed[i].lastReason, kReasons[i].second));
    }

    void aLargeReasonIsWholeAsLongAsItsPlaceIsThere() {
        Tree tree;
        const Term large(std::string(3'000'000, 'x'));
        const PlaceId id = tree.places.add(tree.root, PlaceKind::Worker, spec(1));
        tree.places.setStarted(id, Pid::make(1, 1), Instant(1h));
        tree.places.setEnded(id, large, PlaceState::NotStarted, Instant(1h));
        QVERIFY(equalsExact(tree.places.find(id)->lastReason, large));
    }

    void aPlaceLeavesFromAnywhereAmongItsSiblings() {
        Tree tree;
        Places& places = tree.places;
        std::vector<PlaceId> there;
        const auto come = [&] {
            there.push_back(places.add(tree.root, PlaceKind::Worker, spec(++tree.added)));
        };
        const auto idsThere = [&] {
            std::vector<PlaceId> ids;
            for (const Place& place : places.childrenOf(tree.root))
                ids.push_back(place.id);
            return ids;
        };
        for (int child = 0; child < 6; ++child)
            come();
        // The first, one in between, the last, then all others; twice, with new ones in between.
        for (const std::size_t leaves : {0U, 2U, 3U, 1U, 0U, 0U}) {
            places.remove(there[leaves]);
            there.erase(there.begin() + static_cast<std::ptrdiff_t>(leaves));
            QVERIFY(idsThere() == there);
        }
        for (int child = 0; child < 3; ++child)
            come();
        places.remove(there[1]);
        there.erase(there.begin() + 1);
        come();
        QVERIFY(idsThere() == there);
    }
    void aSupervisorsPlaceTakesThoseBelowWithIt() {
        Tree tree;
        Places& places = tree.places;
        const PlaceId left = places.add(tree.root, PlaceKind::Worker, spec(1));
        const PlaceId middle = places.add(tree.root, PlaceKind::Supervisor, spec(2));
        const PlaceId right = places.add(tree.root, PlaceKind::Worker, spec(3));
        const PlaceId below = places.ensure(middle, 0, PlaceKind::Supervisor, spec(1));
        const PlaceId lowest = places.ensure(below, 0, PlaceKind::Worker, spec(1));
        for (const PlaceId id : {middle, below, lowest})
            places.setStarted(id, Pid::make(static_cast<std::uint32_t>(id), 1), Instant(1h));
        places.setEnded(middle, Term("boo"), PlaceState::NotStarted, Instant(2h));
        for (const PlaceId id : {middle, below, lowest})
            QVERIFY(equalsExact(places.find(id)->lastReason, Term("boo")));
        const std::uint64_t before = places.version();
        places.remove(middle);
        const Places::Delta delta = places.changesSince(before);
        QCOMPARE(delta.removed.size(), std::size_t(3));
        QVERIFY(delta.removed[0].id == lowest && delta.removed[1].id == below &&
                delta.removed[2].id == middle);
        QVERIFY(places.find(left) && places.find(right) && !places.find(lowest));
        QCOMPARE(places.childrenOf(tree.root).size(), std::size_t(2));
        QCOMPARE(places.placeOf(Pid::make(static_cast<std::uint32_t>(lowest), 1)), PlaceId(0));
        // The same id again is another place.
        QVERIFY(places.ensure(middle, 0, PlaceKind::Worker, spec(1)) > right);
    }

    void aSupervisorsSuccessorFindsThePlacesOfItsChildren() {
        Tree tree;
        Places& places = tree.places;
        std::vector<ChildSpec> specs;
        for (int child = 0; child < 200; ++child)
            specs.push_back(spec(child));
        const std::vector<PlaceId> first = places.ensureAll(tree.root, specs);
        QCOMPARE(first.size(), specs.size());
        QVERIFY(places.ensureAll(tree.root, specs) == first);
        // In another order, without one of them, and with one more.
        places.remove(first[7]);
        std::ranges::reverse(specs);
        specs.insert(specs.begin() + 100, spec(777));
        const std::vector<PlaceId> second = places.ensureAll(tree.root, specs);
        std::uint32_t order = 0;
        for (const Place& place : places.childrenOf(tree.root)) {
            QCOMPARE(place.id, second[order]);
            QVERIFY(equalsExact(place.childId, std::as_const(specs[order]).id()));
            QCOMPARE(place.order, order++);
            const std::int64_t id = *place.childId.asInt();
            const bool isNew = id == 7 || id == 777;
            QCOMPARE(place.id > first.back(), isNew);
            QVERIFY(isNew || place.id == first[static_cast<std::size_t>(id)]);
        }
        QCOMPARE(order, std::uint32_t(201));
        QCOMPARE(places.ensure(tree.root, 0, PlaceKind::Worker, spec(777)), second[100]);
    }
    void whatSomebodyElseHasPutBelowIsNotMadeAgain() {
        Tree tree;
        const PlaceId there = tree.places.ensure(tree.root, 0, PlaceKind::Worker, spec(3));
        const std::vector<ChildSpec> specs{spec(1), spec(2), spec(3)};
        const std::vector<PlaceId> ids = tree.places.ensureAll(tree.root, specs);
        QCOMPARE(ids[2], there);
        QCOMPARE(tree.places.childrenOf(tree.root).size(), std::size_t(3));
    }

    void aProcessIsAtTheLatestPlaceItFilledWhenAnEarlierOneIsFilledAnew() {
        Tree tree;
        Places& places = tree.places;
        const PlaceId earlier = places.add(tree.root, PlaceKind::Worker, spec(1));
        const PlaceId later = places.add(tree.root, PlaceKind::Worker, spec(2));
        const Pid process = Pid::make(7, 1);
        QCOMPARE(places.placeOf(process), PlaceId(0));
        places.setStarted(earlier, process, Instant(1h));
        places.setStarted(later, process, Instant(1h));
        places.setStarted(earlier, Pid::make(8, 1), Instant(1h));
        QCOMPARE(places.placeOf(process), later);
        places.remove(earlier);
        QCOMPARE(places.placeOf(process), later);
    }
    /// Who asks first makes what the answers are found by.
    void aProcessIsFoundAtThePlaceItFilledLastWhoeverAsksFirst() {
        const auto pid = [](unsigned number) { return Pid::make(number, 1); };
        std::mt19937 random(3);
        Tree asked;
        Tree late;
        std::vector<PlaceId> ids;
        QCOMPARE(asked.places.placeOf(pid(1)), PlaceId(0));
        for (int step = 0; step < 2'000; ++step) {
            const unsigned what = random() % 8;
            const std::size_t which = ids.empty() ? 0 : random() % ids.size();
            const unsigned process = 1 + random() % 40;
            const auto both = [&](const auto& change) {
                change(asked.places);
                change(late.places);
            };
            if (ids.empty() || what == 0) {
                both([&](Places& places) {
                    const PlaceId id = places.add(asked.root, PlaceKind::Worker, spec(step));
                    if (&places == &late.places)
                        ids.push_back(id);
                });
            } else if (what == 1) {
                both([&](Places& places) { places.remove(ids[which]); });
                ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(which));
            } else if (what < 5) {
                both([&](Places& places) {
                    places.setStarted(ids[which], pid(process), Instant(1h));
                });
            } else {
                both([&](Places& places) {
                    places.setEnded(ids[which], Term(1), PlaceState::NotStarted, Instant(1h));
                });
            }
        }
        for (unsigned process = 1; process <= 40; ++process) {
            const PlaceId there = late.places.placeOf(pid(process));
            if (asked.places.placeOf(pid(process)) != PlaceId(0))
                QCOMPARE(there, asked.places.placeOf(pid(process)));
            if (there != PlaceId(0))
                QVERIFY(late.places.find(there)->pid == pid(process));
        }
    }
};

QTEST_APPLESS_MAIN(TestPlaces)
#include "tst_places.moc"
