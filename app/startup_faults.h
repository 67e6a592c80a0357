#pragma once

#include "data_lock.h"
#include "program.h"

#include <functional>
#include <memory>
#include <optional>

namespace grove::app {

/// A data folder that could be opened, and what runs on it.
struct Opened {
    std::filesystem::path folder;
    DataLock lock;
    std::unique_ptr<Program> program;
};

/// Starts the program on a folder; where its database cannot be used, asks what to do until it can
/// or the person gives up. Nothing is ever deleted. `isEnded`: no question is to be asked any more,
/// and one that was open is unanswered. Returns: nothing when the person chose to quit, or then.
///
/// Threads: Qt's. Requires: a QApplication.
[[nodiscard]] std::optional<Opened> openWithQuestions(std::filesystem::path folder, DataLock lock,
                                                      std::optional<std::size_t> schedulers,
                                                      const std::function<bool()>& isEnded);

/// Locks the folder anew, or one that the person chooses, after its window was closed for that.
/// Returns: nothing when the person chose to quit.
[[nodiscard]] std::optional<std::pair<std::filesystem::path, DataLock>>
lockAgain(std::filesystem::path folder, bool otherFolder);

} // namespace grove::app
