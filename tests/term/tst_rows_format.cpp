#include <grove/term/etf.h>
#include <grove/term/identifiers.h>
#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

using namespace grove;

namespace {

Term t(std::string_view text) {
    const auto read = parseTerm(text);
    if (!read)
        qFatal("%s: %s", std::string(text).c_str(), read.error().describe().c_str());
    return *read;
}
Term repeated(std::size_t times, Term element) {
    std::vector<Term> all(times, element);
    return listFrom(all);
}
Term tupleOf(std::size_t size) {
    std::vector<Term> all(size, Term(0));
    return tupleFrom(all);
}
QByteArray written(const Term& term, const EtfOptions& options = {}) {
    return QByteArray::fromStdString(termToBinary(term, options).value());
}
QByteArray digitsOf(const Term& term, const EtfOptions& options = {}) {
    return written(term, options).toHex();
}
auto readHex(const char* digits, const EtfReadOptions& options = {}) {
    return binaryToTerm(QByteArray::fromHex(digits).toStdString(), options);
}

/// A term, what it is written as, and how: as term_to_binary of OTP 25.
struct Written {
    const char* name;
    const char* term;
    const char* digits;
    EtfOptions options = {};
};
const Written kWritten[] = {
    {"X-010 an atom in Latin-1", "ok", "836400026f6b"},
    {"X-010 one beyond ASCII", "'\xC3\xA9'", "83640001e9"},
    {"X-010 one beyond Latin-1", "'\xCF\x80'", "837702cf80"},
    {"X-010 UTF-8 only", "ok", "8377026f6b", {.minorVersion = 2}},
    {"X-010 UTF-8 only, beyond ASCII", "'\xC3\xA9'", "837702c3a9", {.minorVersion = 2}},
    {"X-010 a float", "1.5", "83463ff8000000000000"},
    {"X-010 a float as text",
     "1.5",
     "8363312e3530303030303030303030303030303030303030652b30300000000000",
     {.minorVersion = 0}},
    {"X-011 0", "0", "836100"},
    {"X-011 255", "255", "8361ff"},
    {"X-011 256", "256", "836200000100"},
    {"X-011 -1", "-1", "8362ffffffff"},
    {"X-011 the largest of 32 bits", "2147483647", "83627fffffff"},
    {"X-011 the smallest of 32 bits", "-2147483648", "836280000000"},
    {"X-011 one more", "2147483648", "836e040000000080"},
    {"X-011 one less", "-2147483649", "836e040101000080"},
    {"X-011 2^64", "18446744073709551616", "836e0900000000000000000001"},
    {"X-012 bytes", "[1,2,255]", "836b00030102ff"},
    {"X-012 not only bytes", "[256]", "836c0000000162000001006a"},
    {"X-012 nothing", "[]", "836a"},
    {"X-012 improper", "[1|2]", "836c0000000161016102"},
    {"X-013 an empty tuple", "{}", "836800"},
    {"X-013 bits", "<<5:3>>", "834d0000000103a0"},
    {"X-013 bytes of a binary", "<<\"ab\">>", "836d000000026162"},
    {"X-014 a small map", "#{b=>1,1.0=>2,2=>3,a=>4}",
     "83740000000461026103463ff00000000000006102640001616104640001626101"},
    {"X-019 not compressed where that is no shorter",
     "[a]",
     "836c00000001640001616a",
     {.compressed = 6}},
    {"X-020 a negative zero", "-0.0", "83468000000000000000"},
};

/// Bytes, and the term that is read from them; null: refused.
struct Read {
    const char* name;
    const char* digits;
    const char* term;
};
const Read kRead[] = {
    {"X-016 an atom in Latin-1", "83640001e9", "'\xC3\xA9'"},
    {"X-016 a small atom in Latin-1", "837301e9", "'\xC3\xA9'"},
    {"X-016 an atom with a long size", "8376000161", "a"},
    {"X-016 a small one as a big one", "836e010005", "5"},
    {"X-016 a big one with zeros", "836e03000500 00", "5"},
    {"X-016 a large big one", "836f00000001 0105", "-5"},
    {"X-016 bytes as a list", "836c0000000261016102 6a", "[1,2]"},
    {"X-016 a large tuple of one", "836900000001 6101", "{1}"},
    {"X-016 a list of none and a tail", "836c00000000 6105", "5"},
    {"X-016 a float as text", "8363312e3530303030303030303030303030303030303030652b30300000000000",
     "1.5"},
    {"X-017 nothing", "83", nullptr},
    {"X-017 another version", "826101", nullptr},
    {"X-017 cut", "83680261 01", nullptr},
    {"X-017 an unknown tag", "8301", nullptr},
    {"X-017 NaN", "83467ff8000000000000", nullptr},
    {"X-017 infinity", "83467ff0000000000000", nullptr},
    {"X-017 no UTF-8", "837702c328", nullptr},
    {"X-017 a key twice", "837400000002 61016102 61016103", nullptr},
    {"X-017 a key twice, in two encodings", "837400000002 61016102 6e010001 6103", nullptr},
    {"X-017 a last byte of no bits", "834d00000001 00 a0", nullptr},
    {"X-017 a last byte of nine bits", "834d00000001 09 a0", nullptr},
    {"X-017 a reference of six words",
     "835a0006 640003614062 00000001 000000010000000200000003000000040000000500000006", nullptr},
    {"X-017 a version within", "8368018361 01", nullptr},
    {"X-017 a binary longer than the bytes", "836dffffffff61", nullptr},
    {"X-017 a list longer than the bytes", "836cffffffff6a", nullptr},
    {"X-017 a tuple longer than the bytes", "8369ffffffff6101", nullptr},
    {"X-017 X-019 announces fewer bytes",
     "835000000195789ccb616060484961604c1cc5830767010030464e93", nullptr},
    {"X-017 X-019 announces more bytes", "835000000197789ccb616060484961604c1cc5830767010030464e93",
     nullptr},
};

template <class Row, std::size_t count> void addRows(const Row (&rows)[count]) {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < count; ++i)
        QTest::newRow(rows[i].name) << static_cast<int>(i);
}

} // namespace

/// The external term format: each row's expectation is what Erlang/OTP 25 writes and reads.
class tst_RowsFormat : public QObject {
    Q_OBJECT

private slots:
    void writes_data() { addRows(kWritten); }
    void writes() {
        QFETCH(int, index);
        const Written& row = kWritten[index];
        const Term term = t(row.term);
        QCOMPARE(digitsOf(term, row.options), QByteArray(row.digits));
        const auto back = readHex(row.digits);
        QVERIFY(back.has_value());
        QVERIFY(equalsExact(back->term, term));
    }

    // X-010 X-011 X-012 X-013: where one form becomes another.
    void changesItsFormBySize() {
        const auto begins = [](const Term& term, const char* digits,
                               const EtfOptions& options = {}) {
            return digitsOf(term, options).startsWith(digits);
        };
        std::string name;
        for (int i = 0; i < 128; ++i)
            name += "\xCF\x80";
        QVERIFY(begins(atom(name), "83760100cf80"));
        QVERIFY(begins(atom(name), "83760100cf80", {.minorVersion = 2}));
        std::vector<std::uint64_t> limbs(32, ~std::uint64_t{0});
        limbs.back() >>= 8; // 255 bytes
        QVERIFY(begins(bigInteger(false, limbs), "836eff00ff"));
        limbs.back() = std::uint64_t{1} << 56; // 256 bytes
        QVERIFY(begins(bigInteger(false, limbs), "836f0000010000ff"));
        QVERIFY(begins(bigInteger(true, limbs), "836f0000010001ff"));
        QVERIFY(begins(repeated(65535, 7), "836bffff0707"));
        QVERIFY(begins(repeated(65536, 7), "836c00010000610761"));
        QVERIFY(begins(tupleOf(255), "8368ff61"));
        QVERIFY(begins(tupleOf(256), "83690000010061"));
        for (const Term& term : {Term(atom(name)), bigInteger(false, limbs), repeated(65536, 7),
                                 repeated(65535, 7), tupleOf(256)}) {
            const auto back = binaryToTerm(termToBinary(term).value());
            QVERIFY(back && equalsExact(back->term, term));
        }
    }

    // 32 keys in their order, 33 in the map's own, unless deterministic.
    void writesLargeMapsInTheirOwnOrder() {
        const auto keysOf = [](const Term& map, const EtfOptions& options) {
            std::vector<int> keys;
            const QByteArray bytes = written(map, options);
            for (qsizetype at = 7; at < bytes.size(); at += 4)
                keys.push_back(static_cast<unsigned char>(bytes[at]));
            return keys;
        };
        Term upward = map();
        Term downward = map();
        std::vector<int> ascending;
        for (int i = 1; i <= 32; ++i) {
            upward = mapPut(std::move(upward), i, i);
            downward = mapPut(std::move(downward), 34 - i, 34 - i);
            ascending.push_back(i);
        }
        QCOMPARE(keysOf(upward, {}), ascending);
        upward = mapPut(std::move(upward), 33, 33);
        downward = mapPut(std::move(downward), 1, 1);
        ascending.push_back(33);
        QCOMPARE(keysOf(upward, {.deterministic = true}), ascending);
        QCOMPARE(keysOf(downward, {.deterministic = true}), ascending);
        std::vector<int> own = keysOf(upward, {});
        QVERIFY(own != ascending);
        std::ranges::sort(own);
        QCOMPARE(own, ascending);
    }

    void reads_data() { addRows(kRead); }
    void reads() {
        QFETCH(int, index);
        const Read& row = kRead[index];
        const auto read = readHex(row.digits);
        QCOMPARE(read.has_value(), row.term != nullptr);
        if (read)
            QVERIFY2(equalsExact(read->term, t(row.term)), toErlang(read->term).c_str());
    }

    // X-015 X-019: what lies behind a term is left; what was used counts compressed bytes.
    void tellsWhatItUsed() {
        const auto plain = readHex("83610109 09");
        QVERIFY(plain && equalsExact(plain->term, 1));
        QCOMPARE(plain->usedBytes, std::size_t{3});
        const Term term = repeated(100, atom("a"));
        const QByteArray compressed = written(term, {.compressed = 6});
        QCOMPARE(written(term).size(), 407);
        QVERIFY(compressed.size() < 40);
        QVERIFY(compressed.toHex().startsWith("835000000196")); // 406 behind the version
        const auto read = binaryToTerm(compressed.toStdString() + "\x01\x02");
        QVERIFY(read && equalsExact(read->term, term));
        QCOMPARE(read->usedBytes, static_cast<std::size_t>(compressed.size()));
        // As Erlang's zlib has packed it.
        const auto erlangs = readHex("835000000196789ccb616060484961604c1cc5830767010030464e93");
        QVERIFY(erlangs && equalsExact(erlangs->term, term));
        QCOMPARE(erlangs->usedBytes, std::size_t{28});
    }

    // the size of a value is no reason to take memory before its bytes are there.
    void atomsOf256CharactersAreRefused() {
        QByteArray bytes = QByteArray::fromHex("83760100") + QByteArray(256, 'a');
        QVERIFY(!binaryToTerm(bytes.toStdString()));
        bytes = QByteArray::fromHex("837600ff") + QByteArray(255, 'a');
        QVERIFY(binaryToTerm(bytes.toStdString()).has_value());
    }

    // no atom is made, and no function taken, that is not there.
    void safeMakesNothing() {
        const std::size_t before = Atom::tableSize();
        QVERIFY(!readHex("8377097a7a795f6e6f6e652d", {.safe = true}));
        QVERIFY(!readHex("836801 77097a7a795f6e6f6e652d", {.safe = true}));
        QCOMPARE(Atom::tableSize(), before);
        QVERIFY(!readHex("8371 77016d 770166 6102", {.safe = true})); // fun m:f/2
        QVERIFY(readHex("8371 77016d 770166 6102").has_value());
        QVERIFY(readHex("8377097a7a795f6e6f6e652d").has_value());
        QVERIFY(readHex("8377097a7a795f6e6f6e652d", {.safe = true}).has_value());
    }

    // identifiers of any node come back with node and creation.
    void identifiersComeBack() {
        const NodeId other{atom("other@host"), 7};
        const std::uint32_t words[] = {1, 2, 3};
        const std::vector<Term> terms = {pidTerm(other, 5, 6), refTerm(other, words),
                                         portTerm(other, 9), Pid::make(5, 6), Ref::make(1, 7)};
        for (const Term& term : terms) {
            const auto back = binaryToTerm(termToBinary(term).value());
            QVERIFY(back && equalsExact(back->term, term));
        }
        const auto pid = pidParts(binaryToTerm(termToBinary(terms[0]).value())->term);
        QVERIFY(pid && pid->node == other && pid->number == 5 && pid->serial == 6);
        const auto ref = refParts(binaryToTerm(termToBinary(terms[1]).value())->term);
        QVERIFY(ref && ref->node == other && ref->count == 3 && ref->words[2] == 3);
        const auto port = portParts(binaryToTerm(termToBinary(terms[2]).value())->term);
        QVERIFY(port && port->node == other && port->number == 9);
    }
};

QTEST_APPLESS_MAIN(tst_RowsFormat)
#include "tst_rows_format.moc"
