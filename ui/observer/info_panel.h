#pragma once

#include <grove/observe/consequences.h>
#include <grove/observe/rows.h>
#include <grove/observe/tree.h>

#include <QScrollArea>

#include <array>
#include <optional>

class QGridLayout;
class QLabel;
class QPushButton;

namespace grove::ui {

class ElidedLabel;

/// The inspector's first tab: fields, links, what a kill would do, and the buttons.
///
/// Only labels whose text changed are set, so that selections in them survive a refresh.
class InfoPanel : public QScrollArea {
    Q_OBJECT
public:
    explicit InfoPanel(QWidget* parent = nullptr);

    enum class Field {
        Status,
        WaitsAt,
        Behaviour,
        StartedBy,
        Restart,
        Memory,
        Reductions,
        // Linked and watched
        Links,
        Monitors,
        MonitoredBy,
        // Details
        Name,
        Label,
        InitialCall,
        Awaits,
        Priority,
        TrapsExits,
        RunTime,
        Uptime,
        Restarts,
        Mailbox,
        Ancestors,
        kCount
    };
    /// Shows a process; `place` is where it is in the tree, null if nowhere. A process that is gone
    /// keeps its last figures.
    void display(const observe::ProcessInfo& info, const observe::Place* place,
                 std::optional<double> reductionsPerSecond, bool gone);
    void clear();
    void setConsequence(const QString& words);
    QString valueOf(Field field) const;
    QString consequence() const;
    /// Returns: what is selected in a value, else all fields, a line each: its name, a tab, its
    /// value.
    QString copyText() const;
    QPushButton* killButton() const { return m_kill; }
    QPushButton* suspendButton() const { return m_suspend; }
    QPushButton* sendButton() const { return m_send; }

signals:
    void processChosen(grove::Pid pid);

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    class Filling;
    void settle();
    QLabel* addHeading(const QString& words, QGridLayout* grid);
    void addField(Field field, const QString& key, QGridLayout* grid);
    void set(Field field, const QString& value);
    void showDetails(const observe::ProcessInfo& info, const observe::Place* place);

    struct Row {
        QLabel* key = nullptr;
        QLabel* value = nullptr;
    };
    std::array<Row, std::size_t(Field::kCount)> m_rows;
    QLabel* m_linked = nullptr;
    QLabel* m_consequence;
    QPushButton* m_kill;
    QPushButton* m_suspend;
    QPushButton* m_send;
};

} // namespace grove::ui
