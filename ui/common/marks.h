#pragma once

#include <QColor>
#include <QMetaType>
#include <QRectF>
#include <QString>

#include <cstdint>

class QPainter;

namespace grove::ui {

/// What a process is doing, as a shape; the colour only repeats it.
enum class StatusMark : std::uint8_t {
    None,
    Waiting,            ///< ring
    Running,            ///< disc
    Runnable,           ///< half disc
    OwnThread,          ///< square
    Suspended,          ///< bars
    HoldingScheduler,   ///< triangle
    Gone,               ///< struck ring
    Restarting,         ///< ring with arrow head
    NotStarted,         ///< dotted ring
    ApplicationStopped, ///< struck square
};

/// A supervisor's strategy, as three dots.
enum class StrategyGlyph : std::uint8_t { None, OneForOne, OneForAll, RestForOne };

/// Draws a mark of 14 units in the middle of `box`.
void paintMark(QPainter& painter, const QRectF& box, StatusMark mark, const QColor& color);
/// The token colour a mark has on a quiet row.
QColor markColor(StatusMark mark);
/// "waiting", "running", … as rows and the accessible text say it.
QString markWord(StatusMark mark);

/// Width of the three dots: radius 3, 10 apart.
inline constexpr qreal kGlyphWidth = 26;
/// Draws the dots so that they end at `right`, centred on `middle`.
void paintGlyph(QPainter& painter, QPointF rightMiddle, StrategyGlyph glyph, const QColor& color);
/// "one for one", …
QString strategyWords(StrategyGlyph glyph);

/// Restarts used of those allowed within the period.
struct RestartBudget {
    int used = 0;
    int allowed = 0;
    int periodSeconds = 0;
};
/// Width that paintGauge needs: cells of 12x7 with gaps of 3; from 8 on a bar with "n/m".
qreal gaugeWidth(const RestartBudget& budget);
/// Draws the gauge so that it ends at `rightMiddle`.
void paintGauge(QPainter& painter, QPointF rightMiddle, const RestartBudget& budget);
/// "2 of 3 restarts in 5 s used"
QString budgetWords(const RestartBudget& budget);

/// Mailbox bar of 40x6 from `leftMiddle`, filled by `fraction` (0 to 1).
void paintMailboxBar(QPainter& painter, QPointF leftMiddle, double fraction, bool nearLimit);

} // namespace grove::ui

Q_DECLARE_METATYPE(grove::ui::RestartBudget)
