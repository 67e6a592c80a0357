#pragma once

#include <grove/observe/consequences.h>

#include <QDialog>

namespace grove::ui {

/// "Why?": the events of one recovery, each with its time after the kill. Closes with Esc.
class RecoveryView : public QDialog {
    Q_OBJECT
public:
    RecoveryView(const QString& heading, const std::vector<observe::RecoveryEvent>& events,
                 QWidget* parent);

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace grove::ui
