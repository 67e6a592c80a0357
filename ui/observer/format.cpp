#include <ui/common/text.h>
#include <ui/observer/format.h>

#include <QCoreApplication>

namespace grove::ui {

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {
QString tr(const char* source) {
    return QCoreApplication::translate("grove::ui::Format", source);
}
} // namespace

QString pidText(Pid pid) {
    return pid ? QStringLiteral("#PID") + text(pid.toString()) : QString();
}

QString pidShort(Pid pid) {
    const QString whole = pid ? text(pid.toString()) : QString();
    return whole.startsWith(u'<') && whole.endsWith(u'>') ? whole.mid(1, whole.size() - 2) : whole;
}

QString spanText(nanoseconds span) {
    return duration(span.count());
}

QString ageText(nanoseconds age) {
    const auto whole = duration_cast<seconds>(age).count();
    const auto pair = [](const QString& big, const QString& small, auto rest) {
        return rest == 0 ? big : big + u' ' + small;
    };
    if (whole < 60)
        return tr("%1 s").arg(whole);
    if (whole < 3600)
        return pair(tr("%1 min").arg(whole / 60), tr("%1 s").arg(whole % 60), whole % 60);
    if (whole < 86'400)
        return pair(tr("%1 h").arg(whole / 3600), tr("%1 min").arg(whole % 3600 / 60),
                    whole % 3600 / 60);
    return pair(whole < 172'800 ? tr("1 day") : tr("%1 days").arg(whole / 86'400),
                tr("%1 h").arg(whole % 86'400 / 3600), whole % 86'400 / 3600);
}

QString roundAgeText(nanoseconds age) {
    const seconds unit(age < 1min ? 1 : age < 1h ? 60 : age < 24h ? 3600 : 86'400);
    return ageText(age / unit * unit);
}

QString sourceText(const observe::SourcePlace& place) {
    return place.file.empty() ? QString()
                              : QStringLiteral("%1:%2").arg(text(place.file)).arg(place.line);
}

QString functionText(const std::string& signature) {
    // Without template arguments and parameters; the return type ends at the last space before
    // them.
    std::string name;
    int depth = 0;
    for (const char c : signature) {
        if (c == '<')
            ++depth;
        else if (c == '>')
            --depth;
        else if (depth == 0 && (c == '(' || c == '['))
            break;
        else if (depth == 0)
            name += c;
    }
    while (name.ends_with(' '))
        name.pop_back();
    if (const auto space = name.find_last_of(" *&"); space != std::string::npos)
        name.erase(0, space + 1);
    const auto last = name.rfind("::");
    const auto owner = last == std::string::npos || last == 0 ? last : name.rfind("::", last - 1);
    if (owner != std::string::npos)
        name.erase(0, owner + 2);
    return name.empty() ? text(signature) : text(name);
}

QString statusText(observe::Status status, bool ownThread) {
    using enum observe::Status;
    switch (status) {
    case Runnable:
        return tr("runnable");
    case Running:
        return tr("running");
    case Waiting:
        return ownThread ? tr("own thread") : tr("waiting");
    case Blocked:
        return tr("blocked");
    case Suspended:
        return tr("suspended");
    case Holding:
        return tr("holding its scheduler");
    case Exiting:
        return tr("exiting");
    case Gone:
        return tr("gone");
    }
    return {};
}

StatusMark markOf(observe::Status status, bool ownThread) {
    using enum observe::Status;
    switch (status) {
    case Runnable:
        return StatusMark::Runnable;
    case Running:
        return StatusMark::Running;
    case Waiting:
    case Blocked:
        return ownThread ? StatusMark::OwnThread : StatusMark::Waiting;
    case Suspended:
        return StatusMark::Suspended;
    case Holding:
        return StatusMark::HoldingScheduler;
    case Exiting:
    case Gone:
        return StatusMark::Gone;
    }
    return StatusMark::None;
}

StrategyGlyph glyphOf(observe::Strategy strategy) {
    switch (strategy) {
    case observe::Strategy::OneForOne:
        return StrategyGlyph::OneForOne;
    case observe::Strategy::OneForAll:
        return StrategyGlyph::OneForAll;
    case observe::Strategy::RestForOne:
        return StrategyGlyph::RestForOne;
    }
    return StrategyGlyph::None;
}

QString strategyText(observe::Strategy strategy) {
    return strategyWords(glyphOf(strategy));
}

QString restartTypeText(observe::RestartType type) {
    switch (type) {
    case observe::RestartType::Permanent:
        return tr("permanent");
    case observe::RestartType::Transient:
        return tr("transient");
    case observe::RestartType::Temporary:
        return tr("temporary");
    }
    return {};
}

QString priorityText(observe::Priority priority) {
    switch (priority) {
    case observe::Priority::Low:
        return tr("low");
    case observe::Priority::Normal:
        return tr("normal");
    case observe::Priority::High:
        return tr("high");
    case observe::Priority::Max:
        return tr("max");
    }
    return {};
}

QString kindText(observe::PlaceKind kind) {
    switch (kind) {
    case observe::PlaceKind::Application:
        return tr("application");
    case observe::PlaceKind::Supervisor:
        return tr("supervisor");
    case observe::PlaceKind::DynamicSupervisor:
        return tr("dynamic supervisor");
    case observe::PlaceKind::Worker:
        return tr("worker");
    }
    return {};
}

} // namespace grove::ui
