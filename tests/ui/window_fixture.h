#pragma once

#include "ui/memory_session.h"

#include <ui/common/actions.h>
#include <ui/common/page.h>
#include <ui/common/page_head.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/todo/dates.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>

#include <QAction>
#include <QApplication>
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QVBoxLayout>

#include <memory>
#include <resources/resources.h>

namespace grove::test {

/// A page that stands where the observer's pages stand.
class PlainPage final : public ui::Page {
public:
    PlainPage()
        : m_head(new ui::PageHead(this)), m_field(new QLineEdit(this)),
          m_view(new ui::TableView(this)) {
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->addWidget(m_head);
        layout->addWidget(m_field);
        layout->addWidget(m_view);
        m_field->setAccessibleName(QStringLiteral("Find process"));
        m_head->setTitle(QStringLiteral("Tree"));
        m_view->setAccessibleName(QStringLiteral("Tree"));
    }
    void setCompact(bool compact) override { m_head->setCompact(compact); }
    QWidget* focusTarget() override { return m_view; }
    void find() override { ++finds; }
    void findNext() override {}
    void findPrevious() override {}
    bool stepBack() override { return false; }
    void refreshNow() override { ++refreshes; }
    void setHeadActions(const QList<QAction*>& actions) override { m_head->setActions(actions); }
    void copySelection() override { ++copies; }
    QVariantMap arrangement() const override { return arranged; }
    void arrange(const QVariantMap& kept) override { arranged = kept; }

    QVariantMap arranged;
    int copies = 0;
    int finds = 0;
    int refreshes = 0;

private:
    ui::PageHead* m_head;
    QLineEdit* m_field;
    ui::TableView* m_view;
};

/// An inspector that counts what is copied from it.
class PlainInspector final : public QWidget, public ui::CopySource {
public:
    PlainInspector() { setFocusPolicy(Qt::StrongFocus); }
    void copySelection() override { ++copies; }
    int copies = 0;
};

/// The whole frame over lists in memory, with one page and an inspector.
struct WindowFixture {
    static void prepare() {
        initResources();
        if (!QApplication::instance()->property("groveTheme").toBool()) {
            ui::Theme::install(*qApp, ui::ThemeMode::Light);
            qApp->setProperty("groveTheme", true);
        }
    }

    WindowFixture()
        : settings(folder.filePath(QStringLiteral("window.ini")), QSettings::IniFormat) {}

    /// Builds and shows the window, as at each start of the program; the lists must be there.
    void start(QSize size = {1280, 800}) {
        window.reset();
        actions = std::make_unique<ui::ActionRegistry>();
        window = std::make_unique<ui::MainWindow>(session, *actions, settings);
        page = new PlainPage;
        window->addPage({QStringLiteral("tree"), QStringLiteral("Tree"), "tree",
                         QKeySequence(Qt::ALT | Qt::Key_1)},
                        page);
        inspector = new PlainInspector;
        window->setInspector(inspector);
        window->finish();
        window->resize(size);
        window->show();
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
        window->activateWindow();
        QApplication::setActiveWindow(window.get());
    }

    ui::TodoPage& todo() { return *window->todoPage(); }
    ui::TreeView* view() { return window->todoPage()->view(); }
    ui::EntryModel& model() { return *window->todoPage()->model(); }
    QLineEdit* quickAdd() { return window->todoPage()->quickAdd()->line(); }
    QAction* action(const char* id) { return actions->action(id); }

    /// Rows as lines: "Today: Fri 21 November", "  [x] Dentist".
    QStringList lines() {
        QStringList result;
        for (int group = 0; group < model().rowCount(); ++group) {
            const QModelIndex parent = model().index(group, 0);
            result.append(parent.data().toString());
            for (int row = 0; row < model().rowCount(parent); ++row) {
                const QModelIndex entry = model().index(row, 0, parent);
                result.append(QStringLiteral("  [%1] %2")
                                  .arg(entry.data(ui::EntryModel::DoneRole).toBool()
                                           ? QStringLiteral("x")
                                           : QStringLiteral(" "),
                                       entry.data().toString()));
            }
        }
        return result;
    }

    static todo::NewEntry entry(const char* title, const QDate& date = {}, bool done = false) {
        return {.title = title, .date = ui::fromQDate(date), .done = done};
    }

    QTemporaryDir folder;
    QSettings settings;
    MemorySession session;
    std::unique_ptr<ui::ActionRegistry> actions; ///< a new one for each start
    std::unique_ptr<ui::MainWindow> window;
    PlainPage* page = nullptr;
    PlainInspector* inspector = nullptr;
};

} // namespace grove::test
