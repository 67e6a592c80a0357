#include "slot_table.h"
#include "support/interleave.h"
#include "thread.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <sys/mman.h>
#include <vector>

using namespace grove::runtime;
using grove::Pid;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

constexpr std::uint32_t kSlots = 1U << 14;
constexpr std::uint32_t kFirstGeneration = 1'000;
constexpr std::uint32_t kAllChains = std::numeric_limits<std::uint32_t>::max();

/// Three things that threads take from a stack and put back; each may be held by one at a time.
struct Things {
    static constexpr std::uint32_t kCount = 3;

    BasicIndexStack<ExploredAtomics> stack;
    std::array<ExploredAtomics::Atomic<std::uint32_t>, kCount> below{};
    std::array<int, kCount> holders{};
    std::string fault;

    Things() {
        for (std::uint32_t index = 0; index < kCount; ++index)
            push(index);
    }
    void push(std::uint32_t index) {
        stack.push(index, [&](std::uint32_t number) { below[index].store(number); });
    }
    std::optional<std::uint32_t> pop() {
        return stack.pop([&](std::uint32_t index) { return below[index].load(); });
    }
    std::optional<std::uint32_t> take() {
        const auto index = pop();
        if (index && ++holders[*index] != 1)
            fault = "two threads hold the same thing";
        return index;
    }
    void give(std::uint32_t index) {
        --holders[index];
        push(index);
    }
    std::string check() {
        std::set<std::uint32_t> there;
        while (const auto index = pop())
            there.insert(*index);
        if (fault.empty() && there.size() != kCount)
            fault = "a thing is lost";
        return fault;
    }
};

/// What a process would leave in its slot.
void use(SlotTable& table, std::uint32_t index) {
    table.slot(index).generation = table.generation(index);
    table.slot(index).sent.store(1, std::memory_order_relaxed);
    table.cold(index).restarts.store(1, std::memory_order_relaxed);
    table.setLeader(index, 1);
}

void end(SlotTable& table, SlotTable::Cache& cache, std::uint32_t index) {
    table.setGeneration(index, table.slot(index).generation + 1);
    table.give(cache, index);
}

std::vector<std::uint32_t> takeAll(SlotTable& table, SlotTable::Cache& cache) {
    std::vector<std::uint32_t> taken;
    while (const auto index = table.take(cache)) {
        use(table, *index);
        taken.push_back(*index);
    }
    return taken;
}

/// Returns: chains that could not be given back whole.
std::uint32_t trimAll(SlotTable& table) {
    table.beginTrim(kAllChains);
    for (;;)
        if (const auto kept = table.trimSome())
            return *kept;
}

/// What the system has been told of the memory where something stands: the flags of its mapping, as
/// /proc/self/smaps has them.
std::string adviceAt(const void* where) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(where);
    std::ifstream maps("/proc/self/smaps");
    bool isHere = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0;
        std::uintptr_t to = 0;
        if (std::sscanf(line.c_str(), "%zx-%zx ", &from, &to) == 2)
            isHere = from <= wanted && wanted < to;
        else if (isHere && line.starts_with("VmFlags:"))
            return line + ' ';
    }
    return {};
}

/// How many pages of [from, to) hold memory.
template <class Entry> std::size_t residentPages(Entry* from, Entry* to) {
    constexpr std::size_t kPage = 4'096;
    const auto bytes =
        static_cast<std::size_t>(reinterpret_cast<char*>(to) - reinterpret_cast<char*>(from));
    std::vector<unsigned char> pages(bytes / kPage);
    if (mincore(from, bytes, pages.data()) != 0)
        return std::numeric_limits<std::size_t>::max();
    return static_cast<std::size_t>(
        std::ranges::count_if(pages, [](unsigned char page) { return (page & 1U) != 0; }));
}

std::size_t residentPagesOfSlots(const SlotTable& table, std::uint32_t from, std::uint32_t to) {
    return residentPages(&table.slot(from), &table.slot(from) + (to - from)) +
           residentPages(&table.cold(from), &table.cold(from) + (to - from));
}

} // namespace

class tst_SlotTable : public QObject {
    Q_OBJECT

private slots:
    void inEveryInterleavingAThingIsHeldByOne_data() {
        QTest::addColumn<int>("threads");
        QTest::addColumn<int>("preemptions");
        QTest::newRow("two") << 2 << 4;
        QTest::newRow("three") << 3 << 2;
    }
    void inEveryInterleavingAThingIsHeldByOne() {
        QFETCH(int, threads);
        QFETCH(int, preemptions);
        const auto outcome = Explorer::explore(
            [&] {
                auto things = std::make_shared<Things>();
                Explorer::Scenario scenario;
                // The first takes one; the others take two, and give the upper one back first or
                // last, so that the head is what it was over another link.
                for (int thread = 0; thread < threads; ++thread)
                    scenario.threads.push_back([things, thread] {
                        const auto first = things->take();
                        const auto second = thread == 0 ? std::nullopt : things->take();
                        if (first && thread != 2)
                            things->give(*first);
                        if (second)
                            things->give(*second);
                        if (first && thread == 2)
                            things->give(*first);
                    });
                scenario.check = [things] { return things->check(); };
                return scenario;
            },
            {.preemptionsMax = static_cast<unsigned>(preemptions)});
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(outcome.runs > 50);
    }

    void eachSlotIsTakenOnce() {
        SlotTable table(kSlots - 7, kFirstGeneration); // the last chain is shorter
        SlotTable::Cache cache;
        const auto taken = takeAll(table, cache);
        QCOMPARE(taken.size(), std::size_t{kSlots - 7});
        QCOMPARE(std::set(taken.begin(), taken.end()).size(), taken.size());
        QVERIFY(std::ranges::all_of(
            taken, [&](auto index) { return table.generation(index) == kFirstGeneration; }));
        QCOMPARE(table.used(), kSlots - 7);
    }

    void whatIsGivenIsTakenAgain() {
        SlotTable table(kSlots, kFirstGeneration);
        SlotTable::Cache cache;
        SlotTable::Cache other;
        for (int round = 0; round < 3; ++round) {
            const auto taken = takeAll(table, cache);
            QCOMPARE(taken.size(), std::size_t{kSlots});
            for (const auto index : taken)
                end(table, index % 3 == 0 ? other : cache, index);
            table.returnCache(other);
        }
        table.returnCache(cache);
        QVERIFY(table.spareChains() >= kSlots / SlotTable::kChain);
    }

    void theMemoryOfFreeGroupsGoesBackAndTheirGenerationsGoOn() {
        SlotTable table(kSlots, kFirstGeneration);
        SlotTable::Cache cache;
        const auto taken = takeAll(table, cache);
        // Those of the first group are older; one slot of the third one stays in use.
        const std::uint32_t stays = 2 * SlotTable::kGroup + 5;
        for (const auto index : taken) {
            if (index < SlotTable::kGroup)
                table.slot(index).generation += index;
            if (index != stays)
                end(table, cache, index);
        }
        table.returnCache(cache);
        QVERIFY(residentPagesOfSlots(table, 0, kSlots) > 0);
        const std::uint32_t kept = trimAll(table);
        QCOMPARE(kept, SlotTable::kGroup / SlotTable::kChain);
        QCOMPARE(table.spareChains(), kept);
        const std::uint32_t third = 2 * SlotTable::kGroup;
        QCOMPARE(residentPagesOfSlots(table, 0, third), std::size_t{0});
        QCOMPARE(residentPagesOfSlots(table, third + SlotTable::kGroup, kSlots), std::size_t{0});
        // Beside the one in use only the pages it lies in.
        QCOMPARE(residentPagesOfSlots(table, third, third + SlotTable::kGroup), std::size_t{3});
        QCOMPARE(table.generation(0), 0U); // no process has it
        QCOMPARE(table.generation(stays), kFirstGeneration);

        const auto again = takeAll(table, cache);
        QCOMPARE(again.size(), std::size_t{kSlots - 1});
        QCOMPARE(std::set(again.begin(), again.end()).size(), again.size());
        QVERIFY(std::ranges::find(again, stays) == again.end());
        for (const auto index : again) {
            const bool isOld = index < SlotTable::kGroup;
            QCOMPARE(table.generation(index),
                     kFirstGeneration + 1 + (isOld ? SlotTable::kGroup - 1 : 0));
        }
    }

    void aRetiredSlotNeitherComesBackNorGoes() {
        SlotTable table(SlotTable::kGroup, kFirstGeneration);
        SlotTable::Cache cache;
        for (const auto index : takeAll(table, cache)) {
            if (index == 0)
                table.slot(index).generation = SlotTable::kGenerationMax - 1;
            end(table, cache, index);
        }
        table.returnCache(cache);
        QVERIFY(trimAll(table) > 0);
        QCOMPARE(table.generation(0), SlotTable::kGenerationMax);
        QCOMPARE(takeAll(table, cache).size(), std::size_t{SlotTable::kGroup - 1});
    }

    /// What nobody has used of the last huge page is claimed once, not with each trim.
    void trimmingAgainUsesNoMoreSlots() {
        SlotTable table(1U << 20, kFirstGeneration);
        SlotTable::Cache cache;
        std::vector<std::uint32_t> taken;
        while (table.used() < 100'000)
            taken.push_back(table.take(cache).value());
        for (const std::uint32_t index : taken)
            end(table, cache, index);
        table.returnCache(cache);
        static_cast<void>(trimAll(table));
        const std::uint32_t used = table.used();
        for (int i = 0; i < 3; ++i)
            static_cast<void>(trimAll(table));
        QCOMPARE(table.used(), used);
    }

    /// So that who trims can look after other things in between.
    void aTrimGoesInPieces() {
        constexpr std::uint32_t kMany = 1U << 18;
        constexpr std::size_t kPagesMax = 32 * 48; // of 32 groups
        SlotTable table(kMany, kFirstGeneration);
        SlotTable::Cache cache;
        for (const auto index : takeAll(table, cache))
            end(table, cache, index);
        table.returnCache(cache);
        std::uint32_t chains = table.spareChains();
        std::size_t pages = residentPagesOfSlots(table, 0, kMany);
        QCOMPARE(chains, kMany / SlotTable::kChain);
        table.beginTrim(kAllChains);
        for (bool isOver = false; !isOver;) {
            isOver = table.trimSome().has_value();
            QVERIFY(chains - table.spareChains() <= 64);
            chains = table.spareChains();
            const std::size_t left = residentPagesOfSlots(table, 0, kMany);
            QVERIFY2(pages - left <= kPagesMax, qPrintable(QString::number(pages - left)));
            pages = left;
        }
        QCOMPARE(pages, std::size_t{0});
    }

    void whoFindsNoOtherGetsSlotsThatAreBeingTrimmed() {
        constexpr std::uint32_t kMany = 1U << 17; // some pieces of both kinds
        bool wasOver = false;
        for (int pieces = 0; !wasOver; ++pieces) {
            SlotTable table(kMany, kFirstGeneration);
            SlotTable::Cache cache;
            for (const auto index : takeAll(table, cache))
                end(table, cache, index);
            table.returnCache(cache);
            table.beginTrim(kAllChains);
            for (int piece = 0; piece < pieces && !wasOver; ++piece)
                wasOver = table.trimSome().has_value();
            const auto taken = takeAll(table, cache);
            QCOMPARE(taken.size(), std::size_t{kMany});
            std::vector<bool> seen(kMany);
            for (const auto index : taken) {
                QVERIFY(!seen[index] && table.generation(index) == kFirstGeneration + 1);
                seen[index] = true;
            }
            while (!wasOver && !table.trimSome()) {
            }
            QCOMPARE(table.take(cache), std::optional<std::uint32_t>());
            QCOMPARE(table.slot(taken.back()).sent.load(std::memory_order_relaxed), 1U);
        }
    }

    /// While somebody takes a group, most of its slots are in no one's hands.
    void whoFindsNoneWaitsForAGroupThatIsBeingTaken() {
        constexpr int kRounds = 150;
        SlotTable table(SlotTable::kGroup, kFirstGeneration);
        std::atomic<int> faults{0};
        std::atomic<int> round{0};  // release by who trims, acquire by the others
        std::atomic<int> atHome{0}; // release by the others, acquire by who trims
        const auto work = [&] {
            SlotTable::Cache cache;
            for (int mine = 1; mine <= kRounds; ++mine) {
                while (round.load(std::memory_order_acquire) != mine) {
                }
                if (const auto index = table.take(cache)) {
                    use(table, *index);
                    end(table, cache, *index);
                } else {
                    faults.fetch_add(1);
                }
                table.returnCache(cache);
                atHome.fetch_add(1, std::memory_order_release);
            }
        };
        SlotTable::Cache cache;
        for (const auto index : takeAll(table, cache))
            end(table, cache, index);
        table.returnCache(cache);
        Thread one("one", work);
        Thread two("two", work);
        for (int each = 1; each <= kRounds; ++each) {
            if (trimAll(table) != 0)
                faults.fetch_add(1);
            round.store(each, std::memory_order_release);
            while (atHome.load(std::memory_order_acquire) != 2 * each)
                Thread::yield();
        }
        one.join();
        two.join();
        QCOMPARE(faults.load(), 0);
    }

    /// Else the system makes huge pages of what is left, and has given nothing back a minute later.
    void pagesBesideSlotsInUseStaySmall() {
        constexpr std::uint32_t kStays = 90'000;
        constexpr std::uint32_t kElsewhere = 130'000;
        SlotTable table(1U << 18, kFirstGeneration);
        SlotTable::Cache cache;
        for (const auto index : takeAll(table, cache)) {
            if (index != kStays)
                end(table, cache, index);
        }
        table.returnCache(cache);
        const auto areSmall = [&](std::uint32_t index) {
            return std::vector{adviceAt(&table.slot(index)).contains(" nh "),
                               adviceAt(&table.cold(index)).contains(" nh ")};
        };
        // Without huge pages in the system there is nothing to be advised.
        const bool haveHuge = std::filesystem::exists("/sys/kernel/mm/transparent_hugepage");
        QCOMPARE(areSmall(kStays), std::vector({false, false}));
        static_cast<void>(trimAll(table));
        QCOMPARE(areSmall(kStays), std::vector({haveHuge, haveHuge}));
        QCOMPARE(areSmall(kElsewhere), std::vector({false, false}));
        end(table, cache, kStays);
        table.returnCache(cache);
        static_cast<void>(trimAll(table));
        QCOMPARE(areSmall(kStays), std::vector({false, false}));
    }

    void whileMemoryGoesBackEachSlotHasOneOwner() {
        constexpr int kRounds = 200;
        SlotTable table(kSlots, kFirstGeneration);
        std::vector<std::atomic<bool>> isTaken(kSlots); // acquire, release: as an inbox's word
        std::atomic<int> atWork{2};
        std::atomic<int> faults{0};
        const auto work = [&] {
            SlotTable::Cache cache;
            std::vector<std::uint32_t> mine;
            for (int round = 0; round < kRounds; ++round) {
                for (std::uint32_t i = 0; i < kSlots / 3; ++i) {
                    const auto index = table.take(cache);
                    if (!index) { // two thirds at most are in use: there is always one
                        faults.fetch_add(1);
                        continue;
                    }
                    if (isTaken[*index].exchange(true, std::memory_order_acquire))
                        faults.fetch_add(1);
                    use(table, *index);
                    mine.push_back(*index);
                }
                for (const auto index : mine) {
                    isTaken[index].store(false, std::memory_order_release);
                    end(table, cache, index);
                }
                mine.clear();
            }
            table.returnCache(cache);
            atWork.fetch_sub(1);
        };
        Thread one("one", work);
        Thread two("two", work);
        while (atWork.load() != 0)
            static_cast<void>(trimAll(table));
        one.join();
        two.join();
        QCOMPARE(faults.load(), 0);
        // All are free; the last group was perhaps not used whole.
        QVERIFY(trimAll(table) < SlotTable::kGroup / SlotTable::kChain);
    }
};

QTEST_APPLESS_MAIN(tst_SlotTable)
#include "tst_slot_table.moc"
