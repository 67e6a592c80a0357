#include <ui/common/icons.h>
#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/theme.h>

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QTextDocumentFragment>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace grove::ui {

namespace {

constexpr int kBarsAtMost = 2;
constexpr int kNarrow = 440;

Token washOf(BarKind kind) {
    switch (kind) {
    case BarKind::Success:
        return Token::SuccessWash;
    case BarKind::Info:
        return Token::InfoWash;
    case BarKind::Warning:
        return Token::WarningWash;
    case BarKind::Danger:
        break;
    }
    return Token::DangerWash;
}

Token inkOf(BarKind kind) {
    switch (kind) {
    case BarKind::Success:
        return Token::Accent;
    case BarKind::Info:
        return Token::Info;
    case BarKind::Warning:
        return Token::Warning;
    case BarKind::Danger:
        break;
    }
    return Token::Danger;
}

const char* iconOf(BarKind kind) {
    switch (kind) {
    case BarKind::Success:
        return "check";
    case BarKind::Info:
        return "info";
    case BarKind::Warning:
    case BarKind::Danger:
        break;
    }
    return "warning";
}

} // namespace

InlineBar::InlineBar(BarKind kind, QWidget* parent)
    : QFrame(parent), m_kind(kind), m_middle(new QBoxLayout(QBoxLayout::LeftToRight)),
      m_links(new QHBoxLayout), m_label(new QLabel(this)), m_close(new QToolButton(this)),
      m_life(new QTimer(this)) {
    auto* layout = new QHBoxLayout(this);
    // Icon of 16 at the page margin, text 26 after it: the first text edge of the mocks.
    layout->setContentsMargins(metrics().margin + 26, 5, metrics().margin, 5);
    layout->setSpacing(12);
    m_label->setTextFormat(Qt::RichText);
    m_label->setWordWrap(true);
    m_label->setTextInteractionFlags(Qt::TextBrowserInteraction);
    m_label->setFocusPolicy(Qt::NoFocus);
    m_label->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_middle->setSpacing(12);
    m_middle->addWidget(m_label, 1);
    m_links->setSpacing(metrics().margin);
    m_middle->addLayout(m_links);
    layout->addLayout(m_middle, 1);
    m_close->setAutoRaise(true);
    m_close->setIcon(icon("close", Token::Muted));
    m_close->setIconSize(QSize(metrics().icon, metrics().icon));
    m_close->setFixedSize(24, 24);
    m_close->setToolTip(tr("Close"));
    m_close->setAccessibleName(tr("Close this message"));
    m_close->setFocusPolicy(Qt::TabFocus);
    m_close->hide();
    layout->addWidget(m_close, 0, Qt::AlignTop);
    setMinimumHeight(metrics().bar);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    m_life->setSingleShot(true);
    const auto close = [this] {
        hide();
        emit closed();
    };
    connect(m_close, &QToolButton::clicked, this, close);
    connect(m_life, &QTimer::timeout, this, close);
}

void InlineBar::setKind(BarKind kind) {
    m_kind = kind;
    update();
}

void InlineBar::setText(const QString& richText) {
    if (m_text == richText)
        return;
    m_text = richText;
    m_label->setText(richText);
    setAccessibleName(QTextDocumentFragment::fromHtml(richText).toPlainText());
    if (isVisible())
        announce();
}

QString InlineBar::text() const {
    return m_text;
}

void InlineBar::setActions(const QList<Action>& actions) {
    m_actionList = actions;
    rebuildActions();
}

void InlineBar::rebuildActions() {
    while (QLayoutItem* item = m_links->takeAt(0)) {
        item->widget()->deleteLater(); // its own click may be what brought us here
        delete item;
    }
    for (const Action& action : m_actionList) {
        auto* link = new QToolButton(this);
        link->setText(action.text);
        link->setAccessibleName(action.text);
        link->setProperty("groveLink", true);
        link->setToolButtonStyle(Qt::ToolButtonTextOnly);
        link->setAutoRaise(true);
        link->setFocusPolicy(Qt::TabFocus);
        link->setCursor(Qt::PointingHandCursor);
        connect(link, &QToolButton::clicked, this, [run = action.run] { run(); });
        m_links->addWidget(link);
    }
}

void InlineBar::setClosable(bool closable) {
    m_close->setVisible(closable);
}

bool InlineBar::isClosable() const {
    return !m_close->isHidden();
}

void InlineBar::setLifetime(int ms) {
    if (ms > 0)
        m_life->start(ms);
    else
        m_life->stop();
}

void InlineBar::announce() {
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void InlineBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(washOf(m_kind)));
    const int side = metrics().icon;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    paintIcon(painter,
              QRectF(rtl ? width() - metrics().margin - side : metrics().margin,
                     (metrics().bar - side) / 2, side, side),
              iconOf(m_kind), color(inkOf(m_kind)));
}

void InlineBar::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const int lead = metrics().margin + 26;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    layout()->setContentsMargins(rtl ? metrics().margin : lead, 5, rtl ? lead : metrics().margin,
                                 5);
    // In a narrow pane (the inspector) the links stand under the text instead of squeezing it.
    const bool narrow = width() < kNarrow;
    m_middle->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_middle->setSpacing(narrow ? 2 : 12);
    layout()->setAlignment(m_close, narrow ? Qt::AlignTop : Qt::AlignVCenter);
    m_links->setAlignment(narrow ? Qt::AlignLeading : Qt::Alignment());
}

void InlineBar::showEvent(QShowEvent* event) {
    QFrame::showEvent(event);
    announce();
}

void InlineBar::changeEvent(QEvent* event) {
    // A QLabel's links keep the colour they were laid out with.
    if (event->type() == QEvent::PaletteChange) {
        m_label->setText(QString());
        m_label->setText(m_text);
    }
    QFrame::changeEvent(event);
}

BarStack::BarStack(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    hide();
}

InlineBar* BarStack::show(BarKind kind, const QString& richText,
                          const QList<InlineBar::Action>& actions, bool closable) {
    while (m_bars.size() >= kBarsAtMost) {
        const auto oldest = std::find_if(m_bars.crbegin(), m_bars.crend(),
                                         [](const InlineBar* bar) { return bar->isClosable(); });
        remove(oldest == m_bars.crend() ? m_bars.constLast() : *oldest);
    }
    auto* bar = new InlineBar(kind, this);
    bar->setText(richText);
    bar->setActions(actions);
    bar->setClosable(closable);
    connect(bar, &InlineBar::closed, this, [this, bar] { remove(bar); });
    m_bars.prepend(bar);
    static_cast<QVBoxLayout*>(layout())->insertWidget(0, bar);
    setVisible(true);
    bar->setVisible(true);
    return bar;
}

void BarStack::remove(InlineBar* bar) {
    if (m_bars.removeAll(bar) == 0)
        return;
    layout()->removeWidget(bar);
    bar->hide();
    bar->deleteLater();
    setVisible(!m_bars.isEmpty());
}

} // namespace grove::ui
