#include <ui/common/metrics.h>

#include <QFontDatabase>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace grove::ui {

namespace {

constexpr qreal kBasePoint = 10.5;
constexpr qreal kBasePixels = 14;
constexpr qreal kSmallestPoint = 9;
constexpr int kRoleCount = int(TypeRole::Number) + 1;

Metrics s_metrics;
std::array<QFont, kRoleCount> s_fonts;

QFont scaled(const QFont& body, qreal pixelsAtBase, QFont::Weight weight = QFont::Normal) {
    QFont result = body;
    result.setPointSizeF(std::max(kSmallestPoint, body.pointSizeF() * pixelsAtBase / kBasePixels));
    result.setWeight(weight);
    return result;
}

/// Live figures must not shake; Qt before 6.7 cannot ask a font for its tabular ones.
bool hasTabularFigures(const QFont& body) {
    const QFontMetricsF metrics(body);
    const qreal zero = metrics.horizontalAdvance(QLatin1Char('0'));
    for (char digit = '1'; digit <= '9'; ++digit)
        if (std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) - zero) > 0.01)
            return false;
    return true;
}

} // namespace

const Metrics& metrics() {
    return s_metrics;
}

const QFont& font(TypeRole role) {
    return s_fonts[std::size_t(role)];
}

QFont applicationFontFrom(QFont desktop) {
    if (desktop.pointSizeF() <= 0) // set in pixels: keep the size, in points
        desktop.setPointSizeF(QFontInfo(desktop).pointSizeF());
    if (desktop.pointSizeF() < 10)
        desktop.setPointSizeF(kBasePoint);
    return desktop;
}

void updateMetrics(const QFont& body) {
    s_fonts[std::size_t(TypeRole::Body)] = body;
    s_fonts[std::size_t(TypeRole::Title)] = scaled(body, 18, QFont::DemiBold);
    s_fonts[std::size_t(TypeRole::PaneTitle)] = scaled(body, 14, QFont::DemiBold);
    s_fonts[std::size_t(TypeRole::InspectorTitle)] = scaled(body, 16, QFont::DemiBold);
    s_fonts[std::size_t(TypeRole::Heading)] = scaled(body, 13, QFont::DemiBold);
    s_fonts[std::size_t(TypeRole::Secondary)] = scaled(body, 13);
    s_fonts[std::size_t(TypeRole::Badge)] = scaled(body, 12);
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPointSizeF(std::max(kSmallestPoint, body.pointSizeF() * 12.5 / kBasePixels));
    s_fonts[std::size_t(TypeRole::Mono)] = mono;
    s_fonts[std::size_t(TypeRole::Number)] = hasTabularFigures(body) ? body : mono;

    Metrics next;
    const int height = int(std::ceil(QFontMetricsF(body).height()));
    const int more = std::max(0, height + 9 - next.row);
    for (int* size : {&next.row, &next.entryRow, &next.groupText, &next.header, &next.field,
                      &next.menuBar, &next.statusLine, &next.pageHead, &next.paneHead,
                      &next.quickAdd, &next.tabRow, &next.bar, &next.keyRow})
        *size += more;
    const qreal wider = std::max(1.0, body.pointSizeF() / kBasePoint);
    for (int* size : {&next.keyColumn, &next.sidebar, &next.sidebarMin, &next.inspector,
                      &next.inspectorMin, &next.colPid, &next.colStatus, &next.colMailbox,
                      &next.colRestarts, &next.icon, &next.check, &next.entryCheck, &next.mark})
        *size = int(std::lround(*size * wider));
    s_metrics = next;
}

qreal hairline(const QPaintDevice* device) {
    const qreal ratio = device ? device->devicePixelRatioF() : 1;
    return std::max(1.0, std::floor(ratio)) / ratio;
}

qreal snapped(qreal coordinate, const QPaintDevice* device) {
    const qreal ratio = device ? device->devicePixelRatioF() : 1;
    return (std::floor(coordinate * ratio) + 0.5) / ratio;
}

void drawHairline(QPainter& painter, Qt::Orientation orientation, qreal at, qreal from, qreal to,
                  const QColor& color) {
    // A filled rectangle on device pixels: a pen would be spread over two of them at 1.25 and 1.5.
    const qreal ratio = painter.device() ? painter.device()->devicePixelRatioF() : 1;
    const qreal width = hairline(painter.device());
    const QPointF origin = painter.transform().map(QPointF(0, 0));
    const qreal offset = orientation == Qt::Horizontal ? origin.y() : origin.x();
    const qreal start = (std::floor((at * 1.0 + offset / ratio) * ratio) - offset) / ratio;
    const QRectF line = orientation == Qt::Horizontal ? QRectF(from, start, to - from, width)
                                                      : QRectF(start, from, width, to - from);
    painter.fillRect(line, color);
}

} // namespace grove::ui
