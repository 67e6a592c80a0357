#include <ui/observer/term_text.h>

#include <vector>

namespace grove::ui {

namespace {

constexpr int kIndent = 2;

bool opens(QChar c) {
    return c == u'{' || c == u'[' || c == u'(';
}
bool closes(QChar c) {
    return c == u'}' || c == u']' || c == u')';
}
/// Binaries have brackets of two characters, which `#PID<…>` does not.
bool opensBinary(QStringView text, qsizetype at) {
    return text.mid(at, 2) == u"<<";
}
bool closesBinary(QStringView text, qsizetype at) {
    return text.mid(at, 2) == u">>";
}

/// Returns: the position behind the quoted text that begins at `at`.
qsizetype behindQuotes(QStringView text, qsizetype at) {
    const QChar quote = text[at++];
    while (at < text.size() && text[at] != quote)
        at += text[at] == u'\\' ? 2 : 1;
    return std::min(at + 1, text.size());
}

/// For each opening bracket the position of its closing one, for every other position 0.
std::vector<qsizetype> partners(QStringView text) {
    std::vector<qsizetype> closing(static_cast<std::size_t>(text.size()), 0);
    std::vector<qsizetype> open;
    for (qsizetype at = 0; at < text.size();) {
        if (text[at] == u'"' || text[at] == u'\'') {
            at = behindQuotes(text, at);
            continue;
        }
        const bool binary = opensBinary(text, at) || closesBinary(text, at);
        if (opens(text[at]) || opensBinary(text, at)) {
            open.push_back(at);
        } else if ((closes(text[at]) || closesBinary(text, at)) && !open.empty()) {
            closing[static_cast<std::size_t>(open.back())] = at;
            open.pop_back();
        }
        at += binary ? 2 : 1;
    }
    return closing;
}

} // namespace

QString laidOut(const QString& printed, int width) {
    const QStringView text(printed);
    const std::vector<qsizetype> closing = partners(text);
    QString out;
    out.reserve(text.size() * 5 / 4);
    std::vector<bool> broken; ///< of the brackets that are open: whether they were broken
    qsizetype column = 0;
    const auto newLine = [&](std::size_t depth) {
        while (out.endsWith(u' '))
            out.chop(1);
        out += u'\n' + QString(static_cast<qsizetype>(depth) * kIndent, u' ');
        column = static_cast<qsizetype>(depth) * kIndent;
    };
    for (qsizetype at = 0; at < text.size();) {
        qsizetype length = 1;
        if (text[at] == u'"' || text[at] == u'\'') {
            length = behindQuotes(text, at) - at;
        } else if (opens(text[at]) || opensBinary(text, at)) {
            length = opensBinary(text, at) ? 2 : 1;
            const qsizetype close = closing[static_cast<std::size_t>(at)];
            const bool breaks = close > at + length && column + (close - at) >= width;
            broken.push_back(breaks);
            if (breaks) {
                out += text.mid(at, length);
                newLine(broken.size());
                at += length;
                continue;
            }
        } else if ((closes(text[at]) || closesBinary(text, at)) && !broken.empty()) {
            length = closesBinary(text, at) ? 2 : 1;
            const bool breaks = broken.back();
            broken.pop_back();
            if (breaks)
                newLine(broken.size());
        } else if (text[at] == u',' && !broken.empty() && broken.back()) {
            out += u',';
            newLine(broken.size());
            at += at + 1 < text.size() && text[at + 1] == u' ' ? 2 : 1;
            continue;
        }
        out += text.mid(at, length);
        column += length;
        at += length;
    }
    return out;
}

} // namespace grove::ui
