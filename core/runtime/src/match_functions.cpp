#include <grove/runtime/match_program.h>
#include <grove/runtime/process.h>
#include <grove/term/arithmetic.h>
#include <grove/term/identifiers.h>

#include <unordered_map>

namespace grove {

using namespace grove::literals;

namespace {

using Arguments = std::span<const Term>;

template <arithmetic::Number (*function)(const Term&)> Term unary(Arguments a) {
    return function(a[0]).value_or(Term());
}
template <arithmetic::Number (*function)(const Term&, const Term&)> Term binary(Arguments a) {
    return function(a[0], a[1]).value_or(Term());
}
template <bool (Term::*is)() const noexcept> Term asks(Arguments a) {
    return (a[0].*is)();
}
template <TermKind kind> Term isKind(Arguments a) {
    return a[0].kind() == kind;
}

Term isRecord(Arguments a) {
    const auto size = a[2].asInt();
    return a[0].isTuple() && a[0].tupleSize() > 0 && size &&
           std::cmp_equal(*size, a[0].tupleSize()) && a[1].isAtom() && a[0].element(0).isSame(a[1]);
}

Term element(Arguments a) {
    const auto index = a[0].asInt();
    if (!index || *index < 1 || std::cmp_greater(*index, a[1].tupleSize()))
        return {};
    return a[1].element(static_cast<std::size_t>(*index - 1));
}

Term length(Arguments a) {
    const auto length = a[0].listLength();
    return length ? Term(*length) : Term();
}

Term byteSize(Arguments a) {
    const auto bits = a[0].asBits();
    return bits ? Term((bits->bitCount + 7) / 8) : Term();
}

Term bitSize(Arguments a) {
    const auto bits = a[0].asBits();
    return bits ? Term(bits->bitCount) : Term();
}

Term size(Arguments a) {
    if (a[0].isTuple())
        return Term(a[0].tupleSize());
    const auto bits = a[0].asBits();
    return bits ? Term(bits->bitCount / 8) : Term();
}

Term part(const Term& whole, const Term& start, const Term& length) {
    const auto bytes = whole.asBinary();
    const auto from = start.asInt();
    const auto count = length.asInt();
    if (!bytes || !from || !count)
        return {};
    const auto size = static_cast<std::int64_t>(bytes->size());
    if (*from < 0 || *from > size || *count < -*from || *count > size - *from)
        return {};
    const std::int64_t begin = *count < 0 ? *from + *count : *from;
    return grove::binary(
        bytes->substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(std::abs(*count))));
}

Term binaryPart(Arguments a) {
    if (a.size() == 3)
        return part(a[0], a[1], a[2]);
    return a[1].isTuple(2) ? part(a[0], a[1].element(0), a[1].element(1)) : Term();
}

Term mapSize(Arguments a) {
    return a[0].isMap() ? Term(a[0].mapSize()) : Term();
}

Term mapGet(Arguments a) {
    const Term* const found = a[1].mapFind(a[0]);
    return found == nullptr ? Term() : *found;
}

Term isMapKey(Arguments a) {
    return a[1].isMap() ? Term(a[1].mapFind(a[0]) != nullptr) : Term();
}

Term nodeOf(Arguments a) {
    if (const auto pid = pidParts(a[0]))
        return pid->node.name;
    if (const auto ref = refParts(a[0]))
        return ref->node.name;
    const auto port = portParts(a[0]);
    return port ? Term(port->node.name) : Term();
}

Term negation(Arguments a) {
    const auto truth = a[0].asBool();
    return truth ? Term(!*truth) : Term();
}

Term exclusiveOr(Arguments a) {
    const auto left = a[0].asBool();
    const auto right = a[1].asBool();
    return left && right ? Term(*left != *right) : Term();
}

arithmetic::Number plus(const Term& a) {
    return a.isNumber() ? arithmetic::Number(a) : std::nullopt;
}

struct Named {
    const char* name;
    std::size_t arity;
    GuardFunction function;
};

const Named kFunctions[] = {
    {"is_atom", 1, isKind<TermKind::Atom>},
    {"is_float", 1, isKind<TermKind::Float>},
    {"is_integer", 1, isKind<TermKind::Integer>},
    {"is_list", 1, asks<&Term::isList>},
    {"is_number", 1, asks<&Term::isNumber>},
    {"is_pid", 1, isKind<TermKind::Pid>},
    {"is_port", 1, isKind<TermKind::Port>},
    {"is_reference", 1, isKind<TermKind::Ref>},
    {"is_tuple", 1, isKind<TermKind::Tuple>},
    {"is_map", 1, isKind<TermKind::Map>},
    {"is_map_key", 2, isMapKey},
    {"is_binary", 1, asks<&Term::isBinary>},
    {"is_function", 1, isKind<TermKind::Function>},
    {"is_record", 3, isRecord},
    {"not", 1, negation},
    {"xor", 2, exclusiveOr},
    {"abs", 1, unary<arithmetic::absolute>},
    {"element", 2, element},
    {"hd", 1, [](Arguments a) { return a[0].isCons() ? a[0].head() : Term(); }},
    {"tl", 1, [](Arguments a) { return a[0].isCons() ? a[0].tail() : Term(); }},
    {"length", 1, length},
    {"map_get", 2, mapGet},
    {"map_size", 1, mapSize},
    {"node", 0, [](Arguments) { return Term(localNode().name); }},
    {"node", 1, nodeOf},
    {"self", 0, [](Arguments) { return Term(grove::self()); }},
    {"size", 1, size},
    {"bit_size", 1, bitSize},
    {"byte_size", 1, byteSize},
    {"binary_part", 2, binaryPart},
    {"binary_part", 3, binaryPart},
    {"round", 1, unary<arithmetic::rounded>},
    {"trunc", 1, unary<arithmetic::truncated>},
    {"float", 1, unary<arithmetic::toFloat>},
    {"+", 1, unary<plus>},
    {"-", 1, unary<arithmetic::negative>},
    {"bnot", 1, unary<arithmetic::bitNot>},
    {"+", 2, binary<arithmetic::add>},
    {"-", 2, binary<arithmetic::subtract>},
    {"*", 2, binary<arithmetic::multiply>},
    {"/", 2, binary<arithmetic::divide>},
    {"div", 2, binary<arithmetic::quotient>},
    {"rem", 2, binary<arithmetic::remainder>},
    {"band", 2, binary<arithmetic::bitAnd>},
    {"bor", 2, binary<arithmetic::bitOr>},
    {"bxor", 2, binary<arithmetic::bitXor>},
    {"bsl", 2, binary<arithmetic::shiftLeft>},
    {"bsr", 2, binary<arithmetic::shiftRight>},
    {">", 2, [](Arguments a) { return Term(compare(a[0], a[1]) > 0); }},
    {">=", 2, [](Arguments a) { return Term(compare(a[0], a[1]) >= 0); }},
    {"<", 2, [](Arguments a) { return Term(compare(a[0], a[1]) < 0); }},
    {"=<", 2, [](Arguments a) { return Term(compare(a[0], a[1]) <= 0); }},
    {"==", 2, [](Arguments a) { return Term(a[0] == a[1]); }},
    {"/=", 2, [](Arguments a) { return Term(!(a[0] == a[1])); }},
    {"=:=", 2, [](Arguments a) { return Term(equalsExact(a[0], a[1])); }},
    {"=/=", 2, [](Arguments a) { return Term(!equalsExact(a[0], a[1])); }},
};

} // namespace

GuardFunction findGuardFunction(Atom name, std::size_t arity) noexcept {
    static const auto s_functions = [] {
        std::unordered_map<std::uint64_t, GuardFunction> functions;
        for (const Named& each : kFunctions)
            functions.emplace(std::uint64_t{atom(each.name).index()} << 2 | each.arity,
                              each.function);
        return functions;
    }();
    if (arity > 3)
        return nullptr;
    const auto at = s_functions.find(std::uint64_t{name.index()} << 2 | arity);
    return at == s_functions.end() ? nullptr : at->second;
}

} // namespace grove
