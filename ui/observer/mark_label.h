#pragma once

#include <ui/common/marks.h>

#include <QWidget>

namespace grove::ui {

/// A status mark on its own, said in words to assistive technology.
class MarkLabel : public QWidget {
    Q_OBJECT
public:
    explicit MarkLabel(QWidget* parent = nullptr);
    void setMark(StatusMark mark);
    StatusMark mark() const { return m_mark; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    StatusMark m_mark = StatusMark::None;
};

} // namespace grove::ui
