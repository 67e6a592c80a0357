#include <ui/common/fade.h>
#include <ui/common/theme.h>

namespace grove::ui {

FadeDriver::FadeDriver(QObject* parent) : QObject(parent) {
    m_clock.start();
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(16);
    connect(&m_timer, &QTimer::timeout, this, &FadeDriver::step);
}

void FadeDriver::start(quint64 key, Wash wash) {
    m_running.insert(key, {wash, m_clock.elapsed()});
    // With little motion the wash stands still: one tick at its end is enough.
    m_timer.setInterval(Theme::instance().reducedMotion() ? kDurationMs : 16);
    if (!m_timer.isActive())
        m_timer.start();
    emit stepped({key});
}

void FadeDriver::stop(quint64 key) {
    if (m_running.remove(key) > 0)
        emit stepped({key});
    if (m_running.isEmpty())
        m_timer.stop();
}

std::optional<QColor> FadeDriver::colorOf(quint64 key) const {
    const auto found = m_running.constFind(key);
    if (found == m_running.constEnd())
        return std::nullopt;
    QColor result = color(found->wash == Wash::Started ? Token::SuccessWash : Token::DangerWash);
    if (Theme::instance().reducedMotion())
        return result;
    // Full for the first half, then out.
    const double done = double(m_clock.elapsed() - found->startedMs) / kDurationMs;
    result.setAlphaF(float(done < 0.5 ? 1.0 : qBound(0.0, 2 * (1 - done), 1.0)));
    return result;
}

void FadeDriver::step() {
    const QList<quint64> keys = m_running.keys();
    const qint64 now = m_clock.elapsed();
    m_running.removeIf([now](QHash<quint64, Running>::iterator running) {
        return now - running->startedMs >= kDurationMs;
    });
    if (m_running.isEmpty())
        m_timer.stop();
    emit stepped(keys);
}

} // namespace grove::ui
