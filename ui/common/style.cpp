#include <ui/common/focus_ring.h>
#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/common/style.h>
#include <ui/common/style_paint.h>
#include <ui/common/theme.h>

#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenuBar>
#include <QPainter>
#include <QTabBar>
#include <QToolButton>
#include <QWindow>

namespace grove::ui {

namespace {

ButtonTone toneOf(const QWidget* widget) {
    return widget ? ButtonTone(widget->property("groveTone").toInt()) : ButtonTone::Normal;
}

Token inkOf(ButtonTone tone) {
    switch (tone) {
    case ButtonTone::DangerFilled:
        return Token::OnDanger;
    case ButtonTone::AccentFilled:
        return Token::OnAccent;
    case ButtonTone::DangerOutline:
        return Token::Danger;
    case ButtonTone::Normal:
        break;
    }
    return Token::Text;
}

/// A hairline along the lower edge of `rect`.
void paintLowerEdge(QPainter& painter, const QRect& rect) {
    drawHairline(painter, Qt::Horizontal, rect.bottom(), rect.left(), rect.right() + 1,
                 color(Token::Border));
}

/// Controls that are ground, line or ring, without a text. Returns false for all others.
bool paintGround(QStyle::ControlElement element, const QStyleOption& option, QPainter& painter) {
    const QRect& rect = option.rect;
    switch (element) {
    case QStyle::CE_HeaderSection:
    case QStyle::CE_HeaderEmptyArea:
        return paintHeaderSection(option, painter);
    case QStyle::CE_MenuBarEmptyArea:
        painter.fillRect(rect, color(Token::Background));
        paintLowerEdge(painter, rect);
        return true;
    case QStyle::CE_MenuEmptyArea:
        painter.fillRect(rect, color(Token::Surface));
        return true;
    case QStyle::CE_Splitter:
        if (option.state & QStyle::State_Horizontal)
            drawHairline(painter, Qt::Vertical, rect.center().x(), rect.top(), rect.bottom() + 1,
                         color(Token::Border));
        else
            drawHairline(painter, Qt::Horizontal, rect.center().y(), rect.left(), rect.right() + 1,
                         color(Token::Border));
        return true;
    case QStyle::CE_FocusFrame:
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(color(Token::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), metrics().radius + 2,
                                metrics().radius + 2);
        return true;
    default:
        return false;
    }
}

/// The text of a button that looks like a link.
bool paintLink(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
    const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(&option);
    if (!button || !widget || !widget->property("groveLink").toBool())
        return false;
    painter.setPen(color(option.state & QStyle::State_Enabled ? Token::Accent : Token::Disabled));
    if (option.state & QStyle::State_MouseOver) {
        QFont face = painter.font();
        face.setUnderline(true);
        painter.setFont(face);
    }
    painter.drawText(option.rect, int(Qt::AlignCenter) | Qt::TextSingleLine, button->text);
    return true;
}

/// Controls that are or have a text. Returns false where Fusion's drawing is right.
bool paintLabel(QStyle::ControlElement element, const QStyleOption& option, QPainter& painter,
                const QWidget* widget, bool underline) {
    switch (element) {
    case QStyle::CE_HeaderLabel:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(&option))
            return paintHeaderLabel(*header, painter);
        return false;
    case QStyle::CE_MenuItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(&option))
            return paintMenuItem(*item, painter);
        return false;
    case QStyle::CE_MenuBarItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(&option))
            return paintMenuBarItem(*item, painter, underline);
        return false;
    case QStyle::CE_TabBarTabShape:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(&option))
            return paintTabShape(*tab, painter);
        return false;
    case QStyle::CE_TabBarTabLabel:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(&option))
            return paintTabLabel(*tab, painter, underline);
        return false;
    case QStyle::CE_ProgressBar:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(&option))
            return paintProgress(*bar, painter);
        return false;
    case QStyle::CE_ToolButtonLabel:
        return paintLink(option, painter, widget);
    default:
        return false;
    }
}

} // namespace

GroveStyle::GroveStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

void GroveStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                               QPainter* painter, const QWidget* widget) const {
    painter->save();
    const bool done = paintViewPrimitive(element, *option, *painter, widget) ||
                      paintControlPrimitive(element, *option, *painter, widget);
    painter->restore();
    if (!done)
        QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void GroveStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                             const QWidget* widget) const {
    const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
    if (element == CE_PushButtonLabel && button && toneOf(widget) != ButtonTone::Normal &&
        (option->state & State_Enabled)) {
        QStyleOptionButton toned(*button);
        toned.palette.setColor(QPalette::ButtonText, color(inkOf(toneOf(widget))));
        QProxyStyle::drawControl(element, &toned, painter, widget);
        return;
    }
    painter->save();
    const bool done = paintGround(element, *option, *painter) ||
                      paintLabel(element, *option, *painter, widget, m_altDown);
    painter->restore();
    if (!done)
        QProxyStyle::drawControl(element, option, painter, widget);
}

void GroveStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                    QPainter* painter, const QWidget* widget) const {
    bool done = false;
    painter->save();
    if (control == CC_ScrollBar) {
        if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option))
            done = paintScrollBar(*this, *bar, *painter, widget);
    } else if (control == CC_ComboBox) {
        if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option))
            done = paintComboBox(*this, *box, *painter, widget);
    } else if (control == CC_SpinBox) {
        if (const auto* box = qstyleoption_cast<const QStyleOptionSpinBox*>(option))
            done = paintSpinBox(*this, *box, *painter, widget);
    }
    painter->restore();
    if (!done)
        QProxyStyle::drawComplexControl(control, option, painter, widget);
}

int GroveStyle::pixelMetric(PixelMetric metric, const QStyleOption* option,
                            const QWidget* widget) const {
    switch (metric) {
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
        return metrics().check;
    case PM_CheckBoxLabelSpacing:
        return 10;
    case PM_ScrollBarExtent:
        return 10;
    case PM_ScrollBarSliderMin:
        return 32;
    case PM_ScrollView_ScrollBarSpacing:
    case PM_ScrollView_ScrollBarOverlap:
        return 0;
    case PM_TreeViewIndentation:
        return metrics().indent;
    case PM_SplitterWidth:
        return 7;
    case PM_HeaderMargin:
        return metrics().pad;
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
    case PM_ListViewIconSize:
        return metrics().icon;
    case PM_MenuBarPanelWidth:
    case PM_MenuBarVMargin:
    case PM_MenuBarItemSpacing:
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
        return 0;
    case PM_MenuBarHMargin:
        return 6;
    case PM_MenuPanelWidth:
        return 1;
    case PM_MenuHMargin:
        return 0;
    case PM_MenuVMargin:
        return 4;
    case PM_FocusFrameHMargin:
    case PM_FocusFrameVMargin:
        return FocusRing::kOffset;
    case PM_TabBarTabHSpace:
        return 0;
    case PM_TabBarTabVSpace:
        return 12;
    case PM_TabBarBaseOverlap:
    case PM_TabBarTabOverlap:
    case PM_TabBarTabShiftHorizontal:
    case PM_TabBarTabShiftVertical:
        return 0;
    case PM_ToolTipLabelFrameWidth:
        return 6;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int GroveStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                          QStyleHintReturn* data) const {
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
        return 0; // a white ghost in dark
    case SH_UnderlineShortcut:
        return m_altDown ? 1 : 0;
    case SH_Widget_Animation_Duration:
        return Theme::instance().reducedMotion() ? 0 : 200;
    case SH_Menu_AllowActiveAndDisabled:
        return 1; // a greyed action says why
    case SH_Menu_SloppySubMenus:
        return 1;
    case SH_ItemView_ShowDecorationSelected:
        return 1;
    case SH_ItemView_ActivateItemOnSingleClick:
        return 0;
    case SH_ScrollBar_Transient:
        return 0;
    case SH_DialogButtonLayout:
        return QProxyStyle::styleHint(hint, option, widget, data);
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

QSize GroveStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                   const QWidget* widget) const {
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_MenuBarItem:
        return {size.width() + 20, metrics().menuBar};
    case CT_MenuItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            if (item->menuItemType == QStyleOptionMenuItem::Separator)
                return {size.width(), 9};
            // `size` holds the label; the menu adds the widest shortcut as tab width.
            return {size.width() + item->reservedShortcutWidth + 28 + 44, metrics().row};
        }
        return result;
    case CT_PushButton:
        return {size.width() + 26, metrics().field};
    case CT_ComboBox:
        return {result.width() + 8, metrics().field};
    case CT_SpinBox:
    case CT_LineEdit:
        return {result.width(), metrics().field};
    case CT_HeaderSection:
        return {result.width(), metrics().header};
    case CT_ToolButton:
        if (widget && widget->property("groveLink").toBool())
            return {size.width() + 2, qMax(24, size.height())};
        return {qMax(result.width(), metrics().field), metrics().field};
    case CT_CheckBox:
    case CT_RadioButton:
        return {result.width(), qMax(24, result.height())};
    case CT_TabBarTab:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            // As wide as the chosen tab's semibold text, so that choosing moves nothing.
            const QFontMetrics wide(font(TypeRole::PaneTitle));
            const bool last = tab->position == QStyleOptionTab::End ||
                              tab->position == QStyleOptionTab::OnlyOneTab;
            return {wide.size(Qt::TextShowMnemonic, tab->text).width() +
                        (last ? 0 : metrics().margin),
                    metrics().tabRow};
        }
        return result;
    case CT_ItemViewItem:
        return {result.width(), qMax(result.height(), metrics().row)};
    default:
        return result;
    }
}

QRect GroveStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option,
                                 SubControl sub, const QWidget* widget) const {
    if (control == CC_ComboBox && sub == SC_ComboBoxEditField) {
        const QRect field = QProxyStyle::subControlRect(control, option, sub, widget);
        return option->direction == Qt::RightToLeft ? field.adjusted(0, 0, -4, 0)
                                                    : field.adjusted(4, 0, 0, 0);
    }
    if (control != CC_ScrollBar)
        return QProxyStyle::subControlRect(control, option, sub, widget);
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (!bar)
        return {};
    const bool upright = bar->orientation == Qt::Vertical;
    const int room = upright ? bar->rect.height() : bar->rect.width();
    const int across = upright ? bar->rect.width() : bar->rect.height();
    int length = room;
    if (bar->maximum != bar->minimum) {
        const qint64 range = qint64(bar->maximum) - bar->minimum;
        length = int(qint64(bar->pageStep) * room / (range + bar->pageStep));
        length = qMin(room, qMax(pixelMetric(PM_ScrollBarSliderMin, bar, widget), length));
    }
    const int start = sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition,
                                              room - length, bar->upsideDown);
    const auto part = [&](int from, int size) {
        const QRect rect = upright ? QRect(0, from, across, size) : QRect(from, 0, size, across);
        return visualRect(bar->direction, bar->rect, rect.translated(bar->rect.topLeft()));
    };
    switch (sub) {
    case SC_ScrollBarGroove:
        return bar->rect;
    case SC_ScrollBarSlider:
        return part(start, length);
    case SC_ScrollBarSubPage:
        return part(0, start);
    case SC_ScrollBarAddPage:
        return part(start + length, room - start - length);
    default:
        return {}; // no arrows
    }
}

QRect GroveStyle::subElementRect(SubElement element, const QStyleOption* option,
                                 const QWidget* widget) const {
    if (element == SE_TabBarTabText)
        return option->rect;

    return QProxyStyle::subElementRect(element, option, widget);
}

void GroveStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (qobject_cast<QTabBar*>(widget) || qobject_cast<QToolButton*>(widget) ||
        qobject_cast<QComboBox*>(widget))
        widget->setAttribute(Qt::WA_Hover);
    if (auto* field = qobject_cast<QLineEdit*>(widget);
        field && field->hasFrame() && field->textMargins().isNull())
        field->setTextMargins(metrics().pad - 2, 0, metrics().pad - 2, 0);
    if (widget->isWindow())
        widget->installEventFilter(this);
}

void GroveStyle::unpolish(QWidget* widget) {
    widget->removeEventFilter(this);
    QProxyStyle::unpolish(widget);
}

bool GroveStyle::eventFilter(QObject* object, QEvent* event) {
    // Mnemonics are underlined while Alt is held.
    const bool alt = (event->type() == QEvent::KeyPress || event->type() == QEvent::KeyRelease) &&
                     static_cast<QKeyEvent*>(event)->key() == Qt::Key_Alt;
    const bool left = event->type() == QEvent::WindowDeactivate;
    const bool down = alt ? event->type() == QEvent::KeyPress : m_altDown && !left;
    if ((alt || left) && down != m_altDown) {
        m_altDown = down;
        const auto* window = qobject_cast<QWidget*>(object);
        for (QWidget* widget : window->findChildren<QWidget*>())
            if (qobject_cast<QMenuBar*>(widget) || qobject_cast<QTabBar*>(widget) ||
                widget->inherits("QAbstractButton") || widget->inherits("QLabel"))
                widget->update();
    }
    return QProxyStyle::eventFilter(object, event);
}

} // namespace grove::ui
