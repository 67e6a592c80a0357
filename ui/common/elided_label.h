#pragma once

#include <ui/common/theme.h>

#include <QWidget>

namespace grove::ui {

/// One line of text, cut with an ellipsis where the room is short; the whole text is then its tool
/// tip.
class ElidedLabel : public QWidget {
    Q_OBJECT
public:
    explicit ElidedLabel(QWidget* parent = nullptr, Token token = Token::Text);

    void setText(const QString& text);
    QString text() const { return m_text; }
    void setToken(Token token);
    /// Below this width the label gives no more room away. 0 lets it vanish.
    void setMinimumText(int width) {
        m_minimum = width;
        updateGeometry();
    }
    /// Shows nothing rather than a part: for what can be done without.
    void setWholeOnly(bool wholeOnly) {
        m_wholeOnly = wholeOnly;
        update();
    }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QString m_text;
    Token m_token;
    int m_minimum = 0;
    bool m_wholeOnly = false;
};

} // namespace grove::ui
