#pragma once

#include <grove/term/etf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace grove::etf {

/// Bytes under construction, with what is written in one piece: numbers, atoms, binaries, pids,
/// ports and references, each with its tag. The first failure is kept.
class Writer {
public:
    explicit Writer(const EtfOptions& options) : m_options(options) {}

    [[nodiscard]] std::size_t position() const noexcept { return m_out.size(); }
    /// Why the bytes are no good; empty if they are.
    [[nodiscard]] const std::string& failure() const noexcept { return m_failure; }
    [[nodiscard]] std::string take() && { return std::move(m_out); }

    void byte(std::size_t value) { m_out.push_back(static_cast<char>(value)); }
    void number16(std::size_t value) { bigEndian(static_cast<std::uint16_t>(value)); }
    void number32(std::size_t value) { bigEndian(static_cast<std::uint32_t>(value)); }
    void number64(std::uint64_t value) { bigEndian(value); }
    void bytes(std::string_view value) { m_out += value; }
    /// A number of 32 bits in place of the four bytes at `position`.
    void replace32(std::size_t position, std::size_t value);
    /// A count of 32 bits. Returns: whether the format has room for it.
    bool count(std::size_t value, const char* what);

    void integer(const Term& term);
    void floating(double value);
    void atom(Atom atom);
    void bits(const BitsView& bits);
    void pid(const Term& term);
    void port(const PortParts& parts);
    void reference(const Term& term);

private:
    template <class Number> void bigEndian(Number number) {
        if constexpr (std::endian::native == std::endian::little) {
            number = std::byteswap(number);
        }
        m_out.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    void magnitude(bool isNegative, std::span<const std::uint64_t> limbs);
    [[nodiscard]] NodeId nodeOf(const Term& term, const NodeId& node) const;

    const EtfOptions& m_options;
    std::string m_out;
    std::string m_failure;
};

} // namespace grove::etf
