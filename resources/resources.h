#pragma once

namespace grove {

/// Makes ":/icons", ":/grove.svg" and ":/welcome.csv" available. Call once before the first use:
/// the linker drops a static library's resources that nobody names.
void initResources();

} // namespace grove
