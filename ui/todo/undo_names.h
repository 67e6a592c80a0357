#pragma once

#include <grove/todo/change.h>

#include <QDate>
#include <QString>

namespace grove::ui {

/// What a change is called behind "Undo": "tick off 'Dentist'", "move 3 entries to tomorrow".
/// `title` is the first entry's, as it was before the change (for a list: the list's name).
QString undoNameOf(const todo::Change& change, const QString& title, const QDate& today);
/// "import 9,981 entries".
QString undoNameOfImport(qint64 entries);

} // namespace grove::ui
