#include "identifiers.h"

#include "access.h"

#include <algorithm>

namespace grove {

namespace {

using detail::BoxedKind;
using detail::IdentifierObject;

IdentifierObject* identifierIn(const Term& term, TermKind kind) noexcept {
    return TermAccess::isBoxed(term) && term.kind() == kind &&
                   TermAccess::header(term)->kind == BoxedKind::Identifier
               ? TermAccess::object<IdentifierObject>(term)
               : nullptr;
}

std::weak_ordering compareNodes(const NodeId& a, const NodeId& b) noexcept {
    const auto byName = compareNames(a.name, b.name);
    return byName != 0 ? byName : a.creation <=> b.creation;
}

/// Words that are missing count as zero.
std::weak_ordering compareWords(const RefParts& a, const RefParts& b) noexcept {
    const auto word = [](const RefParts& parts, std::size_t at) {
        return at < parts.count ? parts.words[at] : 0;
    };
    for (std::size_t i = std::max(a.count, b.count); i > 0; --i) {
        if (word(a, i - 1) != word(b, i - 1)) {
            return word(a, i - 1) <=> word(b, i - 1);
        }
    }
    return std::weak_ordering::equivalent;
}

std::weak_ordering comparePids(const Term& a, const Term& b) noexcept {
    const PidParts left = *pidParts(a);
    const PidParts right = *pidParts(b);
    if (left.serial != right.serial) {
        return left.serial <=> right.serial;
    }
    return left.number != right.number ? left.number <=> right.number
                                       : compareNodes(left.node, right.node);
}

std::weak_ordering comparePorts(const Term& a, const Term& b) noexcept {
    const PortParts left = *portParts(a);
    const PortParts right = *portParts(b);
    const auto byNode = compareNodes(left.node, right.node);
    return byNode != 0 ? byNode : left.number <=> right.number;
}

std::weak_ordering compareRefs(const Term& a, const Term& b) noexcept {
    const RefParts left = *refParts(a);
    const RefParts right = *refParts(b);
    const auto byNode = compareNodes(left.node, right.node);
    return byNode != 0 ? byNode : compareWords(left, right);
}

} // namespace

NodeId localNode() noexcept {
    return {atoms::nonodeNohost, 0};
}

Term detail::boxedIdentifier(TermKind kind, const NodeId& node,
                             std::span<const std::uint32_t> words) noexcept {
    auto* made = makeObject<IdentifierObject>(BoxedKind::Identifier, words.size_bytes());
    made->flags = static_cast<std::uint8_t>(kind);
    made->size = checkedSize(words.size());
    // Erlang's count: header, node and link, then the number or (with their count) the words.
    made->flatWords =
        kind == TermKind::Ref ? saturated(3 + (words.size() + 2) / 2) : std::uint32_t{4};
    made->node = node.name;
    made->creation = node.creation;
    std::copy(words.begin(), words.end(), made->words());
    return TermAccess::adopt(made);
}

Term pidTerm(const NodeId& node, std::uint32_t number, std::uint32_t serial) noexcept {
    if (node == localNode()) {
        GROVE_ASSERT(number <= Pid::kIndexMax, "a local pid's number is beyond what a pid has");
        return Pid::make(number, serial);
    }
    return detail::boxedIdentifier(TermKind::Pid, node, std::array{number, serial});
}

Term portTerm(const NodeId& node, std::uint64_t number) noexcept {
    return detail::boxedIdentifier(
        TermKind::Port, node,
        std::array{static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)});
}

std::optional<Ref> detail::localRef(std::span<const std::uint32_t> words) noexcept {
    constexpr std::uint32_t kMakerMax = 0xFF;
    if (words.size() != 3 || words[0] > Ref::kFirstWordMax || words[2] > kMakerMax) {
        return std::nullopt;
    }
    return Ref::make(static_cast<std::uint8_t>(words[2]),
                     std::uint64_t{words[1]} << Ref::kFirstWordBits | words[0]);
}

Term refTerm(const NodeId& node, std::span<const std::uint32_t> words) noexcept {
    GROVE_ASSERT(words.size() <= RefParts::kWordsMax, "a reference has at most five words");
    if (node == localNode() && words.size() <= 3) {
        std::array<std::uint32_t, 3> all{};
        std::copy(words.begin(), words.end(), all.begin());
        const auto local = detail::localRef(all);
        return local ? Term(*local) : detail::boxedIdentifier(TermKind::Ref, node, all);
    }
    return detail::boxedIdentifier(TermKind::Ref, node, words);
}

std::optional<PidParts> pidParts(const Term& term) noexcept {
    if (const auto pid = term.asPid()) {
        return PidParts{localNode(), pid->index(), pid->generation()};
    }
    auto* const boxed = identifierIn(term, TermKind::Pid);
    return boxed == nullptr
               ? std::nullopt
               : std::optional(PidParts{
                     {boxed->node, boxed->creation}, boxed->words()[0], boxed->words()[1]});
}

std::optional<PortParts> portParts(const Term& term) noexcept {
    auto* const boxed = identifierIn(term, TermKind::Port);
    return boxed == nullptr ? std::nullopt
                            : std::optional(PortParts{{boxed->node, boxed->creation},
                                                      std::uint64_t{boxed->words()[1]} << 32 |
                                                          boxed->words()[0]});
}

std::optional<RefParts> refParts(const Term& term) noexcept {
    if (const auto ref = term.asRef()) {
        const auto words = ref->words();
        return RefParts{localNode(), words.size(), {words[0], words[1], words[2]}};
    }
    auto* const boxed = identifierIn(term, TermKind::Ref);
    if (boxed == nullptr) {
        return std::nullopt;
    }
    RefParts parts{{boxed->node, boxed->creation}, boxed->size, {}};
    std::copy_n(boxed->words(), boxed->size, parts.words.begin());
    return parts;
}

std::string detail::identifierText(const Term& identifier) {
    const auto nodeText = [](const NodeId& node) {
        return node == localNode() ? std::string("0") : std::string(node.name.name());
    };
    if (const auto pid = pidParts(identifier)) {
        return "<" + nodeText(pid->node) + "." + std::to_string(pid->number) + "." +
               std::to_string(pid->serial) + ">";
    }
    if (const auto port = portParts(identifier)) {
        return "<" + nodeText(port->node) + "." + std::to_string(port->number) + ">";
    }
    const RefParts ref = *refParts(identifier);
    std::string text = "<" + nodeText(ref.node);
    for (std::size_t i = ref.count; i > 0; --i) {
        text += "." + std::to_string(ref.words[i - 1]);
    }
    return text + ">";
}

std::weak_ordering detail::compareIdentifiers(const Term& a, const Term& b) noexcept {
    const TermKind kind = a.kind();
    const auto order = kind == TermKind::Pid    ? comparePids(a, b)
                       : kind == TermKind::Port ? comparePorts(a, b)
                                                : compareRefs(a, b);
    // A node that calls itself as this one does, read under another name: its own come after ours.
    return order != 0 ? order : TermAccess::isBoxed(a) <=> TermAccess::isBoxed(b);
}

} // namespace grove
