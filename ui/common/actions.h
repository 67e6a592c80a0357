#pragma once

#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>

class QAction;
class QMenuBar;
class QWidget;

namespace grove::ui {

enum class MenuId { File, Edit, Entry, Process, View, Help };
inline constexpr int kMenuCount = int(MenuId::Help) + 1;

/// Where an action's keys work: in the whole window, or only where the widget it is bound to has
/// the keyboard.
enum class KeyScope { Window, Bound };

struct ActionSpec {
    const char* id = ""; ///< "entry.tick"; unique
    MenuId menu = MenuId::File;
    int section = 0; ///< sections of a menu are separated by lines, in order
    QString text;    ///< with mnemonic
    QString help;    ///< one line for the status line, the key sheet and the command palette
    const char* icon = nullptr;
    QList<QKeySequence> keys; ///< the first is shown
    KeyScope scope = KeyScope::Window;
    bool checkable = false;
};

/// All actions of the program, each in exactly one menu; feeds menus, context menus, tool tips, the
/// key sheet and the command palette.
///
/// Owns: the actions. Threads: the window's only.
class ActionRegistry : public QObject {
    Q_OBJECT
public:
    explicit ActionRegistry(QObject* parent = nullptr);

    /// Requires: the id is new. Returns: the action, owned by the registry; connect to triggered().
    QAction* add(const ActionSpec& spec);
    /// Requires: the id was added.
    QAction* action(const char* id) const;
    /// Null where no such action was added.
    QAction* find(const QString& id) const;
    /// Greys an action with the reason that the status line shows; an enabled one has none.
    void setEnabled(const char* id, bool enabled, const QString& reason = {});
    /// Makes the keys of Bound actions work while `widget` itself has the keyboard.
    void bind(QWidget* widget, const QList<const char*>& ids);
    /// Menus with all actions added so far, in the order of adding within their sections. Later
    /// additions appear when it is called again.
    void fillMenuBar(QMenuBar* bar);
    /// The actions of a menu, sections in order.
    QList<QAction*> actionsOf(MenuId menu) const;
    QList<QAction*> all() const;

    static QString menuTitle(MenuId menu);
    static QString idOf(const QAction* action);
    static QString helpOf(const QAction* action);
    static QString reasonOf(const QAction* action);
    static MenuId menuOf(const QAction* action);
    /// "Undo tick off 'Dentist' (Ctrl+Z)"
    static QString toolTipOf(const QAction* action);

signals:
    /// An action of the menus is under the pointer or the keyboard: show this line (empty: none).
    void hinted(const QString& line);

private:
    QList<QAction*> m_actions;
    QHash<QString, QAction*> m_byId;
};

} // namespace grove::ui
