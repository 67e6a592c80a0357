#include <ui/todo/undo_link.h>

namespace grove::ui {

void addUndoLink(BarStack& bars, InlineBar& bar, Session& session, const QString& text,
                 const QList<InlineBar::Action>& others) {
    bar.setActions(others + QList<InlineBar::Action>{{text, [&bars, &session, &bar] {
                                                          bars.remove(&bar);
                                                          session.undo();
                                                      }}});
    const auto withdraw = [&bar, others] { bar.setActions(others); };
    // The answer to the step itself is no other step: its name stays the same.
    QObject::connect(&session, &Session::undoChanged, &bar,
                     [&session, withdraw, name = session.undoName()] {
                         if (session.undoName() != name)
                             withdraw();
                     });
    // Imports of as many entries have the same name.
    QObject::connect(&session, &Session::importFinished, &bar, withdraw);
}

} // namespace grove::ui
