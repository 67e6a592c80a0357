#pragma once

#include <QDialog>

namespace grove::ui {

class ActionRegistry;

/// F1: all keys, by menu, from the registry, and the few that belong to no action.
class KeySheet : public QDialog {
    Q_OBJECT
public:
    KeySheet(const ActionRegistry& actions, QWidget* parent);
};

} // namespace grove::ui
