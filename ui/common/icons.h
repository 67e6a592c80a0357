#pragma once

#include <ui/common/theme.h>

#include <QIcon>

namespace grove::ui {

/// An icon of the own set (resources/icons/NAME.svg), coloured when it is painted: `token` in
/// normal mode, disabled and selected modes from the palette. Follows theme and scale by itself.
/// Requires: the name is one of iconNames().
QIcon icon(const char* name, Token token = Token::Text);
/// Names of all icons in the resources.
QStringList iconNames();
/// Paints an icon at a place in a colour, sharp at the painter's scale.
void paintIcon(QPainter& painter, const QRectF& box, const char* name, const QColor& color);
/// Drops what was rendered; Theme calls it when the colours change.
void clearIconCache();

} // namespace grove::ui
