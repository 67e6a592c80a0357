#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/observer/refresh_clock.h>

#include <QActionGroup>
#include <QLocale>
#include <QMenu>
#include <QToolButton>

#include <algorithm>

namespace grove::ui {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kChoices[] = {500ms, 1s, 2s, 5s, 10s, 30s};

QString everyText(std::chrono::milliseconds interval) {
    const double seconds = static_cast<double>(interval.count()) / 1000;
    return RefreshClock::tr("every %1 s").arg(QLocale().toString(seconds, 'g', 3));
}

} // namespace

RefreshClock::RefreshClock(QObject* parent) : QObject(parent) {
    m_timer.setInterval(1s);
    connect(&m_timer, &QTimer::timeout, this, &RefreshClock::ticked);
    m_timer.start();
}

void RefreshClock::setInterval(std::chrono::milliseconds interval) {
    m_timer.setInterval(std::clamp(interval, kIntervalMin, kIntervalMax));
    emit changed();
}

void RefreshClock::setPaused(bool paused) {
    if (paused == m_paused)
        return;
    m_paused = paused;
    if (paused)
        m_timer.stop();
    else
        m_timer.start();
    emit changed();
}

void RefreshClock::refreshNow() {
    if (!m_paused)
        m_timer.start();
    emit ticked();
}

QToolButton* makeRefreshButton(RefreshClock& clock, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setAutoRaise(true);
    button->setFont(font(TypeRole::Secondary));
    button->setObjectName(QStringLiteral("refreshButton"));
    auto* menu = new QMenu(button);
    auto* group = new QActionGroup(menu);
    for (const auto choice : kChoices) {
        QAction* action = menu->addAction(everyText(choice));
        action->setCheckable(true);
        action->setData(qlonglong(choice.count()));
        group->addAction(action);
        QObject::connect(action, &QAction::triggered, &clock,
                         [&clock, choice] { clock.setInterval(choice); });
    }
    // Not setMenu(): the words say enough, without the arrow that a menu button gets.
    QObject::connect(button, &QToolButton::clicked, menu, [button, menu] {
        menu->popup(button->mapToGlobal(QPoint(0, button->height())));
    });
    const auto show = [button, group, &clock] {
        button->setText(clock.isPaused() ? RefreshClock::tr("paused")
                                         : everyText(clock.interval()));
        button->setAccessibleName(RefreshClock::tr("Refresh interval"));
        button->setToolTip(RefreshClock::tr("How often figures are read again"));
        for (QAction* action : group->actions())
            action->setChecked(action->data().toLongLong() == clock.interval().count());
    };
    QObject::connect(&clock, &RefreshClock::changed, button, show);
    show();
    return button;
}

} // namespace grove::ui
