#include "name_words.h"
#include "support/interleave.h"

#include <QTest>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

using Word = ExploredAtomics::Atomic<std::uint64_t>;

constexpr std::uint32_t kGeneration = 7;

/// Two processes and two names, as a NameTable and the cold slots hold them.
struct World {
    static constexpr std::size_t kCount = 2;
    std::array<Word, kCount> cells;     // of the names
    std::array<Word, kCount> nameWords; // of the processes
    std::array<bool, kCount> isDead{};
    std::array<std::array<bool, kCount>, kCount> wasTold{}; // [process][name]: it has the name
    bool wasHooked = false;
    bool closedWithHooks = false;
    std::string fault;

    World() {
        for (Word& each : nameWords)
            each.store(nameWordOf(kGeneration, ColdSlot::kNoName));
    }
    // Names are atoms from 1 on; a process's pid is its number and 100.
    static std::uint32_t atomOf(std::size_t name) { return static_cast<std::uint32_t>(name) + 1; }
    static std::uint64_t pidOf(std::size_t process) { return process + 100; }

    Registered registers(std::size_t process, std::size_t name) {
        const Registered what = registerInWords(cells[name], nameWords[process], pidOf(process),
                                                kGeneration, atomOf(name));
        if (what == Registered::Yes)
            wasTold[process][name] = true;
        return what;
    }
    /// As NameTable::unregisterName(). Returns: whether it was done.
    bool unregisters(std::size_t name) {
        const std::uint64_t pid = cells[name].load();
        if (pid == 0)
            return false;
        const std::size_t process = pid - 100;
        const bool isDone =
            unregisterInWords(cells[name], nameWords[process], kGeneration, atomOf(name));
        if (isDone)
            wasTold[process][name] = false;
        return isDone;
    }
    /// As NameTable::close(), by the process that dies.
    void dies(std::size_t process) {
        const std::uint64_t old = closeNameWord(nameWords[process], kGeneration);
        if (const auto atom = nameNumberIn(old)) {
            if (cells[*atom - 1].load() != pidOf(process))
                fault = "a process that dies releases a name of somebody else's";
            cells[*atom - 1].store(0);
            wasTold[process][*atom - 1] = false;
        }
        closedWithHooks = (old & ColdSlot::kOutsideHooks) != 0;
        isDead[process] = true;
    }
    /// When all is done, names and processes agree.
    std::string check() {
        for (std::size_t name = 0; name < kCount && fault.empty(); ++name) {
            const std::uint64_t pid = cells[name].load();
            if (pid != 0 && isDead[pid - 100])
                fault = "a name of the dead";
            else if (pid != 0 && nameNumberIn(nameWords[pid - 100].load()) != atomOf(name))
                fault = "a name of somebody who has another";
        }
        for (std::size_t process = 0; process < kCount && fault.empty(); ++process) {
            const auto atom = nameNumberIn(nameWords[process].load());
            if (atom && cells[*atom - 1].load() != pidOf(process))
                fault = "a process believes in a name that it does not have";
        }
        return fault;
    }
};

using Threads = std::vector<std::function<void(World&)>>;

void verify(const Threads& threads, const std::function<std::string(World&)>& further = {}) {
    const auto outcome = Explorer::explore([&] {
        auto world = std::make_shared<World>();
        Explorer::Scenario scenario;
        for (const auto& thread : threads)
            scenario.threads.push_back([world, thread] { thread(*world); });
        scenario.check = [world, &further] {
            const std::string fault = world->check();
            return fault.empty() && further ? further(*world) : fault;
        };
        return scenario;
    });
    QCOMPARE(outcome.failure, std::string());
    QVERIFY(outcome.isComplete);
    QVERIFY(outcome.runs > 10);
}

} // namespace

/// What NameTable does with its words, in the orders of the steps of two or three threads.
class tst_NameWords : public QObject {
    Q_OBJECT
private slots:
    void ofTwoWhoWantANameOneHasIt() {
        verify({[](World& world) { world.registers(0, 0); },
                [](World& world) { world.registers(1, 0); }},
               [](World& world) {
                   return world.wasTold[0][0] != world.wasTold[1][0] ? "" : "not one has it";
               });
    }
    void aProcessHasOneNameAtMost() {
        verify({[](World& world) { world.registers(0, 0); },
                [](World& world) { world.registers(0, 1); }},
               [](World& world) {
                   return world.wasTold[0][0] != world.wasTold[0][1] ? "" : "not one is its name";
               });
    }
    void theDeadHaveNoName() {
        verify({[](World& world) { world.registers(0, 0); }, [](World& world) { world.dies(0); },
                [](World& world) { world.registers(1, 0); }});
    }
    void aNameIsReleasedOnce() {
        verify({[](World& world) {
                    world.registers(0, 0);
                    world.dies(0);
                },
                [](World& world) { world.unregisters(0); },
                [](World& world) { world.registers(1, 0); }});
    }
    void whoGivesANameBackTakesNobodyElses() {
        verify({[](World& world) {
                    world.registers(0, 0);
                    world.unregisters(0);
                    world.registers(0, 1);
                },
                [](World& world) { world.unregisters(0); },
                [](World& world) { world.registers(1, 0); }});
    }
    void aHookIsSeenAtTheEndOrRefused() {
        verify({[](World& world) {
                    world.registers(0, 0);
                    world.unregisters(0);
                },
                [](World& world) {
                    world.wasHooked = markHookedInWord(world.nameWords[0], kGeneration);
                },
                [](World& world) { world.dies(0); }},
               [](World& world) {
                   return world.wasHooked == world.closedWithHooks ? "" : "a hook is lost";
               });
    }
};

QTEST_APPLESS_MAIN(tst_NameWords)
#include "tst_name_words.moc"
