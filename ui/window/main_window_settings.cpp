// What MainWindow keeps from one start to the next.

#include <ui/common/actions.h>
#include <ui/common/metrics.h>
#include <ui/common/page.h>
#include <ui/common/splitter.h>
#include <ui/common/theme.h>
#include <ui/todo/todo_page.h>
#include <ui/window/main_window.h>

#include <QAction>
#include <QScreen>
#include <QSettings>

namespace grove::ui {

namespace {

constexpr QSize kFirst(1280, 800);
constexpr int kSettingsVersion = 1;

} // namespace

void MainWindow::restoreLayout() {
    m_sidebarWidth = metrics().sidebar;
    m_inspectorWidth = metrics().inspector;
    m_sidebarShown = true;
    setSplit(false);
    setInspectorShown(false);
    applySidebar();
    for (Page* page : m_pages)
        page->arrange({});
    const int half = m_centre->height() / 2;
    m_rows->setSizes({half, half});
}

void MainWindow::readSettings() {
    m_settings.beginGroup(QStringLiteral("window"));
    const bool known = m_settings.value(QStringLiteral("version")).toInt() == kSettingsVersion;
    const auto value = [this, known](const char* key, const QVariant& otherwise) {
        return known ? m_settings.value(QLatin1String(key), otherwise) : otherwise;
    };
    QSize size = kFirst;
    if (const QScreen* on = screen()) {
        const QSize room = on->availableGeometry().size();
        if (room.width() < size.width() || room.height() < size.height())
            size = QSize(room * 0.9).expandedTo(minimumSize());
    }
    resize(value("size", size).toSize().expandedTo(minimumSize()));
    if (value("maximized", false).toBool())
        setWindowState(windowState() | Qt::WindowMaximized);
    m_sidebarWidth = value("sidebarWidth", metrics().sidebar).toInt();
    m_inspectorWidth = value("inspectorWidth", metrics().inspector).toInt();
    m_sidebarShown = value("sidebar", true).toBool();
    m_theme = value("theme", QStringLiteral("desktop")).toString();
    const QString page = value("page", m_currentPage).toString();
    const todo::ListId list = value("list", qint64(todo::kInbox)).toLongLong();
    const bool listOnTop = value("listOnTop", true).toBool();
    const bool split = value("split", false).toBool();
    const bool inspector = value("inspector", false).toBool();
    const QVariantList rows = value("rows", QVariantList()).toList();
    m_welcomeList = value("welcomeBar", 0).toLongLong();
    m_treeHint = value("treeHint", false).toBool();
    m_settings.endGroup();
    if (known)
        readPages();

    Theme::instance().setMode(m_theme == QLatin1String("dark")    ? ThemeMode::Dark
                              : m_theme == QLatin1String("light") ? ThemeMode::Light
                                                                  : ThemeMode::Desktop);
    m_actions
        .action(m_theme == QLatin1String("dark")    ? "view.themeDark"
                : m_theme == QLatin1String("light") ? "view.themeLight"
                                                    : "view.themeDesktop")
        ->setChecked(true);
    if (m_pages.contains(page))
        m_currentPage = page;
    m_wantedList = list; // the lists may not be read yet
    openWantedList();
    if (!listOnTop && m_pages.contains(m_currentPage))
        showPage(m_currentPage);
    if (split) {
        m_split = true;
        m_listOnTop = true;
        m_actions.action("view.split")->setChecked(true);
        layoutPanes();
    }
    if (rows.size() == 2)
        m_rows->setSizes({rows.at(0).toInt(), rows.at(1).toInt()});
    setInspectorShown(inspector);
    applySidebar();
    activePage()->focusTarget()->setFocus(Qt::OtherFocusReason);
}

/// At once, not when the window closes: what was closed for good does not come back after a crash.
void MainWindow::keepWelcomeBar() {
    m_settings.setValue(QStringLiteral("window/welcomeBar"), qint64(m_welcomeList));
    m_settings.setValue(QStringLiteral("window/treeHint"), m_treeHint);
}

void MainWindow::readPages() {
    for (auto page = m_pages.cbegin(); page != m_pages.cend(); ++page) {
        m_settings.beginGroup(QStringLiteral("page-") + page.key());
        QVariantMap kept;
        for (const QString& key : m_settings.childKeys())
            kept.insert(key, m_settings.value(key));
        m_settings.endGroup();
        if (!kept.isEmpty())
            (*page)->arrange(kept);
    }
}

void MainWindow::writePages() {
    for (auto page = m_pages.cbegin(); page != m_pages.cend(); ++page) {
        m_settings.beginGroup(QStringLiteral("page-") + page.key());
        const QVariantMap kept = (*page)->arrangement();
        for (auto each = kept.cbegin(); each != kept.cend(); ++each)
            m_settings.setValue(each.key(), each.value());
        m_settings.endGroup();
    }
}

void MainWindow::writeSettings() {
    m_settings.beginGroup(QStringLiteral("window"));
    m_settings.setValue(QStringLiteral("version"), kSettingsVersion);
    if (!isMaximized())
        m_settings.setValue(QStringLiteral("size"), size());
    m_settings.setValue(QStringLiteral("maximized"), isMaximized());
    m_settings.setValue(QStringLiteral("sidebarWidth"), m_sidebarWidth);
    m_settings.setValue(QStringLiteral("inspectorWidth"), m_inspectorWidth);
    m_settings.setValue(QStringLiteral("sidebar"), m_sidebarShown);
    m_settings.setValue(QStringLiteral("theme"), m_theme);
    m_settings.setValue(QStringLiteral("page"), m_currentPage);
    m_settings.setValue(QStringLiteral("list"), qint64(m_todoPage->list()));
    m_settings.setValue(QStringLiteral("listOnTop"), m_listOnTop);
    m_settings.setValue(QStringLiteral("split"), m_split);
    m_settings.setValue(QStringLiteral("inspector"), m_inspectorShown);
    const QList<int> rows = m_rows->sizes();
    if (m_split)
        m_settings.setValue(QStringLiteral("rows"), QVariantList{rows.at(0), rows.at(1)});
    m_settings.endGroup();
    writePages();
    m_settings.sync();
}

} // namespace grove::ui
