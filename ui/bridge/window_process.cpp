#include "window_process.h"

#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

namespace grove::ui {

namespace {

/// Tells the duties when the process ends, whatever ends it: its frame goes with it, on Qt's
/// thread.
class Tenure {
public:
    explicit Tenure(WindowDuties& duties) : m_duties(duties) { m_duties.began(); }
    ~Tenure() { m_duties.ended(); }
    Tenure(const Tenure&) = delete;
    Tenure& operator=(const Tenure&) = delete;

private:
    WindowDuties& m_duties;
};

Task<> serveWindow(WindowDuties* duties) {
    const Tenure tenure(*duties);
    for (;;)
        duties->handle(co_await receive(any()));
}

Task<otp::StartResult> startWindow(QtHost* host, WindowDuties* duties) {
    static const Atom label = atom("Window");
    const Spawned started = spawnOpt({.link = true,
                                      .observed = true,
                                      .label = label,
                                      .initialCall = "ui::serveWindow",
                                      .behaviour = "Window",
                                      .host = &host->scheduler()},
                                     &serveWindow, duties);
    co_return otp::StartResult::ok(started.pid);
}

} // namespace

otp::ChildSpec windowProcess(QtHost& host, WindowDuties& duties) {
    otp::ChildSpec spec(
        Term(atom("window_process")),
        [host = &host, duties = &duties](otp::StartOptions) { return startWindow(host, duties); });
    spec.label("Window").behaviour("Window").shutdown(std::chrono::seconds(1));
    return spec;
}

} // namespace grove::ui
