#include <ui/common/text.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/format.h>
#include <ui/observer/outcome_text.h>

#include <QCoreApplication>

namespace grove::ui {

using observe::Outcome;
using observe::Verdict;

namespace {

QString tr(const char* source) {
    return QCoreApplication::translate("grove::ui::OutcomeText", source);
}

QString safe(const std::string& words) {
    return text(words).toHtmlEscaped();
}
QString bold(const QString& html) {
    return QStringLiteral("<b>%1</b>").arg(html);
}

QString reasonWords(const QString& reason) {
    return QStringLiteral("<tt>%1</tt>").arg(reason.toHtmlEscaped());
}

/// "SQLite worker 2 was killed" or "SQLite worker 2 got an exit".
QString whatWasDone(const Outcome& outcome, const OutcomeFacts& facts) {
    return (facts.kill ? tr("%1 was killed") : tr("%1 was ended")).arg(safe(outcome.title));
}

std::size_t othersRestarted(const Outcome& outcome) {
    std::size_t count = 0;
    for (const observe::Affected& affected : outcome.affected)
        if (affected.fate == observe::Fate::Restarts && affected.pid != outcome.pid)
            ++count;
    return count;
}

BarText gaveUpText(const Outcome& outcome, const OutcomeFacts& facts) {
    const QString giver =
        outcome.gaveUp.empty() ? tr("Its supervisor") : safe(outcome.gaveUp.front());
    QString words = bold(tr("%1 gave up").arg(giver));
    if (facts.intensity > 0)
        words += tr(" (%1 restarts in %2; %3 are allowed)")
                     .arg(facts.intensity + 1)
                     .arg(spanText(facts.period))
                     .arg(facts.intensity);
    words += u'.';
    const std::size_t workers = outcome.affected.size() > outcome.gaveUp.size()
                                    ? outcome.affected.size() - outcome.gaveUp.size()
                                    : 0;
    const QString by = facts.takenOverBy.isEmpty() ? tr("The supervisor above")
                                                   : facts.takenOverBy.toHtmlEscaped();
    if (!outcome.settled)
        words += tr(" %1 restarts it.").arg(by);
    else if (workers == 0)
        words += tr(" %1 restarted it in %2.").arg(by, spanText(outcome.recovery));
    else if (workers == 1)
        words += tr(" %1 restarted it and its worker in %2.").arg(by, spanText(outcome.recovery));
    else
        words += tr(" %1 restarted it and its %2 workers in %3.")
                     .arg(by)
                     .arg(workers)
                     .arg(spanText(outcome.recovery));
    return {BarKind::Warning, words};
}

BarText ownWords(const Outcome& outcome, const OutcomeFacts& facts) {
    const QString done = whatWasDone(outcome, facts);
    switch (outcome.verdict) {
    case Verdict::RestartsAlone:
    case Verdict::RestartsAll:
    case Verdict::RestartsRest: {
        if (facts.late && !outcome.successor)
            return {BarKind::Danger, bold(tr("%1 is not back after %2 s.")
                                              .arg(safe(outcome.title))
                                              .arg(kLateAfter.count())) +
                                         tr(" Its supervisor is trying to start it.")};
        if (!outcome.settled)
            return {BarKind::Info, bold(done + u'.') + tr(" Its supervisor starts it again.")};
        const QString took = spanText(outcome.recovery);
        const std::size_t others = othersRestarted(outcome);
        if (others == 0)
            return {BarKind::Success, bold(done) + tr(" and restarted in %1.").arg(took)};
        return {
            BarKind::Success,
            bold(done + u'.') +
                (others == 1
                     ? tr(" It and its sibling were restarted in %1.").arg(took)
                     : tr(" It and its %1 siblings were restarted in %2.").arg(others).arg(took))};
    }
    case Verdict::NotRestarted:
    case Verdict::NotSupervised:
        return {BarKind::Info, bold(done + u'.') + tr(" Nothing restarts it.")};
    case Verdict::SupervisorGivesUp:
        return gaveUpText(outcome, facts);
    case Verdict::ApplicationStops:
        return {BarKind::Danger, bold(done + u'.') + tr(" Its application has stopped.")};
    case Verdict::MayTrap:
        return {BarKind::Info, bold(tr("%1 got the exit as a message").arg(safe(outcome.title))) +
                                   tr(" and goes on.")};
    case Verdict::Ignored:
        return {BarKind::Info, bold(tr("%1 goes on.").arg(safe(outcome.title))) +
                                   tr(" It ignores an exit with the reason normal.")};
    case Verdict::AlreadyGone:
        break;
    }
    return tooLate(outcome.pid, nullptr, {});
}

QString endedWords(const GoneFacts& facts) {
    if (facts.reason == QLatin1String("killed"))
        return facts.byPerson ? tr("was killed by you") : tr("was killed");
    if (facts.reason.isEmpty())
        return tr("ended");
    return (facts.byPerson ? tr("was ended by you (%1)") : tr("ended (%1)"))
        .arg(reasonWords(facts.reason));
}

} // namespace

BarText whatHappened(const Outcome& outcome, const OutcomeFacts& facts) {
    BarText words = ownWords(outcome, facts);
    if (!facts.witness)
        return words;
    if (BarText special = facts.witness->whatHappened(outcome); !special.text.isEmpty())
        words = std::move(special);
    if (outcome.settled)
        if (const QString kept = facts.witness->kept(outcome); !kept.isEmpty())
            words.text += u' ' + kept.toHtmlEscaped();
    return words;
}

BarText tooLate(Pid pid, const ExitLog::Exit* exit, TimePoint now) {
    const QString who = pidText(pid).toHtmlEscaped();
    if (!exit)
        return {BarKind::Info,
                bold(tr("%1 had already ended.").arg(who)) + tr(" Nothing was done.")};
    const auto tenths =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - exit->at).count() / 100;
    const QString before = tenths < 600
                               ? tr("%1 s").arg(QString::number(double(tenths) / 10, 'f', 1))
                               : ageText(now - exit->at);
    return {BarKind::Info, bold(tr("%1 had already ended (%2) %3 before.")
                                    .arg(who, exit->reason.toHtmlEscaped(), before)) +
                               tr(" Nothing was done.")};
}

QString goneText(const GoneFacts& facts) {
    QString words = bold(tr("%1 is gone.").arg(pidText(facts.pid).toHtmlEscaped())) +
                    tr(" It %1").arg(endedWords(facts));
    if (!facts.clock.isEmpty())
        words += tr(" at %1").arg(facts.clock);
    if (facts.lived > std::chrono::nanoseconds::zero())
        words += tr(", after %1").arg(ageText(facts.lived));
    words += u'.';
    if (facts.queued > 0)
        words += u' ' + counted(qint64(facts.queued), tr("Last seen: %1 message queued."),
                                tr("Last seen: %1 messages queued."));
    if (facts.successor)
        words += tr(" Its successor is %1.").arg(pidText(facts.successor).toHtmlEscaped());
    return words;
}

QString successorText(const GoneFacts& facts, std::chrono::nanoseconds ago) {
    GoneFacts plain = facts;
    plain.byPerson = false;
    const QString when =
        ago < std::chrono::seconds(1) ? tr("just now") : tr("%1 ago").arg(ageText(ago));
    return bold(tr("%1 %2 %3.").arg(pidText(facts.pid).toHtmlEscaped(), endedWords(plain), when)) +
           tr(" You see its successor, %1.").arg(pidText(facts.successor).toHtmlEscaped());
}

QString stoppedText(const StopFacts& facts) {
    const QString application = applicationText(facts.hooks, facts.application).toHtmlEscaped();
    const QString top = facts.top.toHtmlEscaped();
    QString words;
    if (facts.killedByPerson) {
        words = bold(tr("You stopped the %1").arg(application)) + tr(" by killing %1.").arg(top);
    } else {
        words = bold(tr("The %1 has stopped.").arg(application));
        if (!facts.failed.isEmpty() && facts.times > 0)
            words += tr(" %1 gave up: %2 failed %3 times in %4, last reason %5.")
                         .arg(top, facts.failed.toHtmlEscaped())
                         .arg(facts.times)
                         .arg(spanText(facts.period), reasonWords(facts.reason));
        else if (!facts.reason.isEmpty())
            words += tr(" %1 ended with the reason %2.").arg(top, reasonWords(facts.reason));
    }
    if (facts.hooks && facts.hooks->keptWhileStopped)
        if (const QString kept = facts.hooks->keptWhileStopped(text(facts.application));
            !kept.isEmpty())
            words += u' ' + kept.toHtmlEscaped();
    return words;
}

} // namespace grove::ui
