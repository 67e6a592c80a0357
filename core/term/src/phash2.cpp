#include "access.h"
#include "numbers.h"
#include "small_stack.h"

#include <grove/term/function.h>
#include <grove/term/identifiers.h>
#include <grove/term/phash2.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace grove {

namespace {

/// The golden ratio's multiples, one for each kind.
constexpr std::uint32_t constant(std::uint32_t number) {
    return number * 0x9E37'79B9U;
}

constexpr std::uint32_t kInteger = constant(1);
constexpr std::uint32_t kNil = constant(2);
constexpr std::uint32_t kAtom = constant(3);
constexpr std::uint32_t kBytes = constant(4);
constexpr std::uint32_t kPid = constant(5);
constexpr std::uint32_t kPort = constant(6);
constexpr std::uint32_t kRef = constant(7);
constexpr std::uint32_t kTuple = constant(9);
constexpr std::uint32_t kNegativeBig = constant(10);
constexpr std::uint32_t kPositiveBig = constant(11);
constexpr std::uint32_t kFloat = constant(12);
constexpr std::uint32_t kBinary = constant(13);
constexpr std::uint32_t kExport = constant(14);
constexpr std::uint32_t kLastBits = constant(15);
constexpr std::uint32_t kMap = constant(16);
constexpr std::uint32_t kMapPairs = constant(19);
constexpr std::uint32_t kNilAlone = 3'468'870'702U;
constexpr std::uint32_t kNilWord = 2;

/// Jenkins' mix of three words.
constexpr void mix(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c) {
    a -= b, a -= c, a ^= c >> 13;
    b -= c, b -= a, b ^= a << 8;
    c -= a, c -= b, c ^= b >> 13;
    a -= b, a -= c, a ^= c >> 12;
    b -= c, b -= a, b ^= a << 16;
    c -= a, c -= b, c ^= b >> 5;
    a -= b, a -= c, a ^= c >> 3;
    b -= c, b -= a, b ^= a << 10;
    c -= a, c -= b, c ^= b >> 15;
}

constexpr std::uint32_t mixed(std::uint32_t hash, std::uint32_t first, std::uint32_t second,
                              std::uint32_t kind) {
    std::uint32_t a = kind + first;
    std::uint32_t b = kind + second;
    mix(a, b, hash);
    return hash;
}

/// Jenkins' hash of a block of bytes.
std::uint32_t blockHash(const std::uint8_t* bytes, std::size_t size, std::uint32_t initial) {
    const auto word = [](const std::uint8_t* at, std::size_t count) {
        if constexpr (std::endian::native == std::endian::little) {
            if (count >= 4) {
                std::uint32_t value = 0;
                std::memcpy(&value, at, sizeof(value));
                return value;
            }
        }
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count && i < 4; ++i) {
            value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
        }
        return value;
    };
    std::uint32_t a = constant(1);
    std::uint32_t b = constant(1);
    std::uint32_t c = initial;
    std::size_t left = size;
    for (; left >= 12; left -= 12, bytes += 12) {
        a += word(bytes, 4);
        b += word(bytes + 4, 4);
        c += word(bytes + 8, 4);
        mix(a, b, c);
    }
    c += static_cast<std::uint32_t>(size);
    a += word(bytes, left);
    b += left > 4 ? word(bytes + 4, left - 4) : 0;
    c += left > 8 ? word(bytes + 8, left - 8) << 8 : 0;
    mix(a, b, c);
    return c;
}

std::uint32_t hashInteger(std::uint32_t hash, const Term& term) {
    constexpr std::int64_t kSmallMax = (std::int64_t{1} << 27) - 1;
    if (!term.isSmallInteger()) {
        const BigIntView big = *term.asBigInt();
        for (const std::uint64_t limb : big.limbs) {
            hash = mixed(hash, static_cast<std::uint32_t>(limb),
                         static_cast<std::uint32_t>(limb >> 32),
                         big.negative ? kNegativeBig : kPositiveBig);
        }
        return hash;
    }
    const std::int64_t value = TermAccess::smallInteger(term);
    const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
    if (value > kSmallMax || value < -kSmallMax - 1) {
        return mixed(hash, static_cast<std::uint32_t>(magnitude),
                     static_cast<std::uint32_t>(magnitude >> 32),
                     value < 0 ? kNegativeBig : kPositiveBig);
    }
    if (value < 0) {
        hash = mixed(hash, static_cast<std::uint32_t>(magnitude), 0, kInteger);
    }
    return mixed(hash, static_cast<std::uint32_t>(value), 0, kInteger);
}

std::uint32_t hashBits(std::uint32_t hash, const BitsView& bits) {
    const std::uint32_t initial = kBinary + hash;
    if (bits.bitCount == 0) {
        return initial;
    }
    hash = blockHash(bits.bytes, bits.bitCount / 8, initial);
    if (const auto rest = static_cast<std::uint32_t>(bits.bitCount % 8); rest != 0) {
        const auto last = static_cast<std::uint32_t>(bits.bytes[bits.bitCount / 8]) >> (8 - rest);
        hash = mixed(hash, rest, last, kLastBits);
    }
    return hash;
}

std::uint32_t hashFloat(std::uint32_t hash, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    return mixed(hash, static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits),
                 kFloat);
}

/// Without what the function closes over.
std::uint32_t hashFunction(std::uint32_t hash, const FunctionView& function) {
    if (function.kind == FunctionKind::Opaque) {
        const OpaqueFunction& code = function.opaque;
        hash = mixed(hash, static_cast<std::uint32_t>(code.environment.size()),
                     function.module.nameHash(), kInteger);
        return mixed(hash, code.index, static_cast<std::uint32_t>(code.oldUniq), kInteger);
    }
    hash = mixed(hash, function.arity, function.module.nameHash(), kInteger);
    return mixed(hash, function.name.nameHash(), 0, kExport);
}

/// What is still to be hashed: a term, the end of a map's entry, or the end of a map.
struct Open {
    enum class What : std::uint8_t { Value, EntryEnd, MapEnd } what;
    const Term* term = nullptr;
    std::uint32_t hash = 0;       ///< MapEnd: the hash in front of the entries.
    std::uint32_t outerPairs = 0; ///< MapEnd: the sum of the entries of the map around.
};

class Hasher {
public:
    std::uint32_t run(const Term& root) {
        m_open.push({Open::What::Value, &root});
        while (!m_open.isEmpty()) {
            const Open next = m_open.pop();
            switch (next.what) {
            case Open::What::EntryEnd:
                m_pairs ^= m_hash;
                m_hash = 0;
                break;
            case Open::What::MapEnd:
                m_hash = mixed(next.hash, m_pairs, 0, kMapPairs);
                m_pairs = next.outerPairs;
                break;
            case Open::What::Value:
                add(*next.term);
                break;
            }
        }
        return m_hash;
    }

private:
    void add(const Term& term) {
        switch (term.kind()) {
        case TermKind::Integer:
            m_hash = hashInteger(m_hash, term);
            return;
        case TermKind::Float:
            m_hash = hashFloat(m_hash, *term.asFloat());
            return;
        case TermKind::Atom: {
            const std::uint32_t name = term.asAtom()->nameHash();
            m_hash = m_hash == 0 ? name : mixed(m_hash, name, 0, kAtom);
            return;
        }
        case TermKind::Nil:
            m_hash = m_hash == 0 ? kNilAlone : mixed(m_hash, kNilWord, 0, kNil);
            return;
        case TermKind::Pid:
            m_hash = mixed(m_hash, pidParts(term)->number, 0, kPid);
            return;
        case TermKind::Port: {
            const std::uint64_t number = portParts(term)->number;
            m_hash = mixed(m_hash, static_cast<std::uint32_t>(number),
                           static_cast<std::uint32_t>(number >> 32), kPort);
            return;
        }
        case TermKind::Ref:
            m_hash = mixed(m_hash, refParts(term)->words[0], 0, kRef);
            return;
        case TermKind::Bitstring:
            m_hash = hashBits(m_hash, *term.asBits());
            return;
        case TermKind::Function:
            addFunction(*asFunction(term));
            return;
        case TermKind::Tuple:
            addTuple(term.elements());
            return;
        case TermKind::Cons:
            addList(term);
            return;
        case TermKind::Map:
            addMap(term);
            return;
        case TermKind::None:
            return;
        }
    }

    /// What has nothing within it needs no place on the stack.
    static bool isLeaf(const Term& term) {
        return !term.isTuple() && !term.isCons() && !term.isMap() && !term.isFunction();
    }

    void addTuple(std::span<const Term> elements) {
        m_hash = mixed(m_hash, static_cast<std::uint32_t>(elements.size()), 0, kTuple);
        while (!elements.empty() && isLeaf(elements.front())) {
            add(elements.front());
            elements = elements.subspan(1);
        }
        for (std::size_t i = elements.size(); i > 0; --i) {
            m_open.push({Open::What::Value, &elements[i - 1]});
        }
    }

    void addFunction(const FunctionView& function) {
        m_hash = hashFunction(m_hash, function);
        const auto bound = function.opaque.environment;
        for (std::size_t i = bound.size(); i > 0; --i) {
            m_open.push({Open::What::Value, &bound[i - 1]});
        }
    }

    /// Leading bytes are hashed four at a time, as text is.
    void addList(const Term& list) {
        const Term* at = &list;
        std::uint32_t bytes = 0;
        int count = 0;
        while (at->isCons() && isByte(at->head())) {
            bytes = (bytes << 8) + static_cast<std::uint32_t>(at->head().toInt());
            if (++count == 4) {
                m_hash = mixed(m_hash, bytes, 0, kBytes);
                bytes = 0;
                count = 0;
            }
            at = &at->tail();
        }
        if (count > 0) {
            m_hash = mixed(m_hash, bytes, 0, kBytes);
        }
        if (at->isCons()) {
            m_open.push({Open::What::Value, &at->tail()});
            m_open.push({Open::What::Value, &at->head()});
        } else {
            m_open.push({Open::What::Value, at});
        }
    }

    /// Entries are hashed apart and combined by xor, so that their order does not matter.
    void addMap(const Term& map) {
        const MapRange entries = map.mapEntries();
        m_hash = mixed(m_hash, static_cast<std::uint32_t>(entries.size()), 0, kMap);
        if (entries.size() == 0) {
            return;
        }
        m_open.push({Open::What::MapEnd, nullptr, m_hash, m_pairs});
        m_hash = 0;
        m_pairs = 0;
        for (const auto& [key, value] : entries) {
            if (isLeaf(key) && isLeaf(value)) {
                add(key);
                add(value);
                m_pairs ^= std::exchange(m_hash, 0);
            } else {
                m_open.push({Open::What::EntryEnd});
                m_open.push({Open::What::Value, &value});
                m_open.push({Open::What::Value, &key});
            }
        }
    }

    static bool isByte(const Term& term) {
        return term.isSmallInteger() && TermAccess::smallInteger(term) >= 0 &&
               TermAccess::smallInteger(term) < 256;
    }

    detail::SmallStack<Open, 16> m_open;
    std::uint32_t m_hash = 0;
    std::uint32_t m_pairs = 0;
};

} // namespace

std::uint32_t phash2(const Term& term, std::uint64_t range) noexcept {
    constexpr std::uint64_t kWhole = std::uint64_t{1} << 32;
    GROVE_ASSERT(range >= 1 && range <= kWhole, "phash2's range is 1 to 2^32");
    const std::uint32_t hash = Hasher().run(term);
    return range == kWhole ? hash : static_cast<std::uint32_t>(hash % range);
}

std::uint32_t phash2(const Term& term) noexcept {
    return phash2(term, std::uint64_t{1} << 27);
}

namespace {

constexpr std::uint64_t stir(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15ULL;
    return hash ^ (hash >> 29);
}

/// Equal numbers hash alike whatever their kind: by the nearest double, and small integers that are
/// no doubles by themselves.
std::uint64_t numberHash(const Term& term) {
    if (const auto small = term.asInt(); small && term.isSmallInteger()) {
        return stir(1, static_cast<std::uint64_t>(*small));
    }
    if (const auto value = term.asFloat()) {
        constexpr double kSmallEnd = 576460752303423488.0; // 2^59
        if (*value >= -kSmallEnd && *value < kSmallEnd &&
            static_cast<double>(static_cast<std::int64_t>(*value)) == *value) {
            return stir(1, static_cast<std::uint64_t>(static_cast<std::int64_t>(*value)));
        }
    }
    const auto value = numbers::toDouble(term);
    return stir(2, value ? std::bit_cast<std::uint64_t>(*value) : term.asBigInt()->limbs.front());
}

std::uint64_t leafHash(const Term& term) {
    switch (term.kind()) {
    case TermKind::Integer:
    case TermKind::Float:
        return numberHash(term);
    case TermKind::Bitstring: {
        const BitsView bits = *term.asBits();
        return stir(blockHash(bits.bytes, (bits.bitCount + 7) / 8, 3), bits.bitCount);
    }
    case TermKind::Function:
        return hashFunction(4, *asFunction(term)); // what it closes over is left out
    case TermKind::Pid:
    case TermKind::Port:
    case TermKind::Ref:
        return stir(8, TermAccess::isBoxed(term) ? phash2(term) : term.bits());
    case TermKind::Tuple:
        return stir(5, term.tupleSize());
    case TermKind::Map:
        return stir(6, term.mapSize());
    case TermKind::Cons:
        return stir(7, 0);
    default:
        return stir(8, term.bits());
    }
}

} // namespace

std::size_t hashOf(const Term& root) noexcept {
    std::uint64_t hash = 0;
    detail::SmallStack<const Term*, 32> open;
    open.push(&root);
    while (!open.isEmpty()) {
        const Term& term = *open.pop();
        hash = stir(hash, leafHash(term));
        if (term.isCons()) {
            open.push(&term.tail());
            open.push(&term.head());
        }
        for (const Term& element : term.elements()) {
            open.push(&element);
        }
        if (term.isMap()) {
            for (const auto& [key, value] : term.mapEntries()) {
                open.push(&value);
                open.push(&key);
            }
        }
    }
    return hash;
}

} // namespace grove
