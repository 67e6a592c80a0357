// Values: maps, the external term format, hashing, comparing, copying, destroying.

#include "bench.h"

#include <grove/term/etf.h>
#include <grove/term/map.h>
#include <grove/term/phash2.h>
#include <grove/term/size.h>
#include <grove/term/term.h>

#include <string>
#include <utility>

namespace grove::bench {

namespace {

using namespace grove::literals;

constexpr std::uint64_t kStep = 7'919; // prime to all sizes below: each key comes once in a round

/// 1,000 to-do entries by their ids, as the Erlang peer makes them.
Term sampleEntries() {
    std::vector<MapEntry> entries;
    for (int id = 1; id <= 1'000; ++id) {
        entries.push_back({id, map({{"id"_atom, id},
                                    {"title"_atom, "Entry number " + std::to_string(id)},
                                    {"date"_atom, tuple(2026, 11, 1 + id % 30)},
                                    {"done"_atom, id % 3 == 0}})});
    }
    return mapFrom(entries);
}

std::string encoded(const Term& term) {
    auto bytes = termToBinary(term, {.minorVersion = 2});
    GROVE_ASSERT(bytes.has_value(), "the sample has an external form");
    return *std::move(bytes);
}

Term decoded(std::string_view bytes) {
    auto read = binaryToTerm(bytes);
    GROVE_ASSERT(read.has_value(), "what was encoded reads back");
    return std::move(read->term);
}

/// Keeps the compiler from leaving out what nobody looks at.
template <class T> void use(const T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

/// Runs `each` so many times.
template <class F> Figures repeated(Bench& bench, std::uint64_t ops, F each) {
    Figures figures{.ops = bench.scaled(ops)};
    Stopwatch watch(bench.runtime.clock(), &figures.spent);
    for (std::uint64_t index = 0; index < figures.ops; ++index)
        each(index);
    watch.stop();
    return figures;
}

Figures etfEncode(Bench& bench) {
    const Term entries = sampleEntries();
    Figures figures = repeated(bench, 2'000, [&](std::uint64_t) { use(encoded(entries)); });
    figures.more.emplace_back("bytes", static_cast<double>(encoded(entries).size()));
    return figures;
}

Figures etfDecode(Bench& bench) {
    const std::string bytes = encoded(sampleEntries());
    return repeated(bench, 2'000, [&](std::uint64_t) { use(decoded(bytes)); });
}

Figures phash2OfEntries(Bench& bench) {
    const Term entries = sampleEntries();
    return repeated(bench, 2'000, [&](std::uint64_t) { use(phash2(entries)); });
}

/// Two maps that are equal and share nothing.
Figures termCompare(Bench& bench) {
    const Term a = sampleEntries();
    const Term b = sampleEntries();
    return repeated(bench, 2'000, [&](std::uint64_t) { use(equalsExact(a, b)); });
}

/// The next version of a map, with one value changed, against the one before.
Figures termCompareVersions(Bench& bench) {
    const Term a = sampleEntries();
    const Term b = mapPut(a, 500, "changed");
    return repeated(bench, 200'000, [&](std::uint64_t) { use(equalsExact(a, b)); });
}

/// What a second owner of the entries costs, to have and to give up again.
Figures termCopy(Bench& bench) {
    const Term entries = sampleEntries();
    return repeated(bench, 20'000'000, [&](std::uint64_t) {
        const Term copy = entries;
        use(copy);
    });
}

/// One map of the entries, dropped by its last owner.
Figures termDestroy(Bench& bench) {
    std::vector<Term> copies(bench.scaled(500));
    for (Term& copy : copies)
        copy = sampleEntries();
    const double objects = static_cast<double>(sizeOf(copies.front()).objects);
    Figures figures = repeated(bench, 500, [&](std::uint64_t index) { copies[index] = Term(); });
    figures.more.emplace_back("ns_per_object", static_cast<double>(figures.spent.wall.count()) /
                                                   static_cast<double>(figures.ops) / objects);
    return figures;
}

Term numbered(std::uint64_t size) {
    std::uint64_t key = 0;
    Term made = map();
    for (std::uint64_t count = 0; count < size; ++count) {
        key = (key + kStep) % size;
        made = mapPut(std::move(made), key, key);
    }
    return made;
}

/// Maps of `size` keys from nothing, key by key.
template <std::uint64_t size> Figures mapInsert(Bench& bench) {
    const std::uint64_t rounds = bench.scaled(2'000'000 / size);
    Figures figures{.ops = rounds * size};
    Stopwatch watch(bench.runtime.clock(), &figures.spent);
    for (std::uint64_t round = 0; round < rounds; ++round)
        use(numbered(size));
    watch.stop();
    return figures;
}

template <std::uint64_t size> Figures mapLookup(Bench& bench) {
    const Term entries = numbered(size);
    std::uint64_t key = 0;
    return repeated(bench, 5'000'000, [&](std::uint64_t) {
        key = (key + kStep) % size;
        use(entries.mapFind(key)->toInt());
    });
}

/// A new version with one value changed, while the old one stays.
template <std::uint64_t size> Figures mapUpdate(Bench& bench) {
    const Term entries = numbered(size);
    std::uint64_t key = 0;
    return repeated(bench, size > 10'000 ? 200'000 : 1'000'000, [&](std::uint64_t index) {
        key = (key + kStep) % size;
        use(mapPut(entries, key, index + size));
    });
}

} // namespace

std::span<const Workload> termWorkloads() {
    static constexpr Workload kWorkloads[] = {
        {"etf_encode", etfEncode},
        {"etf_decode", etfDecode},
        {"phash2", phash2OfEntries},
        {"term_compare", termCompare},
        {"term_compare_versions", termCompareVersions},
        {"term_copy", termCopy},
        {"term_destroy", termDestroy},
        {"map_insert10", mapInsert<10>},
        {"map_insert1k", mapInsert<1'000>},
        {"map_insert1m", mapInsert<1'000'000>},
        {"map_lookup10", mapLookup<10>},
        {"map_lookup1k", mapLookup<1'000>},
        {"map_lookup1m", mapLookup<1'000'000>},
        {"map_update10", mapUpdate<10>},
        {"map_update1k", mapUpdate<1'000>},
        {"map_update1m", mapUpdate<1'000'000>},
    };
    return kWorkloads;
}

} // namespace grove::bench
