#pragma once

#include <ui/common/marks.h>
#include <ui/observer/tree_model.h>

#include <QColor>
#include <QRectF>
#include <QString>

#include <optional>

class QPainter;

namespace grove::ui {

/// How one place looks in the drawn tree.
struct NodeLook {
    observe::PlaceKind kind = observe::PlaceKind::Worker;
    QString name;
    QString under; ///< of an application: "application", "stopped"
    QString pid;   ///< short form
    QString badge; ///< "↻ 1"
    StatusMark mark = StatusMark::None;
    StrategyGlyph glyph = StrategyGlyph::None;
    RestartBudget budget;
    std::uint64_t queued = 0;
    bool dimmed = false; ///< gone, not started or stopped
    bool struck = false; ///< gone
    bool outlined = false;
    bool selected = false;
    bool hovered = false;
    bool activePane = true;
    std::optional<QColor> wash;
};

/// Returns: the look of a place as the model knows it, not selected and not washed. Nothing if the
/// place is no more.
std::optional<NodeLook> lookOf(const TreeModel& tree, observe::PlaceId id);

/// Paints a node with its decorations right of the box, at 100 %.
void paintNode(QPainter& painter, const QRectF& box, const NodeLook& look);
/// Paints a node as a plain shape, for scales at which no text can be read.
void paintNodeShape(QPainter& painter, const QRectF& box, const NodeLook& look);
/// Returns: everything that paintNode may touch.
QRectF paintedRect(const QRectF& box, observe::PlaceKind kind);
/// Returns: how far right of the box its decorations reach.
qreal decorationEnd(const QRectF& box, const NodeLook& look);
/// Returns: the part of a mailbox bar that is filled. Logarithmic: 1 message is seen, 1,000 are
/// full.
double mailboxFraction(std::uint64_t queued);
/// From so many messages on a mailbox is shown as a warning.
inline constexpr std::uint64_t kManyQueued = 100;

} // namespace grove::ui
