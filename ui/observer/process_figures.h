#pragma once

#include <ui/observer/process_model.h>
#include <ui/observer/subject.h>

#include <optional>

namespace grove::ui {

/// What was last read of one process.
struct ProcessModel::Figures {
    observe::ProcessRow row;
    TimePoint readAt{};
    std::optional<double> reductionsPerSecond; ///< between the last two readings

    void take(const observe::ProcessRow& now, TimePoint at) {
        if (now.status == observe::Status::Gone) {
            // The last figures of a process that is gone stay to be read.
            row.status = observe::Status::Gone;
            row.pid = now.pid;
            reductionsPerSecond.reset();
            readAt = at;
            return;
        }
        const double seconds = std::chrono::duration<double>(at - readAt).count();
        if (readAt != TimePoint{} && seconds > 0.05)
            reductionsPerSecond =
                (static_cast<double>(now.reductions) - static_cast<double>(row.reductions)) /
                seconds;
        row = now;
        readAt = at;
    }
};

} // namespace grove::ui
