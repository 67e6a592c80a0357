#pragma once

#include <grove/term/term.h>
#include <ui/common/question_dialog.h>
#include <ui/observer/subject.h>
#include <ui/observer/term_field.h>

namespace grove::ui {

class ObserverContext;

/// A question that takes a term: "Send exit to …?" with a reason, or "Send a message to …". It
/// stays open until the term can be read.
class TermQuestion : public QuestionDialog {
    Q_OBJECT
public:
    enum class Kind { Exit, Message };
    /// The context must outlive the question.
    TermQuestion(ObserverContext& context, const Subject& subject, Kind kind, QWidget* parent);

    const Subject& subject() const { return m_subject; }
    TermField* field() const { return m_field; }
    /// The term, once the question was accepted.
    const Term& term() const { return m_term; }

    void accept() override;

private:
    void foresee();

    ObserverContext& m_context;
    Subject m_subject;
    Kind m_kind;
    TermField* m_field;
    Term m_term;
    std::uint64_t m_asked = 0; ///< counts predictions; only the newest is shown
};

} // namespace grove::ui
