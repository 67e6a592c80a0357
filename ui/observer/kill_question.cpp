#include <ui/observer/consequence_text.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/kill_question.h>

#include <QPointer>
#include <QPushButton>

namespace grove::ui {

KillQuestion::KillQuestion(ObserverContext& context, const Subject& subject,
                           const observe::Consequences& consequences, QWidget* parent)
    : QuestionDialog(parent), m_context(context), m_subject(subject) {
    setObjectName(QStringLiteral("killQuestion"));
    setButtons(tr("Keep it running"), tr("&Kill"), Verb::Dangerous);
    display(consequences);
    connect(&context, &ObserverContext::pulled, this, &KillQuestion::askAgain);
    connect(&context.refresh(), &RefreshClock::ticked, this, &KillQuestion::askAgain);
}

void KillQuestion::askAgain() {
    if (m_asking)
        return;
    m_asking = true;
    m_context.node().consequences(m_subject.pid, atoms::kill,
                                  [self = QPointer(this)](Result<observe::Consequences> answer) {
                                      if (!self)
                                          return;
                                      self->m_asking = false;
                                      if (answer)
                                          return self->display(*answer);
                                      observe::Consequences gone = self->m_consequences;
                                      gone.verdict = observe::Verdict::AlreadyGone;
                                      self->display(gone);
                                  });
}

void KillQuestion::display(const observe::Consequences& consequences) {
    m_consequences = consequences;
    const observe::Place* place = m_context.tree().place(m_subject.place);
    const ConsequenceWords words{&m_context.hooks(),
                                 place ? place->restartType : observe::RestartType::Permanent};
    setHeading(tr("Kill %1?").arg(text(consequences.title)));
    const QString path = pathText(consequences).toHtmlEscaped();
    setSubLine(QStringLiteral("<tt>%1</tt>%2")
                   .arg(pidText(m_subject.pid).toHtmlEscaped(),
                        path.isEmpty() ? path : QStringLiteral(" · ") + path));
    QList<QuestionDialog::Fact> facts;
    for (const ui::Fact& fact : questionFacts(consequences, words))
        facts << QuestionDialog::Fact{fact.key, fact.value};
    setFacts(facts);
    const bool gone = consequences.verdict == observe::Verdict::AlreadyGone;
    verbButton()->setEnabled(!gone);
    setOption(gone || alwaysAsks(consequences, m_context.hooks())
                  ? QString()
                  : tr("Do not ask again until Grove is closed"));
}

} // namespace grove::ui
