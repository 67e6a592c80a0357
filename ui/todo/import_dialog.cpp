#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/common/roles.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/todo/dates.h>
#include <ui/todo/import_dialog.h>

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

enum Column { LineColumn, DateColumn, TitleColumn };
constexpr int kRowsShown = 9;

QList<QStandardItem*> rowFor(const ImportLine& line) {
    auto* number = new QStandardItem(ui::number(line.line));
    number->setData(int(Token::Muted), ForegroundTokenRole);
    number->setData(int(Qt::AlignRight | Qt::AlignVCenter), Qt::TextAlignmentRole);
    const bool rejected = line.title.isEmpty();
    auto* date = new QStandardItem(rejected ? ImportDialog::tr("left out")
                                            : dayWord(fromQDate(line.date), QDate::currentDate()));
    auto* title = new QStandardItem(rejected ? line.text : line.title);
    if (rejected) {
        title->setData(int(Token::Muted), ForegroundTokenRole);
        date->setData(int(Token::Danger), ForegroundTokenRole);
        title->setText(line.reason.isEmpty()
                           ? line.text
                           : QStringLiteral("%1 — %2").arg(line.reason, line.text));
    }
    for (QStandardItem* item : {number, date, title})
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    return {number, date, title};
}

} // namespace

ImportDialog::ImportDialog(Session& session, const QString& path, todo::ListId openList,
                           QWidget* parent)
    : QDialog(parent), m_session(session), m_path(path), m_heading(new QLabel(this)),
      m_about(new QLabel(this)), m_lines(new QStandardItemModel(0, 3, this)),
      m_table(new TableView(this)), m_target(new QWidget(this)), m_fault(new QLabel(this)),
      m_skipEqual(new QCheckBox(tr("Leave out entries that are there already"), this)),
      m_progress(new QProgressBar(this)), m_progressText(new QLabel(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)), m_import(new QPushButton(tr("Import"), this)) {
    setWindowModality(Qt::WindowModal);
    setAttribute(Qt::WA_DeleteOnClose);
    const QString name = QFileInfo(path).fileName();
    setWindowTitle(tr("Import %1").arg(name));
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 20, 24, 20);
    layout->setSpacing(8);
    m_heading->setFont(ui::font(TypeRole::Title));
    m_heading->setText(windowTitle());
    m_about->setForegroundRole(QPalette::PlaceholderText);
    m_about->setWordWrap(true);
    m_about->setText(tr("Reading the file\u2026"));
    m_lines->setHorizontalHeaderLabels({tr("Line"), tr("Date"), tr("Title")});
    m_lines->horizontalHeaderItem(LineColumn)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->setModel(m_lines);
    m_table->setAccessibleName(tr("The first lines of %1").arg(name));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setFixedHeight(metrics().header + kRowsShown * metrics().row + 2);
    m_table->setFrameShape(QFrame::StyledPanel);
    m_table->headerView()->resizeSection(LineColumn, 72);
    m_table->headerView()->resizeSection(DateColumn, 128);
    m_table->headerView()->setStretchColumn(TitleColumn, 200);
    m_table->headerView()->setSectionsClickable(false);
    layout->addWidget(m_heading);
    layout->addWidget(m_about);
    layout->addWidget(m_table);
    layout->addSpacing(4);
    buildTarget(m_target, openList);
    layout->addWidget(m_target);
    layout->addWidget(m_skipEqual);
    m_progress->hide();
    m_progressText->hide();
    layout->addWidget(m_progress);
    layout->addWidget(m_progressText);
    layout->addSpacing(4);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch(1);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_import);
    layout->addLayout(buttons);
    setButtonTone(m_import, ButtonTone::AccentFilled);
    m_import->setDefault(true);
    setMinimumWidth(560);
    connect(m_cancel, &QPushButton::clicked, this, &ImportDialog::reject);
    connect(m_import, &QPushButton::clicked, this, &ImportDialog::start);
    connect(&m_session, &Session::importPreviewed, this, &ImportDialog::showPreview);
    connect(&m_session, &Session::importProgressed, this, &ImportDialog::showProgress);
    connect(&m_session, &Session::importFinished, this, &ImportDialog::finishImport);
    checkTarget();
    m_session.previewImport(path);
}

void ImportDialog::buildTarget(QWidget* parent, todo::ListId openList) {
    m_intoList = new QRadioButton(tr("Into the list"), parent);
    m_intoNew = new QRadioButton(tr("Into a new list"), parent);
    m_list = new QComboBox(parent);
    m_list->setAccessibleName(tr("List to import into"));
    for (const ListInfo& info : m_session.lists()) {
        m_list->addItem(info.name, qint64(info.id));
        if (info.id == openList)
            m_list->setCurrentIndex(m_list->count() - 1);
    }
    m_newName = new QLineEdit(QFileInfo(m_path).completeBaseName(), parent);
    m_newName->setAccessibleName(tr("Name of the new list"));
    auto* grid = new QGridLayout(parent);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->addWidget(m_intoList, 0, 0);
    grid->addWidget(m_list, 0, 1);
    grid->addWidget(m_intoNew, 1, 0);
    grid->addWidget(m_newName, 1, 1);
    grid->addWidget(m_fault, 2, 1);
    grid->setColumnStretch(1, 1);
    m_fault->setForegroundRole(QPalette::BrightText);
    m_fault->setWordWrap(true);
    // An empty open list is what one has just made for this; otherwise nothing is mixed unasked.
    const ListInfo open = m_session.listInfo(openList);
    const bool intoOpen = open.id != 0 && open.openCount + open.doneCount == 0;
    (intoOpen ? m_intoList : m_intoNew)->setChecked(true);
    connect(m_intoList, &QRadioButton::toggled, this, &ImportDialog::checkTarget);
    connect(m_newName, &QLineEdit::textChanged, this, &ImportDialog::checkTarget);
    connect(m_newName, &QLineEdit::textEdited, m_intoNew, [this] { m_intoNew->setChecked(true); });
    connect(m_list, &QComboBox::activated, m_intoList, [this] { m_intoList->setChecked(true); });
}

void ImportDialog::checkTarget() {
    QString fault;
    if (m_intoNew->isChecked()) {
        const auto checked = todo::checkListName(m_newName->text().toStdString());
        if (!checked)
            fault = QString::fromStdString(checked.error().why);
        else
            for (const ListInfo& info : m_session.lists())
                if (info.name.compare(QString::fromStdString(*checked), Qt::CaseInsensitive) == 0)
                    fault = QString::fromStdString(todo::nameTaken(info.name.toStdString()).why);
    }
    m_fault->setText(fault);
    m_fault->setVisible(!fault.isEmpty());
    m_import->setEnabled(m_previewed && fault.isEmpty());
}

void ImportDialog::showPreview(const ImportPreview& preview) {
    if (preview.path != m_path || m_previewed)
        return;
    if (!preview.problem.isEmpty()) {
        m_about->setText(preview.problem);
        m_about->setForegroundRole(QPalette::WindowText);
        for (QWidget* widget :
             std::initializer_list<QWidget*>{m_table, m_target, m_skipEqual, m_import})
            widget->hide();
        m_cancel->setText(tr("Close"));
        m_cancel->setFocus();
        adjustSize();
        return;
    }
    m_previewed = true;
    for (const ImportLine& line : preview.lines)
        m_lines->appendRow(rowFor(line));
    m_about->setText(tr("About %1, as they will be read:")
                         .arg(counted(preview.linesAbout, tr("%1 line"), tr("%1 lines"))));
    checkTarget();
    m_import->setFocus();
}

void ImportDialog::start() {
    ImportRequest request;
    request.path = m_path;
    request.skipEqual = m_skipEqual->isChecked();
    if (m_intoNew->isChecked())
        request.newListName = m_newName->text();
    else
        request.list = m_list->currentData().toLongLong();
    m_running = true;
    m_target->setEnabled(false);
    m_skipEqual->setEnabled(false);
    m_import->setEnabled(false);
    m_progress->setRange(0, 0);
    m_progress->show();
    m_progressText->setText(tr("Starting\u2026"));
    m_progressText->show();
    m_cancel->setText(tr("Stop"));
    m_session.startImport(request);
}

void ImportDialog::showProgress(const ImportProgress& progress) {
    if (!m_running)
        return;
    m_progress->setRange(0, int(qMin<qint64>(qMax<qint64>(progress.linesAbout, 1), INT_MAX)));
    m_progress->setValue(int(qMin<qint64>(progress.line, m_progress->maximum())));
    m_progressText->setText(tr("%1 imported, line %2 of about %3")
                                .arg(counted(progress.imported, tr("%1 entry"), tr("%1 entries")),
                                     number(progress.line), number(progress.linesAbout)));
}

void ImportDialog::finishImport(const ImportReport& report) {
    if (!m_running)
        return;
    m_running = false;
    emit imported(report);
    accept();
}

void ImportDialog::reject() {
    if (!m_running) {
        QDialog::reject();
        return;
    }
    m_cancel->setEnabled(false);
    m_session.cancelImport(); // finishImport() closes
}

} // namespace grove::ui
