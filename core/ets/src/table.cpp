#include "table_looks.h"
#include "tables.h"

#include <grove/runtime/errors.h>
#include <grove/term/in_place.h>
#include <grove/term/key_order.h>

#include <algorithm>

namespace grove::ets {

void badarg() {
    grove::error(atoms::badarg);
}

bool ByKey::operator()(const Term& a, const Term& b) const noexcept {
    return grove::detail::compareKeys(a, b) < 0;
}

Table::Table(Tables& tables, Ref tid, Atom name, const Options& options, Pid owner)
    : tid(tid), type(options.type), access(options.access), isNamed(options.named),
      isOpen(access != Access::Private && !isBag()),
      hasCounts(type == Type::Set && access == Access::Public && options.keypos == 1),
      keypos(options.keypos), m_tables(tables), m_owner(owner.raw()), m_name(name.index()),
      m_index(type, keypos), m_heir(options.heir) {}

Table::~Table() {
    m_tables.bury(m_index.takeAll());
}

// -- reading --------------------------------------------------------------------------------------

Term Table::lent(Cell value) noexcept {
    const Borrowed object(value);
    return isCopied(*object) ? grove::detail::copyOfImmediates(*object) : *object;
}

Term Table::value(const Term& key) const {
    return readAtOnce([&](bool& isSettled) __attribute__((always_inline)) {
        const Cell found = m_index.find(key);
        Term value = found == 0 ? Term() : lent(found);
        isSettled = found == 0 || !value.isNone();
        return value;
    });
}

bool Table::contains(const Term& key) const {
    return readAtOnce([&](bool&) { return Term(m_index.find(key) != 0); }).isAtom(atoms::true_);
}

void Table::noteCounter(const Term& object) const noexcept {
    if (keypos == 1)
        grove::detail::becomeCounter(object);
}

std::size_t Table::memoryWords() const noexcept {
    return kOwnWords + m_words.load(std::memory_order_relaxed);
}

Info Table::info() const {
    Info info{.tid = tid,
              .name = name(),
              .named = isNamed,
              .type = type,
              .access = access,
              .keypos = keypos,
              .owner = owner(),
              .heir = std::nullopt,
              .size = size(),
              .memoryWords = memoryWords(),
              .fixations = {}};
    const Lock lock(m_mutex);
    if (m_heir)
        info.heir = m_heir->pid;
    for (const auto& [pid, count] : m_fixations)
        info.fixations.push_back({pid, count});
    return info;
}

// -- state ----------------------------------------------------------------------------------------

void Table::close() {
    const Lock lock(m_mutex);
    m_isClosed = true;
}

std::optional<Heir> Table::heir() const {
    const Lock lock(m_mutex);
    return m_heir;
}

void Table::setHeir(std::optional<Heir> heir) {
    {
        const Lock lock(m_mutex);
        std::swap(m_heir, heir);
    }
    // The old data goes here, without the lock.
}

bool Table::fix(Pid pid) {
    const Lock lock(m_mutex);
    m_isFixed.store(true, std::memory_order_release);
    return ++m_fixations[pid] == 1;
}

bool Table::unfix(Pid pid, bool all) {
    std::set<Term, ByKey> gone;
    const Lock lock(m_mutex);
    const auto at = m_fixations.find(pid);
    if (at == m_fixations.end())
        return false;
    if (!all && --at->second > 0)
        return false;
    m_fixations.erase(at);
    if (m_fixations.empty()) {
        m_isFixed.store(false, std::memory_order_release);
        std::swap(gone, m_goneKeys);
    }
    return true;
}

bool Table::wasKeyUntilFixed(const Term& key) const {
    if (!m_isFixed.load(std::memory_order_acquire))
        return false;
    const Lock lock(m_mutex);
    return m_goneKeys.contains(key);
}

// -- changing -------------------------------------------------------------------------------------

Table::Writer::Writer(Table& table) : m_table(table) {
    table.m_mutex.lock();
    if (table.m_isClosed) {
        table.m_mutex.unlock();
        badarg();
    }
}

Table::Writer::Writer(Table& table, Locked) : m_table(table) {
    if (table.m_isClosed) {
        table.m_mutex.unlock();
        badarg();
    }
}

Table::Writer::~Writer() {
    letGo();
    m_table.m_mutex.unlock();
}

Table::Writer::AllAtOnce::AllAtOnce(Writer& writer) noexcept : m_changes(writer.m_table.m_changes) {
    m_changes.begin();
}

Table::Writer::AllAtOnce::~AllAtOnce() {
    m_changes.end();
}

void Table::Writer::count(std::ptrdiff_t objects, std::ptrdiff_t words) noexcept {
    const auto add = [](std::atomic<std::size_t>& counter, std::ptrdiff_t by) {
        counter.store(counter.load(std::memory_order_relaxed) + static_cast<std::size_t>(by),
                      std::memory_order_relaxed);
    };
    add(m_table.m_size, objects);
    add(m_table.m_words, words + objects * static_cast<std::ptrdiff_t>(kEntryWords));
}

void Table::Writer::noteGone(const Term& key) {
    if (m_table.m_isFixed.load(std::memory_order_relaxed) && m_table.type != Type::OrderedSet)
        m_table.m_goneKeys.insert(key);
}

void Table::Writer::letGo() noexcept {
    if (!m_settled.isNone())
        grove::detail::letGoOfCounter(*m_held, std::exchange(m_settled, Term()));
}

void Table::Writer::look(const Term& key) noexcept {
    m_table.m_index.look(key, m_spot);
    m_found = Borrowed(m_spot.value());
    if (!m_settled.isNone() && !m_found->isSame(*m_held))
        letGo();
}

const Term* Table::Writer::find(const Term& key) noexcept {
    look(key);
    if (!m_spot)
        return nullptr;
    if (!m_settled.isNone())
        return &m_settled;
    if (!grove::detail::isCounter(*m_found))
        return &*m_found;
    m_held = m_found;
    m_settled = grove::detail::holdCounter(*m_held);
    return &m_settled;
}

// Who adds meanwhile to a counter that is replaced and not held has done so before.
void Table::Writer::insert(Term object) {
    const Term& key = elementOf(object.bits(), m_table.keypos - 1);
    const std::ptrdiff_t words = object.flatWords();
    look(key);
    if (!m_table.isBag()) {
        if (m_spot)
            return replace(std::move(object));
        m_table.noteCounter(object);
        m_table.m_index.add(m_spot, key, std::move(object));
        return count(1, words);
    }
    if (!m_spot) {
        m_table.m_index.add(m_spot, key, list({object}));
        return count(1, words);
    }
    if (m_table.type == Type::Bag) {
        for (const Term& each : m_found->listElements())
            if (equalsExact(each, object))
                return;
    }
    count(1, words);
    m_table.m_index.replace(m_spot, cons(std::move(object), *m_found));
}

void Table::Writer::replace(Term object) {
    m_table.noteCounter(object);
    count(0, static_cast<std::ptrdiff_t>(object.flatWords()) -
                 static_cast<std::ptrdiff_t>(m_found->flatWords()));
    m_table.m_index.replace(m_spot, std::move(object));
    m_settled = {}; // what it was stays held
}

Term Table::Writer::add(const Term& key, std::int64_t by) noexcept {
    look(key);
    letGo();
    // Who only looks has no share of such an object (lent()), and who has this Writer has none now.
    if (!m_spot || (!grove::detail::isCounter(*m_found) && !grove::detail::becomeCounter(*m_found)))
        return {};
    return grove::detail::addToCounter(*m_found, by);
}

namespace {

struct Sum {
    std::ptrdiff_t objects = 0;
    std::ptrdiff_t words = 0;
};

Sum sumOf(const Table& table, const Term& value) {
    if (!table.isBag())
        return {1, value.flatWords()};
    Sum sum;
    for (const Term& object : value.listElements()) {
        ++sum.objects;
        sum.words += object.flatWords();
    }
    return sum;
}

} // namespace

std::size_t Table::Writer::remove(const Term& key) {
    const Term* const found = find(key);
    if (found == nullptr)
        return 0;
    const Sum sum = sumOf(m_table, *found);
    noteGone(key);
    m_table.m_index.remove(m_spot);
    m_settled = {}; // what it was stays held
    count(-sum.objects, -sum.words);
    return static_cast<std::size_t>(sum.objects);
}

std::size_t Table::Writer::removeObject(const Term& object) {
    const Term& key = *m_table.keyOf(object);
    const Term* const found = find(key);
    if (found == nullptr)
        return 0;
    if (!m_table.isBag())
        return equalsExact(*found, object) ? remove(key) : 0;
    std::vector<bool> isRemoved;
    for (const Term& each : found->listElements())
        isRemoved.push_back(equalsExact(each, object));
    const auto removed = static_cast<std::size_t>(std::ranges::count(isRemoved, true));
    if (removed > 0)
        removeFrom(key, isRemoved);
    return removed;
}

void Table::Writer::removeFrom(const Term& key, const std::vector<bool>& isRemoved) {
    const Term* const old = find(key);
    std::vector<Term> kept;
    Sum gone;
    std::size_t place = 0;
    for (const Term& each : old->listElements()) {
        if (!isRemoved[place++]) {
            kept.push_back(each);
            continue;
        }
        ++gone.objects;
        gone.words += each.flatWords();
    }
    if (kept.empty()) {
        noteGone(key);
        m_table.m_index.remove(m_spot);
    } else {
        m_table.m_index.replace(m_spot, listFrom(kept));
    }
    count(-gone.objects, -gone.words);
}

Rubble Table::Writer::removeAll() {
    if (m_table.m_isFixed.load(std::memory_order_relaxed) && m_table.type != Type::OrderedSet) {
        std::vector<Cell> all;
        m_table.m_index.collect(nullptr, Index::Direction::Forward, ~std::size_t{0}, all);
        for (const Cell value : all)
            noteGone(m_table.keyOfValue(*Borrowed(value)));
    }
    m_table.m_size.store(0, std::memory_order_relaxed);
    m_table.m_words.store(0, std::memory_order_relaxed);
    return m_table.m_index.takeAll();
}

} // namespace grove::ets
