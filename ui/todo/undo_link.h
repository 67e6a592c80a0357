#pragma once

#include <ui/common/inline_bar.h>
#include <ui/todo/session.h>

namespace grove::ui {

/// Adds a link to the bar that undoes the session's newest step, behind the links given. It is
/// withdrawn when another step becomes the newest: it would undo that one. The bar goes when it is
/// pressed.
///
/// Requires: the step that the bar tells of is the newest. Both must outlive the bar.
void addUndoLink(BarStack& bars, InlineBar& bar, Session& session, const QString& text,
                 const QList<InlineBar::Action>& others = {});

} // namespace grove::ui
