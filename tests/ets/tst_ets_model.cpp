// Tables against a model of the plainest kind: a list of objects in the order of insertion, of
// which each operation looks at all.
#include "ets_support.h"
#include "support/random_term.h"

#include <grove/term/arithmetic.h>

#include <vector>

using namespace grove;
using namespace grove::test;

namespace {

constexpr int kOperations = 1'500;

const char* const kTypes[] = {"[]", "[public]", "[ordered_set]", "[bag]", "[duplicate_bag]"};

class Model {
public:
    explicit Model(ets::Type type) : m_type(type) {}

    void insert(const Term& object) {
        if (isSet())
            take(object.element(0));
        if (m_type == ets::Type::Bag && holds(object))
            return;
        m_objects.push_back(object);
    }
    bool insertNew(const Term& object) {
        if (!lookup(object.element(0)).isNil())
            return false;
        insert(object);
        return true;
    }
    [[nodiscard]] Term lookup(const Term& key) const {
        std::vector<Term> found;
        for (const Term& each : m_objects)
            if (isSame(each.element(0), key))
                found.push_back(each);
        return listFrom(found);
    }
    Term take(const Term& key) {
        Term taken = lookup(key);
        std::erase_if(m_objects, [&](const Term& each) { return isSame(each.element(0), key); });
        return taken;
    }
    void deleteObject(const Term& object) {
        std::erase_if(m_objects, [&](const Term& each) { return equalsExact(each, object); });
    }
    Term updateCounter(const Term& key, int by) {
        for (Term& each : m_objects) {
            if (!isSame(each.element(0), key))
                continue;
            if (!each.element(1).isInteger())
                return atoms::badarg;
            const Term value = *arithmetic::add(each.element(1), by);
            each = tuple(each.element(0), value);
            return value;
        }
        return atoms::badarg;
    }
    std::size_t deleteWithValue(const Term& value) {
        return std::erase_if(m_objects,
                             [&](const Term& each) { return equalsExact(each.element(1), value); });
    }
    void clear() { m_objects.clear(); }
    [[nodiscard]] Term content() const { return sorted(listOf(m_objects)); }
    [[nodiscard]] std::size_t size() const { return m_objects.size(); }
    /// The least key above (or the greatest below) a key.
    [[nodiscard]] Term neighbour(const Term& key, bool above) const {
        Term best;
        for (const Term& each : m_objects) {
            const Term& other = each.element(0);
            const bool fits = above ? compare(other, key) > 0 : compare(other, key) < 0;
            if (fits &&
                (best.isNone() || (above ? compare(other, best) < 0 : compare(other, best) > 0)))
                best = other;
        }
        return best.isNone() ? Term(atom("$end_of_table")) : best;
    }

private:
    [[nodiscard]] bool isSet() const {
        return m_type == ets::Type::Set || m_type == ets::Type::OrderedSet;
    }
    [[nodiscard]] bool isSame(const Term& a, const Term& b) const {
        return m_type == ets::Type::OrderedSet ? compare(a, b) == 0 : equalsExact(a, b);
    }
    [[nodiscard]] bool holds(const Term& object) const {
        return std::ranges::any_of(m_objects,
                                   [&](const Term& each) { return equalsExact(each, object); });
    }

    ets::Type m_type;
    std::vector<Term> m_objects;
};

/// A session of random operations on a table and on the model of it.
class Session {
public:
    Session(std::string_view options, std::uint64_t seed)
        : m_table(tableOf(options)), m_model(ets::info(m_table)->type), m_random(seed),
          m_type(ets::info(m_table)->type) {}

    void run() {
        for (int i = 0; i < kOperations; ++i) {
            // Towards many keys and back to few, so that nodes split and join.
            m_deletePercent = i / 300 % 2 == 0 ? 20 : 75;
            step();
            check(ets::info(m_table)->size == m_model.size());
            if (i % 50 == 0)
                checkEqual(contentOf(m_table), m_model.content());
        }
        checkEqual(contentOf(m_table), m_model.content());
        const Term empty = ets::newTable(atom("empty"));
        for (Term key = ets::first(m_table); m_model.size() > 0; key = ets::first(m_table))
            checkEqual(sorted(ets::take(m_table, key)), sorted(m_model.take(key)));
        // All that was counted is counted back.
        check(ets::info(m_table)->memoryWords == ets::info(empty)->memoryWords);
        ets::deleteTable(m_table);
    }

private:
    [[nodiscard]] Term key() {
        if (m_random.chance(80))
            return Term(m_random.below(150));
        if (m_random.chance(50))
            return Term(static_cast<double>(m_random.below(20)));
        return m_random.next();
    }
    [[nodiscard]] Term object() {
        return tuple(key(), m_random.chance(70) ? Term(m_random.below(4)) : m_random.next());
    }
    void step() {
        if (m_random.chance(static_cast<int>(m_deletePercent)))
            remove();
        else
            add();
        look();
    }
    void add() {
        switch (m_random.below(4)) {
        case 0: {
            const Term some[] = {object(), object(), object()};
            // A bag takes a list in any order; here it is that of the list.
            ets::insert(m_table, listOf(some));
            for (const Term& each : some)
                m_model.insert(each);
            return;
        }
        case 1: {
            const Term made = object();
            check(ets::insertNew(m_table, made) == m_model.insertNew(made));
            return;
        }
        default: {
            const Term made = object();
            ets::insert(m_table, made);
            m_model.insert(made);
        }
        }
    }
    void remove() {
        switch (m_random.below(m_random.chance(3) ? 5 : 4)) {
        case 0: {
            const Term gone = object();
            ets::deleteObject(m_table, gone);
            m_model.deleteObject(gone);
            return;
        }
        case 1: {
            const Term gone = key();
            checkEqual(ets::take(m_table, gone), m_model.take(gone));
            return;
        }
        case 2: {
            if (!m_random.chance(10))
                return;
            const Term value(m_random.below(4));
            const Term pattern =
                list({tuple(tuple(atom("_"), value), Term::nil(), list({Term(atoms::true_)}))});
            check(ets::selectDelete(m_table, pattern) == m_model.deleteWithValue(value));
            return;
        }
        case 4:
            ets::deleteAllObjects(m_table);
            m_model.clear();
            return;
        default: {
            const Term gone = key();
            ets::deleteKey(m_table, gone);
            m_model.take(gone);
        }
        }
    }
    void look() {
        const Term wanted = key();
        checkEqual(ets::lookup(m_table, wanted), m_model.lookup(wanted));
        check(ets::member(m_table, wanted) == !m_model.lookup(wanted).isNil());
        if (m_type == ets::Type::OrderedSet) {
            checkEqual(ets::next(m_table, wanted), m_model.neighbour(wanted, true));
            checkEqual(ets::prev(m_table, wanted), m_model.neighbour(wanted, false));
        }
        if (m_type == ets::Type::Bag || m_type == ets::Type::DuplicateBag)
            return;
        const int by = static_cast<int>(m_random.below(5)) - 2;
        Term counted;
        if (isBadarg([&] { return counted = ets::updateCounter(m_table, wanted, by); }))
            counted = atoms::badarg;
        checkEqual(counted, m_model.updateCounter(wanted, by));
    }

    Term m_table;
    Model m_model;
    RandomTerms m_random;
    ets::Type m_type;
    unsigned m_deletePercent = 0;
};

Task<> sessionOf(std::string options, std::uint64_t seed) {
    Session(options, seed).run();
    co_return;
}

} // namespace

class tst_EtsModel : public QObject {
    Q_OBJECT
private slots:
    void eachTypeBehavesAsItsModel_data() {
        QTest::addColumn<QString>("type");
        for (const char* const type : kTypes)
            QTest::newRow(type) << type;
    }
    void eachTypeBehavesAsItsModel() {
        QFETCH(QString, type);
        const std::uint64_t first = drawnSeed("tables against their model");
        const std::uint64_t count = onlySeed() != 0 ? 1 : 12;
        for (std::uint64_t seed = first; seed < first + count; ++seed) {
            Simulation simulation({.seed = 1});
            External external(simulation.runtime(), "test");
            const Spawned started = spawnMonitor(sessionOf, type.toStdString(), seed);
            const Down end = external.receive(on<Down>(started.monitor));
            const std::string fault = inspect(end.reason);
            QVERIFY2(fault == ":normal",
                     ("SEED=" + std::to_string(seed) + ": " + fault).substr(0, 2'000).c_str());
        }
    }
};

QTEST_GUILESS_MAIN(tst_EtsModel)
#include "tst_ets_model.moc"
