#include <ui/common/marks.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>

namespace grove::ui {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::Marks", text);
}

constexpr int kGaugeCellsMax = 7; // from 8 on a bar with "n/m"
constexpr qreal kCellWidth = 12;
constexpr qreal kCellHeight = 7;
constexpr qreal kCellGap = 3;
constexpr qreal kGaugeBar = 48;

/// Paints in a 14 x 14 field whose middle is the origin.
void paintShape(QPainter& painter, StatusMark mark, const QColor& color) {
    const QPen stroke(color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    constexpr qreal r = 4.25;
    const QRectF circle(-r, -r, 2 * r, 2 * r);
    const QRectF square(-3.75, -3.75, 7.5, 7.5);
    painter.setPen(stroke);
    painter.setBrush(Qt::NoBrush);
    switch (mark) {
    case StatusMark::None:
        break;
    case StatusMark::Waiting:
        painter.drawEllipse(circle);
        break;
    case StatusMark::Running:
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawEllipse(QPointF(0, 0), 5, 5);
        break;
    case StatusMark::Runnable:
        painter.drawEllipse(circle);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawPie(circle, 90 * 16, 180 * 16);
        break;
    case StatusMark::OwnThread:
        painter.drawRoundedRect(square, 1, 1);
        break;
    case StatusMark::Suspended:
        painter.setPen(QPen(color, 2, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(-2.5, -4), QPointF(-2.5, 4));
        painter.drawLine(QPointF(2.5, -4), QPointF(2.5, 4));
        break;
    case StatusMark::HoldingScheduler:
        painter.setBrush(color);
        painter.drawPolygon(QPolygonF({{-4.5, 4}, {0, -4.5}, {4.5, 4}}));
        break;
    case StatusMark::Gone:
        painter.drawEllipse(circle);
        painter.drawLine(QPointF(-5.5, 5.5), QPointF(5.5, -5.5));
        break;
    case StatusMark::Restarting:
        painter.drawArc(circle, 60 * 16, 285 * 16);
        painter.setBrush(color);
        painter.setPen(Qt::NoPen);
        painter.drawPolygon(QPolygonF({{1.2, -6.6}, {5.6, -3.6}, {1.0, -1.4}}));
        break;
    case StatusMark::NotStarted: {
        QPen dots = stroke;
        dots.setDashPattern({0.1, 2.2});
        painter.setPen(dots);
        painter.drawEllipse(circle);
        break;
    }
    case StatusMark::ApplicationStopped:
        painter.drawRoundedRect(square, 1, 1);
        painter.drawLine(QPointF(-5.5, 5.5), QPointF(5.5, -5.5));
        break;
    }
}

} // namespace

void paintMark(QPainter& painter, const QRectF& box, StatusMark mark, const QColor& color) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(box.center());
    const qreal scale = std::min(box.width(), box.height()) / 14;
    painter.scale(scale, scale);
    paintShape(painter, mark, color);
    painter.restore();
}

QColor markColor(StatusMark mark) {
    switch (mark) {
    case StatusMark::Running:
    case StatusMark::Runnable:
    case StatusMark::Restarting:
        return color(Token::Accent);
    case StatusMark::HoldingScheduler:
    case StatusMark::Suspended:
        return color(Token::Warning);
    case StatusMark::Gone:
    case StatusMark::ApplicationStopped:
        return color(Token::Danger);
    case StatusMark::None:
    case StatusMark::Waiting:
    case StatusMark::OwnThread:
    case StatusMark::NotStarted:
        break;
    }
    return color(Token::Muted);
}

QString markWord(StatusMark mark) {
    switch (mark) {
    case StatusMark::None:
        break;
    case StatusMark::Waiting:
        return tr("waiting");
    case StatusMark::Running:
        return tr("running");
    case StatusMark::Runnable:
        return tr("runnable");
    case StatusMark::OwnThread:
        return tr("own thread");
    case StatusMark::Suspended:
        return tr("suspended");
    case StatusMark::HoldingScheduler:
        return tr("holding its scheduler");
    case StatusMark::Gone:
        return tr("gone");
    case StatusMark::Restarting:
        return tr("restarting");
    case StatusMark::NotStarted:
        return tr("not started");
    case StatusMark::ApplicationStopped:
        return tr("stopped");
    }
    return {};
}

void paintGlyph(QPainter& painter, QPointF rightMiddle, StrategyGlyph glyph, const QColor& color) {
    if (glyph == StrategyGlyph::None)
        return;
    const std::array<bool, 3> filled = {glyph != StrategyGlyph::RestForOne,
                                        glyph != StrategyGlyph::OneForOne,
                                        glyph != StrategyGlyph::OneForOne};
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.25));
    for (int dot = 0; dot < 3; ++dot) {
        painter.setBrush(filled[std::size_t(dot)] ? QBrush(color) : QBrush(Qt::NoBrush));
        painter.drawEllipse(rightMiddle + QPointF(-3 - 10 * (2 - dot), 0), 3, 3);
    }
    painter.restore();
}

QString strategyWords(StrategyGlyph glyph) {
    switch (glyph) {
    case StrategyGlyph::None:
        break;
    case StrategyGlyph::OneForOne:
        return tr("one for one");
    case StrategyGlyph::OneForAll:
        return tr("one for all");
    case StrategyGlyph::RestForOne:
        return tr("rest for one");
    }
    return {};
}

qreal gaugeWidth(const RestartBudget& budget) {
    if (budget.allowed <= 0)
        return 0;
    if (budget.allowed <= kGaugeCellsMax)
        return budget.allowed * kCellWidth + (budget.allowed - 1) * kCellGap;
    const QFontMetricsF metrics(font(TypeRole::Badge));
    return kGaugeBar + kCellGap * 2 +
           metrics.horizontalAdvance(QStringLiteral("%1/%1").arg(budget.allowed));
}

void paintGauge(QPainter& painter, QPointF rightMiddle, const RestartBudget& budget) {
    if (budget.allowed <= 0)
        return;
    const bool near = budget.allowed > 1 && budget.used >= budget.allowed - 1;
    const QColor fill = color(near ? Token::Warning : Token::Accent);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal left = rightMiddle.x() - gaugeWidth(budget);
    if (budget.allowed <= kGaugeCellsMax) {
        for (int cell = 0; cell < budget.allowed; ++cell) {
            const QRectF box(left + cell * (kCellWidth + kCellGap),
                             rightMiddle.y() - kCellHeight / 2, kCellWidth, kCellHeight);
            const bool used = cell < budget.used;
            painter.setPen(QPen(used ? fill : color(Token::Control), 1));
            painter.setBrush(used ? QBrush(fill) : QBrush(Qt::NoBrush));
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
        }
    } else {
        const QRectF track(left, rightMiddle.y() - kCellHeight / 2, kGaugeBar, kCellHeight);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(Token::Raised));
        painter.drawRoundedRect(track, 3, 3);
        painter.setBrush(fill);
        QRectF done = track;
        done.setWidth(track.width() * std::min(1.0, double(budget.used) / budget.allowed));
        painter.drawRoundedRect(done, 3, 3);
        painter.setPen(color(Token::Muted));
        painter.setFont(font(TypeRole::Badge));
        painter.drawText(
            QRectF(track.right(), rightMiddle.y() - 10, rightMiddle.x() - track.right(), 20),
            Qt::AlignRight | Qt::AlignVCenter,
            QStringLiteral("%1/%2").arg(budget.used).arg(budget.allowed));
    }
    painter.restore();
}

QString budgetWords(const RestartBudget& budget) {
    if (budget.allowed <= 0)
        return {};
    if (budget.periodSeconds > 0)
        return tr("%1 of %2 restarts in %3 s used")
            .arg(budget.used)
            .arg(budget.allowed)
            .arg(budget.periodSeconds);
    return tr("%1 of %2 restarts used").arg(budget.used).arg(budget.allowed);
}

void paintMailboxBar(QPainter& painter, QPointF leftMiddle, double fraction, bool nearLimit) {
    const QRectF track(leftMiddle.x(), leftMiddle.y() - 3, 40, 6);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color(Token::Raised));
    painter.drawRoundedRect(track, 3, 3);
    if (fraction > 0) {
        QRectF filled = track;
        filled.setWidth(std::clamp(40 * fraction, 6.0, 40.0));
        painter.setBrush(color(nearLimit ? Token::Warning : Token::Info));
        painter.drawRoundedRect(filled, 3, 3);
    }
    painter.restore();
}

} // namespace grove::ui
