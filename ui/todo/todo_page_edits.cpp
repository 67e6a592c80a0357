// What TodoPage does to entries, and how it finds them.

#include <ui/common/actions.h>
#include <ui/common/inline_bar.h>
#include <ui/common/search_field.h>
#include <ui/common/text.h>
#include <ui/common/views.h>
#include <ui/todo/date_popup.h>
#include <ui/todo/dates.h>
#include <ui/todo/entry_delegate.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_page.h>
#include <ui/todo/undo_names.h>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QMenu>

#include <algorithm>
#include <utility>

namespace grove::ui {

namespace {

constexpr int kEarlyWordsMs = 5'000;

/// The entry that an edit names first, for "Undo tick off 'Dentist'".
todo::EntryId firstOf(const todo::Change& change) {
    if (const auto* titles = std::get_if<todo::SetTitles>(&change))
        return titles->entries.front().id;
    if (const auto* dates = std::get_if<todo::SetDates>(&change))
        return dates->entries.front().id;
    if (const auto* done = std::get_if<todo::SetDone>(&change))
        return done->entries.front().id;
    if (const auto* gone = std::get_if<todo::DeleteEntries>(&change))
        return gone->ids.front().first;
    return 0;
}

} // namespace

QString TodoPage::titleOf(todo::EntryId entry) const {
    const todo::Entry* found = m_model ? m_model->entry(entry) : nullptr;
    return found ? QString::fromStdString(found->title) : QString();
}

void TodoPage::submit(todo::Change change) {
    const QString name = undoNameOf(change, titleOf(firstOf(change)), m_today);
    const auto done = m_session.submit(m_list, std::move(change), name);
    if (!done)
        m_bars->show(BarKind::Warning, QString::fromStdString(done.error().why).toHtmlEscaped());
}

void TodoPage::addEntry(const QString& title, const QDate& date) {
    const auto checked = todo::checkTitle(title.toStdString());
    if (!checked) {
        m_bars->show(BarKind::Warning, QString::fromStdString(checked.error().why).toHtmlEscaped());
        return; // what was typed stays
    }
    m_quickAdd->line()->clear();
    if (m_list == 0) {
        m_early.push_back({.title = *checked, .date = fromQDate(date)});
        m_bars
            ->show(BarKind::Info, tr("<b>'%1'</b> is added once the list is read.")
                                      .arg(QString::fromStdString(*checked).toHtmlEscaped()))
            ->setLifetime(kEarlyWordsMs);
        return;
    }
    m_scrollToNew = true;
    submit(todo::AddEntries{{{.title = *checked, .date = fromQDate(date)}}});
}

void TodoPage::addEarly() {
    if (m_early.empty())
        return;
    m_scrollToNew = true;
    submit(todo::AddEntries{std::exchange(m_early, {})});
}

void TodoPage::offerLines(const QStringList& lines) {
    const QDate date = m_quickAdd->date();
    auto* bar = m_bars->show(
        BarKind::Info,
        tr("<b>%1 lines were pasted.</b> Nothing is added yet.").arg(number(lines.size())));
    const auto add = [this, bar, lines, date](bool asOne) {
        todo::AddEntries entries;
        QStringList wrong;
        for (const QString& line : asOne ? QStringList{lines.join(QLatin1Char(' '))} : lines) {
            const auto checked = todo::checkTitle(line.toStdString());
            if (checked)
                entries.entries.push_back({.title = *checked, .date = fromQDate(date)});
            else
                wrong.append(QString::fromStdString(checked.error().why));
        }
        m_bars->remove(bar);
        if (m_list == 0)
            m_early.insert(m_early.end(), entries.entries.begin(), entries.entries.end());
        else if (!entries.entries.empty())
            submit(std::move(entries));
        if (!wrong.isEmpty())
            m_bars->show(BarKind::Warning,
                         tr("%1 was left out: %2")
                             .arg(counted(wrong.size(), tr("%1 line"), tr("%1 lines")),
                                  wrong.constFirst().toHtmlEscaped()));
        m_quickAdd->line()->setFocus(Qt::OtherFocusReason);
    };
    bar->setActions({{tr("Add %1 entries").arg(number(lines.size())), [add] { add(false); }},
                     {tr("Add as one"), [add] { add(true); }}});
}

void TodoPage::tick(todo::EntryId entry, bool done) {
    submit(todo::SetDone{{{.id = entry, .done = done}}});
}

void TodoPage::tickSelected() {
    if (toggleFold(m_view->currentIndex()))
        return;
    const std::vector<todo::EntryId> selected = selectedEntries();
    if (selected.empty())
        return;
    const bool allDone = std::ranges::all_of(
        selected, [this](todo::EntryId id) { return m_model->entry(id)->done; });
    todo::SetDone change;
    for (const todo::EntryId id : selected)
        if (m_model->entry(id)->done == allDone)
            change.entries.push_back({.id = id, .done = !allDone});
    submit(std::move(change));
}

void TodoPage::editCurrent() {
    const QModelIndex current = m_view->currentIndex();
    if (!toggleFold(current) && m_model && m_model->entryAt(current))
        m_view->edit(current);
}

void TodoPage::editTitle(todo::EntryId entry, const QString& title) {
    submit(todo::SetTitles{{{.id = entry, .title = title.toStdString()}}});
}

void TodoPage::deleteSelected() {
    std::vector<todo::EntryId> selected = selectedEntries();
    if (selected.empty())
        return;
    // The keyboard goes on with the next row, or the one before.
    QModelIndex next = m_view->indexBelow(m_model->indexOf(selected.back()));
    while (next.isValid() && !m_model->entryAt(next))
        next = m_view->indexBelow(next);
    if (!next.isValid()) {
        next = m_view->indexAbove(m_model->indexOf(selected.front()));
        while (next.isValid() && !m_model->entryAt(next))
            next = m_view->indexAbove(next);
    }
    const QPersistentModelIndex successor = next;
    std::ranges::sort(selected);
    todo::DeleteEntries change;
    for (const todo::EntryId id : selected)
        todo::appendId(change.ids, id);
    submit(std::move(change));
    if (successor.isValid())
        m_view->selectionModel()->setCurrentIndex(successor, QItemSelectionModel::ClearAndSelect);
}

void TodoPage::askDate() {
    const std::vector<todo::EntryId> selected = selectedEntries();
    if (selected.empty())
        return;
    const todo::Entry* first = m_model->entry(selected.front());
    auto* popup = new DatePopup(m_today, toQDate(first->date), this);
    connect(popup, &DatePopup::chosen, this, &TodoPage::moveSelected);
    const QRect row = m_view->visualRect(m_view->currentIndex());
    popup->popup(m_view->viewport()->mapToGlobal(QPoint(row.left() + 36, row.bottom() + 2)));
}

void TodoPage::moveSelected(const QDate& date) {
    todo::SetDates change;
    for (const todo::EntryId id : selectedEntries())
        if (m_model->entry(id)->date != fromQDate(date))
            change.entries.push_back({.id = id, .date = fromQDate(date)});
    if (!change.entries.empty())
        submit(std::move(change));
    m_view->scrollTo(m_view->currentIndex());
}

void TodoPage::showRowMenu(QPoint viewportPoint) {
    const QModelIndex at = m_view->indexAt(viewportPoint);
    if (!m_model || !m_model->entryAt(at))
        return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const char* id : {"entry.tick", "entry.edit", "entry.date", "entry.delete"})
        menu->addAction(m_actions.action(id));
    menu->addSeparator();
    menu->addAction(m_actions.action("list.process"));
    menu->popup(m_view->viewport()->mapToGlobal(viewportPoint));
}

void TodoPage::copySelection() {
    QStringList lines;
    for (const todo::EntryId id : selectedEntries())
        lines.append(titleOf(id));
    if (!lines.isEmpty())
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void TodoPage::find() {
    m_find->setFocus(Qt::ShortcutFocusReason);
    m_find->selectAll();
}

void TodoPage::findNext() {
    goToMatch(1);
}

void TodoPage::findPrevious() {
    goToMatch(-1);
}

void TodoPage::updateMatches() {
    const QString wanted = m_find->text().trimmed();
    m_delegate->setFindText(wanted);
    m_view->viewport()->update();
    m_matches.clear();
    if (!m_model || wanted.isEmpty())
        return;
    for (int group = 0; group < m_model->rowCount(); ++group) {
        const QModelIndex parent = m_model->index(group, 0);
        for (int row = 0; row < m_model->rowCount(parent); ++row) {
            const todo::Entry* entry = m_model->entryAt(m_model->index(row, 0, parent));
            if (QString::fromStdString(entry->title).contains(wanted, Qt::CaseInsensitive))
                m_matches.append(entry->id);
        }
    }
    const todo::Entry* current = m_model->entryAt(m_view->currentIndex());
    const qsizetype at = current ? m_matches.indexOf(current->id) : -1;
    if (m_matches.isEmpty())
        m_find->setResult(tr("none"));
    else if (at < 0 && m_find->hasFocus())
        goToMatch(1);
    else
        m_find->setResult(tr("%1 of %2").arg(number(at + 1), number(m_matches.size())));
}

void TodoPage::goToMatch(int step) {
    if (m_matches.isEmpty())
        return;
    const todo::Entry* current = m_model->entryAt(m_view->currentIndex());
    const qsizetype count = m_matches.size();
    qsizetype at = current ? m_matches.indexOf(current->id) : -1;
    at = at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count;
    selectEntry(m_matches.at(at));
    m_find->setResult(tr("%1 of %2").arg(number(at + 1), number(count)));
}

bool TodoPage::stepBack() {
    if (m_find->text().isEmpty() && !m_find->hasFocus())
        return false;
    m_find->clear();
    m_view->setFocus(Qt::OtherFocusReason);
    return true;
}

} // namespace grove::ui
