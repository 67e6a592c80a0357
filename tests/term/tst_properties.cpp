#include "support/random_term.h"

#include <grove/term/inspect.h>
#include <grove/term/parse.h>
#include <grove/term/phash2.h>
#include <grove/term/term.h>

#include <QTest>

#include <algorithm>
#include <vector>

using namespace grove;

namespace {

/// Terms among which many are equal or nearly so.
std::vector<Term> pool(test::RandomTerms& random, std::size_t count) {
    std::vector<Term> terms;
    while (terms.size() < count) {
        terms.push_back(random.next());
        terms.push_back(random.rebuilt(terms.back()));
        terms.push_back(random.rebuilt(terms.back(), true));
    }
    return terms;
}

const char* described(const Term& a, const Term& b) {
    static std::string text;
    text = toErlang(a) + " and " + toErlang(b);
    return text.c_str();
}

} // namespace

/// What holds for all terms, over terms that are drawn.
class tst_Properties : public QObject {
    Q_OBJECT

    std::uint64_t m_seed = 0;

private slots:
    void initTestCase() { m_seed = test::drawnSeed("tst_Properties"); }

    void orderIsTotal() {
        test::RandomTerms random(m_seed);
        for (int round = 0; round < 60; ++round) {
            std::vector<Term> terms = pool(random, 60);
            std::ranges::sort(terms, [](const Term& a, const Term& b) { return a < b; });
            // Every pair of a sorted list, not only neighbours: that is transitivity.
            for (std::size_t i = 0; i < terms.size(); ++i) {
                for (std::size_t j = i; j < terms.size(); ++j) {
                    const auto order = compare(terms[i], terms[j]);
                    if (!(order <= 0)) {
                        QFAIL(described(terms[i], terms[j]));
                    }
                    if (!(compare(terms[j], terms[i]) == 0 <=> order)) {
                        QFAIL(described(terms[i], terms[j]));
                    }
                }
            }
        }
    }

    void orderAgreesWithEquality() {
        test::RandomTerms random(m_seed + 1);
        for (int round = 0; round < 60; ++round) {
            const std::vector<Term> terms = pool(random, 60);
            for (const Term& a : terms) {
                for (const Term& b : terms) {
                    if (!((a == b) == (compare(a, b) == 0))) {
                        QFAIL(described(a, b));
                    }
                    if (!(!equalsExact(a, b) || a == b)) {
                        QFAIL(described(a, b));
                    }
                    if (!(equalsExact(a, b) == equalsExact(b, a))) {
                        QFAIL(described(a, b));
                    }
                }
            }
        }
    }

    void hashesAgreeWithEquality() {
        test::RandomTerms random(m_seed + 2);
        int equal = 0;
        for (int round = 0; round < 60; ++round) {
            const std::vector<Term> terms = pool(random, 60);
            for (const Term& a : terms) {
                for (const Term& b : terms) {
                    if (a == b) {
                        if (!(hashOf(a) == hashOf(b))) {
                            QFAIL(described(a, b));
                        }
                        equal += a.isSame(b) ? 0 : 1;
                    }
                    if (equalsExact(a, b)) {
                        if (!(phash2(a) == phash2(b))) {
                            QFAIL(described(a, b));
                        }
                    }
                }
            }
        }
        QVERIFY2(equal > 1'000, "hardly any two terms were equal: nothing was tested");
    }

    void whatIsMadeAnewIsEqual() {
        test::RandomTerms random(m_seed + 3);
        for (int round = 0; round < 5'000; ++round) {
            const Term term = random.next();
            const Term again = random.rebuilt(term);
            if (!(equalsExact(term, again))) {
                QFAIL(described(term, again));
            }
            const Term floats = random.rebuilt(term, true);
            if (!(term == floats)) {
                QFAIL(described(term, floats));
            }
            QCOMPARE(again.flatWords(), term.flatWords());
        }
    }

    void whatIsPrintedReadsBack() {
        test::RandomTerms random(m_seed + 4, {.hasPids = false});
        for (int round = 0; round < 5'000; ++round) {
            const Term term = random.next();
            for (const auto text : {ErlangOptions::Text::Infer, ErlangOptions::Text::Never}) {
                const std::string printed = toErlang(term, {.text = text});
                const auto read = parseTerm(printed);
                QVERIFY2(read.has_value(),
                         (printed + (read ? "" : read.error().describe())).c_str());
                if (!(equalsExact(*read, term))) {
                    QFAIL(described(*read, term));
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(tst_Properties)
#include "tst_properties.moc"
