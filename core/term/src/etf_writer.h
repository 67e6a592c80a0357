#pragma once

#include "access.h"
#include "atom_names.h"
#include "etf_tags.h"

#include <grove/term/etf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>

namespace grove::etf {

/// Bytes under construction, with what is written in one piece: numbers, atoms, binaries, pids,
/// ports and references, each with its tag. The first failure is kept.
class Writer {
public:
    /// `expectedBytes` is a guess.
    Writer(const EtfOptions& options, std::size_t expectedBytes)
        : m_options(options), m_out(expectedBytes, '\0'), m_at(m_out.data()),
          m_end(m_at + m_out.size()) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    [[nodiscard]] std::size_t position() const noexcept {
        return static_cast<std::size_t>(m_at - m_out.data());
    }
    [[nodiscard]] bool hasFailed() const noexcept { return !m_failure.empty(); }
    /// Why the bytes are no good; empty if they are.
    [[nodiscard]] const std::string& failure() const noexcept { return m_failure; }
    [[nodiscard]] std::string take() && {
        m_out.resize(position());
        return std::move(m_out);
    }

    /// Most of what there is: atoms, small integers and short binaries. The place is the caller's
    /// copy of at(), in a register.
    /// Returns: what is behind it; null, and nothing is written, for everything else.
    [[gnu::always_inline]] char* common(char* at, const Term& term) const;
    [[nodiscard]] char* at() const noexcept { return m_at; }
    /// The place, or its like in larger memory, with room for what is common.
    [[nodiscard]] char* withRoom(char* at) {
        m_at = at;
        return room(kCommonMax);
    }
    /// Requires: at() or what was made of it here.
    void goTo(char* at) noexcept { m_at = at; }

    void byte(std::size_t value) {
        char* const at = room(1);
        at[0] = static_cast<char>(value);
        m_at = at + 1;
    }
    void number16(std::size_t value) { m_at = placed(room(2), static_cast<std::uint16_t>(value)); }
    void number32(std::size_t value) { m_at = placed(room(4), static_cast<std::uint32_t>(value)); }
    void number64(std::uint64_t value) { m_at = placed(room(8), value); }
    void bytes(std::string_view value) {
        char* const at = room(value.size());
        if (!value.empty()) {
            std::memcpy(at, value.data(), value.size());
        }
        m_at = at + value.size();
    }
    /// A tag and a count of 32 bits.
    void head(std::uint8_t tag, std::size_t count) { m_at = placedHead(room(5), tag, count); }
    /// Returns: what is behind it. Requires: room.
    [[nodiscard]] static char* placedHead(char* at, std::uint8_t tag, std::size_t count) {
        at[0] = static_cast<char>(tag);
        return placed(at + 1, static_cast<std::uint32_t>(count));
    }
    [[nodiscard]] static char* placedTupleHead(char* at, std::size_t size) {
        if (size > 0xFF) [[unlikely]] {
            return placedHead(at, kLargeTuple, size);
        }
        at[0] = kSmallTuple;
        at[1] = static_cast<char>(size);
        return at + 2;
    }
    /// A number of 32 bits in place of the four bytes at `position`.
    void replace32(std::size_t position, std::size_t value);
    /// A count of 32 bits. Returns: whether the format has room for it.
    bool count(std::size_t value, const char* what);

    void smallInteger(std::int64_t value) {
        if (char* const end = placedInteger(room(5), value)) {
            m_at = end;
        } else {
            const auto limb = static_cast<std::uint64_t>(value < 0 ? -value : value);
            magnitude(value < 0, {&limb, 1});
        }
    }
    void bigInteger(const BigIntView& big) { magnitude(big.negative, big.limbs); }
    void floating(double value);
    void atom(Atom atom) {
        const detail::AtomName& name = detail::nameOf(atom);
        if (m_options.minorVersion < 2 && !name.isAscii) [[unlikely]] {
            return perhapsLatinAtom(name);
        }
        m_at = placedAtom(room(3 + name.size + detail::AtomName::kReadableBytes), name);
    }
    void binary(std::string_view value) {
        constexpr std::size_t kSizeMax = std::numeric_limits<std::uint32_t>::max();
        if (value.size() > kSizeMax) [[unlikely]] {
            (void)count(value.size(), "a binary of bytes");
            return;
        }
        char* at = room(5 + value.size());
        at[0] = kBinary;
        at = placed(at + 1, static_cast<std::uint32_t>(value.size()));
        if (!value.empty()) {
            std::memcpy(at, value.data(), value.size());
        }
        m_at = at + value.size();
    }
    void bits(const BitsView& bits);
    void pid(const Term& term);
    void port(const PortParts& parts);
    void reference(const Term& term);

private:
    /// Of what common() writes.
    static constexpr std::size_t kCommonMax = 288;
    static constexpr std::size_t kCommonTextMax = 255;
    static_assert(3 + kCommonTextMax + detail::AtomName::kReadableBytes <= kCommonMax);

    [[nodiscard]] char* placedInteger(char* at, std::int64_t value) const {
        if (value >= 0 && value <= 0xFF) {
            at[0] = kSmallInteger;
            at[1] = static_cast<char>(value);
            return at + 2;
        }
        if (value == static_cast<std::int32_t>(value)) {
            at[0] = kInteger;
            return placed(at + 1, static_cast<std::uint32_t>(value));
        }
        return nullptr;
    }
    [[nodiscard]] char* placedAtom(char* at, const detail::AtomName& name) const {
        if (m_options.minorVersion < 2) {
            at[0] = kAtom;
            at = placed(at + 1, name.size);
        } else {
            at = placedUtf8Head(at, name.size);
        }
        return placedName(at, name);
    }
    /// Where so many bytes may be put. What puts them works on a copy of m_at: each byte put might
    /// else be one of m_at's own, for all the compiler knows.
    [[nodiscard]] char* room(std::size_t bytes) {
        if (static_cast<std::size_t>(m_end - m_at) < bytes) [[unlikely]] {
            grow(bytes);
        }
        return m_at;
    }
    [[gnu::noinline, gnu::cold]] void grow(std::size_t bytes);
    /// Returns: what is behind it, as all of this kind.
    template <class Number> [[nodiscard]] static char* placed(char* at, Number number) {
        if constexpr (std::endian::native == std::endian::little) {
            number = std::byteswap(number);
        }
        std::memcpy(at, &number, sizeof(number));
        return at + sizeof(number);
    }
    [[nodiscard]] static char* placedUtf8Head(char* at, std::uint16_t bytes) {
        if (bytes <= 0xFF) {
            at[0] = kSmallAtomUtf8;
            at[1] = static_cast<char>(bytes);
            return at + 2;
        }
        at[0] = kAtomUtf8;
        return placed(at + 1, bytes);
    }
    /// Short names with one store; there is room for it.
    [[nodiscard]] static char* placedName(char* at, const detail::AtomName& name) {
        constexpr std::size_t kShort = detail::AtomName::kReadableBytes;
        std::memcpy(at, name.text, kShort);
        if (name.size > kShort) [[unlikely]] {
            std::memcpy(at + kShort, name.text + kShort, name.size - kShort);
        }
        return at + name.size;
    }
    /// Most texts are short: two stores that may overlap.
    [[nodiscard]] static char* placedText(char* at, const char* text, std::size_t size) {
        if (size >= 8 && size <= 16) {
            std::memcpy(at, text, 8);
            std::memcpy(at + size - 8, text + size - 8, 8);
        } else if (size >= 16 && size <= 32) {
            std::memcpy(at, text, 16);
            std::memcpy(at + size - 16, text + size - 16, 16);
        } else {
            std::memcpy(at, text, size);
        }
        return at + size;
    }
    void perhapsLatinAtom(const detail::AtomName& name);
    void magnitude(bool isNegative, std::span<const std::uint64_t> limbs);
    [[nodiscard]] NodeId nodeOf(const Term& term, const NodeId& node) const;

    const EtfOptions& m_options;
    std::string m_out; ///< Longer than what is written.
    char* m_at;        ///< Where the next byte goes.
    char* m_end;
    std::string m_failure;
};

inline char* Writer::common(char* at, const Term& term) const {
    if (static_cast<std::size_t>(m_end - at) < kCommonMax) {
        return nullptr;
    }
    if (term.isAtom()) {
        const detail::AtomName& name = detail::nameOf(*term.asAtom());
        const bool isCommon =
            name.size <= kCommonTextMax && (name.isAscii || m_options.minorVersion >= 2);
        return isCommon ? placedAtom(at, name) : nullptr;
    }
    if (term.isSmallInteger()) {
        return placedInteger(at, TermAccess::smallInteger(term));
    }
    const auto binary = term.asBinary();
    if (!binary || binary->size() > kCommonTextMax) {
        return nullptr;
    }
    at = placedHead(at, kBinary, binary->size());
    return placedText(at, binary->data(), binary->size());
}

} // namespace grove::etf
