#pragma once

#include <grove/otp/child_spec.h>
#include <ui/bridge/qt_host.h>

#include <functional>

namespace grove::ui {

/// What the window's process does with its messages.
///
/// Threads: all on Qt's, in the window's process, except ended(), which runs on Qt's thread while
/// the process is taken down: it must not wait or send.
class WindowDuties {
public:
    virtual ~WindowDuties() = default;
    /// The process (the first, or one after a kill) begins.
    virtual void began() = 0;
    virtual void handle(Message message) = 0;
    virtual void ended() noexcept = 0;
};

/// The window's own process as a permanent child: runs on Qt's thread, receives, and hands to
/// `duties`.
///
/// Killed, it takes nothing of the window with it: its supervisor starts another, which begins
/// anew. `host` and `duties` must outlive the application that it is part of.
[[nodiscard]] otp::ChildSpec windowProcess(QtHost& host, WindowDuties& duties);

} // namespace grove::ui
