#pragma once

#include <ui/todo/session.h>

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QRadioButton;
class QStandardItemModel;

namespace grove::ui {

class BarStack;
class TableView;

/// Import of one file: its first 20 lines as they will be read, the list they go to, progress,
/// cancel.
///
/// Window-modal. Closes by itself when the import has ended; imported() tells how. Esc and Cancel
/// stop a running import and keep what is in.
class ImportDialog : public QDialog {
    Q_OBJECT
public:
    /// `openList` is offered as target. The session must outlive the dialog.
    ImportDialog(Session& session, const QString& path, todo::ListId openList,
                 QWidget* parent = nullptr);

    void reject() override;

signals:
    void imported(const grove::ui::ImportReport& report);

private:
    void buildTarget(QWidget* parent, todo::ListId openList);
    void showPreview(const ImportPreview& preview);
    void showProgress(const ImportProgress& progress);
    void finishImport(const ImportReport& report);
    void checkTarget();
    void start();

    Session& m_session;
    QString m_path;
    QLabel* m_heading;
    QLabel* m_about;
    QStandardItemModel* m_lines;
    TableView* m_table;
    QWidget* m_target;
    QRadioButton* m_intoList;
    QComboBox* m_list;
    QRadioButton* m_intoNew;
    QLineEdit* m_newName;
    QLabel* m_fault;
    QCheckBox* m_skipEqual;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    QPushButton* m_cancel;
    QPushButton* m_import;
    bool m_previewed = false;
    bool m_running = false;
};

/// Says in a bar how an import ended, with "Show them" and "Undo import" or "Continue".
void showImportReport(BarStack& bars, Session& session, const ImportReport& report,
                      QWidget* window);

} // namespace grove::ui
