#include <grove/term/describe.h>
#include <grove/term/inspect.h>

#include <QTest>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace grove;
using namespace grove::literals;

namespace sample {

enum class Priority { Low, VeryHigh };
GROVE_ENUM(Priority, Low, VeryHigh)

struct Entry {
    std::int64_t id = 0;
    std::string title;
    std::optional<std::chrono::year_month_day> date;
    bool done = false;
    int stars = 3;
    GROVE_MAP_FIELDS(Entry, id, title, date, done, stars)
    GROVE_DEFAULTED(stars)

    bool operator==(const Entry&) const = default;
};

/// Messages lie in the class of their server.
class ListServer {
public:
    struct AddEntry {
        using Reply = std::int64_t;
        std::uint64_t operation = 0;
        Entry entry;
        std::uint8_t retries = 0;
        GROVE_FIELDS(AddEntry, operation, entry, retries)
        GROVE_DEFAULTED(retries)
    };
    struct Clear {
        GROVE_FIELDS(Clear)
    };
    enum class Mode { Open, ReadOnly };
    GROVE_MEMBER_ENUM(Mode, Open, ReadOnly)
    static_assert(Describable<AddEntry> && Describable<Clear>);
};

struct Everything {
    bool flag = false;
    double ratio = 0;
    std::vector<Entry> entries;
    std::map<std::string, std::vector<int>> counts;
    std::variant<std::monostate, ListServer::Clear, std::int64_t, std::string> either;
    std::pair<Atom, Pid> pair;
    std::set<std::string> tags;
    std::chrono::milliseconds limit{};
    std::chrono::sys_seconds when{};
    Term term;
    Ref ref;
    ListServer::Mode mode{};
    Priority priority{};
};
GROVE_DESCRIBE(Everything, flag, ratio, entries, counts, either, pair, tags, limit, when, term, ref,
               mode, priority)

struct Tree {
    int value = 0;
    std::vector<Tree> children;
    GROVE_FIELDS(Tree, value, children)
};

} // namespace sample

namespace {

template <class T> std::string errorOf(const Term& term) {
    const auto result = fromTerm<T>(term);
    return result ? "read" : result.error().message;
}

sample::Entry someEntry() {
    using namespace std::chrono;
    return {.id = 7, .title = "milk", .date = year(2026) / 11 / 21, .done = true, .stars = 5};
}

Term someEntryTerm() {
    return map({{"id"_atom, 7},
                {"title"_atom, "milk"},
                {"date"_atom, tuple("date"_atom, 2026, 11, 21)},
                {"done"_atom, true},
                {"stars"_atom, 5}});
}

} // namespace

class tst_Describe : public QObject {
    Q_OBJECT

private slots:
    void structsBecomeTaggedTuplesOrMaps() {
        QVERIFY(equalsExact(toTerm(someEntry()), someEntryTerm()));
        QVERIFY(equalsExact(toTerm(sample::ListServer::AddEntry{9, someEntry(), 1}),
                            tuple("add_entry"_atom, 9, someEntryTerm(), 1)));
        QVERIFY(equalsExact(toTerm(sample::ListServer::Clear{}), "clear"_atom));
    }

    void termsBecomeStructs() {
        const auto entry = fromTerm<sample::Entry>(someEntryTerm());
        QVERIFY(entry.has_value());
        QVERIFY(*entry == someEntry());
        const auto add =
            fromTerm<sample::ListServer::AddEntry>(tuple("add_entry"_atom, 9, someEntryTerm(), 1));
        QVERIFY(add.has_value());
        QCOMPARE(add->operation, 9U);
        QVERIFY(add->entry == someEntry());
        QVERIFY(fromTerm<sample::ListServer::Clear>("clear"_atom).has_value());
        QVERIFY(fromTerm<sample::ListServer::Clear>(tuple("clear"_atom)).has_value());
    }

    void everyKindOfFieldGoesThereAndBack() {
        sample::Everything value{.flag = true,
                                 .ratio = 0.5,
                                 .entries = {someEntry(), {}},
                                 .counts = {{"a", {1, 2}}, {"b", {}}},
                                 .either = std::string("text"),
                                 .pair = {"x"_atom, Pid::make(2, 1)},
                                 .tags = {"p", "q"},
                                 .limit = std::chrono::milliseconds(1500),
                                 .when = std::chrono::sys_seconds(std::chrono::seconds(77)),
                                 .term = tuple(1, 2),
                                 .ref = Ref::make(1, 2),
                                 .mode = sample::ListServer::Mode::ReadOnly,
                                 .priority = sample::Priority::VeryHigh};
        for (int alternative = 0; alternative < 4; ++alternative) {
            const decltype(value.either) choices[] = {std::monostate(), sample::ListServer::Clear(),
                                                      5, "text"};
            value.either = choices[alternative];
            const Term term = toTerm(value);
            QCOMPARE(term.tupleSize(), std::size_t{14});
            const auto back = fromTerm<sample::Everything>(term);
            QVERIFY2(back.has_value(), back ? "" : back.error().message.c_str());
            QVERIFY(equalsExact(toTerm(*back), term));
            QCOMPARE(back->either.index(), static_cast<std::size_t>(alternative));
        }
        QVERIFY(toTerm(value).element(12).isAtom("read_only"_atom));
        QVERIFY(toTerm(value).element(13).isAtom("very_high"_atom));
        QCOMPARE(toTerm(value).element(8).toInt(), 1500);
    }

    void missingDefaultedFieldsReadOldTerms() {
        const auto entry = fromTerm<sample::Entry>(
            map({{"id"_atom, 1}, {"title"_atom, "old"}, {"done"_atom, false}}));
        QVERIFY(entry.has_value());
        QCOMPARE(entry->stars, 3);
        QVERIFY(!entry->date.has_value());
        QVERIFY(fromTerm<sample::ListServer::AddEntry>(tuple("add_entry"_atom, 9, someEntryTerm()))
                    .has_value());
    }

    void errorsNameThePath() {
        using Add = sample::ListServer::AddEntry;
        QCOMPARE(errorOf<sample::Entry>(map({{"id"_atom, 1}, {"done"_atom, true}})),
                 "title: missing");
        QCOMPARE(errorOf<sample::Entry>(mapPut(someEntryTerm(), "colour"_atom, 1)),
                 "colour: unknown field");
        QCOMPARE(
            errorOf<Add>(tuple("add_entry"_atom, 9, mapPut(someEntryTerm(), "title"_atom, 42), 0)),
            "entry.title: expected a binary, got 42");
        QCOMPARE(errorOf<Add>(tuple("add_entry"_atom, 9)), "entry: missing");
        QCOMPARE(errorOf<Add>(tuple("add_entry"_atom, 9, someEntryTerm(), 0, 0)),
                 "add_entry has 3 fields, got 4");
        QCOMPARE(errorOf<Add>(tuple("remove"_atom, 9)),
                 "expected {add_entry, \u2026 3 fields}, got {remove,9}");
        QCOMPARE(errorOf<Add>(tuple("add_entry"_atom, -1, someEntryTerm(), 0)),
                 "operation: expected an integer from 0 to 18446744073709551615, got -1");
        QCOMPARE(errorOf<Add>(tuple("add_entry"_atom, 1, someEntryTerm(), 256)),
                 "retries: expected an integer from 0 to 255, got 256");
        QCOMPARE(errorOf<sample::Tree>(
                     tuple("tree"_atom, 1,
                           list({tuple("tree"_atom, 2, list({tuple("tree"_atom, "x", list())}))}))),
                 "children[0].children[0].value: expected an integer, got <<\"x\">>");
        QCOMPARE(errorOf<sample::Priority>("high"_atom), "expected low or very_high, got high");
        QCOMPARE(errorOf<std::vector<int>>(improperList({1}, 2)), "expected a list, got [1|2]");
        QCOMPARE((errorOf<std::variant<int, std::string>>(tuple())),
                 "expected one of the alternatives, got {}");
        QCOMPARE(errorOf<std::chrono::year_month_day>(tuple("date"_atom, 2026, 2, 30)),
                 "expected a date that exists, got {date,2026,2,30}");
    }

    void deepTermsFromOutsideAreRefused() {
        Term deep = tuple("tree"_atom, 0, list());
        for (int i = 0; i < 100'000; ++i) {
            deep = tuple("tree"_atom, i, list({deep}));
        }
        QVERIFY(QString::fromStdString(errorOf<sample::Tree>(deep)).endsWith("nested too deeply"));
    }

    void aDescriptionNamesItsTypeByAddress() {
        const Description& add = descriptionOf<sample::ListServer::AddEntry>();
        QCOMPARE(add.name, std::string_view("AddEntry"));
        QVERIFY(add.tag() == "add_entry"_atom);
        QCOMPARE(add.fields.size(), std::size_t{3});
        QCOMPARE(add.fields[1].name, std::string_view("entry"));
        QVERIFY(&add == &descriptionOf<sample::ListServer::AddEntry>());
        QVERIFY(&add != &descriptionOf<sample::ListServer::Clear>());
        QVERIFY(descriptionOf<std::vector<int>>().name.empty());
    }

    void snakeCaseSplitsWords() {
        QVERIFY(detail::snakeAtom("AddEntry") == "add_entry"_atom);
        QVERIFY(detail::snakeAtom("HTTPServer") == "http_server"_atom);
        QVERIFY(detail::snakeAtom("lastSeen") == "last_seen"_atom);
        QVERIFY(detail::snakeAtom("already_snake") == "already_snake"_atom);
    }
};

QTEST_APPLESS_MAIN(tst_Describe)
#include "tst_describe.moc"
