#include <ui/common/text.h>
#include <ui/todo/dates.h>
#include <ui/todo/undo_names.h>

#include <QCoreApplication>

namespace grove::ui {

namespace {

constexpr qsizetype kTitleShown = 40;

QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::UndoNames", text);
}

/// "'Dentist'" or "3 entries"
QString what(qint64 count, const QString& title) {
    if (count != 1)
        return tr("%1 entries").arg(number(count));
    const QString cut =
        title.size() > kTitleShown ? title.left(kTitleShown - 1) + QStringLiteral("\u2026") : title;
    return tr("'%1'").arg(cut);
}

struct Namer {
    const QString& title;
    const QDate& today;

    QString operator()(const todo::AddEntries& add) const {
        return tr("add %1").arg(what(
            qint64(add.entries.size()),
            add.entries.empty() ? QString() : QString::fromStdString(add.entries.front().title)));
    }
    QString operator()(const todo::SetTitles& set) const {
        return tr("edit %1").arg(what(qint64(set.entries.size()), title));
    }
    QString operator()(const todo::SetDates& set) const {
        const QString moved = what(qint64(set.entries.size()), title);
        if (set.entries.empty() || !set.entries.front().date)
            return tr("take the date off %1").arg(moved);
        const QDate day = toQDate(set.entries.front().date);
        const bool word = day == today || day == today.addDays(1);
        const QString to = dayWord(set.entries.front().date, today);
        return tr("move %1 to %2").arg(moved, word ? to.toLower() : to);
    }
    QString operator()(const todo::SetDone& set) const {
        const QString ticked = what(qint64(set.entries.size()), title);
        return !set.entries.empty() && set.entries.front().done ? tr("tick off %1").arg(ticked)
                                                                : tr("untick %1").arg(ticked);
    }
    QString operator()(const todo::DeleteEntries& gone) const {
        return tr("delete %1").arg(what(todo::idCount(gone.ids), title));
    }
    QString operator()(const todo::RestoreEntries& back) const {
        return tr("bring back %1").arg(what(todo::idCount(back.ids), title));
    }
    QString operator()(const todo::ForgetEntries& gone) const {
        return tr("forget %1").arg(what(todo::idCount(gone.ids), title));
    }
    QString operator()(const todo::RenameList&) const {
        return tr("rename list %1").arg(what(1, title));
    }
    QString operator()(const todo::DeleteList&) const {
        return tr("delete list %1").arg(what(1, title));
    }
    QString operator()(const todo::RestoreList&) const {
        return tr("bring back list %1").arg(what(1, title));
    }
};

} // namespace

QString undoNameOf(const todo::Change& change, const QString& title, const QDate& today) {
    return std::visit(Namer{title, today}, change);
}

QString undoNameOfImport(qint64 entries) {
    return tr("import %1")
        .arg(entries == 1 ? tr("1 entry") : tr("%1 entries").arg(number(entries)));
}

} // namespace grove::ui
