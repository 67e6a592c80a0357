#pragma once

#include <QFont>

class QPainter;
class QPaintDevice;

namespace grove::ui {

/// Sizes in logical pixels. Figures are for a 10.5 pt font; heights follow the application's font.
struct Metrics {
    int row = 28;       ///< table row, sidebar row
    int entryRow = 32;  ///< entry and group heading
    int groupText = 20; ///< the lower part of a group heading that carries its text
    int header = 28;    ///< table header
    int field = 28;     ///< field, button, segmented control, tool button
    int menuBar = 28;
    int statusLine = 28;
    int pageHead = 48;
    int paneHead = 40;
    int quickAdd = 36;
    int tabRow = 32;
    int bar = 34;        ///< one-line inline bar
    int keyRow = 26;     ///< row of the inspector's grid
    int keyColumn = 104; ///< its key column
    int sidebar = 216;
    int sidebarMin = 168;
    int sidebarIcons = 48;
    int inspector = 312;
    int inspectorMin = 264;
    int margin = 16; ///< page margin; also the first text edge
    int pad = 8;     ///< cell padding; margin = pad of the view + pad of the cell
    int gap = 6;
    int indent = 18;
    int chevron = 12;
    int chevronHit = 20;
    int mark = 14;
    int icon = 16;
    int check = 16;
    int entryCheck = 18;
    int radius = 6;
    int dialogRadius = 8;
    int colPid = 156;
    int colStatus = 104;
    int colMailbox = 76;
    int colRestarts = 112;
};

/// The metrics of the application's font. Cheap; never keep the reference over a font change.
const Metrics& metrics();
/// Recomputes metrics and fonts; Theme calls it when the application's font changes.
void updateMetrics(const QFont& applicationFont);

enum class TypeRole {
    Body,
    Title,
    PaneTitle,
    InspectorTitle,
    Heading,
    Secondary,
    Badge,
    Mono,
    Number
};
/// The font of a role. Number is the body font where its figures are tabular, else the fixed-width
/// one.
const QFont& font(TypeRole role);

/// The desktop's font, or 10.5 pt of it where it says none or less than 10 pt.
QFont applicationFontFrom(QFont desktop);

/// A pen width of one hairline in whole device pixels.
qreal hairline(const QPaintDevice* device);
/// Moves a coordinate to the middle of a device pixel, so that a hairline is one pixel and not two.
qreal snapped(qreal coordinate, const QPaintDevice* device);
/// Draws a horizontal or vertical hairline of exactly one device pixel inside [from, to).
void drawHairline(QPainter& painter, Qt::Orientation orientation, qreal at, qreal from, qreal to,
                  const QColor& color);

} // namespace grove::ui
