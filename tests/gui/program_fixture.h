#pragma once

#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>
#include <ui/common/inline_bar.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/tree_page.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_page.h>
#include <ui/todo/welcome.h>
#include <ui/window/main_window.h>
#include <ui/window/status_line.h>

#include <QApplication>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <app/program.h>
#include <app/verbs.h>
#include <app/window_program.h>
#include <memory>
#include <resources/resources.h>

namespace grove::test {

/// The whole program on a data folder of its own: runtime, database, window.
struct ProgramFixture {
    static void prepare() {
        initResources();
        ui::Theme::install(*qApp, ui::ThemeMode::Light);
    }

    ProgramFixture()
        : settings(folder.filePath(QStringLiteral("window.ini")), QSettings::IniFormat) {}

    /// Starts it, as a person does; the window is painted and the lists are read afterwards.
    void start(QSize size = {1280, 800}) {
        auto started = app::Program::start({.folder = folder.path().toStdString()});
        QVERIFY(started.has_value());
        program = std::make_unique<app::WindowProgram>(*std::move(started), settings);
        program->show({});
        window().resize(size);
        QVERIFY(QTest::qWaitForWindowExposed(&window()));
        window().activateWindow();
        QApplication::setActiveWindow(&window());
        QTRY_VERIFY(program->session().listsAreRead());
    }

    /// Closes the window and ends all processes.
    void end() {
        window().close();
        program.reset();
    }

    ui::MainWindow& window() { return program->window(); }
    ui::TodoPage& todo() { return *window().todoPage(); }
    ui::EntryModel& model() { return *todo().model(); }
    QLineEdit* quickAdd() { return todo().quickAdd()->line(); }
    QString savedText() { return window().statusLine()->savedText(); }

    /// To whoever has the keyboard.
    static void press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QWidget* focus = QApplication::focusWidget();
        if (!focus)
            focus = QApplication::activeWindow();
        QVERIFY(focus);
        QTest::keyClick(focus, static_cast<Qt::Key>(key), modifiers);
    }
    static void type(const QString& text) {
        QVERIFY(QApplication::focusWidget());
        QTest::keyClicks(QApplication::focusWidget(), text);
    }

    /// Titles of the list that is shown, in no order.
    QStringList titles() {
        QStringList out;
        for (const todo::Entry& entry : program->session().entries(todo().list()))
            out.append(QString::fromStdString(entry.title));
        return out;
    }
    todo::ListId listNamed(const QString& name) {
        for (const ui::ListInfo& list : program->session().lists())
            if (list.name == name)
                return list.id;
        return 0;
    }
    const observe::Place* placeNamed(const QString& name) {
        return placeNamed(program->context().tree(), 0, name.toStdString());
    }
    /// The visible bar whose text has these words.
    ui::InlineBar* barWith(const QString& words) {
        for (ui::InlineBar* bar : window().findChildren<ui::InlineBar*>())
            if (bar->isVisible() && bar->text().contains(words))
                return bar;
        return nullptr;
    }
    /// A link of a bar.
    static QToolButton* link(ui::InlineBar* bar, const QString& text) {
        for (QToolButton* button : bar->findChildren<QToolButton*>())
            if (button->isVisible() && button->text() == text)
                return button;
        return nullptr;
    }

    /// A list as a program that was just started prints it. Requires: the window is gone.
    QStringList printedList(const QString& name) {
        QStringList lines;
        auto fresh = app::Program::start({.folder = folder.path().toStdString()});
        if (!fresh)
            return {QStringLiteral("the program does not start")};
        External external((*fresh)->runtime(), "test");
        const app::VerbOutput output{
            .output =
                [&lines](std::string text) {
                    lines +=
                        QString::fromStdString(text).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
                },
            .error = [&lines](std::string text) { lines.append(QString::fromStdString(text)); },
            .finish = [](int) {},
        };
        const Pid verb =
            app::startPrint((*fresh)->runtime(), name.toStdString(), app::kWorkers, output);
        static_cast<void>(external.receive(on<Down>(monitor(verb))));
        return lines;
    }

    QTemporaryDir folder;
    QSettings settings;
    std::unique_ptr<app::WindowProgram> program;

private:
    static const observe::Place* placeNamed(const ui::TreeModel& tree, observe::PlaceId under,
                                            const std::string& name) {
        for (const observe::PlaceId id : tree.childrenOf(under)) {
            const observe::Place* place = tree.place(id);
            if (place->name == name)
                return place;
            if (const observe::Place* below = placeNamed(tree, id, name))
                return below;
        }
        return nullptr;
    }
};

} // namespace grove::test
