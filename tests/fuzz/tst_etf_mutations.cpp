#include "etf_property.h"
#include "support/random_term.h"

#include <QDir>
#include <QElapsedTimer>
#include <QTest>

#include <random>
#include <string>
#include <vector>

using namespace grove;

namespace {

/// Bytes with one to four small damages, as a bad disk or a clever stranger would do them.
class Mutator {
public:
    Mutator(std::uint64_t seed, const std::vector<std::string>& corpus)
        : m_random(seed), m_corpus(corpus) {}

    std::string next() {
        std::string bytes = m_corpus[below(m_corpus.size())];
        for (auto left = 1 + below(4); left > 0; --left) {
            damage(bytes);
        }
        return bytes;
    }

private:
    std::size_t below(std::size_t end) { return end == 0 ? 0 : m_random() % end; }
    /// Tags and lengths are what decides, so they are drawn more often than other bytes.
    char byte() {
        static constexpr unsigned char kLiked[] = {
            0,   1,   3,   255, 127, 128, 131, 80, 97,  98, 110, 111, 70,  99,  100, 115, 118, 119,
            104, 105, 106, 107, 108, 116, 109, 77, 103, 88, 102, 89,  120, 101, 114, 90,  113, 112};
        return static_cast<char>(below(2) == 0 ? kLiked[below(std::size(kLiked))] : below(256));
    }

    void damage(std::string& bytes) {
        const std::size_t at = below(bytes.size());
        switch (below(6)) {
        case 0:
            if (!bytes.empty()) {
                bytes[at] = byte();
            }
            return;
        case 1:
            bytes.insert(at, 1 + below(3), byte());
            return;
        case 2:
            bytes.erase(at, 1 + below(4));
            return;
        case 3:
            bytes.resize(at);
            return;
        case 4: // a piece of the same bytes again
            bytes.insert(below(bytes.size() + 1), bytes.substr(at, below(bytes.size() - at + 1)));
            return;
        default: { // a piece of others
            const std::string& other = m_corpus[below(m_corpus.size())];
            const std::size_t from = below(other.size());
            bytes.replace(at, below(4), other.substr(from, below(other.size() - from + 1)));
        }
        }
    }

    std::mt19937_64 m_random;
    const std::vector<std::string>& m_corpus;
};

} // namespace

class tst_EtfMutations : public QObject {
    Q_OBJECT

    std::vector<std::string> m_corpus;

private slots:
    void initTestCase() {
        const QDir folder(QStringLiteral(GROVE_FUZZ_CORPUS));
        for (const QString& name : folder.entryList(QDir::Files, QDir::Name)) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            m_corpus.push_back(file.readAll().toStdString());
        }
        QVERIFY(m_corpus.size() > 100);
    }

    void holdsForTheCorpus() {
        int terms = 0;
        for (const std::string& bytes : m_corpus) {
            terms += test::holdsForBytes(bytes) ? 1 : 0;
        }
        QVERIFY(terms > 50);
    }

    void holdsForDamagedBytes() {
        // An hour's limit would find more; that is the fuzzer's task. This is a few seconds.
        constexpr int kRounds = 40'000;
        Mutator mutator(test::drawnSeed("tst_EtfMutations"), m_corpus);
        int terms = 0;
        for (int round = 0; round < kRounds; ++round) {
            terms += test::holdsForBytes(mutator.next()) ? 1 : 0;
        }
        qInfo("%d of %d were terms", terms, kRounds);
        QVERIFY2(terms > kRounds / 20, "hardly anything got past the first bytes");
        QVERIFY2(terms < kRounds, "nothing was damaged");
    }
};

QTEST_APPLESS_MAIN(tst_EtfMutations)
#include "tst_etf_mutations.moc"
