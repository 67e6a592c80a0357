#include <ui/common/elided_label.h>
#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/window/status_line.h>

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLocale>
#include <QPainter>

namespace grove::ui {

namespace {

constexpr qint64 kShowSavingAfterMs = 200;
constexpr qint64 kExplainAfterMs = 2000;

/// The mark before the words: a tick while all is saved.
class SavedMark final : public QWidget {
public:
    SavedMark(Session& session, QWidget* parent) : QWidget(parent), m_session(session) {
        setFixedSize(metrics().icon, metrics().icon);
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const Saving saving = m_session.saving();
        QPainter painter(this);
        if (saving.changes == 0)
            paintIcon(painter, rect(), "check", color(Token::Accent));
        else if (saving.stopped || saving.oldestMs >= kExplainAfterMs)
            paintIcon(painter, rect(), "warning", color(Token::Warning));
        else
            paintIcon(painter, rect(), "unsaved", color(Token::Muted));
    }

private:
    Session& m_session;
};

QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::StatusLine", text);
}

} // namespace

QString savingWords(const Saving& saving) {
    const QString changes = counted(saving.changes, tr("%1 change"), tr("%1 changes"));
    if (saving.changes == 0)
        return tr("All changes saved");
    if (saving.stopped)
        return saving.changes == 1
                   ? tr("Not saved: 1 change waits. Start the to-do application")
                   : tr("Not saved: %1 wait. Start the to-do application").arg(changes);
    if (saving.oldestMs >= kExplainAfterMs) {
        const QString text = saving.changes == 1 ? tr("1 change is not saved yet")
                                                 : tr("%1 are not saved yet").arg(changes);
        return saving.waitingFor.isEmpty() ? text : tr("%1: %2").arg(text, saving.waitingFor);
    }
    // Under 200 ms nothing is claimed either way.
    return saving.oldestMs >= kShowSavingAfterMs ? tr("Saving %1\u2026").arg(changes) : QString();
}

StatusLine::StatusLine(Session& session, QWidget* parent)
    : QStatusBar(parent), m_session(session), m_mark(new SavedMark(session, this)),
      m_saved(new ElidedLabel(this)), m_processes(new ElidedLabel(this, Token::Muted)),
      m_restarts(new ElidedLabel(this, Token::Muted)), m_cpu(new ElidedLabel(this, Token::Muted)),
      m_keys(new ElidedLabel(this, Token::Muted)) {
    setSizeGripEnabled(false);
    setFixedHeight(metrics().statusLine);
    setAccessibleName(StatusLine::tr("Status"));
    // QStatusBar's own layout has margins and frames of another look; the children are ours.
    delete layout();
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(metrics().margin, 1, metrics().margin, 0);
    line->setSpacing(metrics().gap);
    line->addWidget(m_mark);
    line->addWidget(m_saved, 1);
    for (ElidedLabel* label : {m_processes, m_restarts, m_cpu, m_keys}) {
        line->addSpacing(10);
        line->addWidget(label);
        label->setMinimumText(10'000); // the saving state gives way first
        label->hide();
    }
    for (ElidedLabel* label : {m_saved, m_processes, m_restarts, m_cpu, m_keys})
        label->setFont(ui::font(TypeRole::Secondary));
    m_keys->setText(StatusLine::tr("Ctrl+K for any command"));
    m_keys->show();
    connect(&m_session, &Session::savingChanged, this, &StatusLine::updateSaved);
    connect(&m_aging, &QTimer::timeout, this, &StatusLine::updateSaved);
    updateSaved();
}

void StatusLine::setFigures(qint64 processes, qint64 restarts, double cpuPercent) {
    m_processes->setText(
        counted(processes, StatusLine::tr("%1 process"), StatusLine::tr("%1 processes")));
    m_processes->show();
    m_restarts->setText(
        counted(restarts, StatusLine::tr("%1 restart"), StatusLine::tr("%1 restarts")));
    m_restarts->show();
    m_cpu->setText(StatusLine::tr("CPU %1 %").arg(QLocale().toString(cpuPercent, 'f', 1)));
    m_cpu->setToolTip(StatusLine::tr("This program's use of one core over the last 5 s"));
    m_cpu->setVisible(cpuPercent >= 0);
}

void StatusLine::setHint(const QString& hint) {
    m_hint = hint;
    updateSaved();
}

QString StatusLine::savedText() const {
    return savingWords(m_session.saving());
}

void StatusLine::updateSaved() {
    const Saving saving = m_session.saving();
    // What is shown depends on the age of the oldest change: look again when it would change.
    if (saving.changes == 0 || saving.oldestMs >= kExplainAfterMs)
        m_aging.stop();
    else
        m_aging.start(
            int((saving.oldestMs < kShowSavingAfterMs ? kShowSavingAfterMs : kExplainAfterMs) -
                saving.oldestMs) +
            1);
    m_mark->setVisible(m_hint.isEmpty());
    m_mark->update();
    m_saved->setToken(m_hint.isEmpty() ? Token::Text : Token::Muted);
    m_saved->setText(m_hint.isEmpty() ? savingWords(saving) : m_hint);
}

void StatusLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Background));
    drawHairline(painter, Qt::Horizontal, 0, 0, width(), color(Token::Border));
}

} // namespace grove::ui
