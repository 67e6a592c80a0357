#include <ui/common/empty_state.h>
#include <ui/common/icons.h>
#include <ui/common/metrics.h>

#include <QAction>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace grove::ui {

namespace {
constexpr int kIconSide = 32;
}

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_text(new QLabel(this)),
      m_button(new QPushButton(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(6);
    layout->addStretch(2);
    layout->addSpacing(kIconSide + 8);
    m_title->setFont(ui::font(TypeRole::InspectorTitle));
    for (QLabel* label : {m_title, m_text}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        layout->addWidget(label);
    }
    m_text->setForegroundRole(QPalette::PlaceholderText);
    layout->addSpacing(8);
    layout->addWidget(m_button, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    m_button->hide();
}

void EmptyState::setIcon(const char* name) {
    m_icon = name;
    update();
}

void EmptyState::setTexts(const QString& title, const QString& text) {
    m_title->setText(title);
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
}

void EmptyState::setAction(QAction* action) {
    disconnect(m_connection);
    m_button->setVisible(action);
    if (!action)
        return;
    m_button->setText(action->text());
    m_connection = connect(m_button, &QPushButton::clicked, action, &QAction::trigger);
}

void EmptyState::paintEvent(QPaintEvent*) {
    if (!m_icon)
        return;
    QPainter painter(this);
    paintIcon(
        painter,
        QRectF((width() - kIconSide) / 2.0, m_title->y() - kIconSide - 10, kIconSide, kIconSide),
        m_icon, color(Token::Edge));
}

} // namespace grove::ui
