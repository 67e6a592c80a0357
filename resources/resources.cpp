#include <QDir>

#include <resources/resources.h>

// Q_INIT_RESOURCE must stand outside any namespace.
static void registerResources() {
    Q_INIT_RESOURCE(grove);
}

namespace grove {

void initResources() {
    registerResources();
}

} // namespace grove
