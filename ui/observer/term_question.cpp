#include <ui/observer/consequence_text.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/term_question.h>

#include <QPointer>
#include <QPushButton>

namespace grove::ui {

TermQuestion::TermQuestion(ObserverContext& context, const Subject& subject, Kind kind,
                           QWidget* parent)
    : QuestionDialog(parent), m_context(context), m_subject(subject), m_kind(kind),
      m_field(new TermField(kind == Kind::Exit ? tr("Reason") : tr("Message"), this)) {
    const bool exits = kind == Kind::Exit;
    setObjectName(exits ? QStringLiteral("exitQuestion") : QStringLiteral("messageQuestion"));
    const QString title = context.titleOf(subject.pid);
    setHeading(exits ? tr("Send exit to %1?").arg(title) : tr("Send a message to %1").arg(title));
    setSubLine(QStringLiteral("<tt>%1</tt> · %2")
                   .arg(pidText(subject.pid).toHtmlEscaped(),
                        exits ? tr("the reason is a term in Erlang's syntax")
                              : tr("the message is a term in Erlang's syntax")));
    m_field->edit()->setText(exits ? QStringLiteral("shutdown") : QString());
    m_field->edit()->setPlaceholderText(exits ? QString() : QStringLiteral("{hello, 42}"));
    m_field->edit()->selectAll();
    setExtra(m_field);
    setButtons(exits ? tr("Keep it running") : tr("Do not send"),
               exits ? tr("Send &exit") : tr("&Send"), exits ? Verb::Dangerous : Verb::Plain);
    if (!exits)
        return;
    connect(m_field->edit(), &QLineEdit::textChanged, this, &TermQuestion::foresee);
    connect(&context, &ObserverContext::pulled, this, &TermQuestion::foresee);
    foresee();
}

/// What an exit will do depends on its reason: `normal` does nothing, others may be trapped.
void TermQuestion::foresee() {
    const std::expected<Term, TermProblem> reason = readTerm(m_field->edit()->text());
    const std::uint64_t asked = ++m_asked;
    if (!reason)
        return setFacts({});
    m_context.node().consequences(
        m_subject.pid, *reason,
        [self = QPointer(this), asked](Result<observe::Consequences> answer) {
            if (!self || asked != self->m_asked)
                return;
            observe::Consequences foreseen;
            if (answer)
                foreseen = std::move(*answer);
            const observe::Place* place = self->m_context.tree().place(self->m_subject.place);
            const ConsequenceWords words{&self->m_context.hooks(),
                                         place ? place->restartType
                                               : observe::RestartType::Permanent};
            QList<QuestionDialog::Fact> facts;
            for (const ui::Fact& fact : questionFacts(foreseen, words))
                facts << QuestionDialog::Fact{fact.key, fact.value};
            self->setFacts(facts);
        });
}

void TermQuestion::accept() {
    const std::expected<Term, TermProblem> read = m_field->read();
    if (!read)
        return;
    m_term = *read;
    QuestionDialog::accept();
}

} // namespace grove::ui
