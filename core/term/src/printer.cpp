#include "printer.h"

#include "access.h"
#include "utf8.h"

#include <grove/term/map.h>

#include <algorithm>

namespace grove::detail {

namespace {

constexpr std::string_view kCut = "…";

std::size_t lower(std::size_t limit) {
    return limit == kNoLimit || limit == 0 ? limit : limit - 1;
}

/// Elixir's test for `a: ` syntax: atoms, except the names of modules.
bool isKeywordKey(const Term& key) {
    const auto atom = key.asAtom();
    return atom && !atom->name().starts_with("Elixir.");
}

bool isKeywordList(const Term& list) {
    const Term* at = &list;
    for (; at->isCons(); at = &at->tail()) {
        if (!at->head().isTuple(2) || !isKeywordKey(at->head().element(0))) {
            return false;
        }
    }
    return at->isNil();
}

bool hasKeywordKeys(const Term& map) {
    for (const auto& [key, value] : map.mapEntries()) {
        if (!isKeywordKey(key)) {
            return false;
        }
    }
    return true;
}

/// Larger maps are sorted only when they are written whole: see InspectOptions.
constexpr std::size_t kSortedMax = 10'000;

std::vector<MapEntry> entriesAsTheyLie(const Term& map, std::size_t count) {
    std::vector<MapEntry> entries;
    for (const auto& [key, value] : map.mapEntries()) {
        if (entries.size() == count) {
            break;
        }
        entries.push_back({key, value});
    }
    return entries;
}

} // namespace

std::string TextOutput::take() && {
    if (!isFull()) {
        return std::move(m_text);
    }
    std::size_t keep = m_bytesMax < kCut.size() ? 0 : m_bytesMax - kCut.size();
    while (keep > 0 && (static_cast<unsigned char>(m_text[keep]) & 0xC0) == 0x80) {
        --keep;
    }
    m_text.resize(keep);
    if (m_bytesMax >= kCut.size()) {
        m_text += kCut;
    }
    return std::move(m_text);
}

void Printer::print(const Term& term, std::size_t limit) {
    open(term, limit);
    while (!m_frames.isEmpty() && !m_out.isFull()) {
        step();
    }
}

/// Writes a leaf, or starts a collection.
void Printer::open(const Term& term, std::size_t limit) {
    switch (term.kind()) {
    case TermKind::Tuple:
        m_out.put('{');
        m_frames.push(
            {Kind::Tuple, false, true, false, term.elements().data(), term.tupleSize(), 0, limit});
        return;
    case TermKind::Map: {
        const bool isKeyword = m_style.hasKeywords && hasKeywordKeys(term);
        m_out.put(m_style.mapOpen);
        pushMap(term, isKeyword, limit);
        return;
    }
    case TermKind::Cons:
        if (!m_style.writeText(term, m_out)) {
            m_out.put('[');
            const bool isKeyword = m_style.hasKeywords && isKeywordList(term);
            m_frames.push({Kind::List, isKeyword, true, false, &term, 0, 0, limit});
        }
        return;
    default:
        m_style.leaf(term, limit, m_out);
    }
}

/// Keys lie in front of the values, as small maps have them; of a larger map an array is made of
/// the entries that can be written.
void Printer::pushMap(const Term& map, bool isKeyword, std::size_t limit) {
    auto& terms = m_maps.emplace_back();
    if (map.mapSize() <= MapObject::kEntriesMax) {
        const Term* keys = TermAccess::object<MapObject>(map)->keys();
        m_frames.push(
            {Kind::Map, isKeyword, true, false, keys, map.mapSize(), map.mapSize(), limit});
        return;
    }
    // One more than is written, so that the frame sees that there are more.
    const std::size_t shown =
        std::min({limit == kNoLimit ? kNoLimit : limit + 1, m_out.bytesMax(), map.mapSize()});
    const auto entries = shown < map.mapSize() && map.mapSize() > kSortedMax
                             ? entriesAsTheyLie(map, shown)
                             : entriesInOrder(map, shown);
    terms.resize(entries.size() * 2);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        terms[i] = entries[i].key;
        terms[entries.size() + i] = entries[i].value;
    }
    m_frames.push(
        {Kind::Map, isKeyword, true, false, terms.data(), entries.size(), entries.size(), limit});
}

void Printer::step() {
    Frame& frame = m_frames.top();
    switch (frame.kind) {
    case Kind::Tuple:
        return stepTuple(frame);
    case Kind::List:
        return stepList(frame);
    case Kind::Map:
        return stepMap(frame);
    }
}

/// Separator and limit in front of an element.
/// Returns: false if the collection ends here for want of limit.
bool Printer::startElement(Frame& frame) {
    if (!frame.isFirst) {
        m_out.put(m_style.separator);
    }
    frame.isFirst = false;
    if (frame.limit == 0) {
        m_out.put("...");
        return false;
    }
    frame.limit = lower(frame.limit);
    return true;
}

void Printer::close(std::string_view bracket) {
    m_out.put(bracket);
    if (m_frames.pop().kind == Kind::Map) {
        m_maps.pop_back();
    }
}

void Printer::stepTuple(Frame& frame) {
    if (frame.left == 0 || !startElement(frame)) {
        return close("}");
    }
    --frame.left;
    open(*frame.next++, frame.limit);
}

void Printer::stepList(Frame& frame) {
    if (frame.next->isNil()) {
        return close("]");
    }
    if (!frame.next->isCons()) {
        const Term& tail = *frame.next;
        static const Term kEnd = Term::nil();
        m_out.put(m_style.tailSeparator);
        frame.next = &kEnd;
        return open(tail, frame.limit);
    }
    if (!startElement(frame)) {
        return close("]");
    }
    const Term& element = frame.next->head();
    frame.next = &frame.next->tail();
    if (frame.isKeyword) {
        m_style.key(*element.element(0).asAtom(), m_out);
        return open(element.element(1), frame.limit);
    }
    open(element, frame.limit);
}

void Printer::stepMap(Frame& frame) {
    if (frame.wantsValue) {
        m_out.put(" => ");
        frame.wantsValue = false;
        const Term& value = frame.next[frame.size];
        ++frame.next;
        return open(value, frame.limit);
    }
    if (frame.left == 0 || !startElement(frame)) {
        return close("}");
    }
    --frame.left;
    if (frame.isKeyword) {
        m_style.key(*frame.next->asAtom(), m_out);
        const Term& value = frame.next[frame.size];
        ++frame.next;
        return open(value, frame.limit);
    }
    frame.wantsValue = true;
    open(*frame.next, frame.limit);
}

} // namespace grove::detail
