#pragma once

#include <QObject>
#include <QPointer>

class QFocusFrame;
class QWidget;

namespace grove::ui {

/// The ring around the button, check box or choice that has the keyboard: 2 px, 1 px off the
/// control. It lies over the neighbours, so controls need no room of their own for it.
class FocusRing : public QObject {
    Q_OBJECT
public:
    explicit FocusRing(QObject* parent);
    ~FocusRing() override;

    /// Fields and views show the keyboard themselves; only these kinds of control get a ring.
    static bool wantsRing(const QWidget* widget);
    static constexpr int kOffset = 3; ///< ring of 2 and the gap of 1

private:
    void follow(QWidget* now);

    QPointer<QFocusFrame> m_frame;
};

} // namespace grove::ui
