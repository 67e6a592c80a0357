#pragma once

namespace grove::ui {

/// Makes drawn trees accessible: the places that can be seen are the children of a tree, with name,
/// place and focus. Call once, before the first drawn tree; more calls do nothing.
void makeDrawnTreesAccessible();

} // namespace grove::ui
