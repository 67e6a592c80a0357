#include "close_signals.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace grove::app {

CloseSignals::CloseSignals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&wanted, number);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    m_file = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

CloseSignals::~CloseSignals() {
    delete m_notifier;
    if (m_file >= 0)
        close(m_file);
}

void CloseSignals::listen() {
    if (m_file < 0 || m_notifier)
        return;
    m_notifier = new QSocketNotifier(m_file, QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &CloseSignals::take);
}

void CloseSignals::take() {
    signalfd_siginfo info;
    while (read(m_file, &info, sizeof info) == sizeof info) {
        if (m_close) {
            m_close();
            continue;
        }
        // The loops of a question, and of a file dialog over it, return as if it had been closed.
        m_haveEnded = true;
        QCoreApplication::exit();
    }
}

} // namespace grove::app
