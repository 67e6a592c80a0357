#pragma once

#include <QList>
#include <QVariantMap>
#include <QWidget>

class QAction;

namespace grove::ui {

/// What answers Ctrl+C outside a text field.
class CopySource {
public:
    CopySource() = default;
    CopySource(const CopySource&) = delete;
    CopySource& operator=(const CopySource&) = delete;
    virtual ~CopySource() = default;
    /// What is selected, as text into the clipboard.
    virtual void copySelection() {}
};

/// A page of the window: a list, the tree, the table of processes.
///
/// The window shows a page in the centre or as the second pane of a split, passes it the keys that
/// mean "find", "back" and "refresh", and knows nothing else about it.
class Page : public QWidget, public CopySource {
    Q_OBJECT
public:
    using QWidget::QWidget;

    /// In the second pane of a split the head is 40 high instead of 48 and its title is smaller.
    virtual void setCompact(bool compact) = 0;
    /// Where the keyboard goes when the page is chosen.
    virtual QWidget* focusTarget() = 0;
    /// Ctrl+F, F3, Shift+F3.
    virtual void find() = 0;
    virtual void findNext() = 0;
    virtual void findPrevious() = 0;
    /// Esc: one step back (clears the find field, closes an editor). Returns false if there was
    /// none.
    virtual bool stepBack() = 0;
    /// F5.
    virtual void refreshNow() = 0;
    /// Buttons for split and inspector at the right end of the head; hidden in the second pane.
    virtual void setHeadActions(const QList<QAction*>& actions) = 0;
    /// What the person arranged on the page (columns), kept from one start to the next.
    virtual QVariantMap arrangement() const { return {}; }
    /// Takes it over again. Empty: as it was made.
    virtual void arrange(const QVariantMap&) {}
    /// The window shows or has hidden the page: a hidden one refreshes nothing.
    virtual void setShown(bool) {}
};

} // namespace grove::ui
