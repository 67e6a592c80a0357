#pragma once

#include <grove/term/etf.h>
#include <grove/term/term.h>

#include <QByteArray>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <string_view>
#include <vector>

/// The answers of OTP 25 and Elixir 1.14 (tests/data/conformance/README.md), line by line.
namespace grove::golden {

[[nodiscard]] inline QString folder() {
    return qEnvironmentVariable("GROVE_GOLDEN_DIR", QStringLiteral(GROVE_CONFORMANCE_DATA));
}

[[nodiscard]] inline std::vector<QJsonObject> lines(const char* name) {
    QFile file(folder() + QLatin1Char('/') + QLatin1String(name));
    std::vector<QJsonObject> all;
    if (file.open(QIODevice::ReadOnly)) {
        while (!file.atEnd()) {
            all.push_back(QJsonDocument::fromJson(file.readLine()).object());
        }
    }
    return all;
}

[[nodiscard]] inline QByteArray bytesOf(const QJsonObject& line, const char* field) {
    return QByteArray::fromBase64(line[QLatin1String(field)].toString().toLatin1());
}

[[nodiscard]] inline std::string_view view(const QByteArray& bytes) {
    return {bytes.constData(), static_cast<std::size_t>(bytes.size())};
}

/// No term (and a warning) when the bytes are refused.
[[nodiscard]] inline Term termOf(const QByteArray& bytes) {
    const auto read = binaryToTerm(view(bytes));
    if (!read) {
        qWarning("refused: %s: %s", qPrintable(bytes.toHex().left(80)),
                 read.error().describe().c_str());
        return Term();
    }
    return read->term;
}

[[nodiscard]] inline QByteArray encoded(const Term& term, const EtfOptions& options) {
    const auto bytes = termToBinary(term, options);
    return bytes ? QByteArray::fromStdString(*bytes) : QByteArray();
}

/// Counts lines that agree, and shows the first ones that do not.
class Verdicts {
public:
    void add(bool agrees, const QJsonObject& line, const char* what, const QString& expected = {},
             const QString& got = {}) {
        ++m_compared;
        if (agrees) {
            return;
        }
        constexpr int kShownMax = 20;
        constexpr qsizetype kShownCharacters = 200;
        if (++m_failed <= kShownMax) {
            qWarning("%s\n  %s\n  expected %s\n  got      %s", what,
                     QJsonDocument(line).toJson(QJsonDocument::Compact).left(300).constData(),
                     qPrintable(expected.left(kShownCharacters)),
                     qPrintable(got.left(kShownCharacters)));
        }
    }
    /// A line that is answered differently on purpose; the reason stands beside the call.
    void addDifferent() { ++m_different; }

    /// To end a test function with.
    void require(int comparedMin) const {
        qInfo("%d answers compared, %d different on purpose", m_compared, m_different);
        QVERIFY(m_compared >= comparedMin);
        QCOMPARE(m_failed, 0);
    }

private:
    int m_compared = 0;
    int m_failed = 0;
    int m_different = 0;
};

inline void addBytes(Verdicts& verdicts, const QJsonObject& line, const char* what,
                     const QByteArray& expected, const QByteArray& got) {
    verdicts.add(expected == got, line, what, QString::fromLatin1(expected.toHex()),
                 QString::fromLatin1(got.toHex()));
}

} // namespace grove::golden
