// What supervisors have written down is told to who asks for what changed, and takes little room.

#include <grove/otp/places.h>

#include <QTest>

#include <string>

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
};

QTEST_APPLESS_MAIN(TestPlaces)
#include "tst_places.moc"
