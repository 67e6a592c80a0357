#include "numbers.h"

#include <grove/term/arithmetic.h>

#include <algorithm>
#include <cmath>

namespace grove::arithmetic {

namespace {

__extension__ using Wide = unsigned __int128;
using numbers::Limbs;

constexpr std::size_t kLimbsMax = kIntegerBitsMax / 64;

/// Sign and magnitude; zero has no limbs.
struct Integer {
    bool isNegative = false;
    Limbs limbs;
};

Integer integerOf(const Term& term) {
    if (const auto big = term.asBigInt())
        return {big->negative, Limbs(big->limbs.begin(), big->limbs.end())};
    const std::int64_t value = term.toInt();
    if (value == 0)
        return {};
    const auto bits = static_cast<std::uint64_t>(value);
    return {value < 0, {value < 0 ? ~bits + 1 : bits}};
}

void trim(Limbs& limbs) {
    while (!limbs.empty() && limbs.back() == 0)
        limbs.pop_back();
}

Number termOf(Integer integer) {
    trim(integer.limbs);
    if (integer.limbs.size() > kLimbsMax)
        return std::nullopt;
    return bigInteger(integer.isNegative, integer.limbs);
}

bool areIntegers(const Term& a, const Term& b) {
    return a.isInteger() && b.isInteger();
}

bool areSmall(const Term& a, const Term& b) {
    return a.isSmallInteger() && b.isSmallInteger();
}

Number floatTerm(double value) {
    return std::isfinite(value) ? Number(Term(value)) : std::nullopt;
}

/// Both as floats, where one is.
template <class F> Number ofFloats(const Term& a, const Term& b, F&& f) {
    const auto left = numbers::toDouble(a);
    const auto right = numbers::toDouble(b);
    return left && right ? floatTerm(f(*left, *right)) : std::nullopt;
}

std::strong_ordering compareLimbs(const Limbs& a, const Limbs& b) {
    if (a.size() != b.size())
        return a.size() <=> b.size();
    return std::lexicographical_compare_three_way(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

/// a += b
void addLimbs(Limbs& a, const Limbs& b) {
    a.resize(std::max(a.size(), b.size()) + 1);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Wide sum = Wide{a[i]} + (i < b.size() ? b[i] : 0) + carry;
        a[i] = static_cast<std::uint64_t>(sum);
        carry = static_cast<std::uint64_t>(sum >> 64);
    }
}

/// a -= b. Requires: a >= b.
void subtractLimbs(Limbs& a, const Limbs& b) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Wide difference = Wide{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
        a[i] = static_cast<std::uint64_t>(difference);
        borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
    }
}

Integer sum(Integer a, Integer b) {
    if (a.isNegative == b.isNegative) {
        addLimbs(a.limbs, b.limbs);
        return a;
    }
    if (compareLimbs(a.limbs, b.limbs) < 0)
        std::swap(a, b);
    subtractLimbs(a.limbs, b.limbs);
    return a;
}

struct Divided {
    Integer quotient;
    Integer remainder;
};

/// By one limb.
std::uint64_t divideSmall(Limbs& limbs, std::uint64_t by) {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs.size(); i > 0; --i) {
        const Wide part = Wide{rest} << 64 | limbs[i - 1];
        limbs[i - 1] = static_cast<std::uint64_t>(part / by);
        rest = static_cast<std::uint64_t>(part % by);
    }
    return rest;
}

void shiftUp(Limbs& limbs, unsigned bits) { // bits < 64
    std::uint64_t carry = 0;
    for (std::uint64_t& limb : limbs) {
        const std::uint64_t low = bits == 0 ? 0 : limb >> (64 - bits);
        limb = limb << bits | carry;
        carry = low;
    }
    if (carry != 0)
        limbs.push_back(carry);
}

void shiftDown(Limbs& limbs, unsigned bits) { // bits < 64
    for (std::size_t i = 0; i < limbs.size() && bits != 0; ++i)
        limbs[i] = limbs[i] >> bits | (i + 1 < limbs.size() ? limbs[i + 1] << (64 - bits) : 0);
}

/// One digit of a long division: takes `by` times the estimate out of rest[at…].
/// Requires: the highest bit of `by` is set, and it has two limbs at least.
std::uint64_t divideStep(Limbs& rest, const Limbs& by, std::size_t at) {
    const std::size_t size = by.size();
    const Wide top = Wide{rest[at + size]} << 64 | rest[at + size - 1];
    constexpr Wide kLimb = Wide{1} << 64;
    Wide digit = rest[at + size] >= by.back() ? kLimb - 1 : top / by.back();
    Wide left = top - digit * by.back();
    while (left < kLimb && digit * by[size - 2] > (left << 64 | rest[at + size - 2])) {
        --digit;
        left += by.back();
    }
    std::uint64_t carry = 0;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i <= size; ++i) {
        const Wide product = digit * (i < size ? by[i] : 0) + carry;
        carry = static_cast<std::uint64_t>(product >> 64);
        const Wide difference = Wide{rest[at + i]} - static_cast<std::uint64_t>(product) - borrow;
        rest[at + i] = static_cast<std::uint64_t>(difference);
        borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
    }
    if (borrow != 0) { // one too many: put one back
        --digit;
        std::uint64_t over = 0;
        for (std::size_t i = 0; i <= size; ++i) {
            const Wide back = Wide{rest[at + i]} + (i < size ? by[i] : 0) + over;
            rest[at + i] = static_cast<std::uint64_t>(back);
            over = static_cast<std::uint64_t>(back >> 64);
        }
    }
    return static_cast<std::uint64_t>(digit);
}

/// Requires: b is not zero.
Divided divideIntegers(Integer a, Integer b) {
    Divided result;
    result.quotient.isNegative = a.isNegative != b.isNegative;
    result.remainder.isNegative = a.isNegative;
    if (compareLimbs(a.limbs, b.limbs) < 0) {
        result.remainder = std::move(a);
        return result;
    }
    if (b.limbs.size() == 1) {
        const std::uint64_t rest = divideSmall(a.limbs, b.limbs[0]);
        result.remainder.limbs = {rest};
        result.quotient.limbs = std::move(a.limbs);
        trim(result.remainder.limbs);
        return result;
    }
    const auto shift = static_cast<unsigned>(std::countl_zero(b.limbs.back()));
    shiftUp(b.limbs, shift);
    shiftUp(a.limbs, shift);
    a.limbs.push_back(0);
    const std::size_t digits = a.limbs.size() - b.limbs.size();
    result.quotient.limbs.resize(digits);
    for (std::size_t at = digits; at > 0; --at)
        result.quotient.limbs[at - 1] = divideStep(a.limbs, b.limbs, at - 1);
    shiftDown(a.limbs, shift);
    trim(a.limbs);
    result.remainder.limbs = std::move(a.limbs);
    return result;
}

/// Two's complement with `size` limbs.
Limbs complementOf(const Integer& integer, std::size_t size) {
    Limbs limbs = integer.limbs;
    limbs.resize(size);
    if (integer.isNegative) {
        std::uint64_t carry = 1;
        for (std::uint64_t& limb : limbs) {
            limb = ~limb + carry;
            carry = carry != 0 && limb == 0 ? 1 : 0;
        }
    }
    return limbs;
}

template <class F> Number bitwise(const Term& a, const Term& b, F&& f) {
    if (!areIntegers(a, b))
        return std::nullopt;
    if (areSmall(a, b))
        return Term(f(a.toInt(), b.toInt()));
    const Integer left = integerOf(a);
    const Integer right = integerOf(b);
    const std::size_t size = std::max(left.limbs.size(), right.limbs.size()) + 1;
    Limbs result = complementOf(left, size);
    const Limbs other = complementOf(right, size);
    for (std::size_t i = 0; i < size; ++i)
        result[i] = f(result[i], other[i]);
    const bool isNegative = result.back() >> 63 != 0;
    return termOf({isNegative, complementOf({isNegative, result}, size)});
}

Number shiftedUp(const Term& a, std::uint64_t bits) {
    Integer integer = integerOf(a);
    if (integer.limbs.empty())
        return a;
    if (bits > kIntegerBitsMax)
        return std::nullopt;
    shiftUp(integer.limbs, static_cast<unsigned>(bits % 64));
    integer.limbs.insert(integer.limbs.begin(), bits / 64, 0);
    return termOf(std::move(integer));
}

Number shiftedDown(const Term& a, std::uint64_t bits) {
    Integer integer = integerOf(a);
    const std::size_t whole = bits / 64;
    bool isInexact = false;
    if (whole >= integer.limbs.size())
        return Term(integer.isNegative ? -1 : 0);
    isInexact = std::any_of(integer.limbs.begin(), integer.limbs.begin() + whole,
                            [](std::uint64_t limb) { return limb != 0; });
    integer.limbs.erase(integer.limbs.begin(), integer.limbs.begin() + whole);
    const auto rest = static_cast<unsigned>(bits % 64);
    isInexact = isInexact || (integer.limbs[0] & ((std::uint64_t{1} << rest) - 1)) != 0;
    shiftDown(integer.limbs, rest);
    if (integer.isNegative && isInexact)
        addLimbs(integer.limbs, {1});
    return termOf(std::move(integer));
}

Number shifted(const Term& a, const Term& bits, bool toLeft) {
    if (!areIntegers(a, bits))
        return std::nullopt;
    const Integer by = integerOf(bits);
    const std::uint64_t count = by.limbs.empty()      ? 0
                                : by.limbs.size() > 1 ? ~std::uint64_t{0}
                                                      : by.limbs[0];
    return toLeft != by.isNegative ? shiftedUp(a, count) : shiftedDown(a, count);
}

/// Requires: a whole number.
Number wholeTerm(double value) {
    if (std::fabs(value) < 9.0e18)
        return Term(static_cast<std::int64_t>(value));
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(value), &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 64));
    if (exponent <= 64)
        return termOf({value < 0, {mantissa >> (64 - exponent)}});
    Integer integer{value < 0, {mantissa}};
    const auto shift = static_cast<std::size_t>(exponent - 64);
    shiftUp(integer.limbs, static_cast<unsigned>(shift % 64));
    integer.limbs.insert(integer.limbs.begin(), shift / 64, 0);
    return termOf(std::move(integer));
}

} // namespace

Number add(const Term& a, const Term& b) {
    if (areSmall(a, b))
        return Term(a.toInt() + b.toInt()); // 60 bits each
    if (areIntegers(a, b))
        return termOf(sum(integerOf(a), integerOf(b)));
    return ofFloats(a, b, [](double x, double y) { return x + y; });
}

Number subtract(const Term& a, const Term& b) {
    if (areSmall(a, b))
        return Term(a.toInt() - b.toInt());
    if (areIntegers(a, b)) {
        Integer right = integerOf(b);
        right.isNegative = !right.isNegative;
        return termOf(sum(integerOf(a), std::move(right)));
    }
    return ofFloats(a, b, [](double x, double y) { return x - y; });
}

Number multiply(const Term& a, const Term& b) {
    if (!areIntegers(a, b))
        return ofFloats(a, b, [](double x, double y) { return x * y; });
    std::int64_t small = 0;
    if (areSmall(a, b) && !__builtin_mul_overflow(a.toInt(), b.toInt(), &small))
        return Term(small);
    const Integer left = integerOf(a);
    const Integer right = integerOf(b);
    if (left.limbs.size() + right.limbs.size() > kLimbsMax + 1)
        return std::nullopt;
    Integer product{left.isNegative != right.isNegative,
                    Limbs(left.limbs.size() + right.limbs.size())};
    for (std::size_t i = 0; i < left.limbs.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < right.limbs.size(); ++j) {
            const Wide part = Wide{left.limbs[i]} * right.limbs[j] + product.limbs[i + j] + carry;
            product.limbs[i + j] = static_cast<std::uint64_t>(part);
            carry = static_cast<std::uint64_t>(part >> 64);
        }
        product.limbs[i + right.limbs.size()] = carry;
    }
    return termOf(std::move(product));
}

Number divide(const Term& a, const Term& b) {
    const auto by = numbers::toDouble(b);
    if (by && *by == 0)
        return std::nullopt;
    return ofFloats(a, b, [](double x, double y) { return x / y; });
}

Number quotient(const Term& a, const Term& b) {
    if (!areIntegers(a, b) || b.isSame(Term(0)))
        return std::nullopt;
    if (areSmall(a, b))
        return Term(a.toInt() / b.toInt());
    return termOf(divideIntegers(integerOf(a), integerOf(b)).quotient);
}

Number remainder(const Term& a, const Term& b) {
    if (!areIntegers(a, b) || b.isSame(Term(0)))
        return std::nullopt;
    if (areSmall(a, b))
        return Term(a.toInt() % b.toInt());
    return termOf(divideIntegers(integerOf(a), integerOf(b)).remainder);
}

Number negative(const Term& a) {
    if (const auto value = a.asFloat())
        return Term(-*value);
    return subtract(Term(0), a);
}

Number absolute(const Term& a) {
    if (const auto value = a.asFloat())
        return Term(std::fabs(*value));
    return a.isInteger() && compare(a, Term(0)) < 0 ? subtract(Term(0), a) : add(a, Term(0));
}

Number bitAnd(const Term& a, const Term& b) {
    return bitwise(a, b, [](auto x, auto y) { return x & y; });
}
Number bitOr(const Term& a, const Term& b) {
    return bitwise(a, b, [](auto x, auto y) { return x | y; });
}
Number bitXor(const Term& a, const Term& b) {
    return bitwise(a, b, [](auto x, auto y) { return x ^ y; });
}
Number bitNot(const Term& a) {
    return a.isInteger() ? subtract(Term(-1), a) : std::nullopt;
}
Number shiftLeft(const Term& a, const Term& bits) {
    return shifted(a, bits, true);
}
Number shiftRight(const Term& a, const Term& bits) {
    return shifted(a, bits, false);
}

Number toFloat(const Term& a) {
    const auto value = numbers::toDouble(a);
    return value ? Number(Term(*value)) : std::nullopt;
}

Number truncated(const Term& a) {
    if (const auto value = a.asFloat())
        return wholeTerm(std::trunc(*value));
    return a.isInteger() ? Number(a) : std::nullopt;
}

Number rounded(const Term& a) {
    if (const auto value = a.asFloat())
        return wholeTerm(std::round(*value));
    return a.isInteger() ? Number(a) : std::nullopt;
}

} // namespace grove::arithmetic
