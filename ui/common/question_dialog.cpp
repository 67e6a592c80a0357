#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/common/theme.h>

#include <QCheckBox>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

constexpr int kDialogMargin = 24;
constexpr int kTextWidth = 430;

/// The facts lie on a sunken card.
class Card : public QWidget {
public:
    using QWidget::QWidget;

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(Token::Background));
        painter.drawRoundedRect(rect(), metrics().radius, metrics().radius);
    }
};

} // namespace

QuestionDialog::QuestionDialog(QWidget* parent)
    : QDialog(parent), m_layout(new QVBoxLayout(this)), m_heading(new QLabel(this)),
      m_subLine(new QLabel(this)), m_facts(new Card(this)), m_factGrid(new QGridLayout(m_facts)),
      m_option(new QCheckBox(this)), m_harmless(new QPushButton(this)),
      m_verb(new QPushButton(this)) {
    setWindowModality(Qt::WindowModal);
    m_layout->setContentsMargins(kDialogMargin, kDialogMargin - 4, kDialogMargin,
                                 kDialogMargin - 4);
    m_layout->setSpacing(4);
    m_heading->setFont(ui::font(TypeRole::Title));
    m_heading->setWordWrap(true);
    m_subLine->setForegroundRole(QPalette::PlaceholderText);
    m_subLine->setTextFormat(Qt::RichText);
    m_subLine->setWordWrap(true);
    m_subLine->hide();
    m_layout->addWidget(m_heading);
    m_layout->addWidget(m_subLine);
    m_layout->addSpacing(12);
    m_factGrid->setContentsMargins(12, 10, 12, 10);
    m_factGrid->setHorizontalSpacing(16);
    m_factGrid->setVerticalSpacing(5);
    m_factGrid->setColumnMinimumWidth(0, metrics().keyColumn);
    m_factGrid->setColumnStretch(1, 1);
    m_facts->hide();
    m_layout->addWidget(m_facts);
    m_option->hide();
    m_layout->addSpacing(8);
    m_layout->addWidget(m_option);
    m_layout->addSpacing(12);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(metrics().pad);
    buttons->addStretch(1);
    buttons->addWidget(m_harmless);
    buttons->addWidget(m_verb);
    m_layout->addLayout(buttons);
    m_harmless->setAutoDefault(true);
    m_verb->setAutoDefault(true);
    setMinimumWidth(kTextWidth + 2 * kDialogMargin);
    connect(m_harmless, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_verb, &QPushButton::clicked, this, &QDialog::accept);
}

void QuestionDialog::setHeading(const QString& heading) {
    m_heading->setText(heading);
    setWindowTitle(heading);
    setAccessibleName(heading);
}

void QuestionDialog::setSubLine(const QString& richText) {
    m_subLine->setText(richText);
    m_subLine->setVisible(!richText.isEmpty());
}

void QuestionDialog::setFacts(const QList<Fact>& facts) {
    // Set texts in place: a reader's position and a selection survive a live question.
    for (int row = 0; row < facts.size(); ++row) {
        for (int column = 0; column < 2; ++column) {
            QLayoutItem* item = m_factGrid->itemAtPosition(row, column);
            auto* label = item ? static_cast<QLabel*>(item->widget()) : nullptr;
            if (!label) {
                label = new QLabel(m_facts);
                label->setAlignment(Qt::AlignTop | Qt::AlignLeading);
                label->setTextFormat(Qt::PlainText);
                if (column == 0) {
                    label->setForegroundRole(QPalette::PlaceholderText);
                } else {
                    label->setWordWrap(true);
                    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
                }
                m_factGrid->addWidget(label, row, column);
            }
            const QString text = column == 0 ? facts.at(row).key : facts.at(row).value;
            if (label->text() != text)
                label->setText(text);
            label->show();
        }
    }
    for (int row = int(facts.size()); row < m_factGrid->rowCount(); ++row)
        for (int column = 0; column < 2; ++column)
            if (QLayoutItem* item = m_factGrid->itemAtPosition(row, column))
                item->widget()->hide();
    m_facts->setVisible(!facts.isEmpty());
}

void QuestionDialog::setExtra(QWidget* extra) {
    Q_ASSERT(!m_extra);
    m_extra = extra;
    m_layout->insertWidget(m_layout->indexOf(m_facts) + 1, extra);
}

void QuestionDialog::setOption(const QString& text) {
    m_option->setText(text);
    m_option->setVisible(!text.isEmpty());
}

bool QuestionDialog::optionChecked() const {
    return m_option->isVisibleTo(this) && m_option->isChecked();
}

void QuestionDialog::setButtons(const QString& harmless, const QString& verb, Verb kind) {
    m_kind = kind;
    m_harmless->setText(harmless);
    m_verb->setText(verb);
    setButtonTone(m_verb,
                  kind == Verb::Dangerous ? ButtonTone::DangerFilled : ButtonTone::AccentFilled);
}

void QuestionDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    // Enter in a field of a harmless question is its verb; of a dangerous one it never is.
    const bool entersVerb = m_extra && m_kind == Verb::Plain;
    (entersVerb ? m_verb : m_harmless)->setDefault(true);
    if (m_extra && m_extra->focusPolicy() != Qt::NoFocus)
        m_extra->setFocus(Qt::OtherFocusReason);
    else
        m_harmless->setFocus(Qt::OtherFocusReason);
}

bool QuestionDialog::event(QEvent* event) {
    const bool done = QDialog::event(event);
    // Wrapped texts ask for the height of a narrow column; the dialog is as high as its width
    // needs.
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Show)
        setFixedHeight(m_layout->totalHeightForWidth(width()));
    return done;
}

void QuestionDialog::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Surface));
}

void setButtonTone(QPushButton* button, ButtonTone tone) {
    button->setProperty("groveTone", int(tone));
    button->update();
}

} // namespace grove::ui
