#include <grove/term/map.h>
#include <grove/term/phash2.h>

#include <QTest>

#include <functional>
#include <string>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

using Value = std::function<Term(int)>;

Term ofBits(int i) {
    const auto size = static_cast<unsigned>(1 + i % 13);
    const unsigned value = static_cast<unsigned>(i) & ((1U << size) - 1);
    const unsigned shifted = value << (16 - size); // from the first bit on
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(shifted >> 8),
                                  static_cast<std::uint8_t>(shifted & 0xFF)};
    return bitstring(bytes, size);
}

Term ofFortyKeys(int i) {
    Term made = map();
    for (int key = 1; key <= 40; ++key) {
        made = mapPut(std::move(made), key, i);
    }
    return made;
}

Term inTurn(int i) {
    const Term kinds[] = {i, "ok"_atom, "text", tuple(i), list()};
    return kinds[i % 5];
}

} // namespace

class tst_Phash2 : public QObject {
    Q_OBJECT

private slots:
    void staysBelowTheRange() {
        for (int i = 0; i < 1'000; ++i) {
            QVERIFY(phash2(tuple("list"_atom, i), 3) < 3);
            QVERIFY(phash2(Term(i)) < (1U << 27));
        }
    }

    void hashesWithoutDeepRecursion() {
        Term term(1);
        for (int i = 0; i < 1'000'000; ++i) {
            term = tuple(std::move(term));
        }
        QCOMPARE(phash2(term), phash2(term));
    }

    /// Entries are hashed several at once as far as they are alike. The numbers are Erlang's, over
    /// maps of 1 to 70 entries each: lists:foldl(fun(N, H) -> (H * 31 +
    /// 7 * erlang:phash2(maps:from_list([{I, Value(I)} || I <- lists:seq(1, N)]), 1 bsl 32) +
    /// erlang:phash2(maps:from_list([{Value(I), I} || I <- lists:seq(1, N)]), 1 bsl 32))
    /// band 16#FFFFFFFF end, 0, lists:seq(1, 70)).
    void entriesThatAreAlikeAndNot_data() {
        QTest::addColumn<Value>("value");
        QTest::addColumn<quint32>("expected");
        const auto row = [](const char* tag, Value value, quint32 expected) {
            QTest::newRow(tag) << std::move(value) << expected;
        };
        row("I * 7919", [](int i) { return Term(i * 7919); }, 2'515'150'039);
        row("(1 bsl 27) - 20 + I", [](int i) { return Term((1 << 27) - 20 + i); }, 901'647'507);
        row("-I", [](int i) { return Term(-i); }, 506'692'541);
        row(
            "(1 bsl 70) + I",
            [](int i) {
                const std::uint64_t limbs[] = {static_cast<std::uint64_t>(i), 64};
                return bigInteger(false, limbs);
            },
            1'783'778'955);
        row(
            "element(1 + I rem 4, {true, false, undefined, normal})",
            [](int i) {
                const Atom atoms[] = {"true"_atom, "false"_atom, "undefined"_atom, "normal"_atom};
                return Term(atoms[i % 4]);
            },
            746'412'652);
        row(
            "<<\"entry\", (I + 1000):16>>",
            [](int i) {
                return Term(std::string("entry") + static_cast<char>((i + 1000) >> 8) +
                            static_cast<char>((i + 1000) & 0xFF));
            },
            2'171'434'797);
        row(
            "binary:copy(<<I>>, I)",
            [](int i) {
                return Term(std::string(static_cast<std::size_t>(i), static_cast<char>(i)));
            },
            3'651'994'168);
        row("<<I:(1 + I rem 13)>>", ofBits, 895'618'391);
        row(
            "{I, <<\"text\">>, ok}", [](int i) { return tuple(i, "text", "ok"_atom); },
            3'408'976'306);
        row(
            "list_to_tuple(lists:duplicate(I div 20, I))",
            [](int i) {
                const std::vector<Term> elements(static_cast<std::size_t>(i / 20), Term(i));
                return tupleOf(elements);
            },
            744'073'881);
        row(
            "#{id => I, text => <<\"number\">>, at => {2026, 11, I}}",
            [](int i) {
                return map(
                    {{"id"_atom, i}, {"text"_atom, "number"}, {"at"_atom, tuple(2026, 11, i)}});
            },
            1'388'453'304);
        row(
            "#{element(1 + I rem 4, {true, false, undefined, normal}) => I}",
            [](int i) {
                const Atom atoms[] = {"true"_atom, "false"_atom, "undefined"_atom, "normal"_atom};
                return map({{atoms[i % 4], i}});
            },
            1'727'834'526);
        row("maps:from_list([{K, I} || K <- lists:seq(1, 40)])", ofFortyKeys, 799'106'255);
        row("[I, I + 1000]", [](int i) { return list({i, i + 1000}); }, 209'304'084);
        row("element(1 + I rem 5, {I, ok, <<\"text\">>, {I}, []})", inTurn, 447'796'935);
        row(
            "element(1 + I rem 2, {{}, #{}})", [](int i) { return i % 2 == 0 ? tuple() : map(); },
            2'603'829'945);
    }
    void entriesThatAreAlikeAndNot() {
        QFETCH(Value, value);
        constexpr std::uint64_t kWhole = std::uint64_t{1} << 32;
        quint32 hash = 0;
        for (int size = 1; size <= 70; ++size) {
            Term toValue = map();
            Term toNumber = map();
            for (int i = 1; i <= size; ++i) {
                toValue = mapPut(std::move(toValue), i, value(i));
                toNumber = mapPut(std::move(toNumber), value(i), i);
            }
            hash = hash * 31 + phash2(toValue, kWhole) * 7 + phash2(toNumber, kWhole);
        }
        QTEST(hash, "expected");
    }

    void doesNotDependOnTheOrderInWhichAMapWasMade() {
        QCOMPARE(phash2(map({{1, 2}, {3, 4}})), phash2(map({{3, 4}, {1, 2}})));
    }
};

QTEST_APPLESS_MAIN(tst_Phash2)
#include "tst_phash2.moc"
