// How MainWindow closes: what is not saved or still under way is waited for, or asked about.

#include <ui/common/inline_bar.h>
#include <ui/common/question_dialog.h>
#include <ui/common/text.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>
#include <ui/window/sidebar.h>

#include <QCloseEvent>

#include <algorithm>
#include <utility>

namespace grove::ui {

namespace {
constexpr int kCloseWaitMs = 2000;
}

/// Changes that are not on disk, those included that wait for the first list.
int MainWindow::unsaved() const {
    return m_session.saving().changes + static_cast<int>(m_todoPage->earlyEntries());
}

QStringList MainWindow::workUnderWay() const {
    QStringList headings;
    if (m_session.importRunning())
        headings.append(tr("Importing %1\u2026").arg(m_session.importName()));
    for (const auto& [number, errand] : m_errands)
        headings.append(errand.heading);
    return headings;
}

bool MainWindow::mayClose() const {
    return unsaved() == 0 && workUnderWay().isEmpty();
}

int MainWindow::beginErrand(Errand errand) {
    m_errands.emplace(++m_errandNumber, std::move(errand));
    m_stopAsked = false; // this one was not told to stop
    updateCloseQuestion();
    return m_errandNumber;
}

void MainWindow::endErrand(int number) {
    m_errands.erase(number);
    workChanged();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!m_closing) {
        m_todoPage->commitEdit();
        if (!commitListName()) {
            event->ignore();
            return;
        }
    }
    if (m_closing || mayClose()) {
        writeSettings();
        event->accept();
        if (!std::exchange(m_closing, true))
            emit closed();
        return;
    }
    event->ignore();
    m_closeWanted = true;
    if (!m_closeWait.isActive() && !m_closeQuestion)
        m_closeWait.start(kCloseWaitMs);
}

void MainWindow::closeNow() {
    dropCloseQuestion();
    writeSettings();
    m_closing = true;
    close();
    emit closed();
}

/// Something is saved, or has ended.
void MainWindow::workChanged() {
    if (m_closing || !m_closeWanted)
        return;
    if (!mayClose()) {
        updateCloseQuestion();
        return;
    }
    dropCloseQuestion();
    close(); // what is being typed now counts, too
}

void MainWindow::dropCloseQuestion() {
    m_closeWait.stop();
    if (!m_closeQuestion)
        return;
    m_closeQuestion->disconnect(this); // nobody has answered it
    m_closeQuestion->close();
}

void MainWindow::askBeforeClosing() {
    if (!m_closeWanted)
        return;
    if (mayClose()) {
        close();
        return;
    }
    if (m_closeBar)
        m_todoPage->bars()->remove(m_closeBar);
    m_closeQuestion = new QuestionDialog(this);
    m_closeQuestion->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_closeQuestion, &QDialog::accepted, this, &MainWindow::closeAnswered);
    connect(m_closeQuestion, &QDialog::rejected, this, &MainWindow::keepWaiting);
    updateCloseQuestion();
    m_closeQuestion->open();
}

void MainWindow::updateCloseQuestion() {
    if (!m_closeQuestion)
        return;
    const QStringList work = workUnderWay();
    const QString changes = counted(unsaved(), tr("%1 change"), tr("%1 changes"));
    const QString reason = m_session.saving().waitingFor.toHtmlEscaped();
    if (work.isEmpty()) {
        m_closeQuestion->setHeading(tr("Saving %1\u2026").arg(changes));
        m_closeQuestion->setSubLine(reason);
        m_closeQuestion->setButtons(tr("Keep waiting"), tr("Close and lose %1").arg(changes),
                                    QuestionDialog::Verb::Dangerous);
        return;
    }
    QStringList lines;
    for (const QString& also : work.mid(1))
        lines.append(also.toHtmlEscaped());
    if (unsaved() > 0)
        lines.append(reason.isEmpty() ? tr("Saving %1\u2026").arg(changes)
                                      : tr("Saving %1: %2").arg(changes, reason));
    const bool imports =
        m_session.importRunning() ||
        std::ranges::any_of(m_errands, [](const auto& each) { return each.second.isImport; });
    if (m_stopAsked)
        lines.append(tr("It was told to stop and has not ended yet."));
    else if (imports)
        lines.append(tr("What is imported so far stays."));
    m_closeQuestion->setHeading(work.constFirst());
    m_closeQuestion->setSubLine(lines.join(QStringLiteral("<br>")));
    m_closeQuestion->setButtons(tr("Keep waiting"),
                                m_stopAsked ? tr("Close now")
                                : imports   ? tr("Stop the import and close")
                                            : tr("Stop it and close"),
                                QuestionDialog::Verb::Dangerous);
}

/// The verb of the question that was shown.
void MainWindow::closeAnswered() {
    if (workUnderWay().isEmpty() || m_stopAsked) {
        closeNow();
        return;
    }
    m_stopAsked = true;
    m_closeWait.start(kCloseWaitMs); // the rest may take long, too
    if (m_session.importRunning())
        m_session.cancelImport();
    const std::map<int, Errand> errands = m_errands; // one may end at once
    for (const auto& [number, errand] : errands)
        errand.stop();
}

void MainWindow::keepWaiting() {
    m_closeBar = m_todoPage->bars()->show(
        BarKind::Info, tr("<b>Grove closes when everything is saved and done.</b>"),
        {{tr("Stay open"),
          [this] {
              m_closeWait.stop();
              m_closeWanted = false;
              m_stopAsked = false;
              m_todoPage->bars()->remove(m_closeBar);
          }}},
        false);
}

/// Takes over the name of a list that is being typed. Returns: whether the window may close for all
/// of that; if not, it asks.
bool MainWindow::commitListName() {
    const QString typed = m_sidebar->editedName();
    m_nameRefused.clear();
    m_sidebar->commitEdit();
    if (m_nameRefused.isEmpty())
        return true;
    auto* question = new QuestionDialog(this);
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setHeading(tr("The name of the list is not taken over"));
    question->setSubLine(m_nameRefused.toHtmlEscaped());
    question->setButtons(tr("Choose another name"), tr("Close without it"),
                         QuestionDialog::Verb::Dangerous);
    connect(question, &QDialog::accepted, this, &QWidget::close);
    connect(question, &QDialog::rejected, m_sidebar,
            [sidebar = m_sidebar, typed] { sidebar->editAgain(typed); });
    question->open();
    return false;
}

} // namespace grove::ui
