#pragma once

#include <grove/otp/debug.h>
#include <grove/otp/sys.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace grove::otp::detail {

/// Who debugs a server, and what was told. A server has one only while it is debugged.
///
/// Threads: the server's process. Bounds: the log keeps as many events as was asked for.
class Debugging {
public:
    /// `process`: the server's name or pid, as events show it.
    explicit Debugging(Term process) : m_process(std::move(process)) {}

    void begin(const sys::DebugOptions& options);
    /// Nobody is left.
    [[nodiscard]] bool isOver() const noexcept;
    /// Does what a request `{debug, What}` asks for. Returns: the answer.
    [[nodiscard]] Term serve(const sys::Request& request);
    /// Gives an event to everybody who debugs.
    void tell(const Term& event);
    /// As getStatus shows it.
    [[nodiscard]] Term term() const;
    /// The events kept, oldest first.
    [[nodiscard]] Term loggedEvents() const;

private:
    struct CloseFile {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    struct Counted {
        WallTime start{};
        std::uint64_t reductionsBefore = 0;
        std::uint64_t in = 0;
        std::uint64_t out = 0;
    };

    [[nodiscard]] Term log(const Term& how);
    [[nodiscard]] Term statistics(const Term& how);
    [[nodiscard]] Term logToFile(const Term& where);
    void install(sys::DebugInstall function);
    void runFunctions(const Term& event);
    void trace(const Term& event) const;

    Term m_process;
    bool m_isTraced = false;
    std::optional<Counted> m_counted;
    std::size_t m_logMax = 0; // 0: no log
    std::deque<Term> m_log;
    std::unique_ptr<std::FILE, CloseFile> m_file;
    std::vector<sys::DebugInstall> m_functions; // in order of installation
};

} // namespace grove::otp::detail
