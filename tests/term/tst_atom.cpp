#include <grove/term/atom.h>
#include <grove/term/atoms.h>

#include <QTest>

#include <string>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::literals;

class tst_Atom : public QObject {
    Q_OBJECT

private slots:
    void sameNameIsTheSameAtom() {
        QVERIFY(atom("milk") == atom("milk"));
        QVERIFY(atom("milk") == "milk"_atom);
        QVERIFY(atom("milk") != atom("Milk"));
        QCOMPARE(atom("milk").name(), std::string_view("milk"));
    }

    void knownAtomsAreConstantsOfTheProgram() {
        static_assert(atoms::ok != atoms::error);
        static_assert(Atom() == atoms::undefined);
        QCOMPARE(atoms::DOWN.name(), std::string_view("DOWN"));
        QCOMPARE(atoms::true_.name(), std::string_view("true"));
        QCOMPARE(atoms::functionClause.name(), std::string_view("function_clause"));
        QVERIFY(atom("function_clause") == atoms::functionClause);
    }

    void findNeverMakesAnAtom() {
        const auto before = Atom::tableSize();
        QVERIFY(!Atom::find("an atom nobody has made so far"));
        QCOMPARE(Atom::tableSize(), before);
        QVERIFY(Atom::find("ok") == atoms::ok);
    }

    void badNamesAreRefused() {
        QVERIFY(Atom::tryMake(std::string(255, 'x')));
        QVERIFY(!Atom::tryMake(std::string(256, 'x')));
        QVERIFY(!Atom::tryMake("\xFF"));
        QVERIFY(!Atom::tryMake("\xED\xA0\x80"));
        QVERIFY(Atom::tryMake(""));
        std::string wide;
        for (int i = 0; i < 255; ++i) {
            wide += "\u20ac";
        }
        QVERIFY(Atom::tryMake(wide));
    }

    void ordersByCharacters() {
        QVERIFY(compareNames("a"_atom, "b"_atom) < 0);
        QVERIFY(compareNames("ab"_atom, "a"_atom) > 0);
        QVERIFY(compareNames("z"_atom, atom("\u00e9")) < 0);
    }

    void manyThreadsAgreeOnEveryName() {
        constexpr int kThreads = 4;
        constexpr int kNames = 5'000;
        std::vector<std::vector<Atom>> made(kThreads);
        {
            std::vector<std::jthread> threads;
            for (auto& mine : made) {
                threads.emplace_back([&mine] {
                    for (int i = 0; i < kNames; ++i) {
                        mine.push_back(atom("shared_" + std::to_string(i)));
                    }
                });
            }
        }
        for (int i = 0; i < kNames; ++i) {
            QCOMPARE(made[0][i].name(), std::string_view("shared_" + std::to_string(i)));
            for (const auto& each : made) {
                QVERIFY(each[i] == made[0][i]);
            }
        }
    }

    /// Last: the table stays full.
    void zFullTableIsAnErrorAndOldNamesStillWork() {
        int i = 0;
        while (Atom::tableSize() < Atom::kTableMax) {
            QVERIFY(Atom::tryMake("filler" + std::to_string(i++)));
        }
        QVERIFY(!Atom::tryMake("one too many"));
        QVERIFY(Atom::tryMake("filler0"));
        QCOMPARE(atom("shared_17").name(), std::string_view("shared_17"));
    }
};

QTEST_APPLESS_MAIN(tst_Atom)
#include "tst_atom.moc"
