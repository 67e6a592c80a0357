#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grove::app {

/// What the program is asked to do. All but Window work without a display.
enum class Verb { Window, Import, Print, Help, Version };

/// Exit statuses. Zero is only ever success.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
/// The command line itself was wrong.
inline constexpr int kUsage = 2;
/// The data folder is held by another Grove that did not answer.
inline constexpr int kHeld = 3;

/// A command line that made sense.
struct CommandLine {
    Verb verb = Verb::Window;
    /// --data; empty: defaultDataFolder().
    std::filesystem::path dataFolder;
    /// --schedulers; none: one per core.
    std::optional<std::size_t> schedulers;
    /// --import.
    std::filesystem::path importFile;
    /// --list: the list to import into or to print; with a window, the list to show.
    std::string listName;
    /// What belongs to Qt (-platform offscreen, -style …), in order, for QApplication.
    std::vector<std::string> windowArguments;
};

/// Reads the arguments after the program's name. --help and --version win over everything else.
///
/// Errors: one sentence for a person that names the argument and says what is right.
[[nodiscard]] std::expected<CommandLine, std::string>
parseCommandLine(std::span<const std::string> arguments);

/// What --help prints.
[[nodiscard]] std::string helpText();

/// What --version prints: "grove 0.1.0" and a newline.
[[nodiscard]] std::string versionText();

/// Where the lists are when --data does not say: grove in $XDG_DATA_HOME, or in ~/.local/share.
///
/// `environment` looks a variable up; unset and empty are the same.
/// Returns: nothing where the environment names no home.
[[nodiscard]] std::optional<std::filesystem::path>
    defaultDataFolder(std::string (*environment)(std::string_view name));

/// The process's environment, for defaultDataFolder(). Threads: before others are started.
[[nodiscard]] std::string systemEnvironment(std::string_view name);

} // namespace grove::app
