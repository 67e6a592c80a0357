#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/observer/format.h>
#include <ui/observer/recovery_view.h>

#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace grove::ui {

RecoveryView::RecoveryView(const QString& heading,
                           const std::vector<observe::RecoveryEvent>& events, QWidget* parent)
    : QDialog(parent) {
    setObjectName(QStringLiteral("recoveryView"));
    setWindowTitle(heading);
    setAttribute(Qt::WA_DeleteOnClose);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 20, 24, 20);
    column->setSpacing(14);
    auto* title = new QLabel(heading, this);
    title->setFont(ui::font(TypeRole::InspectorTitle));
    title->setTextFormat(Qt::PlainText);
    title->setWordWrap(true);
    column->addWidget(title);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const observe::RecoveryEvent& event : events) {
        auto* when = new QLabel(tr("+%1").arg(spanText(event.after)), this);
        when->setForegroundRole(QPalette::PlaceholderText);
        when->setAlignment(Qt::AlignRight | Qt::AlignTop);
        auto* what = new QLabel(text(event.text), this);
        what->setTextFormat(Qt::PlainText);
        what->setWordWrap(true);
        what->setTextInteractionFlags(Qt::TextSelectableByMouse);
        grid->addWidget(when, row, 0);
        grid->addWidget(what, row++, 1);
    }
    column->addLayout(grid);
    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    column->addWidget(close, 0, Qt::AlignRight);
    setMinimumWidth(460);
    close->setFocus();
}

void RecoveryView::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), color(Token::Surface));
}

} // namespace grove::ui
