#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/observer/format.h>
#include <ui/observer/node_painter.h>

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace grove::ui {

using observe::Place;
using observe::PlaceKind;
using observe::PlaceState;

namespace {

constexpr qreal kPidGap = 10;
constexpr qreal kMailboxAt = 72;
constexpr qreal kMailboxBar = 40;
constexpr qreal kDecorationRoom = 260;

QString tr(const char* source) {
    return QCoreApplication::translate("grove::ui::NodePainter", source);
}

QFont sized(TypeRole role, qreal scale, bool semibold = false) {
    QFont made = font(role);
    if (made.pixelSize() > 0)
        made.setPixelSize(static_cast<int>(std::lround(made.pixelSize() * scale)));
    else
        made.setPointSizeF(made.pointSizeF() * scale);
    if (semibold)
        made.setWeight(QFont::DemiBold);
    return made;
}

QFont nameFont(PlaceKind kind) {
    return kind == PlaceKind::Worker        ? font(TypeRole::Body)
           : kind == PlaceKind::Application ? sized(TypeRole::Body, 15.0 / 14.0, true)
                                            : sized(TypeRole::Body, 1, true);
}

QColor ink(const NodeLook& look) {
    return color(look.dimmed ? Token::Muted : Token::Text);
}

void drawText(QPainter& painter, const QRectF& rect, const QFont& with, const QColor& in,
              const QString& words, Qt::Alignment alignment = Qt::AlignLeft) {
    painter.setFont(with);
    painter.setPen(in);
    const QString cut =
        QFontMetricsF(with, painter.device()).elidedText(words, Qt::ElideRight, rect.width());
    painter.drawText(rect, int(alignment | Qt::AlignVCenter) | Qt::TextSingleLine, cut);
}

void drawGround(QPainter& painter, const QRectF& box, qreal radius, const NodeLook& look) {
    QColor fill = color(look.selected  ? Token::Selection
                        : look.hovered ? Token::Hover
                                       : Token::Surface);
    QColor line = color(look.dimmed ? Token::Disabled : Token::Control);
    qreal width = 1;
    if (look.selected) {
        line = color(look.activePane ? Token::Accent : Token::Edge);
        width = 2;
    } else if (look.outlined || look.wash) {
        line = color(Token::Accent);
        width = look.outlined ? 2 : 1;
    }
    QPen pen(line, width);
    if (look.mark == StatusMark::NotStarted)
        pen.setStyle(Qt::DotLine);
    painter.setPen(pen);
    painter.setBrush(fill);
    const qreal inset = width / 2;
    const QRectF shape = box.adjusted(inset, inset, -inset, -inset);
    painter.drawRoundedRect(shape, radius, radius);
    if (look.wash) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(*look.wash);
        painter.drawRoundedRect(shape.adjusted(inset, inset, -inset, -inset), radius, radius);
    }
}

void paintSupervisor(QPainter& painter, const QRectF& box, const NodeLook& look) {
    drawGround(painter, box, metrics().radius, look);
    const QRectF inner = box.adjusted(12, 4, -12, -4);
    const qreal half = inner.height() / 2;
    const QPointF upper(box.right() - 14 + 3, inner.top() + half / 2);
    QFont name = nameFont(look.kind);
    name.setStrikeOut(look.struck);
    drawText(painter, {inner.left(), inner.top(), inner.width() - kGlyphWidth - 6, half}, name,
             ink(look), look.name);
    if (look.glyph != StrategyGlyph::None)
        paintGlyph(painter, upper, look.glyph, color(Token::Muted));
    else
        paintMark(painter, {upper.x() - 14, upper.y() - 7, 14, 14}, look.mark,
                  markColor(look.mark));
    const QRectF lower(inner.left(), inner.top() + half, inner.width(), half);
    drawText(painter, lower, sized(TypeRole::Mono, 12 / 12.5), color(Token::Muted), look.pid);
    if (look.budget.allowed <= 0)
        return;
    paintGauge(painter, {box.right() - 11, lower.center().y()}, look.budget);
    if (look.budget.used > 0 && look.budget.used + 1 >= look.budget.allowed) {
        const int left = std::max(0, look.budget.allowed - look.budget.used);
        const QRectF room = lower.adjusted(0, 0, -gaugeWidth(look.budget) - 7, 0);
        drawText(painter, room, font(TypeRole::Badge), color(Token::Warning),
                 tr("%1 left").arg(left), Qt::AlignRight);
    }
}

void paintWorker(QPainter& painter, const QRectF& box, const NodeLook& look) {
    drawGround(painter, box, box.height() / 2, look);
    paintMark(painter, {box.left() + 11, box.center().y() - 7, 14, 14}, look.mark,
              markColor(look.mark));
    qreal right = box.right() - 12;
    if (!look.badge.isEmpty()) {
        const QFont small = font(TypeRole::Badge);
        const qreal width = QFontMetricsF(small).horizontalAdvance(look.badge) + 14;
        const QRectF pill(right - width, box.center().y() - 9, width, 18);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(look.wash ? Token::Surface : Token::Raised));
        painter.drawRoundedRect(pill, 9, 9);
        drawText(painter, pill, small, color(Token::Accent), look.badge, Qt::AlignHCenter);
        right = pill.left() - 4;
    }
    QFont name = nameFont(look.kind);
    name.setStrikeOut(look.struck);
    drawText(painter, {box.left() + 32, box.top(), right - box.left() - 32, box.height()}, name,
             ink(look), look.name);
    const QRectF beside(box.right() + kPidGap, box.top(), 200, box.height());
    drawText(painter, beside, sized(TypeRole::Mono, 12 / 12.5), color(Token::Muted), look.pid);
    if (look.queued == 0)
        return;
    const bool many = look.queued >= kManyQueued;
    const qreal at =
        std::max(box.right() + kMailboxAt, decorationEnd(box, NodeLook{.pid = look.pid}) + 8);
    paintMailboxBar(painter, {at, box.center().y()}, mailboxFraction(look.queued), many);
    drawText(painter, {at + kMailboxBar + 8, box.top(), 130, box.height()},
             font(TypeRole::Secondary), color(many ? Token::Warning : Token::Muted),
             tr("%1 queued").arg(number(qint64(look.queued))));
}

void paintApplication(QPainter& painter, const QRectF& box, const NodeLook& look) {
    if (look.selected || look.hovered) {
        const QRectF ground = box.adjusted(-8, 0, 0, 0);
        painter.setPen(look.selected ? QPen(color(look.activePane ? Token::Accent : Token::Edge), 2)
                                     : QPen(Qt::NoPen));
        painter.setBrush(color(look.selected ? Token::Selection : Token::Hover));
        painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), metrics().radius, metrics().radius);
    }
    const qreal middle = box.center().y();
    drawText(painter, {box.left(), middle - 19, box.width(), 22}, nameFont(look.kind), ink(look),
             look.name);
    drawText(painter, {box.left(), middle + 2, box.width(), 18}, font(TypeRole::Secondary),
             color(look.dimmed ? Token::Danger : Token::Muted), look.under);
}

} // namespace

std::optional<NodeLook> lookOf(const TreeModel& tree, observe::PlaceId id) {
    const Place* place = tree.place(id);
    if (!place)
        return std::nullopt;
    const observe::ProcessRow* live = tree.live(id);
    NodeLook look;
    look.kind = place->kind;
    look.name = text(place->name);
    look.badge =
        place->restarts > 0 ? QStringLiteral("↻ %1").arg(number(place->restarts)) : QString();
    look.struck = tree.isLeaving(id);
    look.dimmed = look.struck || place->state == PlaceState::NotStarted ||
                  place->state == PlaceState::Stopped;
    const bool alive = place->state == PlaceState::Alive && !look.struck;
    if (place->state != PlaceState::NotStarted && place->state != PlaceState::Stopped)
        look.pid = pidShort(place->pid);
    look.mark = look.struck                              ? StatusMark::Gone
                : place->state == PlaceState::Restarting ? StatusMark::Restarting
                : place->state == PlaceState::NotStarted ? StatusMark::NotStarted
                : place->state == PlaceState::Stopped    ? StatusMark::ApplicationStopped
                : live                                   ? markOf(live->status, live->ownThread)
                       : markOf(observe::Status::Waiting, place->ownThread);
    look.queued = alive && live ? live->mailbox : 0;
    if (place->kind == PlaceKind::Application)
        look.under = place->state == PlaceState::Stopped ? tr("stopped")
                     : tree.isLibrary(id)                ? tr("library")
                                                         : tr("application");
    if (place->kind != PlaceKind::Worker && place->kind != PlaceKind::Application) {
        look.glyph = alive ? glyphOf(place->strategy) : StrategyGlyph::None;
        if (alive)
            look.budget = {tree.budgetUsed(id), static_cast<int>(place->intensity),
                           static_cast<int>(place->period.count() / 1000)};
    }
    return look;
}

void paintNode(QPainter& painter, const QRectF& box, const NodeLook& look) {
    switch (look.kind) {
    case PlaceKind::Application:
        return paintApplication(painter, box, look);
    case PlaceKind::Supervisor:
    case PlaceKind::DynamicSupervisor:
        return paintSupervisor(painter, box, look);
    case PlaceKind::Worker:
        return paintWorker(painter, box, look);
    }
}

void paintNodeShape(QPainter& painter, const QRectF& box, const NodeLook& look) {
    if (look.kind == PlaceKind::Application)
        return paintApplication(painter, box, look);
    drawGround(painter, box, look.kind == PlaceKind::Worker ? box.height() / 2 : 6, look);
}

QRectF paintedRect(const QRectF& box, observe::PlaceKind kind) {
    const QRectF around = box.adjusted(-9, -3, 3, 3);
    return kind == PlaceKind::Worker ? around.adjusted(0, 0, kDecorationRoom, 0) : around;
}

qreal decorationEnd(const QRectF& box, const NodeLook& look) {
    if (look.kind != PlaceKind::Worker)
        return box.right();
    const qreal pid = box.right() + kPidGap +
                      QFontMetricsF(sized(TypeRole::Mono, 12 / 12.5)).horizontalAdvance(look.pid);
    if (look.queued == 0)
        return pid;
    return std::max(box.right() + kMailboxAt, pid + 8) + kMailboxBar + 8 +
           QFontMetricsF(font(TypeRole::Secondary))
               .horizontalAdvance(tr("%1 queued").arg(number(qint64(look.queued))));
}

double mailboxFraction(std::uint64_t queued) {
    return std::min(1.0, std::log2(1.0 + static_cast<double>(queued)) / std::log2(1001.0));
}

} // namespace grove::ui
