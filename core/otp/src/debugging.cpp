#include "debugging.h"

#include <grove/otp/logger.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/info.h>
#include <grove/runtime/process.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <chrono>

namespace grove::otp {

namespace sys {

std::shared_ptr<const DebugOptions> debugged(DebugOptions options) {
    return std::make_shared<const DebugOptions>(std::move(options));
}

namespace {

std::string receivedText(const Term& message) {
    if (message.isTagged(atom("$gen_call"), 3) && message.element(1).isTuple(2))
        return "got call " + toErlang(message.element(2)) + " from " +
               toErlang(message.element(1).element(0));
    if (message.isTagged(atom("$gen_cast"), 2))
        return "got cast " + toErlang(message.element(1));
    return "got " + toErlang(message);
}

} // namespace

std::string formatEvent(const Term& process, const Term& event) {
    const std::string begin = "*DBG* " + toErlang(process) + " ";
    if (event.isTagged(atom("in"), 2))
        return begin + receivedText(event.element(1));
    if (event.isTagged(atom("out"), 4) && event.element(2).isTuple(2))
        return begin + "sent " + toErlang(event.element(1)) + " to " +
               toErlang(event.element(2).element(0)) + ", new state " + toErlang(event.element(3));
    if (event.isTagged(atoms::noreply, 2))
        return begin + "new state " + toErlang(event.element(1));
    // Of a state machine:
    if (event.isTagged(atom("in"), 3))
        return begin + "receive " + toErlang(event.element(1)) + " in state " +
               toErlang(event.element(2));
    if (event.isTagged(atom("out"), 3) && event.element(2).isTuple(2))
        return begin + "sent " + toErlang(event.element(1)) + " to " +
               toErlang(event.element(2).element(0));
    if (event.isTagged(atom("consume"), 3) || event.isTagged(atom("postpone"), 3))
        return begin + toErlang(event.element(0)) + " " + toErlang(event.element(1)) +
               " in state " + toErlang(event.element(2));
    return begin + "dbg  " + toErlang(event);
}

} // namespace sys

namespace detail {

namespace {

constexpr std::size_t kLogDefault = 10; // OTP's

std::uint64_t ownReductions() {
    const std::optional<ProcessRow> row = peekRow(self());
    return row ? row->reductions : 0;
}

/// `{{Year, Month, Day}, {Hour, Minute, Second}}`, UTC.
Term dateTime(WallTime at) {
    using namespace std::chrono;
    const auto second = floor<seconds>(at);
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss time(second - day);
    return tuple(tuple(static_cast<int>(date.year()), static_cast<int>(unsigned(date.month())),
                       static_cast<int>(unsigned(date.day()))),
                 tuple(time.hours().count(), time.minutes().count(), time.seconds().count()));
}

Term unknownDebug() {
    return tuple(atoms::error, atom("unknown_debug"));
}

} // namespace

void Debugging::begin(const sys::DebugOptions& options) {
    m_isTraced = options.trace;
    if (options.statistics)
        static_cast<void>(statistics(true));
    m_logMax = options.log;
    if (!options.logToFile.empty() && logToFile(Term(options.logToFile)).isTuple(2))
        logWarning("cannot write debug events to " + options.logToFile); // it starts all the same
    for (const sys::DebugInstall& function : options.install)
        install(function);
}

bool Debugging::isOver() const noexcept {
    return !m_isTraced && !m_counted && m_logMax == 0 && !m_file && m_functions.empty();
}

Term Debugging::serve(const sys::Request& request) {
    const Term& what = request.argument;
    if (request.install) {
        install({what, request.install, request.state});
        return atoms::ok;
    }
    if (what.isAtom(atom("no_debug"))) {
        *this = Debugging(std::move(m_process));
        return atoms::ok;
    }
    if (what.isTagged(atom("trace"), 2) && what.element(1).isBoolean()) {
        m_isTraced = what.element(1).toBool();
        return atoms::ok;
    }
    if (what.isTagged(atom("log"), 2))
        return log(what.element(1));
    if (what.isTagged(atom("statistics"), 2))
        return statistics(what.element(1));
    if (what.isTagged(atom("log_to_file"), 2))
        return logToFile(what.element(1));
    if (what.isTagged(atom("remove"), 2)) {
        std::erase_if(m_functions, [&](const sys::DebugInstall& each) {
            return equalsExact(each.id, what.element(1));
        });
        return atoms::ok;
    }
    return unknownDebug();
}

/// `true`, `{true, N}`, `false` or `get`.
Term Debugging::log(const Term& how) {
    if (how.isAtom(atom("get")))
        return tuple(atoms::ok, loggedEvents());
    if (how.isAtom(atoms::false_)) {
        m_logMax = 0;
        m_log.clear();
        return atoms::ok;
    }
    const bool hasLength = how.isTagged(atoms::true_, 2) && how.element(1).asInt().value_or(0) > 0;
    if (!hasLength && !how.isAtom(atoms::true_))
        return unknownDebug();
    m_logMax = hasLength ? static_cast<std::size_t>(how.element(1).toInt()) : kLogDefault;
    while (m_log.size() > m_logMax)
        m_log.pop_front();
    return atoms::ok;
}

/// `true`, `false` or `get`.
Term Debugging::statistics(const Term& how) {
    if (how.isAtom(atom("get"))) {
        if (!m_counted)
            return tuple(atoms::ok, atom("no_statistics"));
        return tuple(atoms::ok,
                     list({tuple(atom("start_time"), dateTime(m_counted->start)),
                           tuple(atom("current_time"), dateTime(wallTime())),
                           tuple(atoms::reductions, ownReductions() - m_counted->reductionsBefore),
                           tuple(atom("messages_in"), m_counted->in),
                           tuple(atom("messages_out"), m_counted->out)}));
    }
    if (how.isAtom(atoms::true_))
        m_counted = Counted{.start = wallTime(), .reductionsBefore = ownReductions()};
    else if (how.isAtom(atoms::false_))
        m_counted.reset();
    else
        return unknownDebug();
    return atoms::ok;
}

/// A path as a binary, or `false`.
Term Debugging::logToFile(const Term& where) {
    m_file.reset();
    if (where.isAtom(atoms::false_))
        return atoms::ok;
    const std::optional<std::string_view> path = where.asBinary();
    if (!path)
        return unknownDebug();
    m_file.reset(std::fopen(std::string(*path).c_str(), "we"));
    return m_file ? Term(atoms::ok) : tuple(atoms::error, atom("open_file"));
}

/// One of a name that is there already is not taken, as in OTP.
void Debugging::install(sys::DebugInstall function) {
    const bool isThere = std::ranges::any_of(m_functions, [&](const sys::DebugInstall& each) {
        return equalsExact(each.id, function.id);
    });
    if (!isThere)
        m_functions.push_back(std::move(function));
}

void Debugging::tell(const Term& event) {
    if (m_counted) {
        m_counted->in += event.isTagged(atom("in"), 2) || event.isTagged(atom("in"), 3) ? 1 : 0;
        m_counted->out += event.isTagged(atom("out"), 4) || event.isTagged(atom("out"), 3) ? 1 : 0;
    }
    if (m_logMax > 0) {
        m_log.push_back(event);
        if (m_log.size() > m_logMax)
            m_log.pop_front();
    }
    if (m_isTraced)
        trace(event);
    if (m_file) {
        const std::string line = sys::formatEvent(m_process, event) + "\n";
        std::fwrite(line.data(), 1, line.size(), m_file.get());
        std::fflush(m_file.get());
    }
    runFunctions(event);
}

void Debugging::runFunctions(const Term& event) {
    std::erase_if(m_functions, [&](sys::DebugInstall& each) {
        const Attempt<Term> next =
            attempt([&] { return each.run(std::move(each.state), event, m_process); });
        if (!next || next->isAtom(atom("done")))
            return true;
        each.state = *next;
        return false;
    });
}

void Debugging::trace(const Term& event) const {
    logReport(LogLevel::Notice, LogKind::DebugEvent, tuple(m_process, event));
}

Term Debugging::loggedEvents() const {
    return listOf(std::vector<Term>(m_log.begin(), m_log.end()));
}

Term Debugging::term() const {
    std::vector<Term> all;
    if (m_counted)
        all.push_back(tuple(atom("statistics"), tuple(m_counted->in, m_counted->out)));
    if (m_logMax > 0)
        all.push_back(tuple(atom("log"), loggedEvents()));
    if (m_isTraced)
        all.push_back(tuple(atom("trace"), true));
    if (m_file)
        all.push_back(tuple(atom("log_to_file"), true));
    for (const sys::DebugInstall& each : m_functions)
        all.push_back(tuple(each.id, each.state));
    return listFrom(all);
}

} // namespace detail
} // namespace grove::otp
