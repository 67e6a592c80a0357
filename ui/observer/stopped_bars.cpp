#include <ui/common/inline_bar.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/outcome_text.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/recovery_view.h>
#include <ui/observer/stop_story.h>
#include <ui/observer/stopped_bars.h>

namespace grove::ui {

using observe::Place;
using observe::PlaceId;
using observe::PlaceState;

StoppedBars::StoppedBars(ObserverContext& context, ProcessActions& actions, BarStack& bars)
    : QObject(&bars), m_context(context), m_actions(actions), m_bars(bars) {
    connect(&context, &ObserverContext::pulled, this, &StoppedBars::update);
    // How much waits meanwhile is no event of the tree.
    connect(&context.refresh(), &RefreshClock::ticked, this, [this] {
        if (!m_shown.isEmpty())
            update();
    });
    update();
}

void StoppedBars::setQuiet(bool quiet) {
    if (quiet == m_quiet)
        return;
    m_quiet = quiet;
    update();
}

void StoppedBars::update() {
    const TreeModel& tree = m_context.tree();
    for (const PlaceId id : tree.childrenOf(0)) {
        const Place& application = *tree.place(id);
        const QPointer<InlineBar> bar = m_shown.value(id);
        // A library has nothing to start again: what needs it says so.
        if (application.state != PlaceState::Stopped || tree.childrenOf(id).empty() || m_quiet) {
            if (bar)
                m_bars.remove(bar);
            m_shown.remove(id);
            continue;
        }
        const QString words = textOf(application);
        if (bar) {
            bar->setText(words);
            continue;
        }
        const std::string name = application.name;
        m_shown[id] =
            m_bars.show(BarKind::Danger, words,
                        {{tr("Start"), [this, name] { m_actions.startApplication(name); }},
                         {tr("Why?"), [this, id] { showWhy(id); }}},
                        false);
    }
}

void StoppedBars::showWhy(PlaceId id) {
    const Place* application = m_context.tree().place(id);
    if (!application)
        return;
    std::vector<observe::RecoveryEvent> story = stopStory(m_context, id);
    if (story.empty()) // longer ago than is remembered
        story.push_back({.text = application->lastReason});
    const QString heading =
        tr("Why the %1 stopped").arg(applicationText(&m_context.hooks(), application->name));
    (new RecoveryView(heading, story, m_bars.window()))->open();
}

QString StoppedBars::textOf(const Place& application) const {
    const TreeModel& tree = m_context.tree();
    StopFacts facts{.hooks = &m_context.hooks(),
                    .application = application.name,
                    .reason = text(application.lastReason)};
    const auto& tops = tree.childrenOf(application.id);
    const Place* top = tops.empty() ? nullptr : tree.place(tops.front());
    if (!top)
        return stoppedText(facts);
    facts.top = text(top->name);
    const ExitLog::Exit* exit = m_context.exits().find(top->pid);
    facts.killedByPerson = exit && exit->byPerson;
    // Whoever failed last used up what the top supervisor allows.
    const Place* failed = nullptr;
    for (const PlaceId id : tree.childrenOf(top->id)) {
        const Place* child = tree.place(id);
        if (child->restarts > 0 && (!failed || child->restarts > failed->restarts))
            failed = child;
    }
    if (failed && top->intensity > 0) {
        facts.failed = text(failed->name);
        facts.times = top->intensity + 1;
        facts.period = top->period;
        if (!failed->lastReason.empty())
            facts.reason = text(failed->lastReason);
    }
    return stoppedText(facts);
}

} // namespace grove::ui
