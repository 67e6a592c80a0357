// Pages of pointers by numbers given in turn, against a map.

#include "numbered_pages.h"

#include <QTest>

#include <deque>
#include <map>
#include <random>

using namespace grove::otp;

namespace {

struct Thing {
    std::uint64_t number = 0;
};

class Checked {
public:
    std::uint64_t add(std::uint64_t further = 1) {
        m_last += further;
        m_things.push_back({m_last});
        m_pages.add(m_last, m_things.back());
        m_model[m_last] = &m_things.back();
        return m_last;
    }
    void erase(std::uint64_t number) {
        m_pages.erase(number);
        m_pages.erase(number); // not there any more
        m_model.erase(number);
    }
    [[nodiscard]] bool isEqual() const {
        for (std::uint64_t number = 0; number <= m_last + 130; ++number) {
            const auto at = m_model.find(number);
            if (m_pages.find(number) != (at == m_model.end() ? nullptr : at->second))
                return false;
        }
        return true;
    }
    [[nodiscard]] std::uint64_t any(std::mt19937& random) const {
        auto at = m_model.lower_bound(random() % (m_last + 1));
        return at == m_model.end() ? m_model.begin()->first : at->first;
    }
    [[nodiscard]] bool isEmpty() const { return m_model.empty(); }

private:
    NumberedPages<Thing> m_pages;
    std::deque<Thing> m_things;
    std::map<std::uint64_t, Thing*> m_model;
    std::uint64_t m_last = 0;
};

} // namespace

class TestNumberedPages : public QObject {
    Q_OBJECT

private slots:
    void whatIsThereIsFoundAndNothingElse() {
        std::mt19937 random(7);
        Checked pages;
        for (int step = 0; step < 4'000; ++step) {
            if (pages.isEmpty() || random() % 100 < (step < 2'000 ? 70U : 30U))
                pages.add(random() % 50 == 0 ? 1 + random() % 200 : 1);
            else
                pages.erase(pages.any(random));
            if (step % 100 == 0)
                QVERIFY(pages.isEqual());
        }
        while (!pages.isEmpty())
            pages.erase(pages.any(random));
        QVERIFY(pages.isEqual());
    }
    void oneThatComesAndGoesNeedsOnePage() {
        Checked pages;
        for (int turn = 0; turn < 1'000; ++turn)
            pages.erase(pages.add());
        pages.add();
        QVERIFY(pages.isEqual());
    }
    void aLongLivedOneIsFoundBetweenThoseThatHaveGone() {
        Checked pages;
        const std::uint64_t first = pages.add();
        for (int turn = 0; turn < 300; ++turn)
            pages.erase(pages.add());
        QVERIFY(pages.isEqual());
        pages.erase(first);
        QVERIFY(pages.isEqual());
    }
};

QTEST_APPLESS_MAIN(TestNumberedPages)
#include "tst_numbered_pages.moc"
