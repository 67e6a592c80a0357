// Which restarts still count, against all of them; and how much room they take.

#include "restart_window.h"

#include <grove/otp/restart_period.h>

#include <QTest>

#include <random>

using namespace grove;
using namespace grove::otp;
using namespace std::chrono_literals;

namespace {

/// As OTP: a list of times, of which each restart keeps those that count.
class Model {
public:
    explicit Model(Intensity intensity) : m_intensity(intensity) {}
    bool add(Instant at) {
        m_times.push_back(at);
        std::erase_if(m_times, [&](Instant then) { return !counts(then, at); });
        return m_times.size() <= m_intensity.restarts;
    }
    void setIntensity(Intensity intensity) { m_intensity = intensity; }
    [[nodiscard]] std::vector<Instant> counting(Instant at) const {
        std::vector<Instant> times = m_times;
        std::erase_if(times, [&](Instant then) { return !counts(then, at); });
        return times;
    }
    [[nodiscard]] bool isExceeded() const { return m_times.size() > m_intensity.restarts; }

private:
    [[nodiscard]] bool counts(Instant then, Instant at) const {
        return restartCounts(then, at, m_intensity.period);
    }
    Intensity m_intensity;
    std::vector<Instant> m_times;
};

} // namespace

class TestRestartWindow : public QObject {
    Q_OBJECT

private slots:
    void decidesAsAListOfAllThatCount() {
        std::mt19937_64 random(2026);
        const auto below = [&random](std::uint64_t end) { return random() % end; };
        const auto drawn = [&below] {
            return Intensity{static_cast<std::uint32_t>(1 + below(12)),
                             std::chrono::seconds(1 + below(6))};
        };
        std::size_t refused = 0;
        for (int supervisor = 0; supervisor < 2'000; ++supervisor) {
            const Intensity intensity = drawn();
            RestartWindow window(intensity);
            Model model(intensity);
            Instant at = Instant(1h);
            for (int restart = 0; restart < 60; ++restart) {
                at += std::chrono::milliseconds(below(below(4) == 0 ? 5'000 : 400));
                const bool isAllowed = model.add(at);
                QCOMPARE(window.add(at), isAllowed);
                if (!isAllowed) { // it gives up
                    ++refused;
                    break;
                }
                QVERIFY(window.counting(at + 1s) == model.counting(at + 1s));
                if (below(10) != 0)
                    continue;
                const Intensity next = drawn();
                model.setIntensity(next);
                if (model.isExceeded())
                    break; // that OTP keeps more than decides shows later, when more are allowed
                window.setIntensity(next);
            }
        }
        QVERIFY(refused > 200 && refused < 1'800);
    }

    void theNewestDecideWhenFewerAreAllowed() {
        RestartWindow window({5, 10s});
        const Instant start = Instant(1h);
        for (int second = 0; second < 5; ++second)
            QVERIFY(window.add(start + std::chrono::seconds(second)));
        window.setIntensity({2, 10s});
        QVERIFY(window.counting(start + 5s) == (std::vector{start + 3s, start + 4s}));
        QVERIFY(!window.add(start + 13s));
        QVERIFY(window.add(start + 24s));
    }

    void noneIsAllowedWhereNoneIs() {
        RestartWindow window({0, 5s});
        QVERIFY(!window.add(Instant(1h)));
        QVERIFY(window.counting(Instant(1h)).empty());
    }

    void restartsThatNoLongerCountTakeNoRoom() {
        RestartWindow window({100'000'000, 1s});
        Instant at = Instant(1h);
        for (int restart = 0; restart < 1'000'000; ++restart) {
            QVERIFY(window.add(at));
            at += 1ms;
        }
        QVERIFY(window.capacity() <= 8'192); // of which 2,000 count
        QCOMPARE(window.counting(at).size(), std::size_t(256));
    }

    void theRoomOfABurstIsGivenBack() {
        RestartWindow window({100'000'000, 1s});
        Instant at = Instant(1h);
        for (int restart = 0; restart < 100'000; ++restart)
            QVERIFY(window.add(at));
        QVERIFY(window.capacity() >= 100'000);
        at += 5s;
        QVERIFY(window.add(at));
        QVERIFY(window.capacity() <= 64);
        QVERIFY(window.counting(at) == std::vector{at});
    }
};

QTEST_APPLESS_MAIN(TestRestartWindow)
#include "tst_restart_window.moc"
