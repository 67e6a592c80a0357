#pragma once

#include <ui/observer/process_actions.h>

namespace grove::ui {

/// One exit that was sent, from the signal to the end of its recovery.
struct ProcessActions::Deed {
    Subject subject;
    bool kill = true;
    std::optional<observe::Consequences> foreseen;
    observe::Outcome outcome;
    bool late = false;
    std::shared_ptr<Witness> witness;
    QPointer<InlineBar> bar;
    bool told = false; ///< the bar was made; if it is gone by now, the person closed it
};

/// An application that was started, and what is said about it.
struct ProcessActions::Start {
    std::chrono::nanoseconds took{};
    std::shared_ptr<Witness> witness;
    QPointer<InlineBar> bar;
};

} // namespace grove::ui
