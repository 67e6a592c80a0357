#pragma once

#include <QDialog>
#include <QList>

#include <functional>

class QLineEdit;
class QListView;

namespace grove::ui {

class ActionRegistry;
class CommandModel;

/// Ctrl+K: every command and place by name. Letters may leave out others ("nl" finds New list).
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    struct Command {
        QString text;
        QString place; ///< "File", "Go to"
        QString keys;
        QString reason; ///< why it does not apply now; empty: it does
        std::function<void()> run;
    };

    CommandPalette(const QList<Command>& commands, QWidget* parent);

    static QList<Command> commandsOf(const ActionRegistry& actions);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void runCurrent();

    CommandModel* m_model;
    QLineEdit* m_field;
    QListView* m_view;
};

} // namespace grove::ui
