#include "phash2_entries.h"

#include "access.h"
#include "atom_names.h"

#include <array>
#include <bit>
#include <functional>
#include <numeric>

namespace grove::phash2_entries {

namespace {

using detail::BoxedKind;

constexpr std::size_t kLanes = Entries::kMax;
constexpr std::size_t kBlock = 12; // bytes of a binary that are mixed at once

using Four [[gnu::vector_size(4 * sizeof(std::uint32_t))]] = std::uint32_t;

/// One word of each lane, in what every processor computes with at once; twice as many give it more
/// to do while it waits.
struct Words {
    Four low{};
    Four high{};

    static Words all(std::uint32_t word) { return {Four{} + word, Four{} + word}; }

    Words& operator+=(const Words& other) { return *this = *this + other; }
    Words& operator-=(const Words& other) {
        low -= other.low;
        high -= other.high;
        return *this;
    }
    Words& operator^=(const Words& other) {
        low ^= other.low;
        high ^= other.high;
        return *this;
    }
    friend Words operator+(const Words& a, const Words& b) {
        return {a.low + b.low, a.high + b.high};
    }
    friend Words operator<<(const Words& a, unsigned bits) {
        return {a.low << bits, a.high << bits};
    }
    friend Words operator>>(const Words& a, unsigned bits) {
        return {a.low >> bits, a.high >> bits};
    }
    /// Where a hash is zero, the word in its place.
    [[nodiscard]] Words orWhereZero(const Words& there, const Words& hash) const {
        return {one(low, there.low, hash.low), one(high, there.high, hash.high)};
    }

private:
    static Four one(const Four& word, const Four& there, const Four& hash) {
        const auto isZero = std::bit_cast<Four>(hash == Four{});
        return (there & isZero) | (word & ~isZero);
    }
};
using WordArray = std::array<std::uint32_t, kLanes>;
using Terms = std::array<const Term*, kLanes>;

[[gnu::always_inline]] inline void mixIn(Words& hash, const Words& first, std::uint32_t kind) {
    Words b = Words::all(kind);
    Words a = first + b;
    jenkins::mix(a, b, hash);
}

/// A word of each term.
template <class Word> [[gnu::always_inline]] inline Words wordsOf(const Terms& terms, Word word) {
    WordArray words;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        words[lane] = word(*terms[lane]);
    }
    return std::bit_cast<Words>(words);
}

template <class Fits> [[gnu::always_inline]] inline bool areAll(const Terms& terms, Fits fits) {
    bool are = true;
    for (const Term* const term : terms) {
        are &= fits(*term);
    }
    return are;
}

detail::BinaryObject* binaryOf(const Term& term) {
    return TermAccess::object<detail::BinaryObject>(term);
}

/// Eight hashes under way, of which the first so many mean something.
class Lanes {
public:
    explicit Lanes(std::size_t count) : m_count(count) {}

    /// Goes on with each hash over one term; those of lanes that mean nothing are the first's.
    void add(Words& hash, const Terms& terms, unsigned depth) {
        const Term& first = *terms[0];
        if (first.isSmallInteger()) {
            return addIntegers(hash, terms, depth);
        }
        if (first.isAtom()) {
            return addAtoms(hash, terms, depth);
        }
        if (depth == 0 || !areObjectsAlike(terms)) {
            return addApart(hash, terms, depth);
        }
        switch (TermAccess::header(first)->kind) {
        case BoxedKind::Binary:
            return addBinaries(hash, terms);
        case BoxedKind::Tuple:
            return addTuples(hash, terms, depth - 1);
        default:
            return addMaps(hash, terms, depth - 1);
        }
    }

    /// The same with hashes of zero, of which an atom makes its name's. Entries that are alike
    /// mostly have the same keys.
    void start(Words& hash, const Terms& terms, unsigned depth) {
        if (terms[0]->isAtom() && areSame(terms)) {
            hash = Words::all(detail::nameOf(*terms[0]->asAtom()).hash);
            return;
        }
        areAtoms(terms) ? void(hash = namesOf(terms)) : add(hash, terms, depth);
    }

private:
    static bool areAtoms(const Terms& terms) {
        return areAll(terms, [](const Term& term) { return term.isAtom(); });
    }
    static bool areSame(const Terms& terms) {
        std::uint64_t differences = 0;
        for (const Term* const term : terms) {
            differences |= term->bits() ^ terms[0]->bits();
        }
        return differences == 0;
    }
    static Words namesOf(const Terms& terms) {
        return wordsOf(terms, [](const Term& term) { return detail::nameOf(*term.asAtom()).hash; });
    }

    void addApart(Words& hash, const Terms& terms, unsigned depth) const {
        auto words = std::bit_cast<WordArray>(hash);
        for (std::size_t lane = 0; lane < m_count; ++lane) {
            words[lane] = hashTerm(words[lane], *terms[lane], depth);
        }
        hash = std::bit_cast<Words>(words);
    }

    void addIntegers(Words& hash, const Terms& terms, unsigned depth) const {
        const bool arePlain = areAll(terms, [](const Term& term) {
            return term.isSmallInteger() && isPlain(TermAccess::smallInteger(term));
        });
        if (!arePlain) {
            return addApart(hash, terms, depth);
        }
        mixIn(hash,
              wordsOf(terms,
                      [](const Term& term) {
                          return static_cast<std::uint32_t>(TermAccess::smallInteger(term));
                      }),
              kInteger);
    }

    void addAtoms(Words& hash, const Terms& terms, unsigned depth) const {
        if (!areAtoms(terms)) {
            return addApart(hash, terms, depth);
        }
        const Words names = namesOf(terms);
        const Words before = hash;
        mixIn(hash, names, kAtom);
        hash = hash.orWhereZero(names, before);
    }

    /// Binaries of whole bytes and equally many blocks; tuples, or maps of few entries, of one
    /// size.
    static bool areObjectsAlike(const Terms& terms) {
        if (!areAll(terms, TermAccess::isBoxed)) {
            return false;
        }
        const detail::Header* const first = TermAccess::header(*terms[0]);
        if (first->flags != 0) {
            return false;
        }
        const auto isLike = [first](const Term& term) {
            const detail::Header* const header = TermAccess::header(term);
            return header->kind == first->kind && header->flags == 0;
        };
        switch (first->kind) {
        case BoxedKind::Binary: {
            const std::size_t blocks = binaryOf(*terms[0])->byteCount / kBlock;
            return areAll(terms, [&](const Term& term) {
                return isLike(term) && binaryOf(term)->byteCount != 0 &&
                       binaryOf(term)->byteCount / kBlock == blocks;
            });
        }
        case BoxedKind::Tuple:
        case BoxedKind::Map:
            return areAll(terms, [&](const Term& term) {
                return isLike(term) && TermAccess::header(term)->size == first->size;
            });
        default:
            return false;
        }
    }

    static void addBinaries(Words& hash, const Terms& terms) {
        Words a = Words::all(jenkins::constant(1));
        Words b = a;
        hash += Words::all(kBinary);
        const std::size_t blocks = binaryOf(*terms[0])->byteCount / kBlock;
        for (std::size_t block = 0; block < blocks; ++block) {
            const auto wordAt = [&terms, block](std::size_t offset) {
                return wordsOf(terms, [=](const Term& term) {
                    return jenkins::wordAt(binaryOf(term)->bytes() + block * kBlock + offset);
                });
            };
            a += wordAt(0);
            b += wordAt(4);
            hash += wordAt(8);
            jenkins::mix(a, b, hash);
        }
        addEnds(hash, a, b, terms, blocks * kBlock);
        jenkins::mix(a, b, hash);
    }

    /// What is behind the whole blocks, and the sizes.
    static void addEnds(Words& hash, Words& a, Words& b, const Terms& terms, std::size_t start) {
        WordArray firsts{};
        WordArray seconds{};
        WordArray thirds{};
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            detail::BinaryObject* const binary = binaryOf(*terms[lane]);
            const std::size_t size = binary->byteCount;
            thirds[lane] = static_cast<std::uint32_t>(size);
            jenkins::addLastBytes(binary->bytes() + start, size - start, size, firsts[lane],
                                  seconds[lane], thirds[lane]);
        }
        a += std::bit_cast<Words>(firsts);
        b += std::bit_cast<Words>(seconds);
        hash += std::bit_cast<Words>(thirds);
    }

    void addTuples(Words& hash, const Terms& terms, unsigned depth) {
        const std::size_t size = TermAccess::header(*terms[0])->size;
        mixIn(hash, Words::all(static_cast<std::uint32_t>(size)), kTuple);
        Terms elements;
        for (std::size_t i = 0; i < size; ++i) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                elements[lane] =
                    TermAccess::object<detail::TupleObject>(*terms[lane])->elements() + i;
            }
            add(hash, elements, depth);
        }
    }

    void addMaps(Words& hash, const Terms& terms, unsigned depth) {
        const std::size_t size = TermAccess::header(*terms[0])->size;
        mixIn(hash, Words::all(static_cast<std::uint32_t>(size)), kMap);
        if (size == 0) {
            return;
        }
        Words pairs{};
        for (std::size_t i = 0; i < size; ++i) {
            Terms keys;
            Terms values;
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                keys[lane] = TermAccess::object<detail::MapObject>(*terms[lane])->keys() + i;
                values[lane] = keys[lane] + size;
            }
            Words pair{};
            start(pair, keys, depth);
            add(pair, values, depth);
            pairs ^= pair;
        }
        mixIn(hash, pairs, kMapPairs);
    }

    std::size_t m_count;
};

} // namespace

std::uint32_t hashSideBySide(const Entries& entries, unsigned depth) noexcept {
    Terms keys;
    Terms values;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        keys[lane] = entries.keys[lane < entries.count ? lane : 0];
        values[lane] = keys[lane] + entries.toValue;
    }
    Lanes lanes(entries.count);
    Words pair;
    lanes.start(pair, keys, depth);
    lanes.add(pair, values, depth);
    const auto hashes = std::bit_cast<WordArray>(pair);
    return std::accumulate(hashes.begin(), hashes.begin() + entries.count, std::uint32_t{0},
                           std::bit_xor<>());
}

} // namespace grove::phash2_entries
