#pragma once

#include <QDialog>

#include <functional>

class QCheckBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace grove::ui {

/// A question that must be answered: heading, sub-line, facts as rows, verbs as buttons.
///
/// Window-modal. The keyboard starts on the harmless button, Esc is the harmless answer. All texts
/// may be set again while it is open (facts keep their labels, so a selection and a reader's place
/// survive).
class QuestionDialog : public QDialog {
    Q_OBJECT
public:
    enum class Verb { Plain, Dangerous };
    struct Fact {
        QString key;
        QString value;
    };

    explicit QuestionDialog(QWidget* parent = nullptr);

    void setHeading(const QString& heading);
    /// Rich text under the heading; the fixed-width font comes from <tt>.
    void setSubLine(const QString& richText);
    void setFacts(const QList<Fact>& facts);
    /// A widget between facts and buttons (a reason field). Takes ownership.
    void setExtra(QWidget* extra);
    /// A check box ("Do not ask again until Grove is closed"); empty text removes it.
    void setOption(const QString& text);
    bool optionChecked() const;
    /// Buttons: harmless (accepts nothing, rejects) and the verb (accepts).
    void setButtons(const QString& harmless, const QString& verb, Verb kind);
    QPushButton* harmlessButton() const { return m_harmless; }
    QPushButton* verbButton() const { return m_verb; }

protected:
    void showEvent(QShowEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QVBoxLayout* m_layout;
    QLabel* m_heading;
    QLabel* m_subLine;
    QWidget* m_facts;
    QGridLayout* m_factGrid;
    QWidget* m_extra = nullptr;
    Verb m_kind = Verb::Plain;
    QCheckBox* m_option;
    QPushButton* m_harmless;
    QPushButton* m_verb;
};

/// A button drawn in the danger colours: outlined ("Kill…" in the inspector) or filled (the verb of
/// a question).
enum class ButtonTone { Normal, DangerOutline, DangerFilled, AccentFilled };
void setButtonTone(QPushButton* button, ButtonTone tone);

} // namespace grove::ui
