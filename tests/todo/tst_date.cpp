#include <grove/todo/date.h>
#include <grove/todo/entry.h>
#include <grove/todo/text.h>

#include <QTest>

using namespace grove::todo;

class tst_Date : public QObject {
    Q_OBJECT

private slots:
    void readsBothFormsOfADate_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("iso");
        QTest::newRow("dashes") << "2023-12-19" << "2023-12-19";
        QTest::newRow("slashes") << "2023/12/19" << "2023-12-19";
        QTest::newRow("one digit") << "2023-1-9" << "2023-01-09";
        QTest::newRow("spaces") << "  2023-12-19\t" << "2023-12-19";
        QTest::newRow("leap day") << "2024-02-29" << "2024-02-29";
        QTest::newRow("first year") << "0001-01-01" << "0001-01-01";
        QTest::newRow("last day") << "9999-12-31" << "9999-12-31";
    }
    void readsBothFormsOfADate() {
        QFETCH(QString, text);
        QFETCH(QString, iso);
        auto date = parseDate(text.toStdString());
        QVERIFY(date);
        QCOMPARE(QString::fromStdString(isoDate(*date)), iso);
    }

    void whatIsNoDayIsWrittenAsNone() {
        for (const int year : {-32'767, -100, -5, 0, 10'000, 32'767})
            QCOMPARE(isoDate(std::chrono::year(year) / 1 / 1), std::string("no day"));
        QCOMPARE(isoDate(std::chrono::year(2023) / 2 / 30), std::string("no day"));
        QVERIFY(!parseDate("no day"));
    }

    void saysWhatIsWrongWithADate_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QString>("reason");
        QTest::newRow("april") << "2026-04-31"
                               << "There is no 31 April 2026. Did you mean 30 April?"
                               << "There is no 31 April";
        QTest::newRow("february") << "2023-02-30"
                                  << "There is no 30 February 2023. Did you mean 28 February?"
                                  << "There is no 30 February";
        QTest::newRow("leap") << "2023/02/29"
                              << "There is no 29 February 2023. Did you mean 28 February?"
                              << "There is no 29 February";
        QTest::newRow("zero") << "2023-05-00" << "There is no 0 May 2023. Did you mean 1 May?"
                              << "There is no 0 May";
        QTest::newRow("month") << "2023-13-01" << "There is no month 13." << "There is no month 13";
        QTest::newRow("word") << "soon" << "Not a date: 'soon'." << "Not a date: 'soon'";
        QTest::newRow("mixed") << "2023-12/19" << "Not a date: '2023-12/19'."
                               << "Not a date: '2023-12/19'";
        QTest::newRow("two digits") << "23-12-19" << "Not a date: '23-12-19'."
                                    << "Not a date: '23-12-19'";
        QTest::newRow("tail") << "2023-12-19T10:00" << "Not a date: '2023-12-19T10:00'."
                              << "Not a date: '2023-12-19T10:00'";
        QTest::newRow("year 0") << "0000-01-01" << "Not a date: '0000-01-01'."
                                << "Not a date: '0000-01-01'";
        QTest::newRow("empty") << "" << "Not a date: ''." << "Not a date: ''";
    }
    void saysWhatIsWrongWithADate() {
        QFETCH(QString, text);
        QFETCH(QString, sentence);
        QFETCH(QString, reason);
        auto date = parseDate(text.toStdString());
        QVERIFY(!date);
        QCOMPARE(QString::fromStdString(print(date.error())), sentence);
        QCOMPARE(QString::fromStdString(shortReason(date.error())), reason);
    }

    void checksNamesOfLists() {
        QCOMPARE(checkListName("  House ").value(), std::string("House"));
        QCOMPARE(checkListName("\"quoted\" and 'so'").value(), std::string("\"quoted\" and 'so'"));
        QCOMPARE(checkListName("").error().why, std::string("A list needs a name."));
        QCOMPARE(checkListName(" \t ").error().why, std::string("A list needs a name."));
        QCOMPARE(checkListName("two\nlines").error().why, std::string("A name is one line."));
        QCOMPARE(checkListName("two\u2028lines").error().why, std::string("A name is one line."));
        QCOMPARE(checkListName("bell \a").error().why, std::string("A name is text."));
        QCOMPARE(checkListName("broken \xff").error().why, std::string("A name is text."));
        QCOMPARE(checkListName(std::string(10'000, 'x')).error().why,
                 std::string("A name can have 200 characters; this one has 10,000."));
        QVERIFY(checkListName(QString(200, QChar(0xe9)).toStdString()));
        QVERIFY(!checkListName(QString(201, QChar(0xe9)).toStdString()));
        QCOMPARE(nameTaken("House").why,
                 std::string("There is a list named House. Choose another name."));
    }

    void checksTitles() {
        QVERIFY(checkTitle(std::string(500, 'x')));
        QCOMPARE(checkTitle(std::string(501, 'x')).error().why,
                 std::string("A title can have 500 characters; this one has 501."));
        QCOMPARE(checkTitle(" ").error().why, std::string("An entry needs a title."));
        QCOMPARE(checkTitle("a\r\nb").error().why, std::string("A title is one line."));
        QCOMPARE(checkTitle("a\x7f").error().why, std::string("A title is text."));
        QCOMPARE(checkTitle("a\x1f").error().why, std::string("A title is text."));
        QCOMPARE(checkTitle("a\xff").error().why, std::string("A title is text."));
        QCOMPARE(checkTitle(" ~a\tb ! ").value(), std::string("~a\tb !"));
        QCOMPARE(checkTitle("Grüße").value(), std::string("Grüße"));
    }

    void plainTextPassesEveryOtherCheck() {
        for (int byte = 0; byte < 256; ++byte) {
            const std::string text = "abcdefghijklmnop" + std::string(1, static_cast<char>(byte));
            const bool isRightAnyway =
                !findInvalidUtf8(text) && !hasLineBreak(text) && !hasControl(text);
            QCOMPARE(isPlain(text), isRightAnyway && byte != '\t');
        }
    }

    void findsTheFirstByteThatIsNotUtf8() {
        QVERIFY(!findInvalidUtf8("Grüße, 世界, 🌳"));
        QCOMPARE(findInvalidUtf8("abc\xff").value(), 3u);
        QCOMPARE(findInvalidUtf8("\xc0\xaf").value(), 0u);         // overlong
        QCOMPARE(findInvalidUtf8("\xed\xa0\x80").value(), 0u);     // a surrogate
        QCOMPARE(findInvalidUtf8("\xf4\x90\x80\x80").value(), 0u); // beyond U+10FFFF
        QCOMPARE(findInvalidUtf8("a\xe4\xb8").value(), 1u);        // cut off
        QCOMPARE(presentable("a\xff z", 100), std::string("a\uFFFD z"));
        QCOMPARE(presentable("Grüße", 3), std::string("Gr\u2026"));
    }
};

QTEST_APPLESS_MAIN(tst_Date)
#include "tst_date.moc"
