#pragma once

#include <QStyleOption>

class QPainter;

namespace grove::ui {

// The drawings of GroveStyle by group. Each returns false where Fusion's own drawing is right.

bool paintControlPrimitive(QStyle::PrimitiveElement element, const QStyleOption& option,
                           QPainter& painter, const QWidget* widget);
bool paintViewPrimitive(QStyle::PrimitiveElement element, const QStyleOption& option,
                        QPainter& painter, const QWidget* widget);
bool paintHeaderSection(const QStyleOption& option, QPainter& painter);
bool paintHeaderLabel(const QStyleOptionHeader& option, QPainter& painter);
bool paintMenuItem(const QStyleOptionMenuItem& option, QPainter& painter);
bool paintMenuBarItem(const QStyleOptionMenuItem& option, QPainter& painter, bool underline);
bool paintTabShape(const QStyleOptionTab& option, QPainter& painter);
bool paintTabLabel(const QStyleOptionTab& option, QPainter& painter, bool underline);
bool paintProgress(const QStyleOptionProgressBar& option, QPainter& painter);
bool paintScrollBar(const QStyle& style, const QStyleOptionSlider& option, QPainter& painter,
                    const QWidget* widget);
bool paintComboBox(const QStyle& style, const QStyleOptionComboBox& option, QPainter& painter,
                   const QWidget* widget);
bool paintSpinBox(const QStyle& style, const QStyleOptionSpinBox& option, QPainter& painter,
                  const QWidget* widget);

/// The outline shared by fields, buttons and combo boxes.
struct Box {
    QRectF rect;
    QColor fill;
    QColor outline;
    bool ring = false; ///< the field has the keyboard: 2 px accent instead of the outline
};
void paintBox(QPainter& painter, const Box& box);
/// Where a field's or a button's outline stands for its state.
QColor outlineFor(const QStyleOption& option);

} // namespace grove::ui
