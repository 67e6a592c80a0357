#include <ui/common/text.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/format.h>

#include <QCoreApplication>
#include <QStringList>

namespace grove::ui {

using observe::Consequences;
using observe::Strategy;
using observe::Verdict;

namespace {

constexpr std::size_t kToldMax = 4;

QString tr(const char* source) {
    return QCoreApplication::translate("grove::ui::ConsequenceText", source);
}

QString siblingWord(std::uint32_t count) {
    return count == 1 ? tr("sibling") : tr("siblings");
}

/// Whole seconds where they are whole: "5 s", else "2.5 s".
QString periodText(std::chrono::milliseconds period) {
    return spanText(period);
}

QString secondsUp(std::chrono::milliseconds left) {
    const auto whole = std::max<std::int64_t>(1, (left.count() + 999) / 1000);
    return tr("%1 s").arg(whole);
}

QString givesUpText(const Consequences& c) {
    const QString first =
        tr("This is the %1 in %2: ").arg(ordinal(c.restartsUsed + 1), periodText(c.period));
    QStringList givers;
    for (const std::string& title : c.givesUp)
        givers << text(title);
    if (givers.isEmpty())
        givers << text(c.supervisor);
    const std::size_t enders = static_cast<std::size_t>(givers.size());
    const std::size_t workers = c.affected.size() > enders ? c.affected.size() - enders : 0;
    QString gives = tr("%1 gives up").arg(givers.constFirst());
    for (qsizetype i = 1; i < givers.size(); ++i)
        gives += tr(", then %1").arg(givers[i]);
    const QString with = workers == 0   ? tr("restarts it")
                         : workers == 1 ? tr("restarts it with its worker")
                                        : tr("restarts it with its %1 workers").arg(workers);
    return first + gives + tr(", and %1 %2.").arg(text(c.escalatesTo), with);
}

/// Of what no supervisor owns, and the runtime keeps.
QString runtimeStartsText(const Consequences& c) {
    const std::size_t with = c.affected.empty() ? 0 : c.affected.size() - 1;
    return with == 0   ? tr("The runtime starts it again; nothing else restarts.")
           : with == 1 ? tr("The runtime starts it again with its worker.")
                       : tr("The runtime starts it again with its %1 workers.").arg(with);
}

QString ownWords(const Consequences& c, const ConsequenceWords& words) {
    switch (c.verdict) {
    case Verdict::RestartsAlone:
        if (c.supervisor.empty())
            return runtimeStartsText(c);
        return words.restartType == observe::RestartType::Transient
                   ? tr("Started again unless it ends normally; a kill is not normal.")
                   : tr("Its supervisor starts a new one; nothing else restarts.");
    case Verdict::RestartsAll:
        return c.siblings == 1 ? tr("Its sibling is stopped and both start again.")
                               : tr("Its %1 siblings are stopped and all %2 start again.")
                                     .arg(c.siblings)
                                     .arg(c.siblings + 1);
    case Verdict::RestartsRest:
        return c.siblings == 0 ? tr("Its supervisor starts a new one; nothing else restarts.")
                               : tr("It and the %1 started after it start again.").arg(c.siblings);
    case Verdict::NotRestarted:
        return words.restartType == observe::RestartType::Transient
                   ? tr("Nothing restarts it: it ends normally (transient).")
                   : tr("Nothing restarts it (temporary).");
    case Verdict::NotSupervised:
        return tr("Nothing restarts it: no supervisor owns it.");
    case Verdict::SupervisorGivesUp:
        return givesUpText(c);
    case Verdict::ApplicationStops:
        return tr("The %1 stops. Start brings it back.")
            .arg(applicationText(words.hooks, c.application));
    case Verdict::MayTrap:
        return tr("It traps exits, so it may go on.");
    case Verdict::Ignored:
        return tr("Nothing happens: it ignores an exit with the reason normal.");
    case Verdict::AlreadyGone:
        return tr("It has already ended. Nothing will be done.");
    }
    return {};
}

QString restartsFact(const Consequences& c) {
    const QString strategy = strategyText(c.strategy);
    switch (c.verdict) {
    case Verdict::RestartsAlone:
        return c.supervisor.empty() ? QString() : tr("this worker alone (%1)").arg(strategy);
    case Verdict::RestartsAll:
        return tr("this worker and its %1 %2 (%3)")
            .arg(c.siblings)
            .arg(siblingWord(c.siblings), strategy);
    case Verdict::RestartsRest:
        return c.siblings == 0 ? tr("this worker alone (%1)").arg(strategy)
                               : tr("this worker and the %1 started after it (%2)")
                                     .arg(c.siblings)
                                     .arg(strategy);
    default:
        return {};
    }
}

bool hasBudget(const Consequences& c) {
    return c.intensity > 0 && !c.supervisor.empty() &&
           (c.verdict == Verdict::RestartsAlone || c.verdict == Verdict::RestartsAll ||
            c.verdict == Verdict::RestartsRest || c.verdict == Verdict::SupervisorGivesUp ||
            c.verdict == Verdict::ApplicationStops);
}

QString budgetFact(const Consequences& c) {
    const QString used = tr("%1 of %2 restarts in %3 used")
                             .arg(c.restartsUsed)
                             .arg(c.intensity)
                             .arg(periodText(c.period));
    if (c.restartsUsed >= c.intensity)
        return tr("%1; one more in the next %2 stops %3")
            .arg(used, secondsUp(c.budgetFreeIn), text(c.supervisor));
    if (c.restartsUsed + 1 == c.intensity)
        return tr("%1; this uses the last one").arg(used);
    return used;
}

QString toldFact(const Consequences& c) {
    QStringList told;
    for (const std::string& title : c.told) {
        if (static_cast<std::size_t>(told.size()) == kToldMax) {
            told << tr("%1 more").arg(number(qint64(c.told.size() - kToldMax)));
            break;
        }
        told << text(title);
    }
    if (c.callers > 0)
        told << counted(qint64(c.callers), tr("%1 caller that waits"), tr("%1 callers that wait"));
    return told.join(QStringLiteral("; "));
}

} // namespace

QString whatWillHappen(const Consequences& consequences, const ConsequenceWords& words) {
    if (words.hooks && words.hooks->whatWillHappen)
        if (const QString special = words.hooks->whatWillHappen(consequences); !special.isEmpty())
            return special;
    return ownWords(consequences, words);
}

QList<Fact> questionFacts(const Consequences& consequences, const ConsequenceWords& words) {
    QList<Fact> facts;
    const bool special = words.hooks && words.hooks->whatWillHappen &&
                         !words.hooks->whatWillHappen(consequences).isEmpty();
    const QString restarts = special ? QString() : restartsFact(consequences);
    if (restarts.isEmpty())
        facts << Fact{tr("What happens"), whatWillHappen(consequences, words)};
    else
        facts << Fact{tr("Restarts"), restarts};
    if (hasBudget(consequences))
        facts << Fact{tr("Budget"), budgetFact(consequences)};
    if (const QString told = toldFact(consequences); !told.isEmpty())
        facts << Fact{tr("Told"), told};
    if (words.hooks && words.hooks->kept)
        if (const QString kept = words.hooks->kept(consequences); !kept.isEmpty())
            facts << Fact{tr("Kept"), kept};
    return facts;
}

QString pathText(const Consequences& consequences) {
    QStringList parts;
    for (const std::string& part : consequences.path)
        parts << text(part);
    return parts.join(QStringLiteral(" › "));
}

QString budgetShort(std::size_t used, std::uint32_t intensity, std::chrono::milliseconds period) {
    return used == 0 || intensity == 0
               ? QString()
               : tr("%1 of %2 in %3").arg(used).arg(intensity).arg(periodText(period));
}

QString ordinal(std::uint32_t number) {
    const auto tens = number % 100;
    const auto ones = number % 10;
    const bool teen = tens >= 11 && tens <= 13;
    const QString suffix = !teen && ones == 1   ? tr("st")
                           : !teen && ones == 2 ? tr("nd")
                           : !teen && ones == 3 ? tr("rd")
                                                : tr("th");
    return QString::number(number) + suffix;
}

QString applicationText(const ObserverHooks* hooks, const std::string& name) {
    if (hooks && hooks->applicationTitle)
        if (const QString title = hooks->applicationTitle(text(name)); !title.isEmpty())
            return tr("%1 application").arg(title);
    return tr("%1 application").arg(text(name));
}

bool alwaysAsks(const Consequences& consequences, const ObserverHooks& hooks) {
    return consequences.verdict == Verdict::ApplicationStops ||
           (hooks.isWindow && hooks.isWindow(consequences.pid));
}

} // namespace grove::ui
