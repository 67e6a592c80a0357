#include <QTest>

#include <app/command_line.h>
#include <map>

using namespace grove::app;

namespace {

using Strings = std::vector<std::string>;

std::map<std::string, std::string, std::less<>> s_environment;

std::string fakeEnvironment(std::string_view name) {
    const auto found = s_environment.find(name);
    return found == s_environment.end() ? std::string() : found->second;
}

CommandLine parsed(const Strings& arguments) {
    auto line = parseCommandLine(arguments);
    if (!line)
        qFatal("not understood: %s", line.error().c_str());
    return *std::move(line);
}

} // namespace

class tst_CommandLine : public QObject {
    Q_OBJECT

private slots:
    void nothingOpensTheWindow() {
        const CommandLine line = parsed({});
        QCOMPARE(line.verb, Verb::Window);
        QVERIFY(line.dataFolder.empty());
        QVERIFY(!line.schedulers);
        QVERIFY(line.listName.empty());
    }

    void aWindowCanOpenOnAList() {
        const CommandLine line = parsed({"--list", "Bob's list", "--data=/tmp/x"});
        QCOMPARE(line.verb, Verb::Window);
        QCOMPARE(line.listName, std::string("Bob's list"));
        QCOMPARE(line.dataFolder.native(), std::string("/tmp/x"));
    }

    void importTakesAFileAndAList() {
        const CommandLine line =
            parsed({"--data", "d", "--import", "todos.csv", "--list", "Work", "--schedulers", "2"});
        QCOMPARE(line.verb, Verb::Import);
        QCOMPARE(line.importFile.native(), std::string("todos.csv"));
        QCOMPARE(line.listName, std::string("Work"));
        QCOMPARE(line.dataFolder.native(), std::string("d"));
        QCOMPARE(line.schedulers.value_or(0), std::size_t{2});
    }

    void printTakesAList() {
        const CommandLine line = parsed({"--print", "--list=--print"});
        QCOMPARE(line.verb, Verb::Print);
        QCOMPARE(line.listName, std::string("--print"));
    }

    void aValueMayHoldEqualsSignsSpacesAndNewlines() {
        QCOMPARE(parsed({"--print", "--list=a = b\nc"}).listName, std::string("a = b\nc"));
        QCOMPARE(parsed({"--print", "--list", "a=b"}).listName, std::string("a=b"));
        QCOMPARE(parsed({"--print", "--list", "-dashed"}).listName, std::string("-dashed"));
    }

    void helpAndVersionWinOverEverythingElse() {
        QCOMPARE(parsed({"--import", "--help"}).verb, Verb::Help);
        QCOMPARE(parsed({"--nonsense", "-h"}).verb, Verb::Help);
        QCOMPARE(parsed({"--print", "--version"}).verb, Verb::Version);
    }

    void whatIsQtsGoesToQt() {
        QCOMPARE(parsed({"-platform", "offscreen", "--style=fusion"}).windowArguments,
                 (Strings{"-platform", "offscreen", "-style", "fusion"}));
    }

    void wrongArgumentsAreNamed_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, QStringList arguments, const char* message) {
            QTest::newRow(name) << std::move(arguments) << message;
        };
        row("unknown option", {"--dta", "x"}, "There is no option '--dta'. See grove --help.");
        row("two dashes", {"--"}, "There is no option '--'. See grove --help.");
        row("a file alone", {"todos.csv"},
            "There is no argument 'todos.csv'; a file is imported by --import FILE --list NAME. "
            "See grove --help.");
        row("one dash", {"-"},
            "There is no argument '-'; a file is imported by --import FILE --list NAME. "
            "See grove --help.");
        row("import without file", {"--import"},
            "--import needs the file to import. See grove --help.");
        row("import of an option", {"--import", "--list", "x"},
            "--import needs the file to import. See grove --help.");
        row("import without list", {"--import", "f"},
            "--import needs --list NAME, the list to import into. See grove --help.");
        row("print without list", {"--print"},
            "--print needs --list NAME, the list to print. See grove --help.");
        row("print with a value", {"--print=x"}, "--print takes no value. See grove --help.");
        row("both", {"--print", "--import", "f", "--list", "x"},
            "--import and --print are two commands: give one of them, once. See grove --help.");
        row("print twice", {"--print", "--print", "--list", "x"},
            "--import and --print are two commands: give one of them, once. See grove --help.");
        row("empty list", {"--print", "--list", ""},
            "--list needs the name of a list. See grove --help.");
        row("empty folder", {"--data="}, "--data needs a folder. See grove --help.");
        for (const char* count : {"0", "1025", "-1", "two", "2x", ""})
            row(count, {QStringLiteral("--schedulers=") + count},
                QByteArray("--schedulers takes a whole number from 1 to 1024, and '")
                    .append(count)
                    .append("' is none. See grove --help."));
        row("platform alone", {"-platform"}, "-platform needs a value. See grove --help.");
    }

    void wrongArgumentsAreNamed() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, message);
        Strings given;
        for (const QString& argument : arguments)
            given.push_back(argument.toStdString());
        const auto line = parseCommandLine(given);
        QVERIFY(!line);
        QCOMPARE(QString::fromStdString(line.error()), message);
    }

    void theDataFolderIsTheDesktops_data() {
        QTest::addColumn<QString>("xdg");
        QTest::addColumn<QString>("home");
        QTest::addColumn<QString>("folder");
        QTest::newRow("xdg") << "/data" << "/h" << "/data/grove";
        QTest::newRow("home") << "" << "/h" << "/h/.local/share/grove";
        QTest::newRow("a relative one is ignored") << "data" << "/h" << "/h/.local/share/grove";
        QTest::newRow("none") << "" << "" << "";
    }

    void theDataFolderIsTheDesktops() {
        QFETCH(QString, xdg);
        QFETCH(QString, home);
        QFETCH(QString, folder);
        s_environment = {{"XDG_DATA_HOME", xdg.toStdString()}, {"HOME", home.toStdString()}};
        const auto found = defaultDataFolder(fakeEnvironment);
        QCOMPARE(found.has_value(), !folder.isEmpty());
        QCOMPARE(QString::fromStdString(found.value_or("").native()), folder);
    }

    void helpNamesEveryOption() {
        const std::string help = helpText();
        for (const char* option :
             {"--import", "--print", "--list", "--data", "--schedulers", "--help", "--version"})
            QVERIFY2(help.find(option) != std::string::npos, option);
        QVERIFY(versionText().starts_with("grove "));
    }
};

QTEST_APPLESS_MAIN(tst_CommandLine)
#include "tst_command_line.moc"
