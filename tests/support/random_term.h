#pragma once

#include <grove/term/term.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace grove::test {

/// The seed of a test that draws what it does: SEED from the environment, otherwise a new one. It
/// is printed, so that a failing run can be repeated.
[[nodiscard]] inline std::uint64_t drawnSeed(std::string_view test) {
    const char* const given = std::getenv("SEED");
    const std::uint64_t seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    std::printf("SEED=%llu  # %.*s\n", static_cast<unsigned long long>(seed),
                static_cast<int>(test.size()), test.data());
    std::fflush(stdout);
    return seed;
}

/// Draws terms of every kind from a seed, with a liking for what is nearly alike: the same few
/// numbers as integers and floats, short texts of few letters, the edges of integers and bits.
class RandomTerms {
public:
    struct Options {
        int depthMax = 4;
        int sizeMax = 6;         ///< Elements of a tuple or list.
        int largeMapPercent = 5; ///< Of the maps: with 33 to 100 entries.
        bool hasPids = true;     ///< And references, whose text does not read back.
    };

    explicit RandomTerms(std::uint64_t seed) : RandomTerms(seed, Options()) {}
    RandomTerms(std::uint64_t seed, Options options) : m_random(seed), m_options(options) {}

    /// A number below `end`.
    [[nodiscard]] std::uint64_t below(std::uint64_t end) { return m_random() % end; }
    [[nodiscard]] bool chance(int percent) { return below(100) < static_cast<unsigned>(percent); }

    [[nodiscard]] Term next() { return draw(m_options.depthMax); }

    /// The same value made anew, so that nothing is shared with `term`; integers become floats of
    /// the same value here and there if `floats` is set, so that only == holds.
    [[nodiscard]] Term rebuilt(const Term& term, bool floats = false) {
        switch (term.kind()) {
        case TermKind::Integer:
            if (floats && term.isSmallInteger() && term.toInt() > -1000 && term.toInt() < 1000 &&
                chance(50)) {
                return Term(static_cast<double>(term.toInt()));
            }
            if (const auto big = term.asBigInt()) {
                return bigInteger(big->negative, big->limbs);
            }
            return term;
        case TermKind::Float:
            return Term(*term.asFloat());
        case TermKind::Bitstring: {
            const BitsView bits = *term.asBits();
            return bitstring({bits.bytes, (bits.bitCount + 7) / 8}, bits.bitCount);
        }
        case TermKind::Tuple: {
            std::vector<Term> elements;
            for (const Term& element : term.elements()) {
                elements.push_back(rebuilt(element, floats));
            }
            return tupleFrom(elements);
        }
        case TermKind::Cons: {
            std::vector<Term> elements;
            const Term* at = &term;
            for (; at->isCons(); at = &at->tail()) {
                elements.push_back(rebuilt(at->head(), floats));
            }
            return listFrom(elements, rebuilt(*at, floats));
        }
        case TermKind::Map: {
            std::vector<MapEntry> entries;
            for (const auto& [key, value] : term.mapEntries()) {
                // Keys are compared exactly.
                entries.push_back({rebuilt(key, false), rebuilt(value, floats)});
            }
            for (std::size_t i = entries.size(); i > 1; --i) {
                std::swap(entries[i - 1], entries[below(i)]);
            }
            return mapFrom(entries);
        }
        default:
            return term;
        }
    }

private:
    [[nodiscard]] Term draw(int depth) {
        const auto kind = below(depth > 0 ? 14 : 9);
        switch (kind) {
        case 0:
        case 1:
            return drawInteger();
        case 2:
            return drawFloat();
        case 3:
        case 4:
            return drawAtom();
        case 5:
            return m_options.hasPids ? drawName() : drawAtom();
        case 6:
            return Term::nil();
        case 7:
            return drawBits();
        case 8:
            return Term(drawText());
        case 9:
        case 10:
            return tupleOf(drawMany(below(limit()), depth));
        case 11:
            return listOf(drawMany(below(limit()), depth));
        case 12:
            return listOf(drawMany(1 + below(limit()), depth),
                          chance(30) ? draw(depth - 1) : Term::nil());
        default:
            return drawMap(depth);
        }
    }

    [[nodiscard]] std::uint64_t limit() const {
        return static_cast<std::uint64_t>(m_options.sizeMax) + 1;
    }

    [[nodiscard]] Term drawInteger() {
        const auto near = static_cast<std::int64_t>(below(5)) - 2;
        switch (below(6)) {
        case 0:
            return Term(near);
        case 1:
            return Term(static_cast<std::int64_t>(below(1'000)) - 500);
        case 2: // around the powers of two: the ends of 8, 27, 32, 53, 59 and 63 bits
            return Term((std::int64_t{1} << below(63)) + near);
        case 3:
            return Term(-(std::int64_t{1} << below(63)) + near);
        case 4:
            return Term(m_random());
        default: {
            std::vector<std::uint64_t> limbs(1 + below(3));
            for (std::uint64_t& limb : limbs) {
                limb = chance(30) ? 0 : chance(30) ? ~std::uint64_t{0} : m_random();
            }
            return bigInteger(chance(50), limbs);
        }
        }
    }

    [[nodiscard]] Term drawFloat() {
        switch (below(4)) {
        case 0:
            return Term(static_cast<double>(below(5)) - 2.0);
        case 1:
            return Term(static_cast<double>(static_cast<std::int64_t>(below(2'001)) - 1'000) / 8.0);
        case 2:
            return Term(static_cast<double>(std::uint64_t{1} << below(63)) +
                        static_cast<double>(below(3)));
        default: {
            const double value = std::bit_cast<double>(m_random());
            // Numbers that are no numbers have their exponent's bits all set.
            return Term(std::bit_cast<std::uint64_t>(value) << 1 >> 53 == 0x7FF ? 0.5 : value);
        }
        }
    }

    [[nodiscard]] std::string drawText() {
        static constexpr std::string_view kLetters[] = {"a", "b", "0", " ", "\"", "\\", "\n",
                                                        "é", "€", "𝄞", "A", "_",  "@"};
        std::string text;
        for (auto left = below(6); left > 0; --left) {
            text += kLetters[below(std::size(kLetters))];
        }
        return text;
    }

    [[nodiscard]] Term drawAtom() {
        static constexpr std::string_view kNames[] = {"a",   "b",         "ok",  "true", "false",
                                                      "nil", "undefined", "x y", "Ab",   "é"};
        return chance(70) ? atom(kNames[below(std::size(kNames))]) : atom(drawText());
    }

    [[nodiscard]] Term drawName() {
        return chance(50) ? Term(Pid::make(static_cast<std::uint32_t>(below(1'000)),
                                           static_cast<std::uint32_t>(1 + below(3))))
                          : Term(Ref::make(static_cast<std::uint8_t>(below(3)), 1 + below(1'000)));
    }

    [[nodiscard]] Term drawBits() {
        std::uint8_t bytes[12];
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(chance(40) ? below(2) * 255 : m_random());
        }
        const auto bits = below(sizeof(bytes) * 8 + 1);
        return bitstring(bytes, chance(50) ? bits / 8 * 8 : bits);
    }

    [[nodiscard]] std::vector<Term> drawMany(std::uint64_t count, int depth) {
        std::vector<Term> many;
        for (; count > 0; --count) {
            many.push_back(draw(depth - 1));
        }
        return many;
    }

    [[nodiscard]] Term drawMap(int depth) {
        const bool isLarge = chance(m_options.largeMapPercent);
        const auto count = isLarge ? 33 + below(68) : below(limit());
        std::vector<MapEntry> entries;
        for (std::uint64_t i = 0; i < count; ++i) {
            // Large maps would otherwise be mostly of the few values drawn often.
            Term key = isLarge && chance(80) ? Term(below(200)) : draw(isLarge ? 1 : depth - 1);
            entries.push_back({std::move(key), draw(isLarge ? 1 : depth - 1)});
        }
        return mapFrom(entries);
    }

    std::mt19937_64 m_random;
    Options m_options;
};

} // namespace grove::test
