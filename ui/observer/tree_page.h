#pragma once

#include <ui/common/page.h>
#include <ui/observer/subject.h>

#include <QPointer>
#include <QTimer>

class QStackedWidget;

namespace grove::ui {

class ActionRegistry;
class BarStack;
class InlineBar;
class DrawnTree;
class ObserverContext;
class OutlineView;
class PageHead;
class ProcessActions;
class SearchField;
class SegmentedControl;
class StoppedBars;

/// The supervision tree, as an outline or drawn, with one selection.
///
/// Reads counters of the places that can be seen at the refresh interval, and of nothing while it
/// is hidden. Context, actions and registry must outlive it.
class TreePage : public Page {
    Q_OBJECT
public:
    TreePage(ObserverContext& context, ProcessActions& actions, ActionRegistry& registry,
             QWidget* parent = nullptr);

    enum class Form { Outline, Drawn };
    Form form() const;
    void setForm(Form form);
    /// A closable bar about what is selected; goes when something is killed.
    void showHint(const QString& richText);
    /// Selects a place and scrolls to it.
    void reveal(const Subject& subject);
    OutlineView* outline() const { return m_outline; }
    DrawnTree* drawn() const { return m_drawn; }
    BarStack* bars() const { return m_bars; }
    SearchField* searchField() const { return m_search; }

    void setCompact(bool compact) override;
    QWidget* focusTarget() override;
    void find() override;
    void findNext() override { step(1); }
    void findPrevious() override { step(-1); }
    bool stepBack() override;
    void refreshNow() override;
    void setHeadActions(const QList<QAction*>& actions) override;
    void copySelection() override;
    QVariantMap arrangement() const override;
    void arrange(const QVariantMap& kept) override;

signals:
    void formChanged();

protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildHead(ActionRegistry& registry);
    void connectViews(ProcessActions& actions);
    void readVisible();
    void readRelations();
    void selectCurrent();
    void updateSummary();
    std::vector<observe::PlaceId> matches() const;
    void step(int by);
    void searchChanged();

    ObserverContext& m_context;
    ProcessActions& m_actions;
    PageHead* m_head;
    SegmentedControl* m_forms;
    SearchField* m_search;
    BarStack* m_bars;
    StoppedBars* m_stopped = nullptr; ///< owned by the bars
    QPointer<InlineBar> m_hint;
    QStackedWidget* m_stack;
    OutlineView* m_outline;
    DrawnTree* m_drawn;
    QTimer m_readTimer; ///< gathers reasons to read counters within one turn of the loop
};

} // namespace grove::ui
