#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/observer/zoom_control.h>

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

#include <cmath>

namespace grove::ui {

ZoomControl::ZoomControl(QWidget* parent)
    : QWidget(parent), m_out(new QToolButton(this)), m_fit(new QToolButton(this)),
      m_in(new QToolButton(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(0);
    for (QToolButton* button : {m_out, m_fit, m_in}) {
        button->setAutoRaise(true);
        button->setFont(ui::font(TypeRole::Secondary));
        button->setFocusPolicy(Qt::NoFocus); // + - and Home do the same from the tree
        button->setMinimumSize(24, metrics().field - 4);
        row->addWidget(button, button == m_fit ? 1 : 0);
    }
    m_out->setText(QStringLiteral("−"));
    m_out->setAccessibleName(tr("Zoom out"));
    m_out->setToolTip(tr("Zoom out (-)"));
    m_in->setText(QStringLiteral("+"));
    m_in->setAccessibleName(tr("Zoom in"));
    m_in->setToolTip(tr("Zoom in (+)"));
    m_fit->setAccessibleName(tr("Fit the tree into the window"));
    m_fit->setToolTip(tr("Fit the tree into the window (Home); 0 for 100 %"));
    connect(m_out, &QToolButton::clicked, this, &ZoomControl::zoomedOut);
    connect(m_in, &QToolButton::clicked, this, &ZoomControl::zoomedIn);
    connect(m_fit, &QToolButton::clicked, this, &ZoomControl::fitted);
    setZoom(1, true);
}

void ZoomControl::setZoom(double zoom, bool isWhole) {
    const QString words =
        (isWhole ? tr("Fit · %1 %") : tr("%1 % · Fit all")).arg(std::lround(zoom * 100));
    if (m_fit->text() == words)
        return;
    m_fit->setText(words);
    const int right = geometry().right();
    resize(sizeHint());
    move(right - width() + 1, y());
}

QSize ZoomControl::sizeHint() const {
    return {std::max(132, m_fit->sizeHint().width() + 2 * 26 + 4), metrics().field};
}

void ZoomControl::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color(Token::Control), 1));
    painter.setBrush(color(Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), metrics().radius,
                            metrics().radius);
}

} // namespace grove::ui
