#include "support/random_term.h"

#include <grove/term/etf.h>
#include <grove/term/function.h>
#include <grove/term/inspect.h>
#include <grove/term/phash2.h>

#include <QTest>

#include <limits>
#include <string>

using namespace grove;
using namespace grove::literals;

namespace {

std::string written(const Term& term, const EtfOptions& options = {.minorVersion = 2}) {
    return termToBinary(term, options).value();
}

/// The bytes of hexadecimal digits, behind the version.
std::string bytesOf(const char* digits) {
    return QByteArray::fromHex(QByteArray("83") + digits).toStdString();
}

Term readBack(const std::string& bytes, const EtfReadOptions& options = {}) {
    const auto read = binaryToTerm(bytes, options);
    return read && read->usedBytes == bytes.size() ? read->term : Term();
}

std::string errorOf(std::string_view bytes, const EtfReadOptions& options = {}) {
    const auto read = binaryToTerm(bytes, options);
    return read ? "read as " + toErlang(read->term) : read.error().describe();
}

const NodeId kOther{"other@host"_atom, 7};

} // namespace

class tst_Etf : public QObject {
    Q_OBJECT

private slots:
    void saysWhereAndWhy_data() {
        QTest::addColumn<QByteArray>("digits");
        QTest::addColumn<QString>("error");
        const auto row = [](const char* digits, const char* error) {
            QTest::addRow("%s", digits) << QByteArray(digits) << error;
        };
        row("", "the bytes end within a value at byte 1");
        row("68026101", "the bytes end within a value at byte 5");
        row("6802610152", "no term starts with 82 at byte 5");
        row("68ff6101", "a tuple of so many elements (255), but only 2 bytes are left at byte 3");
        row("6cffffffff6a",
            "a list of so many elements and its tail (4294967296), but only 1 bytes "
            "are left at byte 6");
        row("74ffffffff6a",
            "a map of so many keys and values (8589934590), but only 1 bytes are left at byte 6");
        row("6dffffffff61",
            "a value of so many bytes (4294967295), but only 1 bytes are left at byte 6");
        row("7400000002610161026202000000016103", "no term starts with 1 at byte 15");
        row("740000000261016102620000000161036a", "a map with the same key twice at byte 1");
        row("6101ff", "read as 1");
        row("467ff0000000000000", "a float that is no number at byte 1");
        row("6e01", "the bytes end within a value at byte 3");
        row("6f7fffffff00", "an integer of 2147483647 bytes; at most 4194296 are read at byte 6");
        row("7702c328", "an atom that is not UTF-8 at byte 1");
        row("4d000000010901", "a bitstring of 1 bytes whose last has 9 bits at byte 1");
        row("5a0006", "a reference of 6 words at byte 1");
        row("586101", "the name of a node that is no atom at byte 2");
        row("7177016177016261ff", "read as fun a:b/255");
        row("71770161770162770163",
            "the name of a function that is not module, name, arity at byte 1");
        row("5000000064789c4b64040000c50063",
            "compressed bytes that give 2, not the 100 they announce at byte 6");
        row("50ffffffff789c4b64040000c50063",
            "compressed bytes that announce 4294967295 bytes; at most 11352 are believed here at "
            "byte 6");
        row("5000000002789c6b4e640400024f00e6",
            "compressed bytes that give more than the 2 they announce at byte 6");
    }
    void saysWhereAndWhy() {
        QFETCH(QByteArray, digits);
        QFETCH(QString, error);
        QCOMPARE(QString::fromStdString(errorOf(bytesOf(digits.constData()))), error);
    }

    void theVersionComesFirst() {
        QCOMPARE(errorOf(""), "the first byte is not 131 at byte 0");
        QCOMPARE(errorOf("a\1"), "the first byte is not 131 at byte 0");
    }

    void errorsInCompressedBytesAreCountedInThePlainOnes() {
        // {1, and then a byte that starts no term}, packed by zlib.
        const auto read =
            binaryToTerm(bytesOf("5000000005") +
                         QByteArray::fromHex("789ccb604a640c0200038c011f").toStdString());
        QVERIFY(!read);
        QVERIFY(read.error().compressed);
        QCOMPARE(read.error().describe(),
                 "no term starts with 82 at byte 4 of the uncompressed bytes");
    }

    void whatIsWrittenReadsBack() {
        test::RandomTerms random(test::drawnSeed("tst_Etf"));
        for (int round = 0; round < 5'000; ++round) {
            const Term term = random.next();
            for (const unsigned minorVersion : {0U, 1U, 2U}) {
                const int level = static_cast<int>(random.below(10));
                const std::string bytes =
                    written(term, {.minorVersion = minorVersion, .compressed = level});
                const Term again = readBack(bytes, {.safe = true});
                QVERIFY2(equalsExact(again, term), toErlang(term).c_str());
                QCOMPARE(again.flatWords(), term.flatWords());
            }
            const EtfOptions options{.deterministic = true};
            QCOMPARE(written(random.rebuilt(term), options), written(term, options));
        }
    }

    void neverGrowsBeyondTheLimit() {
        const std::string zeros(4'000'000, '\0');
        const std::string packed = written(Term(zeros), {.compressed = 9});
        QVERIFY(packed.size() < 5'000);
        QVERIFY(readBack(packed) == Term(zeros));
        QVERIFY(errorOf(packed, {.uncompressedBytesMax = 1'000'000})
                    .starts_with("compressed bytes that announce 4000005 bytes"));
        QVERIFY(!readBack(packed, {.uncompressedBytesMax = 4'000'005}).isNone());
    }

    void whatDoesNotGetShorterStaysPlain() {
        QCOMPARE(written(Term(1), {.compressed = 9}), written(Term(1)));
        QCOMPARE(written(Term("abcdefgh"), {.compressed = 9}), written(Term("abcdefgh")));
        const Term text(std::string(100, 'x'));
        QVERIFY(written(text, {.compressed = 1}).size() < written(text).size());
    }

    void readsAndWritesWithoutDeepRecursion() {
        Term tuples(1);
        Term lists(1);
        Term maps(1);
        Term functions(1);
        for (int i = 0; i < 300'000; ++i) {
            tuples = tuple(std::move(tuples));
            lists = list({std::move(lists)});
            maps = map({{1, std::move(maps)}});
        }
        for (int i = 0; i < 100'000; ++i) {
            functions = opaqueFunction("m"_atom, 0,
                                       {.uniq = "0123456789abcdef",
                                        .creator = Pid::make(1, 1),
                                        .environment = std::span(&functions, 1)});
        }
        for (const Term& term : {tuples, lists, maps, functions}) {
            QVERIFY(equalsExact(readBack(written(term)), term));
        }
        const std::string open = bytesOf("") + std::string(2'000'000, 'h');
        QVERIFY(!binaryToTerm(open)); // tuples of 104 elements, each the next one's
    }

    void collectionsOfAllKindsNestAtEachDepth() {
        Term nested("innermost");
        for (int depth = 1; depth <= 150; ++depth) {
            switch (depth % 6) {
            case 0:
                nested = tuple(depth, std::move(nested), "behind");
                break;
            case 1:
                nested = map({{depth, std::move(nested)}, {depth + 1, "behind"}});
                break;
            case 2:
                nested = list({depth, std::move(nested), "behind"});
                break;
            case 3:
                nested = opaqueFunction("m"_atom, 0,
                                        {.uniq = "0123456789abcdef",
                                         .creator = Pid::make(1, 1),
                                         .environment = std::span(&nested, 1)});
                break;
            case 4:
                nested = map({{std::move(nested), depth}, {depth + 1, "behind"}});
                break;
            default: {
                Term large = map();
                for (int key = 0; key < 40; ++key) {
                    large = mapPut(std::move(large), key, key == 7 ? std::move(nested) : Term(key));
                }
                nested = std::move(large);
            }
            }
            const Term several = list({nested, tuple(nested, nested), depth});
            for (const bool isInOrder : {false, true}) {
                const EtfOptions options{.minorVersion = 2, .deterministic = isInOrder};
                QVERIFY(equalsExact(readBack(written(several, options)), several));
            }
        }
    }

    void integersHaveABound() {
        std::vector<std::uint64_t> limbs(EtfLimits::kIntegerBytesMax / 8,
                                         std::numeric_limits<std::uint64_t>::max());
        const Term largest = bigInteger(true, limbs);
        QVERIFY(equalsExact(readBack(written(largest)), largest));
        limbs.push_back(1);
        QVERIFY(errorOf(written(bigInteger(false, limbs)))
                    .starts_with("an integer of 4194297 bytes; at most 4194296"));
    }

    void pidsAreOfTheNodeThatIsNamed() {
        const Term own = tuple(Pid::make(5, 3), Ref::make(1, 7));
        const std::string bytes = written(own, {.node = kOther});
        const Term foreign = readBack(bytes);
        QVERIFY(foreign.element(0).kind() == TermKind::Pid && !foreign.element(0).isPid());
        QVERIFY(equalsExact(foreign.element(0), pidTerm(kOther, 5, 3)));
        QCOMPARE(toErlang(foreign), "{<other@host.5.3>,#Ref<other@host.1.0.7>}");
        QCOMPARE(inspect(foreign), "{#PID<other@host.5.3>, #Reference<other@host.1.0.7>}");
        // The node itself finds its own again; what another start of it wrote names nobody here.
        QVERIFY(equalsExact(readBack(bytes, {.node = kOther}), own));
        QVERIFY(equalsExact(readBack(bytes, {.node = {kOther.name, 8}}), foreign));
        // And what nodes without a network wrote is not its own.
        const Term stranger = readBack(written(own), {.node = kOther});
        QVERIFY(!equalsExact(stranger, own) && stranger != own);
        QVERIFY(compare(own, stranger) < 0 && compare(stranger, own) > 0);
        QVERIFY(
            equalsExact(readBack(written(stranger, {.node = kOther}), {.node = kOther}), stranger));
    }

    void identifiersHaveParts() {
        QVERIFY(pidTerm(localNode(), 5, 3).asPid() == Pid::make(5, 3));
        QCOMPARE(pidParts(Pid::make(5, 3))->serial, 3U);
        const std::uint32_t words[] = {7, 0, 1};
        QVERIFY(refTerm(localNode(), words).asRef() == Ref::make(1, 7));
        QVERIFY(equalsExact(refTerm(localNode(), std::span(words).first(1)),
                            refTerm(localNode(), std::array{7U, 0U, 0U})));
        const Term port = portTerm(kOther, std::uint64_t{1} << 40);
        QCOMPARE(portParts(port)->number, std::uint64_t{1} << 40);
        QCOMPARE(toErlang(port), "#Port<other@host.1099511627776>");
        QVERIFY(equalsExact(readBack(written(port)), port));
        QVERIFY(!pidParts(port) && !refParts(port) && !portParts(Term(1)) && !pidParts(Term()));
        const std::uint32_t large[] = {1, 2, 3, 4, 5};
        const RefParts parts = *refParts(refTerm(kOther, large));
        QVERIFY(parts.count == 5 && parts.words[4] == 5 && parts.node == kOther);
    }

    void everyRefSurvives() {
        for (const Ref ref : {Ref::make(0, 1), Ref::make(255, Ref::kCounterMax),
                              Ref::make(3, (1U << 18) - 1), Ref::make(3, 1U << 18)}) {
            QVERIFY(readBack(written(ref)).asRef() == ref);
        }
        const Pid last = Pid::make(Pid::kIndexMax, std::numeric_limits<std::uint32_t>::max());
        QVERIFY(readBack(written(last)).asPid() == last);
    }

    void registeredFunctionsTravelByName() {
        registerFunction("double"_atom, 1, [](std::span<const Term> arguments) {
            return Term(arguments[0].toInt() * 2);
        });
        const Term function = functionNamed("double"_atom, 1).value();
        const Term again = readBack(written(function), {.safe = true});
        const Term arguments[] = {21};
        QVERIFY(callFunction(again, arguments).value() == Term(42));
        QVERIFY(equalsExact(again, function));
        QVERIFY(equalsExact(function, exportTerm("grove"_atom, "double"_atom, 1)));
        QCOMPARE(phash2(function), phash2(exportTerm("grove"_atom, "double"_atom, 1)));
    }

    void safeRefusesWhatIsNew() {
        const std::string newAtom = bytesOf("68026101770a") + "brand new!";
        QCOMPARE(errorOf(newAtom, {.safe = true}),
                 "an atom that this program does not know at byte 5");
        QVERIFY(!Atom::find("brand new!"));
        QVERIFY(!readBack(newAtom).isNone());
        QVERIFY(!readBack(newAtom, {.safe = true}).isNone());
        QCOMPARE(errorOf(written(exportTerm("lists"_atom, "map"_atom, 2)), {.safe = true}),
                 "a function that this program does not have at byte 1");
        const Term opaque =
            opaqueFunction("m"_atom, 0, {.uniq = "0123456789abcdef", .creator = Pid::make(1, 1)});
        QCOMPARE(errorOf(written(opaque), {.safe = true}),
                 "a function that this program does not have at byte 1");
    }

    void equalTermsGiveEqualBytesWhenAsked() {
        std::vector<MapEntry> entries;
        for (int i = 0; i < 1'000; ++i) {
            entries.push_back({i, i});
            entries.push_back({static_cast<double>(i), i});
        }
        const Term one = mapOf(entries);
        std::reverse(entries.begin(), entries.end());
        Term other = map();
        for (const auto& [key, value] : entries) {
            other = mapPut(std::move(other), key, value);
        }
        const EtfOptions options{.minorVersion = 2, .deterministic = true};
        QCOMPARE(written(one, options), written(other, options));
        QVERIFY(equalsExact(readBack(written(one)), one));
    }
};

QTEST_APPLESS_MAIN(tst_Etf)
#include "tst_etf.moc"
