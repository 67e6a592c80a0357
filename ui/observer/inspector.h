#pragma once

#include <grove/observe/consequences.h>
#include <grove/observe/rows.h>
#include <ui/common/page.h>
#include <ui/observer/subject.h>

#include <QWidget>

#include <deque>
#include <map>
#include <optional>

class QLabel;
class QStackedWidget;
class QTabBar;

namespace grove::ui {

class BarStack;
class ElidedLabel;
class InfoPanel;
class InlineBar;
class MailboxView;
class MarkLabel;
class ObserverContext;
class ProcessActions;
class StatePane;
class TermView;

/// One process in detail: fields, mailbox, state, dictionary.
///
/// Stays with a place: when its process is replaced it shows the successor and says so. A process
/// that is gone is shown as it was last seen. Reads only while it is visible. Context and actions
/// must outlive it.
class Inspector : public QWidget, public CopySource {
    Q_OBJECT
public:
    enum Tab { InfoTab, MailboxTab, StateTab, DictionaryTab };
    /// So many processes are remembered as they were last seen.
    static constexpr std::size_t kSeenMax = 32;

    Inspector(ObserverContext& context, ProcessActions& actions, QWidget* parent = nullptr);

    /// The process shown: its actions go to it.
    const Subject& shown() const { return m_shown; }
    InfoPanel* info() const { return m_info; }
    MailboxView* mailbox() const { return m_mailbox; }
    StatePane* state() const { return m_state; }
    TermView* dictionary() const { return m_dictionary; }
    QTabBar* tabs() const { return m_tabs; }
    BarStack* bars() const { return m_bars; }
    QWidget* focusTarget() const;
    QString title() const;
    /// What is selected on the tab shown, else all of it.
    void copySelection() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Seen {
        observe::ProcessInfo info;
        TimePoint at{};
    };
    void buildHead();
    void follow();
    void showProcess(const Subject& subject);
    void readAgain();
    void tick();
    void take(const observe::ProcessInfo& info);
    void showGone();
    void foresee();
    const observe::Place* placeShown() const;
    observe::PlaceId successorOf(observe::PlaceId id) const;
    void updateHead();
    void updateBar();
    void remember(const observe::ProcessInfo& info);
    const Seen* seen(Pid pid) const;
    void showDictionary(const observe::ProcessInfo& info);

    ObserverContext& m_context;
    ProcessActions& m_actions;
    MarkLabel* m_mark;
    ElidedLabel* m_title;
    QLabel* m_line;
    BarStack* m_bars;
    QTabBar* m_tabs;
    QStackedWidget* m_pages;
    InfoPanel* m_info;
    MailboxView* m_mailbox;
    StatePane* m_state;
    TermView* m_dictionary;
    QLabel* m_empty;
    InlineBar* m_bar = nullptr; ///< of a process that is gone or was replaced
    Subject m_shown;
    Pid m_predecessor;   ///< of the process shown, replaced while it was looked at
    bool m_gone = false; ///< the process shown has ended
    std::optional<double> m_rate;
    std::map<Pid, Seen> m_seen;
    std::deque<Pid> m_seenOrder;
    std::uint64_t m_reading = 0;
    int m_ticksSinceForeseen = 0;
};

} // namespace grove::ui
