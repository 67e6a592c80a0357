#pragma once

#include "etf_tags.h"

#include <grove/term/etf.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace grove::etf {

/// A place in encoded bytes, with what is read in one piece: numbers, atoms, binaries, pids, ports
/// and references. The first failure is kept; what is read after it means nothing.
class Reader {
public:
    Reader(std::string_view bytes, const EtfReadOptions& options)
        : m_bytes(bytes), m_at(bytes.data()), m_end(bytes.data() + bytes.size()),
          m_options(options) {}

    [[nodiscard]] std::size_t position() const noexcept {
        return static_cast<std::size_t>(m_at - m_bytes.data());
    }
    [[nodiscard]] std::size_t left() const noexcept {
        return static_cast<std::size_t>(m_end - m_at);
    }
    [[nodiscard]] std::string_view from(std::size_t offset) const { return m_bytes.substr(offset); }
    [[nodiscard]] bool hasFailed() const noexcept { return m_failure.has_value(); }
    [[nodiscard]] const std::optional<EtfError>& failure() const noexcept { return m_failure; }

    /// Returns: no term.
    Term fail(std::size_t offset, std::string message);
    /// `a list of 12 elements, but only 3 bytes are left` unless there are `bytes` of them.
    bool need(std::size_t bytes, std::size_t count, const char* what) {
        return bytes <= left() || tooFew(count, what);
    }

    std::uint8_t byte() { return number<std::uint8_t>(); }
    std::uint16_t number16() { return number<std::uint16_t>(); }
    std::uint32_t number32() { return number<std::uint32_t>(); }
    std::uint64_t number64() { return number<std::uint64_t>(); }
    std::string_view take(std::size_t bytes) {
        if (!need(bytes, bytes, "a value of so many bytes")) {
            return {};
        }
        const std::string_view taken(m_at, bytes);
        m_at += bytes;
        return taken;
    }

    /// Most of what there is: atoms read before, small integers and binaries. The place is the
    /// caller's copy of at(), in a register; a step for each value is all that waits for another.
    /// Returns: no term, and `at` as it was, for everything else, bytes that are no term among it.
    [[gnu::always_inline]] Term common(const char*& at) const;
    [[nodiscard]] const char* at() const noexcept { return m_at; }
    /// Requires: at() or what common() made of it.
    void goTo(const char* at) noexcept { m_at = at; }

    /// Whole values; the tag has been read.
    Term integer() { return Term(static_cast<std::int32_t>(number32())); }
    Term big(std::size_t bytes);
    Term newFloat();
    Term textFloat();
    Term atom(std::uint8_t tag);
    Term string();
    Term binary() { return Term(take(number32())); }
    Term bitBinary();
    Term pid(bool isNew);
    Term port(std::uint8_t tag);
    Term reference(std::uint8_t tag);

private:
    /// An atom that was read before, found by the bytes that named it.
    struct KnownAtom {
        std::uint64_t front = 0; ///< The first eight of them, then zeroes.
        std::uint32_t form = 0;  ///< Their number and whether they are Latin-1; 0: nothing is here.
        Atom atom;
    };
    static constexpr unsigned kKnownAtomBits = 5;

    /// The highest byte first; 0 where the bytes end.
    template <class Number> Number number() {
        if (left() < sizeof(Number)) [[unlikely]] {
            failAtEnd();
            return 0;
        }
        Number value{};
        std::memcpy(&value, m_at, sizeof(value));
        m_at += sizeof(value);
        if constexpr (std::endian::native == std::endian::little) {
            value = std::byteswap(value);
        }
        return value;
    }
    [[gnu::noinline, gnu::cold]] void failAtEnd();
    [[gnu::noinline, gnu::cold]] bool tooFew(std::size_t count, const char* what);
    [[nodiscard]] std::size_t tagPosition() const noexcept { return position() - 1; }
    [[nodiscard]] static std::size_t placeOf(std::uint64_t front, std::uint32_t form) noexcept {
        constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15ULL;
        return (front ^ form) * kOdd >> (64 - kKnownAtomBits);
    }
    /// Never 0.
    [[nodiscard]] static std::uint32_t formOf(std::size_t bytes, bool isLatin) noexcept {
        return static_cast<std::uint32_t>(2 * bytes + (isLatin ? 2 : 1));
    }
    [[nodiscard]] const KnownAtom* findKnown(const char* name, std::size_t bytes,
                                             bool isLatin) const noexcept;
    Term lookUpAtom(std::size_t start, std::string_view bytes, bool isLatin);
    std::optional<Atom> nodeName();
    std::uint32_t creation(bool isNew);
    Term localReference(std::size_t start, std::span<const std::uint32_t> words);

    std::string_view m_bytes;
    const char* m_at;
    const char* m_end;
    const EtfReadOptions& m_options;
    std::array<KnownAtom, std::size_t{1} << kKnownAtomBits> m_knownAtoms{};
    std::optional<EtfError> m_failure;
};

/// Requires: eight bytes at `name`.
inline const Reader::KnownAtom* Reader::findKnown(const char* name, std::size_t bytes,
                                                  bool isLatin) const noexcept {
    std::uint64_t front = 0;
    std::memcpy(&front, name, sizeof(front));
    if constexpr (std::endian::native == std::endian::little) {
        front &= bytes < sizeof(front) ? (std::uint64_t{1} << (8 * bytes)) - 1 : ~std::uint64_t{0};
    } else {
        front &= bytes < sizeof(front) ? ~(~std::uint64_t{0} >> (8 * bytes)) : ~std::uint64_t{0};
    }
    const std::uint32_t form = formOf(bytes, isLatin);
    const KnownAtom& known = m_knownAtoms[placeOf(front, form)];
    const bool isIt =
        known.front == front && known.form == form &&
        (bytes <= sizeof(front) || known.atom.name() == std::string_view(name, bytes));
    return isIt ? &known : nullptr;
}

inline Term Reader::common(const char*& at) const {
    constexpr std::size_t kFewest = 11; // the head of any of them, and a name's first eight bytes
    const auto left = static_cast<std::size_t>(m_end - at);
    if (left < kFewest) {
        return Term();
    }
    const auto byteAt = [at](std::size_t index) { return static_cast<std::uint8_t>(at[index]); };
    const auto numberAt1 = [at] {
        std::uint32_t number = 0;
        std::memcpy(&number, at + 1, sizeof(number));
        return std::endian::native == std::endian::little ? std::byteswap(number) : number;
    };
    const auto atomAt = [&](std::size_t head, std::size_t bytes, bool isLatin) {
        const KnownAtom* const known =
            head + bytes <= left ? findKnown(at + head, bytes, isLatin) : nullptr;
        if (known == nullptr) {
            return Term();
        }
        at += head + bytes;
        return Term(known->atom);
    };
    switch (byteAt(0)) {
    case kSmallAtomUtf8:
        return atomAt(2, byteAt(1), false);
    case kAtom:
        return atomAt(3, std::size_t{byteAt(1)} << 8 | byteAt(2), true);
    case kSmallInteger: {
        const Term value(byteAt(1));
        at += 2;
        return value;
    }
    case kInteger: {
        const Term value(static_cast<std::int32_t>(numberAt1()));
        at += 5;
        return value;
    }
    case kBinary: {
        const std::size_t bytes = numberAt1();
        if (left - 5 < bytes) {
            return Term();
        }
        Term made(std::string_view(at + 5, bytes));
        at += 5 + bytes;
        return made;
    }
    default:
        return Term();
    }
}

} // namespace grove::etf
