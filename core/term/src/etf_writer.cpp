#include "etf_writer.h"

#include "access.h"
#include "utf8.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace grove::etf {

namespace {

/// Nothing if a character has no place there.
std::optional<std::string> latin1(std::string_view name) {
    std::string latin;
    while (!name.empty()) {
        const auto decoded = utf8::decode(name);
        if (!decoded || decoded->character > 0xFF) {
            return std::nullopt;
        }
        latin.push_back(static_cast<char>(decoded->character));
        name.remove_prefix(decoded->size);
    }
    return latin;
}

} // namespace

void Writer::grow(std::size_t bytes) {
    const std::size_t used = position();
    m_out.resize(std::max(used + bytes, 2 * m_out.size()));
    m_at = m_out.data() + used;
    m_end = m_out.data() + m_out.size();
}

void Writer::replace32(std::size_t position, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        m_out[position + i] = static_cast<char>(value >> (24 - 8 * i));
    }
}

bool Writer::count(std::size_t value, const char* what) {
    if (value > std::numeric_limits<std::uint32_t>::max()) {
        m_failure = std::string(what) + " of more than 2^32 - 1 has no external form";
        return false;
    }
    number32(value);
    return true;
}

// Numbers

void Writer::magnitude(bool isNegative, std::span<const std::uint64_t> limbs) {
    const std::size_t size =
        limbs.size() * 8 - static_cast<std::size_t>(std::countl_zero(limbs.back())) / 8;
    if (size <= 0xFF) {
        byte(kSmallBig);
        byte(size);
    } else {
        byte(kLargeBig);
        if (!count(size, "an integer of bytes")) {
            return;
        }
    }
    byte(isNegative ? 1 : 0);
    char* const at = room(size);
    for (std::size_t i = 0; i < size; ++i) {
        at[i] = static_cast<char>(limbs[i / 8] >> (i % 8 * 8));
    }
    m_at = at + size;
}

void Writer::floating(double value) {
    if (m_options.minorVersion > 0) {
        byte(kNewFloat);
        return number64(std::bit_cast<std::uint64_t>(value));
    }
    byte(kFloat);
    char room[kFloatTextBytes]{};
    constexpr int kDigits = 20;
    std::to_chars(room, room + sizeof(room), value, std::chars_format::scientific, kDigits);
    bytes({room, sizeof(room)});
}

// Atoms and bits

void Writer::perhapsLatinAtom(const detail::AtomName& name) {
    const std::string_view text(name.text, name.size);
    if (const auto latin = latin1(text)) {
        byte(kAtom);
        number16(latin->size());
        return bytes(*latin);
    }
    m_at = placedUtf8Head(room(3), name.size);
    bytes(text);
}

void Writer::bits(const BitsView& bits) {
    const std::size_t size = (bits.bitCount + 7) / 8;
    const std::size_t rest = bits.bitCount % 8;
    byte(rest == 0 ? kBinary : kBitBinary);
    if (!count(size, "a binary of bytes")) {
        return;
    }
    if (rest != 0) {
        byte(rest);
    }
    bytes({reinterpret_cast<const char*>(bits.bytes), size});
}

// Pids, ports, references

/// This program's own are of the node that writes.
NodeId Writer::nodeOf(const Term& term, const NodeId& node) const {
    return TermAccess::isBoxed(term) ? node : m_options.node;
}

void Writer::pid(const Term& term) {
    const PidParts parts = *pidParts(term);
    const NodeId node = nodeOf(term, parts.node);
    byte(kNewPid);
    atom(node.name);
    number32(parts.number);
    number32(parts.serial);
    number32(node.creation);
}

void Writer::port(const PortParts& parts) {
    const bool isSmall = parts.number <= kNewPortMax;
    byte(isSmall ? kNewPort : kV4Port);
    atom(parts.node.name);
    if (isSmall) {
        number32(parts.number);
    } else {
        number64(parts.number);
    }
    number32(parts.node.creation);
}

void Writer::reference(const Term& term) {
    const RefParts parts = *refParts(term);
    const NodeId node = nodeOf(term, parts.node);
    byte(kNewerReference);
    number16(parts.count);
    atom(node.name);
    number32(node.creation);
    for (std::size_t i = 0; i < parts.count; ++i) {
        number32(parts.words[i]);
    }
}

} // namespace grove::etf
