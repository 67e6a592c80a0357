#pragma once

#include <grove/term/etf.h>

#include <cstddef>
#include <cstdint>
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
        : m_bytes(bytes), m_options(options) {}

    [[nodiscard]] std::size_t position() const noexcept { return m_at; }
    [[nodiscard]] std::size_t left() const noexcept { return m_bytes.size() - m_at; }
    [[nodiscard]] std::string_view from(std::size_t offset) const { return m_bytes.substr(offset); }
    [[nodiscard]] bool hasFailed() const noexcept { return m_failure.has_value(); }
    [[nodiscard]] const std::optional<EtfError>& failure() const noexcept { return m_failure; }

    /// Returns: no term.
    Term fail(std::size_t offset, std::string message);
    /// `a list of 12 elements, but only 3 bytes are left` unless there are `bytes` of them.
    bool need(std::size_t bytes, std::size_t count, const char* what);

    std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
    /// Of `bytes` bytes, at most eight, the highest first.
    std::uint64_t number(unsigned bytes);
    std::uint32_t number32() { return static_cast<std::uint32_t>(number(4)); }
    std::string_view take(std::size_t bytes);

    /// Whole values; the tag has been read.
    Term integer() { return Term(static_cast<std::int32_t>(number32())); }
    Term big(std::size_t bytes);
    Term newFloat();
    Term textFloat();
    Term atom(std::uint8_t tag);
    Term string();
    Term bits(bool hasRest);
    Term pid(bool isNew);
    Term port(std::uint8_t tag);
    Term reference(std::uint8_t tag);

private:
    [[nodiscard]] std::size_t tagPosition() const noexcept { return m_at - 1; }
    std::optional<Atom> nodeName();
    std::uint32_t creation(bool isNew);
    Term localReference(std::size_t start, std::span<const std::uint32_t> words);

    std::string_view m_bytes;
    const EtfReadOptions& m_options;
    std::size_t m_at = 0;
    std::optional<EtfError> m_failure;
};

} // namespace grove::etf
