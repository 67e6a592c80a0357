#include "etf_reader.h"

#include "identifiers.h"
#include "utf8.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace grove::etf {

namespace {

/// The first eight bytes, then zeroes.
std::uint64_t frontOf(std::string_view bytes) {
    std::uint64_t front = 0;
    std::memcpy(&front, bytes.data(), std::min(bytes.size(), sizeof(front)));
    return front;
}

} // namespace

Term Reader::fail(std::size_t offset, std::string message) {
    if (!m_failure) {
        m_failure = EtfError{offset, false, std::move(message)};
    }
    return Term();
}

bool Reader::tooFew(std::size_t count, const char* what) {
    fail(position(), std::string(what) + " (" + std::to_string(count) + "), but only " +
                         std::to_string(left()) + " bytes are left");
    return false;
}

void Reader::failAtEnd() {
    m_at = m_end;
    fail(position(), "the bytes end within a value");
}

// Numbers

Term Reader::big(std::size_t bytes) {
    const std::size_t start = position();
    if (bytes > EtfLimits::kIntegerBytesMax) {
        return fail(start, "an integer of " + std::to_string(bytes) + " bytes; at most " +
                               std::to_string(EtfLimits::kIntegerBytesMax) + " are read");
    }
    const bool isNegative = byte() != 0;
    const std::string_view digits = take(bytes);
    if (digits.size() <= 8) {
        std::uint64_t limb = 0;
        for (std::size_t i = digits.size(); i > 0; --i) {
            limb = limb << 8 | static_cast<std::uint8_t>(digits[i - 1]);
        }
        return bigInteger(isNegative, {&limb, 1});
    }
    std::vector<std::uint64_t> limbs((digits.size() + 7) / 8);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        limbs[i / 8] |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(digits[i]))
                        << (i % 8 * 8);
    }
    return bigInteger(isNegative, limbs);
}

Term Reader::newFloat() {
    const std::size_t start = tagPosition();
    const auto value = std::bit_cast<double>(number64());
    return std::isfinite(value) ? Term(value) : fail(start, "a float that is no number");
}

/// As Erlang: digits, a point or comma, digits, perhaps an exponent, then zero bytes.
Term Reader::textFloat() {
    const std::size_t start = tagPosition();
    const std::string_view text = take(kFloatTextBytes);
    std::string number(text.substr(0, text.find('\0')));
    std::size_t at = !number.empty() && (number[0] == '-' || number[0] == '+') ? 1 : 0;
    const auto skipDigits = [&] {
        const std::size_t from = at;
        while (at < number.size() && number[at] >= '0' && number[at] <= '9') {
            ++at;
        }
        return at > from;
    };
    bool isGood = skipDigits() && at < number.size() && (number[at] == '.' || number[at] == ',');
    if (isGood) {
        number[at++] = '.';
        isGood = skipDigits();
    }
    if (isGood && at < number.size() && (number[at] == 'e' || number[at] == 'E')) {
        ++at;
        at += at < number.size() && (number[at] == '-' || number[at] == '+') ? 1 : 0;
        isGood = skipDigits();
    }
    if (hasFailed() || !isGood || at != number.size()) {
        return fail(start, "the text of a float that is no number");
    }
    const std::size_t signBytes = number[0] == '+' ? 1 : 0;
    double value = 0;
    const auto read =
        std::from_chars(number.data() + signBytes, number.data() + number.size(), value);
    if (read.ec == std::errc::result_out_of_range) {
        // Too small is zero, too large is an error; from_chars tells them apart no more.
        value = std::strtod(number.c_str(), nullptr);
    }
    return std::isfinite(value) ? Term(value) : fail(start, "a float beyond what a float can be");
}

// Atoms

Term Reader::atom(std::uint8_t tag) {
    const std::size_t start = tagPosition();
    const bool isSmall = tag == kSmallAtom || tag == kSmallAtomUtf8;
    const bool isLatin = tag == kAtom || tag == kSmallAtom;
    const std::string_view bytes = take(isSmall ? byte() : number16());
    if (hasFailed()) {
        return Term();
    }
    const std::uint64_t front = frontOf(bytes);
    const std::uint32_t form = formOf(bytes.size(), isLatin);
    KnownAtom& known = m_knownAtoms[placeOf(front, form)];
    if (known.front == front && known.form == form &&
        (bytes.size() <= sizeof(front) || known.atom.name() == bytes)) {
        return known.atom;
    }
    const Term found = lookUpAtom(start, bytes, isLatin);
    if (const auto atom = found.asAtom()) {
        known = {front, form, *atom};
    }
    return found;
}

Term Reader::lookUpAtom(std::size_t start, std::string_view bytes, bool isLatin) {
    std::string widened;
    std::string_view name = bytes;
    if (isLatin) {
        for (const char character : bytes) {
            utf8::append(widened, static_cast<unsigned char>(character));
        }
        name = widened;
    }
    if (const auto known = Atom::find(name)) {
        return *known;
    }
    const auto characters = utf8::count(name);
    if (!characters) {
        return fail(start, "an atom that is not UTF-8");
    }
    if (*characters > Atom::kCharactersMax) {
        return fail(start, "an atom of more than 255 characters");
    }
    if (m_options.safe) {
        return fail(start, "an atom that this program does not know");
    }
    const auto made = Atom::tryMake(name);
    return made ? Term(*made) : fail(start, "a new atom, but the table of atoms is full");
}

std::optional<Atom> Reader::nodeName() {
    const std::uint8_t tag = byte();
    if (tag != kAtom && tag != kSmallAtom && tag != kAtomUtf8 && tag != kSmallAtomUtf8) {
        fail(tagPosition(), "the name of a node that is no atom");
        return std::nullopt;
    }
    return atom(tag).asAtom();
}

// Text and bits

Term Reader::string() {
    const std::string_view bytes = take(number16());
    Term list = Term::nil();
    for (std::size_t i = bytes.size(); i > 0; --i) {
        list = cons(static_cast<std::uint8_t>(bytes[i - 1]), std::move(list));
    }
    return list;
}

Term Reader::bitBinary() {
    const std::size_t start = tagPosition();
    const std::size_t size = number32();
    const std::size_t lastBits = byte();
    const std::string_view bytes = take(size);
    if (lastBits > 8 || (lastBits == 0) != (size == 0)) {
        return fail(start, "a bitstring of " + std::to_string(size) + " bytes whose last has " +
                               std::to_string(lastBits) + " bits");
    }
    if (hasFailed() || size == 0) {
        return Term(bytes);
    }
    return bitstring({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                     size * 8 - (8 - lastBits));
}

// Pids, ports, references

std::uint32_t Reader::creation(bool isNew) {
    if (isNew) {
        return number32();
    }
    const std::uint32_t tiny = byte();
    if (tiny > kTinyCreationMax) {
        fail(tagPosition(), "a creation of more than two bits");
    }
    return tiny;
}

Term Reader::pid(bool isNew) {
    const std::size_t start = tagPosition();
    const auto name = nodeName();
    const std::uint32_t number = number32();
    const std::uint32_t serial = number32();
    const std::uint32_t start32 = creation(isNew);
    if (hasFailed()) {
        return Term();
    }
    const NodeId node{*name, start32};
    if (node != m_options.node) {
        return detail::boxedIdentifier(TermKind::Pid, node, std::array{number, serial});
    }
    return number <= Pid::kIndexMax
               ? Term(Pid::make(number, serial))
               : fail(start, "a pid of this program with a number beyond what its pids have");
}

Term Reader::port(std::uint8_t tag) {
    const std::size_t start = tagPosition();
    const auto name = nodeName();
    const std::uint64_t id = tag == kV4Port ? number64() : number32();
    const std::uint32_t start32 = creation(tag != kPort);
    if (hasFailed()) {
        return Term();
    }
    const NodeId node{*name, start32};
    if (node == m_options.node && id > kNewPortMax) {
        return fail(start, "a port of this program with a number beyond 28 bits");
    }
    return portTerm(node, id);
}

Term Reader::localReference(std::size_t start, std::span<const std::uint32_t> words) {
    std::array<std::uint32_t, 3> all{};
    if (words.size() > all.size() || (!words.empty() && words[0] > Ref::kFirstWordMax)) {
        return fail(start,
                    "a reference of this program with words that its references do not have");
    }
    std::copy(words.begin(), words.end(), all.begin());
    const auto ref = detail::localRef(all);
    return ref ? Term(*ref) : detail::boxedIdentifier(TermKind::Ref, m_options.node, all);
}

Term Reader::reference(std::uint8_t tag) {
    const std::size_t start = tagPosition();
    const std::size_t count = tag == kReference ? std::size_t{1} : number16();
    if (count > RefParts::kWordsMax) {
        return fail(start, "a reference of " + std::to_string(count) + " words");
    }
    const auto name = nodeName();
    std::array<std::uint32_t, RefParts::kWordsMax> words{};
    std::uint32_t start32 = 0;
    if (tag == kReference) { // the oldest form has its creation behind the word
        words[0] = number32();
        start32 = creation(false);
    } else {
        start32 = creation(tag == kNewerReference);
        for (std::size_t i = 0; i < count; ++i) {
            words[i] = number32();
        }
    }
    if (hasFailed()) {
        return Term();
    }
    const NodeId node{*name, start32};
    const std::span<const std::uint32_t> used(words.data(), count);
    return node == m_options.node ? localReference(start, used)
                                  : detail::boxedIdentifier(TermKind::Ref, node, used);
}

} // namespace grove::etf
