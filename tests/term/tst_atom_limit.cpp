#include <grove/term/etf.h>
#include <grove/term/parse.h>

#include <QTest>

#include <string>

using namespace grove;

namespace {

/// A list of `count` atoms that nobody else makes, in the external term format.
std::string newAtoms(std::size_t first, std::size_t count) {
    std::string bytes = "\x83l";
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes.push_back(static_cast<char>(count >> shift));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "atom " + std::to_string(first + i);
        bytes += 'w';
        bytes.push_back(static_cast<char>(name.size()));
        bytes += name;
    }
    return bytes + 'j';
}

} // namespace

/// A program of its own: it fills the table of atoms for good.
class tst_AtomLimit : public QObject {
    Q_OBJECT

private slots:
    void aFullTableIsAnError() {
        const std::size_t room = Atom::kTableMax - Atom::tableSize();
        const auto last = binaryToTerm(newAtoms(0, room));
        QVERIFY(last.has_value());
        QCOMPARE(Atom::tableSize(), Atom::kTableMax);
        const auto more = binaryToTerm(newAtoms(room, 1));
        QVERIFY(!more);
        QCOMPARE(more.error().describe(), "a new atom, but the table of atoms is full at byte 6");
        const auto parsed = parseTerm("{ok, one_more}");
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().describe(), "there are too many atoms already at column 6");
        QVERIFY(!Atom::tryMake("another"));
        // Known ones are read as before.
        QVERIFY(binaryToTerm(newAtoms(room - 1, 1)).has_value());
        QVERIFY(parseTerm("{ok, error}").has_value());
    }
};

QTEST_APPLESS_MAIN(tst_AtomLimit)
#include "tst_atom_limit.moc"
