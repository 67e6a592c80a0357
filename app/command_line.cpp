#include "command_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#ifndef GROVE_VERSION
#error "the build gives GROVE_VERSION"
#endif

namespace grove::app {
namespace {

constexpr std::size_t kSchedulersMax = 1024;

/// Qt's own options that take a value; it reads them from the command line with one dash or two.
constexpr std::array<std::string_view, 10> kWindowOptions{
    "platform", "platformtheme", "platformpluginpath", "display",      "geometry",
    "style",    "stylesheet",    "qwindowgeometry",    "qwindowtitle", "session"};

/// Takes arguments one by one; `--name value` and `--name=value` are the same.
class Arguments {
public:
    explicit Arguments(std::span<const std::string> arguments) : m_rest(arguments) {}

    bool next() {
        if (m_rest.empty())
            return false;
        const std::string_view argument = m_rest.front();
        m_rest = m_rest.subspan(1);
        const auto equals = argument.find('=');
        m_attached.reset();
        m_name = argument;
        if (argument.starts_with("--") && equals != std::string_view::npos) {
            m_name = argument.substr(0, equals);
            m_attached = argument.substr(equals + 1);
        }
        return true;
    }

    [[nodiscard]] std::string_view name() const { return m_name; }
    [[nodiscard]] bool hasAttached() const { return m_attached.has_value(); }

    /// The option's value, or nothing where there is none. An option is no value: `--list --print`
    /// is a name forgotten, and a list of that name is reached by `--list=--print`.
    std::optional<std::string> value() {
        if (m_attached)
            return std::string(*m_attached);
        if (m_rest.empty() || m_rest.front().starts_with("--"))
            return std::nullopt;
        std::string found = m_rest.front();
        m_rest = m_rest.subspan(1);
        return found;
    }

private:
    std::span<const std::string> m_rest;
    std::string_view m_name;
    std::optional<std::string_view> m_attached;
};

std::unexpected<std::string> wrong(std::string text) {
    return std::unexpected(std::move(text) + " See grove --help.");
}

std::string inQuotes(std::string_view text) {
    return "'" + std::string(text) + "'";
}

std::optional<std::size_t> schedulerCount(std::string_view text) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count == 0 ||
        count > kSchedulersMax)
        return std::nullopt;
    return count;
}

/// One pass over the arguments; what they must be together is seen to afterwards.
class Reader {
public:
    explicit Reader(std::span<const std::string> arguments) : m_arguments(arguments) {}

    std::expected<CommandLine, std::string> read() {
        while (m_arguments.next())
            if (auto taken = takeOne(); !taken)
                return std::unexpected(std::move(taken).error());
        return complete();
    }

private:
    std::expected<void, std::string> takeOne() {
        const std::string_view name = m_arguments.name();
        if (name == "--import")
            return takeImport();
        if (name == "--print")
            return takeVerb(Verb::Print);
        if (name == "--list")
            return takeList();
        if (name == "--data")
            return takeData();
        if (name == "--schedulers")
            return takeSchedulers();
        if (name.starts_with("-") && name.size() > 1)
            return takeWindowOption();
        return wrong("There is no argument " + inQuotes(name) +
                     "; a file is imported by --import FILE --list NAME.");
    }

    std::expected<void, std::string> takeVerb(Verb verb) {
        if (m_arguments.hasAttached())
            return wrong(std::string(m_arguments.name()) + " takes no value.");
        if (m_line.verb != Verb::Window)
            return wrong("--import and --print are two commands: give one of them, once.");
        m_line.verb = verb;
        return {};
    }

    std::expected<void, std::string> takeImport() {
        auto file = m_arguments.value();
        if (!file || file->empty())
            return wrong("--import needs the file to import.");
        if (m_line.verb != Verb::Window)
            return wrong("--import and --print are two commands: give one of them, once.");
        m_line.verb = Verb::Import;
        m_line.importFile = std::move(*file);
        return {};
    }

    std::expected<void, std::string> takeList() {
        auto name = m_arguments.value();
        if (!name || name->empty())
            return wrong("--list needs the name of a list.");
        m_line.listName = std::move(*name);
        return {};
    }

    std::expected<void, std::string> takeData() {
        auto folder = m_arguments.value();
        if (!folder || folder->empty())
            return wrong("--data needs a folder.");
        m_line.dataFolder = std::move(*folder);
        return {};
    }

    std::expected<void, std::string> takeSchedulers() {
        const auto text = m_arguments.value();
        if (!text)
            return wrong("--schedulers needs a number.");
        m_line.schedulers = schedulerCount(*text);
        if (!m_line.schedulers)
            return wrong("--schedulers takes a whole number from 1 to " +
                         std::to_string(kSchedulersMax) + ", and " + inQuotes(*text) + " is none.");
        return {};
    }

    std::expected<void, std::string> takeWindowOption() {
        const std::string_view name = m_arguments.name();
        const std::string_view bare =
            name.substr(std::min(name.find_first_not_of('-'), name.size()));
        if (std::ranges::find(kWindowOptions, bare) == kWindowOptions.end())
            return wrong("There is no option " + inQuotes(name) + ".");
        auto value = m_arguments.value();
        if (!value)
            return wrong(std::string(name) + " needs a value.");
        m_line.windowArguments.push_back("-" + std::string(bare));
        m_line.windowArguments.push_back(std::move(*value));
        return {};
    }

    std::expected<CommandLine, std::string> complete() {
        if (m_line.verb == Verb::Import && m_line.listName.empty())
            return wrong("--import needs --list NAME, the list to import into.");
        if (m_line.verb == Verb::Print && m_line.listName.empty())
            return wrong("--print needs --list NAME, the list to print.");
        return std::move(m_line);
    }

    Arguments m_arguments;
    CommandLine m_line;
};

} // namespace

std::expected<CommandLine, std::string> parseCommandLine(std::span<const std::string> arguments) {
    for (const std::string& argument : arguments) {
        if (argument == "--help" || argument == "-h")
            return CommandLine{.verb = Verb::Help};
        if (argument == "--version")
            return CommandLine{.verb = Verb::Version};
    }
    return Reader(arguments).read();
}

std::string helpText() {
    return "grove: to-do lists that run as supervised processes, and a window to watch them.\n"
           "\n"
           "  grove                            open the window\n"
           "  grove --list NAME                open the window on this list\n"
           "  grove --import FILE --list NAME  import lines like 2023-12-19,Dentist into a list,\n"
           "                                   which is made where there is none of that name\n"
           "  grove --print --list NAME        print a list's entries as date,title\n"
           "  grove --help | --version\n"
           "\n"
           "  --data DIR      where the lists are (default: grove in $XDG_DATA_HOME or\n"
           "                  ~/.local/share)\n"
           "  --schedulers N  threads that run processes (default: one per core)\n"
           "\n"
           "--import and --print need no display. While a window has the same lists open, it\n"
           "carries them out.\n"
           "Exit status: 0 done, 1 not done (the reason is on standard error), 2 wrong arguments,\n"
           "3 the lists are open in another Grove that does not answer.\n";
}

std::string versionText() {
    return "grove " GROVE_VERSION "\n";
}

std::optional<std::filesystem::path>
defaultDataFolder(std::string (*environment)(std::string_view name)) {
    // A relative $XDG_DATA_HOME is to be ignored, says the XDG base directory specification.
    if (const std::filesystem::path data = environment("XDG_DATA_HOME"); data.is_absolute())
        return data / "grove";
    if (const std::filesystem::path home = environment("HOME"); home.is_absolute())
        return home / ".local" / "share" / "grove";
    return std::nullopt;
}

std::string systemEnvironment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str()); // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::string() : std::string(value);
}

} // namespace grove::app
