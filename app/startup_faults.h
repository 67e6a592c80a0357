#pragma once

#include "data_lock.h"
#include "program.h"

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
/// or the person gives up. Nothing is ever deleted. Returns: nothing when the person chose to quit.
///
/// Threads: Qt's. Requires: a QApplication.
[[nodiscard]] std::optional<Opened> openWithQuestions(std::filesystem::path folder, DataLock lock,
                                                      std::optional<std::size_t> schedulers);

} // namespace grove::app
