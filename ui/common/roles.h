#pragma once

#include <Qt>

namespace grove::ui {

/// Roles that the shared views and delegates ask a model for, besides Qt's own.
enum ViewRole : int {
    SortRole = Qt::UserRole + 1000, ///< the value to sort by
    WashKeyRole,                    ///< quint64: the row's key at the FadeDriver
    MarkRole,                       ///< int(StatusMark)
    GlyphRole,                      ///< int(StrategyGlyph): drawn instead of the mark
    SuffixRole,          ///< QString after the text, muted ("application", "2 of 4 lists open")
    BadgeRole,           ///< QString at the end of a name cell ("↻ 1")
    ForegroundTokenRole, ///< int(Token) of the text
    StrikeRole,          ///< bool: the row is gone
    MonoRole,            ///< bool: fixed-width font of 12.5/14
    DeltaRole,           ///< QString after a number, muted ("+36/s")
    BudgetRole,          ///< QVariant of RestartBudget: a gauge is drawn at the right
    OutlineRole,         ///< bool: the row would restart with the one under the pointer
    EmphasisRole,        ///< bool: the text is semibold (applications)
};

} // namespace grove::ui
