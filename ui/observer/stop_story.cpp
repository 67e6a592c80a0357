#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/stop_story.h>

#include <QCoreApplication>

#include <algorithm>

namespace grove::ui {

using observe::LifecycleEvent;
using observe::LifecycleKind;
using observe::PlaceId;

namespace {

constexpr std::size_t kShown = 8;
constexpr std::chrono::seconds kBefore{30};

QString tr(const char* source) {
    return QCoreApplication::translate("grove::ui::StopStory", source);
}

bool isBelow(const TreeModel& tree, PlaceId id, PlaceId top) {
    while (id != 0 && id != top) {
        const observe::Place* place = tree.place(id);
        id = place ? place->parent : 0;
    }
    return id == top;
}

QString words(ObserverContext& context, const LifecycleEvent& event) {
    const observe::Place* place = context.tree().place(event.place);
    const QString title = place ? text(place->name) : pidText(event.pid);
    switch (event.kind) {
    case LifecycleKind::Restarted:
        return tr("%1 restarted %2").arg(context.titleOf(event.other), title);
    case LifecycleKind::GaveUp:
        return tr("%1 gave up: %2").arg(title, text(event.text));
    default: {
        const ExitLog::Exit* exit = context.exits().find(event.pid);
        return (exit && exit->byPerson ? tr("%1 was ended by you: %2") : tr("%1 ended: %2"))
            .arg(title, text(event.text));
    }
    }
}

} // namespace

std::vector<observe::RecoveryEvent> stopStory(ObserverContext& context, PlaceId application) {
    const TreeModel& tree = context.tree();
    const auto& tops = tree.childrenOf(application);
    const observe::Place* top = tops.empty() ? nullptr : tree.place(tops.front());
    if (!top)
        return {};
    const auto& story = context.exits().story();
    const auto end = std::ranges::find_if(story.rbegin(), story.rend(), [&](const auto& event) {
        return event.kind == LifecycleKind::Exited && event.pid == top->pid;
    });
    if (end == story.rend())
        return {};
    std::vector<const LifecycleEvent*> found;
    bool hasGivenUp = false; // what ends from then on, and after its own end, it takes with it
    for (const LifecycleEvent& event : story) {
        if (event.sequence > end->sequence)
            break;
        const bool isTop = event.pid == top->pid;
        if (event.at + kBefore >= end->at && !(hasGivenUp && !isTop) &&
            (isTop || isBelow(tree, event.place, application)))
            found.push_back(&event);
        hasGivenUp = hasGivenUp || (isTop && event.kind == LifecycleKind::GaveUp);
    }
    if (found.size() > kShown)
        found.erase(found.begin(), found.end() - kShown);
    std::vector<observe::RecoveryEvent> out;
    for (const LifecycleEvent* event : found)
        out.push_back(
            {event->at - found.front()->at, words(context, *event).toStdString(), event->pid});
    return out;
}

} // namespace grove::ui
