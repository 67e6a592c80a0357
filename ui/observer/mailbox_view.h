#pragma once

#include <grove/term/pid.h>

#include <QWidget>

class QLabel;
class QTableView;
class QToolButton;

namespace grove::ui {

class MailboxModel;
class ObserverContext;
class TableView;
class TermView;

/// A process's mailbox in pages of 100, the whole of the chosen message under it.
///
/// Reads only while it is visible. The context must outlive it.
class MailboxView : public QWidget {
    Q_OBJECT
public:
    explicit MailboxView(ObserverContext& context, QWidget* parent = nullptr);

    /// Whose mailbox, and what to call it.
    void setProcess(Pid pid, const QString& title);
    /// Reads the page shown again.
    void readAgain();
    MailboxModel* model() const { return m_model; }
    TableView* table() const { return m_table; }
    TermView* whole() const { return m_whole; }
    /// Returns: "1-100 of 2,462,553".
    QString rangeText() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void turnTo(std::uint64_t first);
    void updateRange();

    ObserverContext& m_context;
    Pid m_pid;
    std::uint64_t m_first = 0;
    MailboxModel* m_model;
    TableView* m_table;
    TermView* m_whole;
    QLabel* m_range;
    QToolButton* m_back;
    QToolButton* m_forth;
    bool m_reading = false;
};

} // namespace grove::ui
