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

    void aTextThatIsNoTermIsDamage() {
        valueOf(m_connection.run("INSERT INTO terms VALUES('k', '{a, ')"));
        auto found = findTerm(m_connection, "k");
        QVERIFY(!found);
        QVERIFY(found.error().kind == SqlKind::Corrupt);
    }
};

QTEST_GUILESS_MAIN(tst_TermTable)
#include "tst_term_table.moc"
