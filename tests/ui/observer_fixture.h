#pragma once

#include "support/fake_node.h"

#include <ui/common/actions.h>
#include <ui/common/theme.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/process_actions.h>

#include <QApplication>
#include <QStringList>
#include <QWidget>

#include <functional>
#include <resources/resources.h>

namespace grove::test {

/// A fake node with the system of the window's pictures, and what all pages of the observer share.
struct ObserverFixture {
    explicit ObserverFixture(ui::ObserverHooks hooks = {}, bool fill = true)
        : context((fill ? FakeNode::fillLikeThePictures(node) : void(), node), std::move(hooks),
                  [this] { return node.now(); }),
          actions(context, registry, window) {}

    FakeNode node;
    QWidget window;
    ui::ActionRegistry registry;
    ui::ObserverContext context;
    ui::ProcessActions& actionsOf() { return actions; }
    ui::ProcessActions actions;
};

inline void useTheme(ui::ThemeMode mode = ui::ThemeMode::Light) {
    initResources();
    ui::Theme::install(*qApp, mode);
}

/// The tree as lines: indentation, name, pid, status, restarts.
inline QStringList lines(const QAbstractItemModel& model, const QModelIndex& parent = {},
                         int depth = 0) {
    QStringList out;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QString line(depth * 2, u' ');
        for (int column = 0; column < model.columnCount(parent); ++column) {
            const QString cell = model.index(row, column, parent).data().toString();
            if (!cell.isEmpty())
                line += (column == 0 ? QString() : QStringLiteral(" | ")) + cell;
        }
        out << line;
        out += lines(model, model.index(row, 0, parent), depth + 1);
    }
    return out;
}

} // namespace grove::test
