#pragma once

#include <QtGlobal>

#include <unistd.h>

namespace grove::test {

/// Acts as a user without root's rights while it lives, where the test runs as root.
class UnprivilegedUser {
public:
    UnprivilegedUser() { m_changed = geteuid() == 0 && seteuid(65534) == 0; }
    ~UnprivilegedUser() {
        if (m_changed && seteuid(0) != 0)
            qFatal("cannot become root again");
    }
    UnprivilegedUser(const UnprivilegedUser&) = delete;
    UnprivilegedUser& operator=(const UnprivilegedUser&) = delete;

private:
    bool m_changed = false;
};

} // namespace grove::test
