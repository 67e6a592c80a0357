#include <grove/term/describe.h>
#include <grove/term/inspect.h>

#include <QTest>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
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

struct Rename {
    Entry entry;
    std::string title;
    GROVE_FIELDS(Rename, entry, title)
};
/// What a server understands.
using Request = std::variant<ListServer::AddEntry, Rename, ListServer::Clear>;

struct Measured {
    double ratio = 0;
    float small = 0;
    std::array<int, 3> last{};
    std::map<std::string, std::vector<Entry>> byList;
    std::optional<Request> pending;
    std::vector<std::optional<std::chrono::year_month_day>> days;
    std::chrono::local_days when{};
    GROVE_MAP_FIELDS(Measured, ratio, small, last, byList, pending, days, when)
};

/// What Entry was before it had stars, and what it may become.
struct NewerEntry {
    std::int64_t id = 0;
    std::string title;
    std::optional<std::chrono::year_month_day> date;
    bool done = false;
    int stars = 3;
    std::vector<std::string> tags = {"new"};
    Priority priority = Priority::VeryHigh;
    GROVE_MAP_FIELDS(NewerEntry, id, title, date, done, stars, tags, priority)
    GROVE_DEFAULTED(stars, tags, priority)
};

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

    void aFieldAddedWithADefaultReadsOldTerms() {
        const auto newer = fromTerm<sample::NewerEntry>(someEntryTerm());
        QVERIFY(newer.has_value());
        QCOMPARE(newer->title, std::string("milk"));
        QVERIFY(newer->tags == std::vector<std::string>{"new"});
        QVERIFY(newer->priority == sample::Priority::VeryHigh);
        // The other way round the field is unknown.
        QCOMPARE(errorOf<sample::Entry>(toTerm(*newer)).substr(0, 8), std::string("priority"));
    }

    void nestedKindsGoThereAndBack() {
        using namespace std::chrono;
        sample::Measured value{.ratio = 1e300,
                               .small = 0.25F,
                               .last = {1, 2, 3},
                               .byList = {{"home", {someEntry()}}, {"work", {}}},
                               .pending = sample::Rename{someEntry(), "bread"},
                               .days = {year(2026) / 11 / 21, std::nullopt, year(-1) / 2 / 28},
                               .when = local_days(year(2026) / 11 / 21)};
        const Term term = toTerm(value);
        const auto back = fromTerm<sample::Measured>(term);
        QVERIFY2(back.has_value(), back ? "" : back.error().message.c_str());
        QVERIFY(equalsExact(toTerm(*back), term));
        QCOMPARE(back->pending->index(), std::size_t{1});
        QVERIFY(back->byList == value.byList);
        QVERIFY(back->days == value.days);
        QVERIFY(back->last == value.last);
    }

    void floatsThatAreNoNumbersAreAtoms() {
        using Limits = std::numeric_limits<double>;
        QVERIFY(toTerm(Limits::infinity()) == Term("infinity"_atom));
        QVERIFY(toTerm(-Limits::infinity()) == Term("-infinity"_atom));
        QVERIFY(toTerm(std::numeric_limits<float>::quiet_NaN()) == Term("nan"_atom));
        QCOMPARE(*fromTerm<double>("-infinity"_atom), -Limits::infinity());
        QVERIFY(std::isnan(*fromTerm<float>("nan"_atom)));
        QCOMPARE(*fromTerm<double>(3), 3.0);
        QCOMPARE(errorOf<double>("big"_atom), "expected a number, got big");
        QCOMPARE(errorOf<float>(1e300), "expected a number that fits into 32 bits, got 1.0e300");
    }

    void variantsSayWhatIsWrongInTheAlternativeThatWasMeant() {
        const Term wrongDate =
            mapPut(someEntryTerm(), "date"_atom, tuple("date"_atom, 2026, 13, 1));
        QCOMPARE(errorOf<sample::Request>(tuple("add_entry"_atom, 1, wrongDate, 0)),
                 "entry.date: expected {date, Year, Month, Day}, got {date,2026,13,1}");
        QCOMPARE(errorOf<sample::Request>(tuple("rename"_atom, someEntryTerm(), 7)),
                 "title: expected a binary, got 7");
        QCOMPARE(errorOf<sample::Request>(tuple("remove"_atom, 1)),
                 "expected one of the alternatives, got {remove,1}");
        // One variant within another.
        using Inner = std::variant<std::int64_t, std::vector<int>>;
        QCOMPARE((errorOf<std::variant<std::vector<std::string>, std::vector<Inner>>>(
                     list({list({1, "x"})}))),
                 "[0][1]: expected an integer, got <<\"x\">>");
    }

    void errorsNameTheKeyOfAMap() {
        using ByName = std::map<std::string, std::vector<sample::Entry>>;
        const Term wrong = mapPut(someEntryTerm(), "stars"_atom, "many");
        QCOMPARE(errorOf<ByName>(map({{"home", list({someEntryTerm(), wrong})}})),
                 "[<<\"home\">>][1].stars: expected an integer, got <<\"many\">>");
        QCOMPARE(errorOf<ByName>(map({{7, list()}})), "[7]: expected a binary, got 7");
        QCOMPARE((errorOf<std::array<int, 2>>(list({1}))), "expected a list of 2, got [1]");
        QCOMPARE((errorOf<std::array<int, 2>>(list({1, "b"}))),
                 "[1]: expected an integer, got <<\"b\">>");
    }

    void errorsNameThePath() {
        using Message = sample::ListServer::AddEntry;
        QCOMPARE(errorOf<Message>(
                     tuple("add_entry"_atom, 9, mapPut(someEntryTerm(), "date"_atom, "today"), 0)),
                 "entry.date: expected {date, Year, Month, Day}, got <<\"today\">>");
        QCOMPARE(errorOf<Message>(
                     tuple("add_entry"_atom, 9, mapPut(someEntryTerm(), "colour"_atom, 1), 0)),
                 "entry.colour: unknown field");
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
