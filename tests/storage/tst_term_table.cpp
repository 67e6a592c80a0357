#include "storage_support.h"

#include <grove/storage/term_table.h>
#include <grove/term/parse.h>

using namespace grove;
using namespace grove::storage;

class tst_TermTable : public QObject {
    Q_OBJECT

    Connection m_connection = valueOf(Connection::open(":memory:"));

private slots:
    void init() {
        m_connection = valueOf(Connection::open(":memory:"));
        valueOf(m_connection.execute(kStorageTables));
    }

    void keepsEveryKindOfTermThatMeansSomethingLater_data() {
        QTest::addColumn<QString>("text");
        for (const char* text :
             {"ok", "'an atom with spaces'", "-17", "123456789012345678901234567890", "1.5e-7",
              "[]", "[1,2|3]", "{size,{800,600}}", "#{<<\"key\">> => [1.0,2]}",
              "<<\"text with \\\"quotes\\\" and ü\">>", "<<1,2,3:3>>", "\"charlist\"", "<<0,255>>"})
            QTest::newRow(text) << QString::fromUtf8(text);
    }
    void keepsEveryKindOfTermThatMeansSomethingLater() {
        QFETCH(QString, text);
        const auto term = parseTerm(text.toStdString());
        QVERIFY(term);
        valueOf(putTerm(m_connection, "k", *term));
        QVERIFY(valueOf(findTerm(m_connection, "k")) == *term);
    }

    void replacesFindsAndErases() {
        valueOf(putTerm(m_connection, "b", Term(1)));
        valueOf(putTerm(m_connection, "b", Term(2)));
        valueOf(putTerm(m_connection, "a", Term(3)));
        QVERIFY(valueOf(findTerm(m_connection, "b")) == Term(2));
        QVERIFY(!valueOf(findTerm(m_connection, "c")));
        QCOMPARE(valueOf(termKeys(m_connection)), (std::vector<std::string>{"a", "b"}));
        QVERIFY(valueOf(eraseTerm(m_connection, "b")));
        QVERIFY(!valueOf(eraseTerm(m_connection, "b")));
    }

    void refusesWhatNamesThisRunOnly() {
        const Term pid(Pid::fromRaw(77));
        for (const Term& term : {pid, tuple(Term(1), pid), list({Term(1), pid}),
                                 map({{Term(1), pid}}), Term(Ref::make(1, 2))}) {
            auto put = putTerm(m_connection, "k", term);
            QVERIFY(!put);
            QVERIFY(put.error().kind == SqlKind::Misuse);
        }
        QVERIFY(!valueOf(findTerm(m_connection, "k")));
    }

    void isABlobInTheExternalTermFormat() {
        valueOf(putTerm(m_connection, "k", *parseTerm("{ok, 1}")));
        QCOMPARE(
            valueOf(m_connection.text("SELECT typeof(value) || hex(value) FROM terms")).value(),
            std::string("blob83680264") + "00026F6B" + "6101");
    }

    void readsTheTextThatEarlierVersionsStored() {
        valueOf(m_connection.run("INSERT INTO terms VALUES('k', '{size,{800,600}}')"));
        QVERIFY(valueOf(findTerm(m_connection, "k")) == *parseTerm("{size,{800,600}}"));
    }

    void whatIsNoTermIsDamage_data() {
        QTest::addColumn<QString>("value");
        QTest::newRow("text") << "'{a, '";
        QTest::newRow("nothing") << "x''";
        QTest::newRow("cut off") << "x'836802'";
        QTest::newRow("too long") << "x'83610100'";
        QTest::newRow("another version") << "x'8461'";
    }
    void whatIsNoTermIsDamage() {
        QFETCH(QString, value);
        valueOf(m_connection.execute("INSERT INTO terms VALUES('k', " + value.toStdString() + ")"));
        auto found = findTerm(m_connection, "k");
        QVERIFY(!found);
        QVERIFY(found.error().kind == SqlKind::Corrupt);
    }
};

QTEST_GUILESS_MAIN(tst_TermTable)
#include "tst_term_table.moc"
