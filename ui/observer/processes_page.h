#pragma once

#include <ui/common/page.h>
#include <ui/observer/process_model.h>

#include <QTimer>

namespace grove::ui {

class ActionRegistry;
class BarStack;
class ObserverContext;
class PageHead;
class ProcessActions;
class SearchField;
class StoppedBars;
class TableView;

/// All processes as a table: chosen columns, sorted, filtered, live.
///
/// Rows never move under the pointer, nor for kHoldAfterKey after the selection was moved by key;
/// the header says so, and F5 sorts at once. Context, actions and registry must outlive it.
class ProcessesPage : public Page {
    Q_OBJECT
public:
    static constexpr std::chrono::seconds kHoldAfterKey{3};

    ProcessesPage(ObserverContext& context, ProcessActions& actions, ActionRegistry& registry,
                  QWidget* parent = nullptr);

    TableView* table() const { return m_table; }
    ProcessModel* model() const { return m_model; }
    SearchField* filterField() const { return m_filter; }
    BarStack* bars() const { return m_bars; }
    /// Selects a process if it is shown.
    void reveal(Pid pid);

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

protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildHead(ActionRegistry& registry);
    void buildTable(ProcessActions& actions);
    void refresh();
    void readVisible();
    void sortBy(int column, Qt::SortOrder order);
    void updateHold();
    void updateSummary();
    void selectCurrent();
    void step(int by);
    void openMenu(QPoint global);

    ObserverContext& m_context;
    ProcessActions& m_actions;
    PageHead* m_head;
    SearchField* m_filter;
    BarStack* m_bars;
    StoppedBars* m_stopped = nullptr; ///< owned by the bars
    TableView* m_table;
    ProcessModel* m_model;
    QTimer m_keyHold;
    QTimer m_readTimer; ///< gathers reasons to read figures within one turn of the loop
};

} // namespace grove::ui
