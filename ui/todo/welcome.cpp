#include <ui/todo/dates.h>
#include <ui/todo/welcome.h>

#include <QCoreApplication>
#include <QFile>

namespace grove::ui {

QString welcomeListName() {
    return QCoreApplication::translate("grove::ui::Welcome", "Welcome to Grove");
}

std::vector<todo::NewEntry> welcomeEntries(const QDate& today) {
    QFile file(QStringLiteral(":/welcome.csv"));
    const bool opened = file.open(QIODevice::ReadOnly | QIODevice::Text);
    Q_ASSERT(opened);
    std::vector<todo::NewEntry> entries;
    // Our own file: `when,"title"` with when one of today, tomorrow, nothing; no quotes inside
    // titles.
    while (opened && !file.atEnd()) {
        const QByteArray line = file.readLine().trimmed();
        const qsizetype comma = line.indexOf(',');
        if (comma < 0)
            continue;
        const QByteArray when = line.left(comma);
        QByteArray title = line.mid(comma + 1);
        if (title.startsWith('"') && title.endsWith('"'))
            title = title.mid(1, title.size() - 2);
        todo::NewEntry entry;
        entry.title =
            QCoreApplication::translate("grove::ui::Welcome", title.constData()).toStdString();
        if (when == "today")
            entry.date = fromQDate(today);
        else if (when == "tomorrow")
            entry.date = fromQDate(today.addDays(1));
        entries.push_back(std::move(entry));
    }
    return entries;
}

} // namespace grove::ui
