#pragma once

#include <ui/observer/tree_model.h>

#include <optional>

namespace grove::ui {

/// One row of the tree.
struct TreeModel::Entry {
    observe::Place place;
    observe::PlaceId parent = 0; ///< 0 at the top, also where the parent is not known
    int row = 0;                 ///< among its siblings
    Siblings children{};
    std::optional<observe::ProcessRow> live{}; ///< of the process there now
    std::optional<TimePoint> leavingSince{};   ///< when it was seen to be gone for good
};

} // namespace grove::ui
