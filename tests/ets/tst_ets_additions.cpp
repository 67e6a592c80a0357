// Additions to a counter without a lock while a change of several objects is under way, step by
// step on one thread: what threads would have to meet by chance.
#include "ets_support.h"
#include "table_looks.h"
#include "tables.h"

#include <grove/runtime/extension.h>

using namespace grove;
using namespace grove::test;
using ets::Cell;
using ets::Pin;
using ets::Table;

namespace {

/// A table of which nobody else knows.
std::shared_ptr<Table> newSet() {
    const ets::Options options{.access = ets::Access::Public};
    return std::make_shared<Table>(extension<ets::Tables>(Runtime::current()), makeRef(),
                                   atom("counters"), options, self());
}

/// Additions by each of the ways. Returns: the sums; none where nothing was added.
std::pair<Term, Term> added(Table& table, int key, std::int64_t by) {
    const Pin pin;
    const Cell soon = table.addSoon(key, by);
    return {soon == 0 ? Term() : ets::adopt(soon), table.add(key, by)};
}

Task<> additionsWaitForTheEndOfAChange() {
    const std::shared_ptr<Table> table = newSet();
    {
        Table::Writer writer(*table);
        const Table::Writer::AllAtOnce all(writer);
        writer.insert(tuple(1, 10));
        const auto [soon, later] = added(*table, 1, 5);
        check(soon.isNone() && later.isNone());
        writer.insert(tuple(1, 20)); // what was said first was never there
    }
    const auto [soon, later] = added(*table, 1, 5);
    checkEqual(soon, 25);
    checkEqual(later, 30);
    co_return;
}

Task<> anAdditionMissesWhatAChangePutThereSinceItBegan() {
    const std::shared_ptr<Table> table = newSet();
    const auto addTo = [&](auto&& find) {
        const Pin pin;
        return table->addToFound(find, 5);
    };
    {
        std::optional<Table::Writer> writer;
        std::optional<Table::Writer::AllAtOnce> all;
        check(addTo([&](const ets::Index& index) { // between the two looks at the version
                  writer.emplace(*table);
                  all.emplace(*writer);
                  writer->insert(tuple(1, 10));
                  return index.findWord(Term(1).bits());
              }) == 0);
        writer->insert(tuple(1, 20));
        all.reset();
    }
    const Cell sum = addTo([](const ets::Index& index) { return index.findWord(Term(1).bits()); });
    checkEqual(ets::adopt(sum), 25);
    co_return;
}

} // namespace

class tst_EtsAdditions : public QObject {
    Q_OBJECT
private slots:
    void additionsWaitForTheEndOfAChange() { GROVE_SIMULATED(::additionsWaitForTheEndOfAChange); }
    void anAdditionMissesWhatAChangePutThereSinceItBegan() {
        GROVE_SIMULATED(::anAdditionMissesWhatAChangePutThereSinceItBegan);
    }
};

QTEST_GUILESS_MAIN(tst_EtsAdditions)
#include "tst_ets_additions.moc"
