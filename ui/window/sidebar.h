#pragma once

#include <ui/todo/session.h>

#include <QPersistentModelIndex>
#include <QWidget>

class QLineEdit;

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
    /// What is being typed as the name of a list; nothing where no editor is open.
    QString editedName() const;
    /// A name that is being typed counts as it stands; createRequested() or renameRequested() of
    /// the model follow.
    void commitEdit();
    /// Opens the editor that commitEdit() closed, with another text.
    void editAgain(const QString& name);

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
    QLineEdit* editor() const;

    ActionRegistry& m_actions;
    SidebarModel* m_model;
    TreeView* m_view;
    QPersistentModelIndex m_edited; ///< by the editor that commitEdit() closed
    bool m_iconsOnly = false;
    bool m_marking = false;
};

} // namespace grove::ui
