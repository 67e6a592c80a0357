#pragma once

#include <QSplitter>

namespace grove::ui {

/// A splitter whose handle is drawn as one hairline and grabbed over 7 px.
class Splitter : public QSplitter {
    Q_OBJECT
public:
    explicit Splitter(Qt::Orientation orientation, QWidget* parent = nullptr);

signals:
    /// After the splitter has a new size and has shared it out.
    void resized();

protected:
    void resizeEvent(QResizeEvent* event) override;
    QSplitterHandle* createHandle() override;
};

} // namespace grove::ui
