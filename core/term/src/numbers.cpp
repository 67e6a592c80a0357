#include "numbers.h"

#include "access.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace grove::numbers {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kDecimalChunk =
    1'000'000'000'000'000'000; // 10^18, the most that 18 digits need
constexpr int kDecimalChunkDigits = 18;

int sign(const Term& integer) noexcept {
    if (const auto big = integer.asBigInt()) {
        return big->negative ? -1 : 1;
    }
    const auto value = TermAccess::smallInteger(integer);
    return (value > 0) - (value < 0);
}

/// An integer's magnitude; `small` is the room for one that is not big.
std::span<const std::uint64_t> magnitude(const Term& integer, std::uint64_t& small) noexcept {
    if (const auto big = integer.asBigInt()) {
        return big->limbs;
    }
    const auto value = TermAccess::smallInteger(integer);
    small = value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                      : static_cast<std::uint64_t>(value);
    return {&small, small == 0 ? 0U : 1U};
}

std::weak_ordering compareMagnitudes(std::span<const std::uint64_t> a,
                                     std::span<const std::uint64_t> b) noexcept {
    if (a.size() != b.size()) {
        return a.size() <=> b.size();
    }
    for (std::size_t i = a.size(); i > 0; --i) {
        if (a[i - 1] != b[i - 1]) {
            return a[i - 1] <=> b[i - 1];
        }
    }
    return std::weak_ordering::equivalent;
}

std::weak_ordering opposite(std::weak_ordering order) noexcept {
    return 0 <=> order;
}

std::weak_ordering compareIntegers(const Term& a, const Term& b) noexcept {
    const int signA = sign(a);
    const int signB = sign(b);
    if (signA != signB) {
        return signA <=> signB;
    }
    std::uint64_t roomA = 0;
    std::uint64_t roomB = 0;
    const auto order = compareMagnitudes(magnitude(a, roomA), magnitude(b, roomB));
    return signA < 0 ? opposite(order) : order;
}

/// The whole part of a positive double as limbs; 1,024 bits are the most there is.
struct WholePart {
    std::uint64_t limbs[17]{};
    std::size_t size = 0;
    explicit WholePart(double positive) noexcept {
        int exponent = 0;
        const double fraction = std::frexp(
            positive, &exponent); // positive = fraction * 2^exponent, 0.5 <= fraction < 1
        if (exponent <= 0) {
            return;
        }
        const auto mantissa = static_cast<std::uint64_t>(
            std::ldexp(fraction, 64)); // value = mantissa * 2^(exponent-64)
        if (exponent <= 64) {
            limbs[0] = exponent == 64 ? mantissa : mantissa >> (64 - exponent);
        } else {
            const auto shift = static_cast<unsigned>(exponent - 64);
            const Wide shifted = static_cast<Wide>(mantissa) << (shift % 64);
            limbs[shift / 64] = static_cast<std::uint64_t>(shifted);
            limbs[shift / 64 + 1] = static_cast<std::uint64_t>(shifted >> 64);
        }
        size = std::size(limbs);
        while (size > 0 && limbs[size - 1] == 0) {
            --size;
        }
    }
};

std::weak_ordering compareIntegerFloat(const Term& integer, double value) noexcept {
    const int signA = sign(integer);
    const int signB = (value > 0) - (value < 0);
    if (signA != signB || signA == 0) {
        return signA <=> signB;
    }
    std::uint64_t room = 0;
    const double positive = std::fabs(value);
    const WholePart whole(positive);
    auto order = compareMagnitudes(magnitude(integer, room), {whole.limbs, whole.size});
    if (order == 0 && std::trunc(positive) != positive) {
        order = std::weak_ordering::less;
    }
    return signA < 0 ? opposite(order) : order;
}

} // namespace

void multiplyAdd(Limbs& limbs, std::uint64_t factor, std::uint64_t addend) {
    std::uint64_t carry = addend;
    for (std::uint64_t& limb : limbs) {
        const Wide product = static_cast<Wide>(limb) * factor + carry;
        limb = static_cast<std::uint64_t>(product);
        carry = static_cast<std::uint64_t>(product >> 64);
    }
    if (carry != 0) {
        limbs.push_back(carry);
    }
}

Term parseInteger(bool negative, std::string_view digits, unsigned base) {
    Limbs limbs;
    while (!digits.empty()) {
        std::uint64_t chunk = 0;
        std::uint64_t factor = 1;
        std::size_t used = 0;
        for (; used < digits.size() && factor < (std::uint64_t{1} << 58); ++used) {
            const char character = digits[used];
            const auto digit = static_cast<unsigned>(character <= '9'   ? character - '0'
                                                     : character <= 'Z' ? character - 'A' + 10
                                                                        : character - 'a' + 10);
            chunk = chunk * base + digit;
            factor *= base;
        }
        multiplyAdd(limbs, factor, chunk);
        digits.remove_prefix(used);
    }
    return bigInteger(negative, limbs);
}

void appendInteger(std::string& text, const Term& integer) {
    char room[24];
    const auto put = [&](std::uint64_t value, int width) {
        const auto end = std::to_chars(room, room + sizeof(room), value).ptr;
        for (auto missing = width - (end - room); missing > 0; --missing) {
            text.push_back('0');
        }
        text.append(room, end);
    };
    if (sign(integer) < 0) {
        text.push_back('-');
    }
    std::uint64_t small = 0;
    const auto limbs = magnitude(integer, small);
    if (limbs.size() <= 1) {
        put(limbs.empty() ? 0 : limbs[0], 0);
        return;
    }
    Limbs rest(limbs.begin(), limbs.end());
    std::vector<std::uint64_t> chunks;
    while (!rest.empty()) {
        std::uint64_t remainder = 0;
        for (std::size_t i = rest.size(); i > 0; --i) {
            const Wide part = static_cast<Wide>(remainder) << 64 | rest[i - 1];
            rest[i - 1] = static_cast<std::uint64_t>(part / kDecimalChunk);
            remainder = static_cast<std::uint64_t>(part % kDecimalChunk);
        }
        chunks.push_back(remainder);
        while (!rest.empty() && rest.back() == 0) {
            rest.pop_back();
        }
    }
    put(chunks.back(), 0);
    for (std::size_t i = chunks.size() - 1; i > 0; --i) {
        put(chunks[i - 1], kDecimalChunkDigits);
    }
}

void appendFloat(std::string& text, double value) {
    char room[32];
    const auto end =
        std::to_chars(room, room + sizeof(room), std::fabs(value), std::chars_format::scientific)
            .ptr;
    const std::string_view shortest(room, static_cast<std::size_t>(end - room)); // d[.ddd]e[+-]dd
    const auto at = shortest.find('e');
    std::string digits(1, shortest[0]);
    if (at > 2) {
        digits += shortest.substr(2, at - 2);
    }
    int exponent = 0;
    const auto first = shortest[at + 1] == '+' ? at + 2 : at + 1;
    std::from_chars(shortest.data() + first, shortest.data() + shortest.size(), exponent);

    if (std::signbit(value)) {
        text.push_back('-');
    }
    const auto zeros = [](int count) {
        return std::string(static_cast<std::size_t>(std::max(count, 0)), '0');
    };
    // Erlang's rule: plain digits where they are no longer than the form with an exponent, and only
    // below 2^53.
    const int count = static_cast<int>(digits.size());
    const int place = exponent + 1; // digits in front of the point
    const int exponentCost =
        static_cast<int>(std::to_string(exponent).size()) + 1 + (count == 1 ? 2 : 1);
    const bool tooBig = std::fabs(value) >= 9007199254740992.0;
    if (value == 0) {
        text += "0.0";
    } else if (!tooBig && place > 0 && place < count) {
        text += digits.substr(0, static_cast<std::size_t>(place)) + "." +
                digits.substr(static_cast<std::size_t>(place));
    } else if (!tooBig && place <= 0 && (place == 0 || 2 - place <= exponentCost)) {
        text += "0." + zeros(-place) + digits;
    } else if (!tooBig && place >= count && place - count + 2 <= exponentCost) {
        text += digits + zeros(place - count) + ".0";
    } else {
        text += digits.substr(0, 1) + "." + (count == 1 ? "0" : digits.substr(1)) + "e" +
                std::to_string(exponent);
    }
}

std::weak_ordering compare(const Term& a, const Term& b) noexcept {
    const auto left = a.asFloat();
    const auto right = b.asFloat();
    if (left && right) {
        return *left < *right   ? std::weak_ordering::less
               : *left > *right ? std::weak_ordering::greater
                                : std::weak_ordering::equivalent;
    }
    if (left) {
        return opposite(compareIntegerFloat(b, *left));
    }
    return right ? compareIntegerFloat(a, *right) : compareIntegers(a, b);
}

std::optional<double> toDouble(const Term& number) noexcept {
    if (const auto value = number.asFloat()) {
        return value;
    }
    if (const auto value = number.asInt()) {
        return static_cast<double>(*value);
    }
    const auto big = number.asBigInt();
    if (!big) {
        return std::nullopt;
    }
    // The top two limbs decide; what lies below only tells whether they are exact.
    const std::size_t size = big->limbs.size();
    const bool below = size > 2 && std::any_of(big->limbs.begin(), big->limbs.end() - 2,
                                               [](auto limb) { return limb != 0; });
    Wide top = big->limbs[size - 1];
    std::size_t dropped = size - 1;
    if (size > 1) {
        top = top << 64 | big->limbs[size - 2];
        --dropped;
    }
    top |= below ? 1 : 0;
    const double value = std::ldexp(static_cast<double>(top),
                                    static_cast<int>(std::min<std::size_t>(dropped, 64)) * 64);
    if (!std::isfinite(value)) {
        return std::nullopt;
    }
    return big->negative ? -value : value;
}

} // namespace grove::numbers
