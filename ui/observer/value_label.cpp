#include <ui/observer/value_label.h>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>

namespace grove::ui {

namespace {

constexpr QChar kBreak(0x200B);
constexpr int kLongWord = 16;     ///< shorter ones fit any width
constexpr int kWithoutBreak = 20; ///< then one is put in anywhere

bool breaksBetween(QChar before, QChar after) {
    if (before.isLetterOrNumber())
        return before.isLower() && after.isUpper();
    return after.isLetterOrNumber() || after == u'(' || after == u'<';
}

} // namespace

QString breakable(const QString& plain) {
    QString out;
    out.reserve(plain.size());
    for (qsizetype from = 0; from < plain.size();) {
        qsizetype end = from;
        while (end < plain.size() && !plain.at(end).isSpace())
            ++end;
        int since = 0;
        for (qsizetype i = from; i < end; ++i) {
            out += plain.at(i);
            ++since;
            const bool last = i + 1 == end;
            if (end - from > kLongWord && !last && !plain.at(i).isHighSurrogate() &&
                (since >= kWithoutBreak || breaksBetween(plain.at(i), plain.at(i + 1)))) {
                out += kBreak;
                since = 0;
            }
        }
        for (; end < plain.size() && plain.at(end).isSpace(); ++end)
            out += plain.at(end);
        from = end;
    }
    return out;
}

QString unbroken(const QString& text) {
    return QString(text).remove(kBreak);
}

bool ValueLabel::event(QEvent* event) {
    // Before the window's own Copy.
    if (event->type() == QEvent::ShortcutOverride && hasSelectedText() &&
        static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        event->accept();
        return true;
    }
    return QLabel::event(event);
}

void ValueLabel::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy) && hasSelectedText())
        return copy();
    QLabel::keyPressEvent(event);
}

void ValueLabel::contextMenuEvent(QContextMenuEvent* event) {
    if (!hasSelectedText())
        return event->ignore();
    QMenu menu(this);
    connect(menu.addAction(tr("Copy")), &QAction::triggered, this, [this] { copy(); });
    menu.exec(event->globalPos());
}

void ValueLabel::copy() const {
    QGuiApplication::clipboard()->setText(unbroken(selectedText()));
}

} // namespace grove::ui
