#include <grove/todo/csv.h>
#include <grove/todo/text.h>

#include <algorithm>
#include <array>

namespace grove::todo {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// A field taken off the start of a line, and what follows it.
struct FieldCut {
    std::string value;
    std::string_view rest;
};

/// Takes a field in quotes. Requires: `line` starts with a quote.
std::optional<FieldCut> cutQuoted(std::string_view line) {
    FieldCut cut;
    std::size_t at = 1;
    while (at < line.size()) {
        if (line[at] != '"') {
            cut.value += line[at++];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
            cut.value += '"';
            at += 2;
        } else {
            cut.rest = line.substr(at + 1);
            return cut;
        }
    }
    return std::nullopt;
}

std::string lowered(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return lower;
}

/// A first line that names its columns: "date,title", "Due,Task" …
bool isHeader(std::string_view line) {
    static constexpr std::array<std::string_view, 5> kDates = {"date", "due", "due date", "day",
                                                               "when"};
    static constexpr std::array<std::string_view, 8> kTitles = {
        "title", "entry", "task", "todo", "name", "text", "description", "what"};
    const auto comma = line.find(',');
    if (comma == line.npos)
        return false;
    const auto bare = [](std::string_view field) {
        field = trimmed(field);
        if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
            field = trimmed(field.substr(1, field.size() - 2));
        return lowered(field);
    };
    const std::string first = bare(line.substr(0, comma));
    const std::string second = bare(line.substr(comma + 1));
    return std::ranges::find(kDates, first) != kDates.end() &&
           std::ranges::find(kTitles, second) != kTitles.end();
}

std::expected<NewEntry, std::string> makeEntry(std::string_view date, std::string_view title) {
    NewEntry entry;
    if (!trimmed(date).empty()) {
        auto parsed = parseDate(date);
        if (!parsed)
            return std::unexpected(shortReason(parsed.error()));
        entry.date = *parsed;
    }
    if (trimmed(title).empty())
        return std::unexpected(std::string("No title after the comma"));
    auto kept = checkTitle(title);
    if (!kept) {
        std::string reason = std::move(kept).error().why;
        reason.pop_back(); // a table's cell, not a sentence
        return std::unexpected(std::move(reason));
    }
    entry.title = *std::move(kept);
    return entry;
}

} // namespace

std::expected<NewEntry, std::string> parseCsvLine(std::string_view line) {
    std::string_view rest = trimmed(line);
    std::string date;
    if (!rest.empty() && rest.front() == '"') {
        auto cut = cutQuoted(rest);
        if (!cut)
            return std::unexpected(std::string("A quote is not closed on this line"));
        date = std::move(cut->value);
        rest = trimmed(cut->rest);
        if (rest.empty() || rest.front() != ',')
            return std::unexpected(std::string("No comma"));
    } else {
        const auto comma = rest.find(',');
        if (comma == rest.npos)
            return std::unexpected(std::string("No comma"));
        date = rest.substr(0, comma);
        rest.remove_prefix(comma);
    }
    rest = trimmed(rest.substr(1));
    if (rest.empty() || rest.front() != '"')
        return makeEntry(date, rest);
    auto title = cutQuoted(rest);
    if (!title)
        return std::unexpected(std::string("A quote is not closed on this line"));
    if (!trimmed(title->rest).empty())
        return std::unexpected(std::string("Text after the closing quote"));
    return makeEntry(date, title->value);
}

std::string printCsvLine(const Entry& entry) {
    std::string line = (entry.date ? isoDate(*entry.date) : std::string()) + ",";
    if (entry.title.find_first_of(",\"") == std::string::npos)
        return line + entry.title;
    line += '"';
    for (char c : entry.title)
        line += c == '"' ? std::string("\"\"") : std::string(1, c);
    return line + '"';
}

void CsvParser::feed(std::string_view bytes, CsvOutput& output) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        std::string_view piece = bytes.substr(0, end);
        bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
        if (!m_tooLong && m_partial.size() + piece.size() > kLineBytesMax) {
            m_tooLong = true;
            m_partial += piece.substr(0, kLineBytesMax - m_partial.size());
        }
        if (end == std::string_view::npos) {
            if (!m_tooLong)
                m_partial += piece;
            return;
        }
        if (m_tooLong || m_partial.empty()) {
            endLine(m_tooLong ? std::string_view(m_partial) : piece, output);
        } else {
            m_partial += piece;
            endLine(m_partial, output);
        }
        m_partial.clear();
        m_tooLong = false;
    }
}

void CsvParser::finish(CsvOutput& output) {
    if (m_partial.empty())
        return;
    endLine(m_partial, output);
    m_partial.clear();
    m_tooLong = false;
}

void CsvParser::endLine(std::string_view line, CsvOutput& output) {
    ++m_line;
    if (m_line == 1 && line.starts_with(kByteOrderMark))
        line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    readLine(line, output);
}

void CsvParser::readLine(std::string_view line, CsvOutput& output) {
    const auto reject = [&](std::string reason) {
        output.rejects.push_back({.line = m_line,
                                  .text = presentable(line, kShownBytesMax),
                                  .reason = std::move(reason)});
    };
    if (m_tooLong)
        return reject("The line is longer than 64 KiB");
    if (trimmed(line).empty())
        return;
    const bool isFirst = !std::exchange(m_sawContent, true);
    if (isFirst && isHeader(line)) {
        m_sawHeader = true;
        return;
    }
    if (const auto invalid = findInvalidUtf8(line))
        return reject("Not UTF-8 at byte " + std::to_string(*invalid + 1));
    auto entry = parseCsvLine(line);
    if (!entry)
        return reject(std::move(entry).error());
    output.rows.push_back({.line = m_line, .entry = *std::move(entry)});
}

} // namespace grove::todo
