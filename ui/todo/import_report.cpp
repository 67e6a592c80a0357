#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/roles.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/todo/import_dialog.h>
#include <ui/todo/undo_link.h>

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::ImportReport", text);
}

/// The lines that were not entries: Line, Text, Why.
void showRejected(const ImportReport& report, QWidget* window) {
    auto* dialog = new QDialog(window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Lines that were not entries"));
    dialog->setAutoFillBackground(true);
    dialog->setBackgroundRole(QPalette::Base);
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(0, 16, 0, 16);
    auto* heading = new QLabel(dialog->windowTitle(), dialog);
    heading->setFont(font(TypeRole::Title));
    heading->setContentsMargins(metrics().margin, 0, metrics().margin, 4);
    layout->addWidget(heading);
    auto* model = new QStandardItemModel(0, 3, dialog);
    model->setHorizontalHeaderLabels({tr("Line"), tr("Text"), tr("Why")});
    for (const ImportLine& line : report.rejected) {
        auto* number = new QStandardItem(ui::number(line.line));
        number->setData(int(Token::Muted), ForegroundTokenRole);
        model->appendRow({number, new QStandardItem(line.text), new QStandardItem(line.reason)});
    }
    auto* table = new TableView(dialog);
    table->setModel(model);
    table->setAccessibleName(dialog->windowTitle());
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->headerView()->setSectionsClickable(false);
    table->headerView()->resizeSection(0, 80);
    table->headerView()->resizeSection(2, 240);
    table->headerView()->setStretchColumn(1, 200);
    layout->addWidget(table, 1);
    if (report.rejectedCount > qint64(report.rejected.size())) {
        auto* more = new QLabel(
            tr("The first %1 of %2")
                .arg(number(qint64(report.rejected.size())), number(report.rejectedCount)));
        more->setContentsMargins(metrics().margin, 4, metrics().margin, 0);
        more->setForegroundRole(QPalette::PlaceholderText);
        layout->addWidget(more);
    }
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(metrics().margin, 8, metrics().margin, 0);
    buttons->addStretch(1);
    auto* close = new QPushButton(tr("Close"), dialog);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
    dialog->resize(720, 420);
    dialog->open();
}

QString entriesWord(qint64 count) {
    return counted(count, tr("%1 entry"), tr("%1 entries"));
}

} // namespace

void showImportReport(BarStack& bars, Session& session, const ImportReport& report,
                      QWidget* window) {
    if (!report.problem.isEmpty()) {
        bars.show(BarKind::Warning, report.problem.toHtmlEscaped());
        return;
    }
    const QString list = report.listName.toHtmlEscaped();
    QString text;
    const bool early = report.cancelled || !report.stopped.isEmpty();
    if (early)
        text = tr("<b>Import stopped at line %1 of about %2.</b> %3 are in %4.")
                   .arg(number(report.stoppedAtLine), number(report.linesAbout),
                        entriesWord(report.imported), list);
    else
        text = tr("<b>Imported %1 into %2.</b>").arg(entriesWord(report.imported), list);
    if (!report.stopped.isEmpty())
        text += QLatin1Char(' ') + report.stopped.toHtmlEscaped();
    if (report.skippedEqual > 0)
        text +=
            QLatin1Char(' ') + tr("%1 were there already.").arg(entriesWord(report.skippedEqual));
    if (report.rejectedCount > 0)
        text += QLatin1Char(' ') + counted(report.rejectedCount, tr("%1 line was not an entry."),
                                           tr("%1 lines were not entries."));
    auto* bar = bars.show(early ? BarKind::Warning : BarKind::Success, text);
    QList<InlineBar::Action> actions;
    if (report.cancelled)
        actions.append({tr("Continue"), [&bars, &session, bar] {
                            bars.remove(bar);
                            session.continueImport();
                        }});
    if (report.rejectedCount > 0)
        actions.append({tr("Show them"), [report, window] { showRejected(report, window); }});
    if (report.imported > 0)
        addUndoLink(bars, *bar, session, tr("Undo import"), actions);
    else
        bar->setActions(actions);
}

} // namespace grove::ui
