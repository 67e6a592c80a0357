#include <ui/common/focus_ring.h>
#include <ui/common/segmented_control.h>

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QFocusFrame>

namespace grove::ui {

FocusRing::FocusRing(QObject* parent) : QObject(parent) {
    connect(qApp, &QApplication::focusChanged, this,
            [this](QWidget*, QWidget* now) { follow(now); });
}

FocusRing::~FocusRing() {
    delete m_frame;
}

bool FocusRing::wantsRing(const QWidget* widget) {
    return qobject_cast<const QAbstractButton*>(widget) ||
           qobject_cast<const SegmentedControl*>(widget) || qobject_cast<const QComboBox*>(widget);
}

void FocusRing::follow(QWidget* now) {
    if (!wantsRing(now)) {
        if (m_frame)
            m_frame->setWidget(nullptr);
        return;
    }
    // The frame is a child of the focused widget's window and dies with a dialog.
    if (!m_frame)
        m_frame = new QFocusFrame(now);
    m_frame->setWidget(now);
}

} // namespace grove::ui
