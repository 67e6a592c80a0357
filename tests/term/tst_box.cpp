#include <grove/term/box.h>

#include <QTest>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace {

/// Counts copies, moves and living values.
struct Counted {
    static inline int s_alive = 0;
    static inline int s_copies = 0;
    Counted() { ++s_alive; }
    Counted(const Counted&) { ++s_alive, ++s_copies; }
    Counted(Counted&&) noexcept { ++s_alive; }
    Counted& operator=(const Counted&) = default;
    ~Counted() { --s_alive; }
};

} // namespace

template <> struct grove::TermConversion<Counted> {
    static Term toTerm(const Counted&) { return atom("counted"); }
    static bool fromTerm(const Term&, Counted&, Conversion&) { return true; }
};

namespace {

struct Message {
    int id = 0;
    std::string text;
    Counted counted;
    GROVE_FIELDS(Message, id, text, counted)
};

} // namespace

class tst_Box : public QObject {
    Q_OBJECT

private slots:
    void init() { Counted::s_copies = 0; }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

    void onlyTheExactTypeGetsTheValue() {
        const Box box = Box::make(Message{1, "milk", {}});
        QVERIFY(box.is<Message>());
        QCOMPARE(box.get<Message>()->text, "milk");
        QVERIFY(box.get<std::string>() == nullptr);
        QVERIFY(Box().get<Message>() == nullptr);
    }

    void everybodyElseGetsATerm() {
        QVERIFY(Box::make(Message{1, "milk", {}}).term() ==
                tuple("message"_atom, 1, "milk", "counted"_atom));
        QVERIFY(Box::make(std::vector<int>{1, 2}).term() == list({1, 2}));
        QVERIFY(Box::make(5).term() == Term(5));
    }

    void takeMovesWhenNobodyElseHoldsIt() {
        Box box = Box::make(Message{1, "milk", {}});
        const Message taken = std::move(box).take<Message>();
        QCOMPARE(taken.text, "milk");
        QCOMPARE(Counted::s_copies, 0);
        QVERIFY(box.isNone());
    }

    void takeCopiesWhatIsShared() {
        Box box = Box::make(Message{1, "milk", {}});
        const Box other = box;
        const Message taken = std::move(box).take<Message>();
        QCOMPARE(Counted::s_copies, 1);
        QCOMPARE(other.get<Message>()->text, "milk");
        QVERIFY(other.isUnique());
    }

    void aShareMayTravelAsAPlainPointer() {
        QVERIFY(sizeof(Box) == sizeof(void*));
        Box box = Box::make(Message{2, "x", {}});
        void* leaked = std::move(box).leak();
        QVERIFY(box.isNone());
        QVERIFY(Box::adopt(leaked).is<Message>());
    }

    void sharedBoxesSurviveManyThreads() {
        Box box = Box::make(std::string("text"));
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([mine = box] {
                    for (int i = 0; i < 20'000; ++i) {
                        const Box copy = mine;
                        GROVE_ASSERT(*copy.get<std::string>() == "text",
                                     "the value is the same for all");
                    }
                });
            }
        }
        QVERIFY(box.isUnique());
    }
};

QTEST_APPLESS_MAIN(tst_Box)
#include "tst_box.moc"
