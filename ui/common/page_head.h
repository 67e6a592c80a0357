#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace grove::ui {

class ElidedLabel;

/// The head of a page (48) or of a pane in a split (40): title, widgets after it, a summary,
/// widgets at the right.
class PageHead : public QWidget {
    Q_OBJECT
public:
    explicit PageHead(QWidget* parent = nullptr);

    void setTitle(const QString& title);
    QString title() const;
    /// Muted text after the title ("6 open, 1 done"). Hidden first when the room is short.
    void setSummary(const QString& summary);
    /// Adds a widget between title and summary (a segmented control).
    void addLeading(QWidget* widget);
    /// Adds a widget at the right, after those already there. Takes ownership.
    void addTrailing(QWidget* widget);
    /// Replaces the tool buttons at the right end.
    void setActions(const QList<QAction*>& actions);
    /// 40 high with the smaller title.
    void setCompact(bool compact);
    bool isCompact() const { return m_compact; }
    /// A hairline below the head, where a table follows without another edge.
    void setLine(bool line);

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void applyFonts();

    QHBoxLayout* m_layout;
    QHBoxLayout* m_leading;
    QHBoxLayout* m_trailing;
    QHBoxLayout* m_actions;
    ElidedLabel* m_title;
    ElidedLabel* m_summary;
    bool m_compact = false;
    bool m_line = false;
};

/// A flat 28x28 button showing an action's icon; its tool tip and accessible name are the action's
/// text and shortcut.
QToolButton* makeToolButton(QAction* action, QWidget* parent);

} // namespace grove::ui
