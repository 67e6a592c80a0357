#pragma once

#include <QProxyStyle>

namespace grove::ui {

/// Fusion with Grove's outlines, marks and sizes; no style sheet anywhere.
class GroveStyle : public QProxyStyle {
    Q_OBJECT
public:
    GroveStyle();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                            QPainter* painter, const QWidget* widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option,
                    const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* data) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                           const QWidget* widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl sub,
                         const QWidget* widget) const override;
    QRect subElementRect(SubElement element, const QStyleOption* option,
                         const QWidget* widget) const override;
    void polish(QWidget* widget) override;
    void unpolish(QWidget* widget) override;
    using QProxyStyle::polish;
    using QProxyStyle::unpolish;

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    bool m_altDown = false;
};

/// Paints a check box of `size` at the middle of `box`; used by the style and by EntryDelegate.
enum class CheckState { Off, On, Partial };
void paintCheck(QPainter& painter, const QRectF& box, qreal size, CheckState state, bool enabled,
                bool hovered);
/// A chevron of 12 units pointing right (closed) or down (open); mirrored right to left.
void paintChevron(QPainter& painter, const QRectF& box, bool open, Qt::LayoutDirection direction,
                  const QColor& color);

} // namespace grove::ui
