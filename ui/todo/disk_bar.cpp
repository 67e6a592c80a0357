#include <ui/common/inline_bar.h>
#include <ui/common/text.h>
#include <ui/todo/disk_bar.h>

namespace grove::ui {

DiskBar::DiskBar(Session& session, BarStack& bars)
    : QObject(&bars), m_session(session), m_bars(bars) {
    connect(&session, &Session::diskChanged, this, &DiskBar::update);
    connect(&session, &Session::savingChanged, this, &DiskBar::update); // how many wait
    update();
}

void DiskBar::update() {
    const DiskState disk = m_session.disk();
    if (disk.kind == DiskState::Kind::Fine) {
        if (m_bar)
            m_bars.remove(m_bar);
        return;
    }
    const QString words = textOf(disk);
    if (m_bar) {
        if (m_bar->text() != words)
            m_bar->setText(words);
        return;
    }
    const bool readOnly = disk.kind == DiskState::Kind::ReadOnly;
    QList<InlineBar::Action> actions{{tr("Try again"), [this] { m_session.tryDiskAgain(); }}};
    if (readOnly)
        actions.append(
            {tr("Choose another folder\u2026"), [this] { m_session.chooseOtherFolder(); }});
    m_bar = m_bars.show(readOnly ? BarKind::Info : BarKind::Warning, words, actions, false);
}

QString DiskBar::textOf(const DiskState& disk) const {
    const int waiting = m_session.saving().changes;
    const QString changes = counted(waiting, tr("%1 change is"), tr("%1 changes are"));
    switch (disk.kind) {
    case DiskState::Kind::Fine:
        return {};
    case DiskState::Kind::ReadOnly:
        return tr("<b>%1</b> Your lists are shown and can be searched; changes are not possible. "
                  "Make the folder writable and try again, or choose another folder.")
            .arg(disk.what.toHtmlEscaped());
    case DiskState::Kind::Full:
        return tr("<b>The disk is full.</b> %1 not saved yet; they are kept here and written as "
                  "soon as there is room (at least 1 MB). Do not close Grove.")
            .arg(changes);
    case DiskState::Kind::Failing:
        return tr("<b>The disk takes no changes.</b> %1 not saved yet; they are kept here and "
                  "tried again. Do not close Grove. %2")
            .arg(changes, disk.what.toHtmlEscaped());
    }
    return {};
}

} // namespace grove::ui
