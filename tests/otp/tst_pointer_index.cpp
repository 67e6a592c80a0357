// An index of pointers against a map, through growth, shrinking and removals that close gaps.

#include "pointer_index.h"

#include <QTest>

#include <deque>
#include <map>
#include <random>
#include <vector>

using namespace grove::otp;

namespace {

struct Thing {
    std::uint64_t number = 0;
    int id = 0;
};

/// Numbers that collide in the ways there are: as they come, equal, and wide apart.
std::uint64_t numberFor(int form, int id) {
    switch (form) {
    case 0:
        return static_cast<std::uint64_t>(id);
    case 1:
        return static_cast<std::uint64_t>(id % 7);
    default:
        return static_cast<std::uint64_t>(id) << 56U;
    }
}

class Checked {
public:
    void add(std::uint64_t number, int id) {
        m_things.push_back({number, id});
        m_index.add(number, m_things.back());
        m_model[id] = &m_things.back();
    }
    void erase(int id) {
        const Thing& thing = *m_model[id];
        m_index.erase(thing.number, thing);
        m_index.erase(thing.number, thing); // not there any more
        m_model.erase(id);
    }
    [[nodiscard]] bool isEqual() const {
        for (const auto& [id, thing] : m_model) {
            const auto isIt = [id](const Thing& other) { return other.id == id; };
            if (m_index.find(thing->number, isIt) != thing)
                return false;
        }
        for (const Thing& thing : m_things) {
            const auto isIt = [&](const Thing& other) { return other.id == thing.id; };
            if (!m_model.contains(thing.id) && m_index.find(thing.number, isIt) != nullptr)
                return false;
        }
        return true;
    }
    [[nodiscard]] std::vector<int> ids() const {
        std::vector<int> ids;
        for (const auto& each : m_model)
            ids.push_back(each.first);
        return ids;
    }

private:
    std::deque<Thing> m_things; // which stay where they are
    PointerIndex<Thing, 16> m_index;
    std::map<int, const Thing*> m_model;
};

} // namespace

class TestPointerIndex : public QObject {
    Q_OBJECT

private slots:
    void findsWhatWasAddedAndNothingElse_data() {
        QTest::addColumn<int>("form");
        QTest::newRow("numbers in turn") << 0;
        QTest::newRow("equal numbers") << 1;
        QTest::newRow("numbers that differ in high bits") << 2;
    }
    void findsWhatWasAddedAndNothingElse() {
        QFETCH(int, form);
        std::mt19937 random(7);
        Checked checked;
        int next = 0;
        for (int phase = 0; phase < 6; ++phase) {
            const int grows = phase % 2 == 0 ? 3 : 1; // of four
            for (int step = 0; step < 120; ++step) {
                const std::vector<int> ids = checked.ids();
                if (ids.empty() || static_cast<int>(random() % 4) < grows) {
                    ++next;
                    checked.add(numberFor(form, next), next);
                } else {
                    checked.erase(ids[random() % ids.size()]);
                }
                if (step % 10 == 0)
                    QVERIFY(checked.isEqual());
            }
            QVERIFY(checked.isEqual());
        }
        for (const int id : checked.ids()) {
            checked.erase(id);
            QVERIFY(checked.isEqual());
        }
    }

    void anEmptyOneFindsNothing() {
        PointerIndex<Thing> index;
        QVERIFY(index.find(1) == nullptr);
        QVERIFY(index.find(0) == nullptr);
    }
};

QTEST_APPLESS_MAIN(TestPointerIndex)
#include "tst_pointer_index.moc"
