#include "golden.h"
#include "support/random_term.h"

#include <grove/term/function.h>
#include <grove/term/inspect.h>
#include <grove/term/phash2.h>

#include <QDir>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>

using namespace grove;
using namespace grove::literals;
using golden::Verdicts;

namespace {

constexpr int kTerms = 10'000;

/// In front of each term its length in 32 bits, as live_erlang.escript reads and writes them.
void appendTerm(QByteArray& file, const std::string& bytes) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        file.append(static_cast<char>(bytes.size() >> shift));
    }
    file.append(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

std::vector<Term> termsIn(const QString& path) {
    QFile file(path);
    std::vector<Term> terms;
    if (!file.open(QIODevice::ReadOnly)) {
        return terms;
    }
    const QByteArray all = file.readAll();
    std::string_view left = golden::view(all);
    while (left.size() >= 4) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            size = size << 8 | static_cast<unsigned char>(left[i]);
        }
        left.remove_prefix(4);
        const auto read = binaryToTerm(left.substr(0, size));
        if (!read) {
            qWarning("refused: %s", read.error().describe().c_str());
            break;
        }
        terms.push_back(read->term);
        left.remove_prefix(std::min(size, left.size()));
    }
    return terms;
}

/// Random terms with what RandomTerms does not know: pids, ports, references and functions of
/// others.
class Drawer {
public:
    explicit Drawer(std::uint64_t seed) : m_random(seed) {}

    Term next() {
        const Term term = m_random.next();
        switch (m_random.below(4)) {
        case 0:
            return tuple(stranger(), term);
        case 1:
            return map({{stranger(), term}, {term, stranger()}});
        default:
            return term;
        }
    }

private:
    std::uint32_t word() {
        static constexpr std::uint32_t kLiked[] = {0, 1, 5, 4095, (1U << 28) - 1, 0xFFFF'FFFF};
        return kLiked[m_random.below(std::size(kLiked))];
    }
    Term stranger() {
        static const Atom kNodes[] = {"a@h"_atom, "bb@h"_atom, "\u00e9@h"_atom};
        const NodeId node{kNodes[m_random.below(std::size(kNodes))], word()};
        switch (m_random.below(6)) {
        case 0:
            return pidTerm(node, word(), word());
        case 1:
            return portTerm(node, std::uint64_t{word()} << m_random.below(20));
        case 2: {
            const std::uint32_t words[] = {word(), word(), word(), word(), word()};
            return refTerm(node, std::span(words).first(1 + m_random.below(5)));
        }
        case 3: {
            const std::uint32_t words[] = {word() & 0x3FFFF, word(), word()};
            return refTerm(localNode(), words);
        }
        case 4:
            return exportTerm("lists"_atom, "some function"_atom,
                              static_cast<std::uint32_t>(m_random.below(256)));
        default: {
            const Term bound[] = {m_random.next(), m_random.next()};
            return opaqueFunction("mod"_atom, 2,
                                  {.uniq = "0123456789abcdef",
                                   .index = static_cast<std::uint32_t>(m_random.below(4)),
                                   .oldIndex = static_cast<std::int32_t>(m_random.below(3)),
                                   .oldUniq = static_cast<std::int32_t>(m_random.below(5)) - 2,
                                   .creator = pidTerm(node, word(), word()),
                                   .environment = std::span(bound).first(m_random.below(3))});
        }
        }
    }

    test::RandomTerms m_random;
};

int sign(std::weak_ordering order) {
    return (order > 0) - (order < 0);
}

} // namespace

/// Grove and the Erlang on this machine exchange random terms through files.
class tst_LiveErlang : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::uint64_t m_seed = 0;

    QString path(const char* name) const { return m_folder.filePath(QLatin1String(name)); }

    static QString run(const QString& program, const QStringList& arguments) {
        QProcess process;
        process.start(program, arguments);
        constexpr int kPatienceMs = 120'000;
        if (!process.waitForFinished(kPatienceMs) || process.exitCode() != 0) {
            return QStringLiteral("failed: ") + QString::fromUtf8(process.readAllStandardError() +
                                                                  process.readAllStandardOutput());
        }
        return QString::fromUtf8(process.readAllStandardOutput());
    }
    static QString erlang(const QStringList& arguments) {
        return run(QStringLiteral("escript"),
                   QStringList{QStringLiteral(GROVE_LIVE_ERLANG)} + arguments);
    }

    /// phash2, and how each term compares with the next, as Erlang says in `answers` from `first`
    /// on.
    static void addRelations(Verdicts& verdicts, const std::vector<Term>& terms,
                             const std::vector<Term>& answers, std::size_t first) {
        for (std::size_t i = 0; i < terms.size(); ++i) {
            const Term& term = terms[i];
            const Term& next = terms[(i + 1) % terms.size()];
            const Term& answer = answers[i];
            const QJsonObject shown{
                {QStringLiteral("term"), QString::fromStdString(toErlang(term, {.bytesMax = 250}))},
                {QStringLiteral("next"),
                 QString::fromStdString(toErlang(next, {.bytesMax = 250}))}};
            const auto hash = static_cast<std::uint32_t>(answer.element(first).toInt());
            verdicts.add(phash2(term, std::uint64_t{1} << 32) == hash, shown, "phash2",
                         QString::number(hash));
            const auto order = static_cast<int>(answer.element(first + 1).toInt());
            verdicts.add(sign(compare(term, next)) == order, shown, "compared with the next",
                         QString::number(order), QString::number(sign(compare(term, next))));
            verdicts.add(equalsExact(term, next) == answer.element(first + 2).toBool(), shown,
                         "=:=");
        }
    }

private slots:
    void initTestCase() {
        if (QStandardPaths::findExecutable(QStringLiteral("escript")).isEmpty() ||
            QStandardPaths::findExecutable(QStringLiteral("erl")).isEmpty()) {
            QSKIP("there is no Erlang on this machine (sh tests/run.sh --with-erlang installs it)");
        }
        const QString release =
            run(QStringLiteral("erl"),
                {QStringLiteral("-noshell"), QStringLiteral("-eval"),
                 QStringLiteral("io:put_chars(erlang:system_info(otp_release)), halt().")});
        if (release != QLatin1String("25")) {
            QSKIP(qPrintable(QStringLiteral("Erlang is not OTP 25, but ") + release));
        }
        QVERIFY(m_folder.isValid());
        m_seed = test::drawnSeed("tst_LiveErlang");
    }

    void erlangAgreesOnTermsOfGroves() {
        Drawer drawer(m_seed);
        std::vector<Term> terms;
        QByteArray file;
        while (terms.size() < kTerms) {
            terms.push_back(drawer.next());
            appendTerm(
                file,
                termToBinary(terms.back(), {.minorVersion = 2, .deterministic = true}).value());
        }
        QFile out(path("grove"));
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write(file) == file.size());
        out.close();
        QCOMPARE(erlang({QStringLiteral("judge"), path("grove"), path("judged")}), QString());
        const std::vector<Term> answers = termsIn(path("judged"));
        QCOMPARE(answers.size(), terms.size());
        Verdicts verdicts;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            const QJsonObject shown{{QStringLiteral("term"), QString::fromStdString(toErlang(
                                                                 terms[i], {.bytesMax = 250}))}};
            verdicts.add(answers[i].element(0).toBool(), shown, "bytes");
        }
        addRelations(verdicts, terms, answers, 1);
        verdicts.require(4 * kTerms);
    }

    void groveAgreesOnTermsOfErlangs() {
        QCOMPARE(erlang({QStringLiteral("draw"), QString::number(kTerms), QString::number(m_seed),
                         path("drawn")}),
                 QString());
        const std::vector<Term> answers = termsIn(path("drawn"));
        QCOMPARE(answers.size(), std::size_t{kTerms});
        Verdicts verdicts;
        std::vector<Term> terms;
        for (const Term& answer : answers) {
            const auto form = [&](std::size_t at) { return answer.element(at).toBinary(); };
            const auto read = binaryToTerm(form(0));
            QVERIFY2(read.has_value(), read ? "" : read.error().describe().c_str());
            terms.push_back(read->term);
            const QJsonObject shown{{QStringLiteral("term"), QString::fromStdString(toErlang(
                                                                 read->term, {.bytesMax = 250}))}};
            const auto writes = [&](unsigned minorVersion) {
                return termToBinary(read->term,
                                    {.minorVersion = minorVersion, .deterministic = true})
                    .value();
            };
            verdicts.add(writes(1) == form(0), shown, "minor_version 1");
            verdicts.add(writes(0) == form(1), shown, "minor_version 0");
            verdicts.add(writes(2) == form(2), shown, "minor_version 2");
            for (const std::size_t at : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
                const auto again = binaryToTerm(form(at));
                verdicts.add(again && equalsExact(again->term, read->term) &&
                                 again->usedBytes == form(at).size(),
                             shown, "another form");
            }
        }
        addRelations(verdicts, terms, answers, 4);
        verdicts.require(9 * kTerms);
    }
};

QTEST_GUILESS_MAIN(tst_LiveErlang)
#include "tst_live_erlang.moc"
