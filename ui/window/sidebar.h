#pragma once

#include <ui/todo/session.h>

#include <QWidget>

namespace grove::ui {

class ActionRegistry;
class SidebarModel;
class TreeView;

/// Lists and pages. What is selected is what the window shows; moving the selection shows it.
class Sidebar : public QWidget {
    Q_OBJECT
public:
    Sidebar(Session& session, ActionRegistry& actions, QWidget* parent = nullptr);

    SidebarModel* model() const { return m_model; }
    TreeView* view() const { return m_view; }
    /// Marks what is shown without asking for it.
    void markList(todo::ListId list);
    void markPage(const QString& id);
    /// Icons with tool tips only, 48 wide.
    void setIconsOnly(bool iconsOnly);
    bool iconsOnly() const { return m_iconsOnly; }
    /// The list that rename and delete are about: the selected one, 0 if none.
    todo::ListId currentList() const;
    void editNewList();
    void editCurrentList();

signals:
    void listChosen(grove::todo::ListId list);
    void pageChosen(const QString& id);
    /// Another row is the current one, whoever made it so: currentList() may differ.
    void currentChanged();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void chooseCurrent();
    void showMenu(QPoint point);

    ActionRegistry& m_actions;
    SidebarModel* m_model;
    TreeView* m_view;
    bool m_iconsOnly = false;
    bool m_marking = false;
};

} // namespace grove::ui
