#pragma once

#include <ui/todo/session.h>

#include <QPointer>

namespace grove::ui {

class BarStack;
class InlineBar;

/// The bar that says why changes are not possible or not on disk, as long as that is so.
class DiskBar : public QObject {
    Q_OBJECT
public:
    /// A child of `bars`. The session must outlive it.
    DiskBar(Session& session, BarStack& bars);

private:
    void update();
    [[nodiscard]] QString textOf(const DiskState& disk) const;

    Session& m_session;
    BarStack& m_bars;
    QPointer<InlineBar> m_bar;
};

} // namespace grove::ui
