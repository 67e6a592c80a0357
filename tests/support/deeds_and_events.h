#pragma once
// Tests of every deed with every event in its middle.
#include <QTest>

#include <cstddef>

namespace grove::test {

/// The rows of a data test: columns "deed" and "event", as numbers.
template <class Deeds, class Events> void addPairs(const Deeds& deeds, const Events& events) {
    QTest::addColumn<int>("deed");
    QTest::addColumn<int>("event");
    for (std::size_t deed = 0; deed < deeds.size(); ++deed)
        for (std::size_t event = 0; event < events.size(); ++event)
            QTest::addRow("%s, %s", deeds[deed], events[event])
                << static_cast<int>(deed) << static_cast<int>(event);
}

} // namespace grove::test
