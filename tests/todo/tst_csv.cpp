#include <grove/todo/csv.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace grove::todo;
using namespace std::chrono_literals;

namespace {

CsvOutput parsed(std::string_view bytes, std::size_t pieceBytes = 1 << 20) {
    CsvParser parser;
    CsvOutput output;
    for (std::size_t at = 0; at < bytes.size(); at += pieceBytes)
        parser.feed(bytes.substr(at, pieceBytes), output);
    parser.finish(output);
    return output;
}

/// Every line that came out, as text, so that tests read as tables.
QString printed(const CsvOutput& output) {
    QStringList lines;
    for (const CsvRow& row : output.rows)
        lines << QString("%1 %2|%3")
                     .arg(row.line)
                     .arg(QString::fromStdString(row.entry.date ? isoDate(*row.entry.date) : ""))
                     .arg(QString::fromStdString(row.entry.title));
    for (const CsvReject& reject : output.rejects)
        lines << QString("%1 ! %2").arg(reject.line).arg(QString::fromStdString(reject.reason));
    return lines.join('\n');
}

} // namespace

class tst_Csv : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string write(const char* name, const QByteArray& bytes) {
        QFile file(m_folder.filePath(name));
        if (!file.open(QFile::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write a file for the test");
        return file.fileName().toStdString();
    }

private slots:
    void readsLinesOfEveryKind_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        QTest::newRow("plain") << QByteArray("2023-12-19,Dentist\n") << "1 2023-12-19|Dentist";
        QTest::newRow("slashes") << QByteArray("2023/12/19,Dentist") << "1 2023-12-19|Dentist";
        QTest::newRow("crlf") << QByteArray("2023-12-19,a\r\n2023-12-20,b\r\n")
                              << "1 2023-12-19|a\n2 2023-12-20|b";
        QTest::newRow("bom") << QByteArray("\xEF\xBB\xBF"
                                           "2023-12-19,a\n")
                             << "1 2023-12-19|a";
        QTest::newRow("header") << QByteArray("date,title\n2023-12-19,a\n") << "2 2023-12-19|a";
        QTest::newRow("bom and header") << QByteArray("\xEF\xBB\xBF"
                                                      "\"Date\",\"Title\"\r\n2023-12-19,a\n")
                                        << "2 2023-12-19|a";
        QTest::newRow("a header is only the first line")
            << QByteArray("2023-12-19,a\ndate,title\n") << "1 2023-12-19|a\n2 ! Not a date: 'date'";
        QTest::newRow("a first line that is no header")
            << QByteArray("soon,Dentist\n") << "1 ! Not a date: 'soon'";
        QTest::newRow("blank lines")
            << QByteArray("\n  \n2023-12-19,a\n\r\n\n") << "3 2023-12-19|a";
        QTest::newRow("quoted") << QByteArray("2023-12-19,\"Dentist, at 5\"\n")
                                << "1 2023-12-19|Dentist, at 5";
        QTest::newRow("quotes in quotes")
            << QByteArray("2023-12-19,\"say \"\"hi\"\"\"\n") << "1 2023-12-19|say \"hi\"";
        QTest::newRow("quoted date") << QByteArray("\"2023-12-19\" , \"a\" \n") << "1 2023-12-19|a";
        QTest::newRow("a comma without quotes") << QByteArray("2023-12-19,Dentist, then shopping\n")
                                                << "1 2023-12-19|Dentist, then shopping";
        QTest::newRow("a quote inside")
            << QByteArray("2023-12-19,6\" nails\n") << "1 2023-12-19|6\" nails";
        QTest::newRow("no date") << QByteArray(",Read a book\n") << "1 |Read a book";
        QTest::newRow("no such day")
            << QByteArray("2023-02-30,a\n") << "1 ! There is no 30 February";
        QTest::newRow("no comma") << QByteArray("2023-12-19 Dentist\n") << "1 ! No comma";
        QTest::newRow("no title")
            << QByteArray("2023-12-19,\n2023-12-19,  \n2023-12-19,\"\"\n")
            << "1 ! No title after the comma\n2 ! No title after the comma\n3 ! "
               "No title after the comma";
        QTest::newRow("a word") << QByteArray("2023-12-19,a\nsoon,b\n")
                                << "1 2023-12-19|a\n2 ! Not a date: 'soon'";
        QTest::newRow("after the quote")
            << QByteArray("2023-12-19,\"a\" b\n") << "1 ! Text after the closing quote";
        QTest::newRow("a title of two lines")
            << QByteArray("2023-12-19,\"two\nlines\"\n2023-12-20,b\n")
            << "3 2023-12-20|b\n1 ! A quote is not closed on this line\n2 ! No comma";
        QTest::newRow("not utf-8") << QByteArray("2023-12-19,caf\xe9\n2023-12-20,b\n")
                                   << "2 2023-12-20|b\n1 ! Not UTF-8 at byte 15";
        QTest::newRow("too long a title")
            << QByteArray("2023-12-19,") + QByteArray(501, 'x')
            << "1 ! A title can have 500 characters; this one has 501";
        QTest::newRow("too long a line")
            << QByteArray("2023-12-19,") + QByteArray(100'000, 'x') + QByteArray("\n2023-12-20,b\n")
            << "2 2023-12-20|b\n1 ! The line is longer than 64 KiB";
        QTest::newRow("nothing") << QByteArray() << "";
    }
    void readsLinesOfEveryKind() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        const std::string_view view(bytes.constData(), static_cast<std::size_t>(bytes.size()));
        QCOMPARE(printed(parsed(view)), expected);
        // Where the pieces end makes no difference.
        for (std::size_t piece : {1u, 2u, 3u, 7u, 64u})
            QCOMPARE(printed(parsed(view, piece)), expected);
    }

    void aRejectShowsItsLineSafely() {
        const CsvOutput output = parsed("no comma \xff" + std::string(500, 'x') + "\n");
        QCOMPARE(output.rejects.size(), 1u);
        QVERIFY(output.rejects[0].text.starts_with("no comma \uFFFDxx"));
        QVERIFY(output.rejects[0].text.size() <= CsvParser::kShownBytesMax + 3);
    }

    void whatIsPrintedIsReadBackTheSame() {
        std::mt19937_64 random(5);
        const std::string_view alphabet = "ab,\" '\t.;|é";
        for (int i = 0; i < 5000; ++i) {
            std::string title;
            for (std::uint64_t n = 1 + random() % 12; n > 0; --n)
                title += alphabet[random() % (alphabet.size() - 2)];
            auto kept = checkTitle(title);
            if (!kept)
                continue;
            const Entry entry{.id = 1,
                              .title = *kept,
                              .date = random() % 2 ? std::optional<Date>(2026y / 2 / 28)
                                                   : std::nullopt};
            auto back = parseCsvLine(printCsvLine(entry));
            QVERIFY2(back, printCsvLine(entry).c_str());
            QCOMPARE(back->title, entry.title);
            QVERIFY(back->date == entry.date);
        }
    }

    void countsLinesOfTenThousand() {
        QByteArray bytes("date,title\r\n");
        for (int i = 0; i < 10'000; ++i)
            bytes += i % 500 == 7
                         ? QByteArray("2023-02-30,never\r\n")
                         : QByteArray("2023-12-19,entry ") + QByteArray::number(i) + "\r\n";
        auto file = CsvFile::open(write("big.csv", bytes));
        QVERIFY(file);
        CsvOutput output;
        for (;;) {
            auto more = file->readChunk(output);
            QVERIFY(more);
            if (!*more)
                break;
        }
        QCOMPARE(output.rows.size(), 9980u);
        QCOMPARE(output.rejects.size(), 20u);
        QCOMPARE(file->bytesRead(), static_cast<std::uint64_t>(bytes.size()));
        QCOMPARE(file->sizeBytes(), file->bytesRead());
        QVERIFY(file->parser().sawHeader());
        QCOMPARE(file->parser().lineCount(), 10'001u);
    }

    void saysWhyAFileCannotBeImported() {
        QCOMPARE(print(CsvFile::open(m_folder.filePath("none.csv").toStdString()).error()),
                 std::string("There is no file none.csv."));
        QCOMPARE(print(CsvFile::open(write("empty.csv", "")).error()),
                 std::string("Nothing to import: empty.csv is empty."));
        QVERIFY(CsvFile::open(m_folder.path().toStdString()).error().kind ==
                ImportFault::Kind::Folder);
        auto binary = CsvFile::open(write("binary.csv", QByteArray("\x7f"
                                                                   "ELF\0\0\0",
                                                                   7)
                                                            .repeated(1000)));
        QVERIFY(binary);
        CsvOutput output;
        QCOMPARE(print(binary->readChunk(output).error()),
                 std::string("Nothing to import: binary.csv is not text."));
        QCOMPARE(print(ImportFault{ImportFault::Kind::NoEntries, "a.csv", ""}),
                 std::string("Nothing to import: a.csv has no line like 2023-12-19,Dentist."));
        const std::string pipe = m_folder.filePath("pipe").toStdString();
        QVERIFY(mkfifo(pipe.c_str(), 0600) == 0);
        QVERIFY(CsvFile::open(pipe).error().kind == ImportFault::Kind::Unreadable);
    }

    void saysThatAFileMayNotBeRead() {
        const std::string path = write("secret.csv", "2023-12-19,a\n");
        QVERIFY(chmod(path.c_str(), 0) == 0);
        QVERIFY(chmod(m_folder.path().toLocal8Bit().constData(), 0755) == 0);
        const bool root = geteuid() == 0;
        QVERIFY(!root || seteuid(65534) == 0);
        auto file = CsvFile::open(path);
        QVERIFY(!root || seteuid(0) == 0);
        QVERIFY(!file);
        QCOMPARE(print(file.error()), std::string("secret.csv cannot be read: Permission denied."));
    }
};

QTEST_APPLESS_MAIN(tst_Csv)
#include "tst_csv.moc"
