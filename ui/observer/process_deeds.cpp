// What the actions do, and what is said about it.

#include "process_deed.h"

#include <ui/observer/consequence_text.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/kill_question.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/recovery_view.h>
#include <ui/observer/term_question.h>

#include <QWidget>

#include <array>

namespace grove::ui {

using observe::Consequences;
using observe::Outcome;
using observe::Verdict;

namespace {

constexpr int kBriefMs = 10'000; ///< how long a bar about nothing lasting stays

bool isNoproc(const Error& error) {
    return error.code == atoms::noproc;
}

/// A question that was answered is deleted a little later.
bool isOpen(const QWidget* question) {
    return question && question->isVisible();
}

QString bold(const QString& html) {
    return QStringLiteral("<b>%1</b>").arg(html);
}

} // namespace

void ProcessActions::kill(const Subject& subject) {
    if (!subject.pid || isOpen(m_killQuestion))
        return;
    m_context.node().consequences(
        subject.pid, atoms::kill, [self = QPointer(this), subject](Result<Consequences> foreseen) {
            if (!self)
                return;
            if (!foreseen || foreseen->verdict == Verdict::AlreadyGone)
                return self->sayTooLate(subject.pid);
            if (!self->m_asks && !alwaysAsks(*foreseen, self->m_context.hooks()))
                return self->perform(subject, atoms::kill, std::move(*foreseen));
            self->askToKill(subject, *foreseen);
        });
}

void ProcessActions::askToKill(const Subject& subject, const Consequences& foreseen) {
    if (isOpen(m_killQuestion))
        return;
    auto* question = new KillQuestion(m_context, subject, foreseen, &m_window);
    question->setAttribute(Qt::WA_DeleteOnClose);
    m_killQuestion = question;
    connect(question, &QDialog::accepted, this, [this, question] {
        if (question->optionChecked())
            m_asks = false;
        perform(question->subject(), atoms::kill, question->consequences());
    });
    question->open();
}

void ProcessActions::exitWithReason(const Subject& subject) {
    if (!subject.pid || isOpen(m_termQuestion))
        return;
    auto* question = new TermQuestion(m_context, subject, TermQuestion::Kind::Exit, &m_window);
    question->setAttribute(Qt::WA_DeleteOnClose);
    m_termQuestion = question;
    connect(question, &QDialog::accepted, this,
            [this, question] { perform(question->subject(), question->term(), std::nullopt); });
    question->open();
}

void ProcessActions::sendMessage(const Subject& subject) {
    if (!subject.pid || isOpen(m_termQuestion))
        return;
    auto* question = new TermQuestion(m_context, subject, TermQuestion::Kind::Message, &m_window);
    question->setAttribute(Qt::WA_DeleteOnClose);
    m_termQuestion = question;
    connect(question, &QDialog::accepted, this, [this, question, subject] {
        const QString title = m_context.titleOf(subject.pid);
        m_context.node().send(
            subject.pid, question->term(),
            [self = QPointer(this), subject, title](Result<bool> sent) {
                if (!self)
                    return;
                if (!sent)
                    return self->sayTooLate(subject.pid);
                if (InlineBar* bar = self->say(
                        {BarKind::Success,
                         tr("The message was sent to %1.").arg(bold(title.toHtmlEscaped()))}))
                    bar->setLifetime(kBriefMs);
            });
    });
    question->open();
}

void ProcessActions::suspendOrResume(const Subject& subject) {
    if (!subject.pid)
        return;
    const auto rows = m_context.node().rows(std::array{subject.pid});
    const bool resume = !rows.empty() && rows.front().status == observe::Status::Suspended;
    const QString title = m_context.titleOf(subject.pid).toHtmlEscaped();
    auto answer = [self = QPointer(this), subject, resume, title](Result<bool> done) {
        if (!self)
            return;
        if (!done)
            return self->sayTooLate(subject.pid);
        InlineBar* bar =
            resume
                ? self->say({BarKind::Info, bold(tr("%1 goes on.").arg(title))})
                : self->say({BarKind::Warning, bold(tr("%1 is suspended.").arg(title)) +
                                                   tr(" Messages queue up until it is resumed.")},
                            {{tr("Resume"), [self, subject] {
                                  if (self)
                                      self->suspendOrResume(subject);
                              }}});
        if (bar && resume)
            bar->setLifetime(kBriefMs);
        self->m_context.refresh().refreshNow();
    };
    if (resume)
        m_context.node().resume(subject.pid, std::move(answer));
    else
        m_context.node().suspend(subject.pid, std::move(answer));
}

void ProcessActions::killAgain() {
    if (!m_again)
        return;
    // The place, not the pid: that is what "again" means. It is bound now, at the key.
    const Subject now = m_again.place ? m_context.subjectAt(m_again.place) : m_again;
    m_context.node().consequences(now.pid, atoms::kill,
                                  [self = QPointer(this), now](Result<Consequences> foreseen) {
                                      if (!self)
                                          return;
                                      if (!foreseen || foreseen->verdict == Verdict::AlreadyGone)
                                          return self->sayTooLate(now.pid);
                                      if (alwaysAsks(*foreseen, self->m_context.hooks()))
                                          return self->askToKill(now, *foreseen);
                                      self->perform(now, atoms::kill, std::move(*foreseen));
                                  });
}

void ProcessActions::rememberForAgain(const Subject& subject) {
    // From the table a process comes without its place.
    m_again = subject.place ? subject : m_context.subjectOf(subject.pid);
    m_againTimer.start(kKillAgain);
    updateActions();
}

void ProcessActions::perform(const Subject& subject, const Term& reason,
                             std::optional<Consequences> foreseen) {
    auto deed = std::make_shared<Deed>();
    deed->subject = subject.place ? subject : m_context.subjectOf(subject.pid);
    deed->kill = reason.isAtom(atoms::kill);
    deed->foreseen = std::move(foreseen);
    if (m_context.hooks().watch)
        deed->witness = m_context.hooks().watch();
    std::erase_if(m_deeds, [](const auto& each) { return each.expired(); });
    m_deeds.push_back(deed);
    m_context.exits().expect(subject.pid);
    if (deed->kill)
        rememberForAgain(subject);
    emit performed();
    QTimer::singleShot(kLateAfter, this, [this, deed] {
        if (deed->outcome.settled)
            return;
        deed->late = true;
        if (deed->told)
            tell(deed);
    });
    m_context.node().exit(
        subject.pid, reason, [self = QPointer(this), deed](Result<Outcome> progress) {
            if (!self)
                return;
            if (!progress) {
                if (isNoproc(progress.error()))
                    self->sayTooLate(deed->subject.pid);
                else
                    self->say(
                        {BarKind::Danger, bold(tr("Nothing was done.")) + u' ' +
                                              text(progress.error().message).toHtmlEscaped()});
                return;
            }
            deed->outcome = std::move(*progress);
            self->tell(deed);
        });
}

OutcomeFacts ProcessActions::factsOf(const Deed& deed) const {
    OutcomeFacts facts{.hooks = &m_context.hooks(),
                       .witness = deed.witness.get(),
                       .kill = deed.kill,
                       .late = deed.late};
    if (deed.outcome.gaveUp.empty())
        return facts;
    // The first supervisor that gave up stands above the place; who took over stands above the
    // last.
    const TreeModel& tree = m_context.tree();
    const observe::Place* place = tree.place(deed.subject.place);
    for (place = place ? tree.place(place->parent) : nullptr; place;
         place = tree.place(place->parent)) {
        if (place->name == deed.outcome.gaveUp.front()) {
            facts.intensity = place->intensity;
            facts.period = place->period;
        }
        if (place->name == deed.outcome.gaveUp.back()) {
            if (const observe::Place* above = tree.place(place->parent))
                facts.takenOverBy = text(above->name);
            break;
        }
    }
    return facts;
}

void ProcessActions::tell(const std::shared_ptr<Deed>& deed) {
    if (deed->told && !deed->bar)
        return; // closed by the person
    if (deed->outcome.settled && deed->outcome.verdict == Verdict::ApplicationStops) {
        // The bar of the stopped application says it, and stays.
        if (deed->bar && bars())
            bars()->remove(deed->bar);
        return;
    }
    const BarText words = whatHappened(deed->outcome, factsOf(*deed));
    if (!deed->bar) {
        deed->bar = say(words);
        deed->told = true;
        if (deed->bar) // it is known as long as its bar is there
            connect(deed->bar, &QObject::destroyed, this, [deed] { deed->witness.reset(); });
    }
    if (!deed->bar)
        return;
    deed->bar->setKind(words.kind);
    deed->bar->setText(words.text);
    if (!deed->outcome.settled && !deed->late)
        return;
    InlineBar::Action why{tr("Why?"), [this, deed] {
                              const QString heading =
                                  tr("After %1 was %2")
                                      .arg(text(deed->outcome.title),
                                           deed->kill ? tr("killed") : tr("ended"));
                              (new RecoveryView(heading, deed->outcome.events, &m_window))->open();
                          }};
    QList<InlineBar::Action> actions;
    if (!deed->outcome.events.empty())
        actions << why;
    const QList<InlineBar::Action> lasting = actions;
    const bool comesBack = bool(deed->outcome.successor);
    if (deed->kill && comesBack && m_again.place == deed->subject.place &&
        m_againTimer.isActive()) {
        actions << InlineBar::Action{tr("Kill again"), [this] { killAgain(); }};
        QTimer::singleShot(m_againTimer.remainingTimeAsDuration(), deed->bar,
                           [bar = deed->bar, lasting] { bar->setActions(lasting); });
    }
    deed->bar->setActions(actions);
}

void ProcessActions::sayTooLate(Pid pid) {
    m_context.pull(); // its end may not have been read yet
    if (InlineBar* bar = say(tooLate(pid, m_context.exits().find(pid), m_context.now())))
        bar->setLifetime(kBriefMs);
}

void ProcessActions::retell() {
    const auto deeds = m_deeds;
    for (const std::weak_ptr<Deed>& each : deeds)
        if (const auto deed = each.lock(); deed && deed->bar) {
            const BarText words = whatHappened(deed->outcome, factsOf(*deed));
            deed->bar->setKind(words.kind);
            deed->bar->setText(words.text);
        }
    for (const std::weak_ptr<Start>& each : m_starts)
        if (const auto start = each.lock(); start && start->bar)
            tellStart(*start);
}

void ProcessActions::tellStart(Start& start) {
    QString words = bold(tr("Started in %1.").arg(spanText(start.took)));
    if (start.witness)
        if (const QString kept = start.witness->keptAfterStart(); !kept.isEmpty())
            words += u' ' + kept.toHtmlEscaped();
    if (start.bar)
        return start.bar->setText(words);
    start.bar = say({BarKind::Success, words});
}

void ProcessActions::startApplication(const std::string& name) {
    auto start = std::make_shared<Start>();
    if (m_context.hooks().watch)
        start->witness = m_context.hooks().watch();
    const TimePoint asked = m_context.now();
    m_context.node().startApplication(name, [self = QPointer(this), name, asked,
                                             start](Result<bool> done) {
        if (!self)
            return;
        if (!done) {
            self->say(
                {BarKind::Danger,
                 bold(tr("The %1 did not start.")
                          .arg(applicationText(&self->m_context.hooks(), name).toHtmlEscaped())) +
                     u' ' + text(done.error().message).toHtmlEscaped()});
            return;
        }
        self->m_context.pull();
        start->took = self->m_context.now() - asked;
        self->tellStart(*start);
        if (!start->bar)
            return;
        start->bar->setLifetime(kBriefMs);
        std::erase_if(self->m_starts, [](const auto& each) { return each.expired(); });
        self->m_starts.push_back(start);
        // It is known as long as its bar is there.
        connect(start->bar, &QObject::destroyed, self, [start] { start->witness.reset(); });
    });
}

} // namespace grove::ui
