#include <ui/common/actions.h>
#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/window/command_palette.h>

#include <QAbstractListModel>
#include <QAction>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QRegularExpression>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace grove::ui {

namespace {

constexpr int kWidth = 560;
constexpr int kRowsShown = 12;
enum { PlaceRole = Qt::UserRole + 1, KeysRole, ReasonRole };

/// How well `typed` fits: 0 not at all, more is better. A run from the beginning of a word is best.
int fitness(const QString& text, const QString& typed) {
    if (typed.isEmpty())
        return 1;
    const qsizetype at = text.indexOf(typed, 0, Qt::CaseInsensitive);
    if (at == 0)
        return 1000;
    if (at > 0)
        return text.at(at - 1).isSpace() ? 800 : 600;
    qsizetype from = 0;
    int score = 400;
    for (const QChar letter : typed) {
        const qsizetype found = text.indexOf(letter, from, Qt::CaseInsensitive);
        if (found < 0)
            return 0;
        score -= int(found - from);
        from = found + 1;
    }
    return std::max(1, score);
}

class CommandDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {kWidth, metrics().row};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        option.widget->style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter,
                                              option.widget);
        painter->save();
        const QString reason = index.data(ReasonRole).toString();
        const bool rtl = option.direction == Qt::RightToLeft;
        const int lead = int(Qt::AlignVCenter | (rtl ? Qt::AlignRight : Qt::AlignLeft));
        const int trail = int(Qt::AlignVCenter | (rtl ? Qt::AlignLeft : Qt::AlignRight));
        QRect box = option.rect.adjusted(metrics().margin, 0, -metrics().margin, 0);
        painter->setPen(color(reason.isEmpty() ? Token::Text : Token::Disabled));
        painter->drawText(box, lead, index.data().toString());
        const int used = option.fontMetrics.horizontalAdvance(index.data().toString()) + 10;
        painter->setFont(font(TypeRole::Secondary));
        painter->setPen(color(Token::Muted));
        painter->drawText(box, trail, index.data(KeysRole).toString());
        const QString after = reason.isEmpty() ? index.data(PlaceRole).toString() : reason;
        box = rtl ? box.adjusted(90, 0, -used, 0) : box.adjusted(used, 0, -90, 0);
        painter->drawText(box, lead,
                          painter->fontMetrics().elidedText(after, Qt::ElideRight, box.width()));
        painter->restore();
    }
};

} // namespace

class CommandModel final : public QAbstractListModel {
public:
    CommandModel(QList<CommandPalette::Command> commands, QObject* parent)
        : QAbstractListModel(parent), m_commands(std::move(commands)) {
        setTyped({});
    }

    void setTyped(const QString& typed) {
        beginResetModel(); // a short-lived list of results: nothing in it outlives a letter
        m_order.clear();
        QList<int> scores(m_commands.size());
        for (int i = 0; i < m_commands.size(); ++i) {
            scores[i] = fitness(m_commands.at(i).text, typed);
            if (scores.at(i) > 0)
                m_order.append(i);
        }
        std::sort(m_order.begin(), m_order.end(), [&scores](int a, int b) {
            return std::pair(-scores.at(a), a) < std::pair(-scores.at(b), b);
        });
        endResetModel();
    }
    const CommandPalette::Command& at(int row) const { return m_commands.at(m_order.at(row)); }
    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : int(m_order.size());
    }
    QVariant data(const QModelIndex& index, int role) const override {
        if (!index.isValid())
            return {};
        const CommandPalette::Command& command = at(index.row());
        switch (role) {
        case Qt::DisplayRole:
            return command.text;
        case Qt::AccessibleTextRole:
            return QStringList{command.text, command.place, command.keys, command.reason}
                .filter(QRegularExpression(QStringLiteral(".")))
                .join(QStringLiteral(", "));
        case PlaceRole:
            return command.place;
        case KeysRole:
            return command.keys;
        case ReasonRole:
            return command.reason;
        default:
            return {};
        }
    }

private:
    QList<CommandPalette::Command> m_commands;
    QList<int> m_order;
};

CommandPalette::CommandPalette(const QList<Command>& commands, QWidget* parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint),
      m_model(new CommandModel(commands, this)), m_field(new QLineEdit(this)),
      m_view(new QListView(this)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowModality(Qt::WindowModal);
    setWindowTitle(tr("Commands"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    m_field->setPlaceholderText(tr("Type what you want to do"));
    m_field->setAccessibleName(tr("Find a command"));
    m_field->installEventFilter(this);
    m_view->setAccessibleName(tr("Commands"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new CommandDelegate(this));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setUniformItemSizes(true);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setFocusPolicy(Qt::NoFocus);
    m_view->setMouseTracking(true);
    layout->addWidget(m_field);
    layout->addWidget(m_view);
    setFixedSize(kWidth, metrics().field + kRowsShown * metrics().row + 24);
    m_view->setCurrentIndex(m_model->index(0));
    connect(m_field, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_model->setTyped(text.trimmed());
        m_view->setCurrentIndex(m_model->index(0));
    });
    connect(m_view, &QListView::clicked, this, [this](const QModelIndex& index) {
        m_view->setCurrentIndex(index);
        runCurrent();
    });
}

QList<CommandPalette::Command> CommandPalette::commandsOf(const ActionRegistry& actions) {
    QList<Command> commands;
    for (QAction* action : actions.all()) {
        Command command;
        command.text = QString(action->text()).remove(QLatin1Char('&'));
        command.place = QString(ActionRegistry::menuTitle(ActionRegistry::menuOf(action)))
                            .remove(QLatin1Char('&'));
        command.keys = action->shortcut().toString(QKeySequence::NativeText);
        if (!action->isEnabled())
            command.reason = ActionRegistry::reasonOf(action).isEmpty()
                                 ? tr("does not apply now")
                                 : ActionRegistry::reasonOf(action);
        command.run = [action] { action->trigger(); };
        commands.append(command);
    }
    return commands;
}

void CommandPalette::runCurrent() {
    const QModelIndex current = m_view->currentIndex();
    if (!current.isValid() || !m_model->at(current.row()).reason.isEmpty())
        return;
    // After this dialog has given the keyboard back, since the command may want it.
    const auto run = m_model->at(current.row()).run;
    QObject* window = parentWidget();
    accept();
    QTimer::singleShot(0, window, run);
}

bool CommandPalette::eventFilter(QObject* object, QEvent* event) {
    if (object == m_field && event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        switch (key->key()) {
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_PageUp:
        case Qt::Key_PageDown:
            QCoreApplication::sendEvent(m_view, key);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            runCurrent();
            return true;
        default:
            break;
        }
    }
    return QDialog::eventFilter(object, event);
}

void CommandPalette::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    if (parentWidget()) {
        const QPoint middle = parentWidget()->mapToGlobal(QPoint(parentWidget()->width() / 2, 64));
        move(middle.x() - width() / 2, middle.y());
    }
    m_field->setFocus(Qt::PopupFocusReason);
}

void CommandPalette::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Surface));
    painter.setPen(color(Token::Control));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace grove::ui
