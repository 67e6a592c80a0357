#pragma once

#include <QFrame>
#include <QList>

#include <functional>

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QTimer;
class QToolButton;

namespace grove::ui {

enum class BarKind { Success, Info, Warning, Danger };

/// A message where it belongs: icon, text (bold what, then what was kept and what to do), links,
/// close button.
///
/// Full width of its pane, no radius. Never takes the keyboard. Announces itself when shown. Text
/// is rich text: escape what comes from outside with toHtmlEscaped().
class InlineBar : public QFrame {
    Q_OBJECT
public:
    struct Action {
        QString text;
        std::function<void()> run;
    };

    explicit InlineBar(BarKind kind, QWidget* parent = nullptr);

    void setKind(BarKind kind);
    BarKind kind() const { return m_kind; }
    void setText(const QString& richText);
    QString text() const;
    /// Links at the right end, in order; each has an accessible name and is reached by Tab.
    void setActions(const QList<Action>& actions);
    /// With a close button; off by default.
    void setClosable(bool closable);
    bool isClosable() const;
    /// The bar closes by itself after so many milliseconds; 0 (the default) means never.
    void setLifetime(int ms);
    /// Says the bar's text to assistive technology; done by show().
    void announce();

signals:
    /// The person (or the lifetime) closed it. The bar hides itself; whoever made it decides about
    /// deleting.
    void closed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void rebuildActions();

    BarKind m_kind;
    QString m_text;
    QList<Action> m_actionList;
    QBoxLayout* m_middle; ///< text and links, under each other where the bar is narrow
    QHBoxLayout* m_links;
    QLabel* m_label;
    QToolButton* m_close;
    QTimer* m_life;
};

/// A place for bars under a head: two at most, the newest on top; when a third comes the oldest
/// goes that can be closed, else the oldest.
class BarStack : public QWidget {
    Q_OBJECT
public:
    explicit BarStack(QWidget* parent = nullptr);
    /// Takes ownership; a closed bar is deleted. Returns the bar for setting it up further.
    InlineBar* show(BarKind kind, const QString& richText,
                    const QList<InlineBar::Action>& actions = {}, bool closable = true);
    void remove(InlineBar* bar);
    QList<InlineBar*> bars() const { return m_bars; }

private:
    QList<InlineBar*> m_bars;
};

} // namespace grove::ui
