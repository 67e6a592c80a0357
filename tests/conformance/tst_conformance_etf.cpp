#include "golden.h"

#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <QCryptographicHash>

using namespace grove;
using golden::addBytes;
using golden::bytesOf;
using golden::encoded;
using golden::Verdicts;
using golden::view;

namespace {

/// A reference without words: OTP 25.2 reads one word all the same, behind the end of the bytes,
/// and counts it as used. Grove reads what there is.
bool hasErlangReadBeyondTheEnd(const QJsonObject& line, const QByteArray& bytes) {
    return line[QLatin1String("used")].toInt() > bytes.size();
}

/// Tags 73 and 75 are numbers of atoms in the memory of the node that wrote them, for its own ETS
/// tables; that OTP 25.2 reads them from anybody is an oversight. Grove refuses them.
bool isErlangsOwnMemory(const std::expected<EtfTerm, EtfError>& read) {
    return !read && (read.error().message == "no term starts with 73" ||
                     read.error().message == "no term starts with 75");
}

} // namespace

class tst_ConformanceEtf : public QObject {
    Q_OBJECT

private slots:
    void readsAndWritesWhatErlangWrites() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("etf.jsonl")) {
            if (!line.contains(QLatin1String("etf"))) {
                addLong(verdicts, line);
                continue;
            }
            const QByteArray bytes = bytesOf(line, "etf");
            const auto read = binaryToTerm(view(bytes));
            verdicts.add(read && read->usedBytes == view(bytes).size(), line, "etf is read");
            if (!read) {
                continue;
            }
            addForms(verdicts, line, read->term, bytes);
            if (line.contains(QLatin1String("src")) &&
                !line[QLatin1String("src_unparsable")].toBool()) {
                const auto parsed = parseTerm(line[QLatin1String("src")].toString().toStdString());
                verdicts.add(
                    parsed && equalsExact(*parsed, read->term), line, "src",
                    QString::fromStdString(toErlang(read->term)),
                    QString::fromStdString(parsed ? toErlang(*parsed) : parsed.error().describe()));
            }
        }
        verdicts.require(4'000);
    }

    void readsUnusualForms() {
        Verdicts verdicts;
        for (const QJsonObject& line : golden::lines("alt_etf.jsonl")) {
            const QByteArray bytes = bytesOf(line, "b64");
            const auto read = binaryToTerm(view(bytes));
            if (isErlangsOwnMemory(read)) {
                verdicts.addDifferent();
                continue;
            }
            verdicts.add(read.has_value(), line, "b64 is read", {},
                         read ? QString() : QString::fromStdString(read.error().describe()));
            if (!read) {
                continue;
            }
            addBytes(verdicts, line, "written back", bytesOf(line, "etf"),
                     encoded(read->term, {.minorVersion = 2, .deterministic = true}));
            if (hasErlangReadBeyondTheEnd(line, bytes)) {
                verdicts.addDifferent();
                QCOMPARE(read->usedBytes, view(bytes).size());
                continue;
            }
            const auto used = static_cast<std::size_t>(line[QLatin1String("used")].toInt());
            verdicts.add(read->usedBytes == used, line, "used", QString::number(used),
                         QString::number(read->usedBytes));
        }
        verdicts.require(500);
    }

private:
    /// Too long for the file: only the compressed form, length and MD5 of the plain one.
    static void addLong(Verdicts& verdicts, const QJsonObject& line) {
        const Term term = golden::termOf(bytesOf(line, "compressed"));
        QVERIFY(!term.isNone());
        const QByteArray bytes = encoded(term, {.minorVersion = 2});
        const QByteArray digest = QCryptographicHash::hash(bytes, QCryptographicHash::Md5);
        verdicts.add(bytes.size() == line[QLatin1String("etf_len")].toInt(), line, "etf_len");
        const QString expected = line[QLatin1String("etf_md5")].toString();
        verdicts.add(digest.toHex() == expected.toLatin1() ||
                         digest.toBase64() == expected.toLatin1(),
                     line, "etf_md5", expected, QString::fromLatin1(digest.toHex()));
    }

    static void addForms(Verdicts& verdicts, const QJsonObject& line, const Term& term,
                         const QByteArray& bytes) {
        const auto field = [&](const char* name) {
            return line.contains(QLatin1String(name)) ? bytesOf(line, name) : bytes;
        };
        // Without `deterministic` the order within maps of more than 32 keys is nobody's business.
        const bool isUnordered = line[QLatin1String("unordered")].toBool();
        addBytes(verdicts, line, "etf", bytes,
                 encoded(term, {.minorVersion = 2, .deterministic = isUnordered}));
        addBytes(verdicts, line, "det", field("det"),
                 encoded(term, {.minorVersion = 2, .deterministic = true}));
        if (isUnordered) {
            verdicts.add(equalsExact(golden::termOf(field("default")), term), line, "default");
        } else {
            addBytes(verdicts, line, "default", field("default"), encoded(term, {}));
        }
        if (line.contains(QLatin1String("mv0"))) {
            addBytes(verdicts, line, "mv0", bytesOf(line, "mv0"),
                     encoded(term, {.minorVersion = 0, .deterministic = isUnordered}));
            verdicts.add(equalsExact(golden::termOf(bytesOf(line, "mv0")), term), line,
                         "mv0 is read");
        }
        if (line.contains(QLatin1String("compressed"))) {
            const QByteArray packed = bytesOf(line, "compressed");
            const auto read = binaryToTerm(view(packed));
            verdicts.add(read && equalsExact(read->term, term) &&
                             read->usedBytes == view(packed).size(),
                         line, "compressed is read");
        }
        const QByteArray packed = encoded(term, {.minorVersion = 2, .compressed = 6});
        verdicts.add(packed.size() <= bytes.size() && equalsExact(golden::termOf(packed), term),
                     line, "what is compressed here");
    }
};

QTEST_APPLESS_MAIN(tst_ConformanceEtf)
#include "tst_conformance_etf.moc"
