#include <grove/otp/logger.h>
#include <grove/runtime/attempt.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/term/inspect.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace grove::otp {

struct Logger::NamedHandler {
    std::string name;
    LogLevel level;
    std::shared_ptr<const Handler> handler;
    std::shared_ptr<const Filter> filter; // none: everything
};

struct Logger::State {
    struct NamedFilter {
        std::string name;
        std::shared_ptr<const Filter> filter;
    };
    std::deque<LogEvent> queue;
    std::deque<LogEvent> recent;
    std::vector<NamedHandler> handlers;
    std::vector<NamedFilter> filters;
    std::uint64_t lastSequence = 0;
    std::uint64_t droppedTold = 0;
    bool isWoken = false; // the logger's process has been sent a message that it has not looked at
};

Logger::Logger(Runtime& runtime) : m_runtime(runtime), m_state(std::make_unique<State>()) {}
Logger::~Logger() = default;

void Logger::push(LogEvent event) {
    event.at = m_runtime.clock().wallTime();
    bool wakes = false;
    {
        const Lock lock(m_mutex);
        if (m_state->queue.size() >= kQueueMax) {
            m_dropped.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        event.sequence = ++m_state->lastSequence;
        m_state->queue.push_back(std::move(event));
        wakes = !std::exchange(m_state->isWoken, true);
    }
    if (wakes && !m_runtime.send(atom("logger"), Payload(Term(atom("drain"))))) {
        const Lock lock(m_mutex); // it looks at the queue when it starts
        m_state->isWoken = false;
    }
}

namespace {

/// Whoever has this name in a list of handlers or filters.
auto named(auto& list, std::string_view name) {
    return std::ranges::find_if(list, [&](const auto& each) { return each.name == name; });
}

} // namespace

void Logger::log(LogLevel level, Pid pid, std::string text, Term metadata) {
    if (takes(level))
        push(LogEvent{.level = level,
                      .kind = LogKind::Text,
                      .pid = pid,
                      .text = std::move(text),
                      .metadata = std::move(metadata)});
}

void Logger::report(LogLevel level, LogKind kind, Pid pid, Term report, Term metadata) {
    if (takes(level))
        push(LogEvent{.level = level,
                      .kind = kind,
                      .pid = pid,
                      .report = std::move(report),
                      .metadata = std::move(metadata)});
}

Result<void> Logger::addHandler(std::string name, LogLevel level, Handler handler, Filter filter) {
    const Lock lock(m_mutex);
    if (named(m_state->handlers, name) != m_state->handlers.end())
        return failure(atom("already_exist"), "there is a handler named " + name);
    m_state->handlers.push_back(
        {std::move(name), level, std::make_shared<const Handler>(std::move(handler)),
         filter ? std::make_shared<const Filter>(std::move(filter)) : nullptr});
    return {};
}

Result<void> Logger::setHandlerLevel(std::string_view name, LogLevel level) {
    const Lock lock(m_mutex);
    const auto found = named(m_state->handlers, name);
    if (found == m_state->handlers.end())
        return failure(atom("not_found"), "no handler is named " + std::string(name));
    found->level = level;
    return {};
}

Result<void> Logger::removeHandler(std::string_view name) {
    const Lock lock(m_mutex);
    const auto found = named(m_state->handlers, name);
    if (found == m_state->handlers.end())
        return failure(atom("not_found"), "no handler is named " + std::string(name));
    m_state->handlers.erase(found);
    return {};
}

Result<void> Logger::addFilter(std::string name, Filter filter) {
    const Lock lock(m_mutex);
    if (named(m_state->filters, name) != m_state->filters.end())
        return failure(atom("already_exist"), "there is a filter named " + name);
    m_state->filters.push_back(
        {std::move(name), std::make_shared<const Filter>(std::move(filter))});
    return {};
}

Result<void> Logger::removeFilter(std::string_view name) {
    const Lock lock(m_mutex);
    const auto found = named(m_state->filters, name);
    if (found == m_state->filters.end())
        return failure(atom("not_found"), "no filter is named " + std::string(name));
    m_state->filters.erase(found);
    return {};
}

std::vector<LogEvent> Logger::recentSince(std::uint64_t sequence) const {
    const Lock lock(m_mutex);
    std::vector<LogEvent> events;
    for (const LogEvent& event : m_state->recent)
        if (event.sequence >= sequence)
            events.push_back(event);
    return events;
}

bool Logger::passes(const Filter& filter, LogEvent& event, std::string_view name,
                    const NamedHandler* handler) {
    const auto kept = attempt([&] { return filter(event); });
    if (kept)
        return *kept;
    if (handler == nullptr) {
        static_cast<void>(removeFilter(name));
    } else {
        const Lock lock(m_mutex);
        const auto found = named(m_state->handlers, name);
        if (found != m_state->handlers.end() && found->filter == handler->filter)
            found->filter = nullptr;
    }
    log(LogLevel::Error, Pid(),
        (handler == nullptr ? "Log filter " : "The filter of log handler ") + std::string(name) +
            " was removed, because it raised " + inspect(kept.error().term) + ".");
    return true;
}

void Logger::give(const LogEvent& event, const NamedHandler& handler) {
    if (event.level < handler.level)
        return;
    LogEvent own = event;
    if (handler.filter != nullptr && !passes(*handler.filter, own, handler.name, &handler))
        return;
    const auto given = attempt([&] { (*handler.handler)(own); });
    if (given)
        return;
    static_cast<void>(removeHandler(handler.name));
    log(LogLevel::Error, Pid(),
        "Log handler " + handler.name + " was removed, because it raised " +
            inspect(given.error().term) + ".");
}

std::size_t Logger::drain() {
    std::deque<LogEvent> events;
    std::vector<NamedHandler> handlers;
    std::vector<State::NamedFilter> filters;
    {
        const Lock lock(m_mutex);
        m_state->isWoken = false;
        events.swap(m_state->queue);
        handlers = m_state->handlers;
        filters = m_state->filters;
        const std::uint64_t dropped = m_dropped.load(std::memory_order_relaxed);
        if (const std::uint64_t news = dropped - std::exchange(m_state->droppedTold, dropped);
            news > 0)
            events.push_back(LogEvent{.sequence = ++m_state->lastSequence,
                                      .level = LogLevel::Warning,
                                      .at = m_runtime.clock().wallTime(),
                                      .text = std::to_string(news) + " log events were dropped"});
    }
    for (const State::NamedFilter& each : filters)
        std::erase_if(events, [&](LogEvent& event) {
            return !passes(*each.filter, event, each.name, nullptr);
        });
    remember(events);
    for (const LogEvent& event : events)
        for (const NamedHandler& each : handlers)
            give(event, each);
    return events.size();
}

void Logger::remember(const std::deque<LogEvent>& events) {
    const Lock lock(m_mutex);
    for (const LogEvent& event : events)
        m_state->recent.push_back(event);
    while (m_state->recent.size() > kRecentMax)
        m_state->recent.pop_front();
}

namespace {

const Term& metadataKey() {
    static const Term key = atom("$logger_metadata$");
    return key;
}

/// `added` over what is in `metadata`; either may be none.
Term merged(Term metadata, const Term& added) {
    if (added.isNone())
        return metadata;
    if (!added.isMap())
        error(atoms::badarg);
    if (metadata.isNone())
        return added;
    for (const auto& [key, value] : added.mapEntries())
        metadata = mapPut(std::move(metadata), key, value);
    return metadata;
}

} // namespace

void setProcessMetadata(Term metadata) {
    if (!metadata.isMap())
        error(atoms::badarg);
    dictionaryPut(metadataKey(), std::move(metadata));
}

void updateProcessMetadata(const Term& metadata) {
    setProcessMetadata(merged(processMetadata(), metadata));
}

Term processMetadata() {
    return dictionaryGet(metadataKey()).value_or(Term());
}

void unsetProcessMetadata() {
    dictionaryErase(metadataKey());
}

void logLine(LogLevel level, LogText text, const Term& metadata, SourceLocation where) {
    Logger& log = extension<Logger>(Runtime::current());
    if (!log.takes(level))
        return;
    Term all = map({{atom("mfa"), where.function_name()},
                    {atom("file"), where.file_name()},
                    {atom("line"), where.line()}});
    all = merged(std::move(all), processMetadata());
    log.log(level, self(), text.take(), merged(std::move(all), metadata));
}

void logDebug(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Debug, std::move(text), metadata, where);
}
void logInfo(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Info, std::move(text), metadata, where);
}
void logNotice(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Notice, std::move(text), metadata, where);
}
void logWarning(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Warning, std::move(text), metadata, where);
}
void logError(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Error, std::move(text), metadata, where);
}
void logCritical(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Critical, std::move(text), metadata, where);
}
void logAlert(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Alert, std::move(text), metadata, where);
}
void logEmergency(LogText text, const Term& metadata, SourceLocation where) {
    logLine(LogLevel::Emergency, std::move(text), metadata, where);
}

void logReport(LogLevel level, LogKind kind, Term report, const Term& metadata) {
    extension<Logger>(Runtime::current())
        .report(level, kind, self(), std::move(report), merged(processMetadata(), metadata));
}

} // namespace grove::otp
