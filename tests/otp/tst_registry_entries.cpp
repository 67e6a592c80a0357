// What readers of a registry see while entries come and go, in the orders of their steps.
#include "registry_entries.h"
#include "support/explored.h"

#include <QTest>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

using namespace grove;
using namespace grove::otp;
using grove::test::explored;
using grove::test::ExploredAtomics;
using grove::test::Explorer;
using runtime::Block;
using runtime::Cell;

namespace {

using Epochs = runtime::BasicEpochs<ExploredAtomics>;
using Node = RegistryNode<ExploredAtomics>;

constexpr std::uint64_t kFreed = 999; // the pid of an entry that was freed

/// What the entries of one run work with.
struct Shared {
    Epochs epochs;
    std::vector<std::unique_ptr<Epochs::Reader>> readers;
    struct Ruin {
        std::uint64_t freeFrom;
        Block block;
    };
    std::vector<Ruin> ruins;
    std::vector<Block> freed; // kept until the end, so that a look at them is found

    Shared() { s_now = this; }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() {
        for (const Ruin& ruin : ruins)
            ruin.block.free();
        for (const Block& block : freed)
            block.free();
    }
    void sweep() {
        const std::uint64_t oldest = epochs.oldestPinned();
        std::erase_if(ruins, [&](const Ruin& ruin) {
            if (ruin.freeFrom > oldest)
                return false;
            if (ruin.block.bytes == sizeof(Node))
                const_cast<std::uint64_t&>(static_cast<Node*>(ruin.block.memory)->pid) = kFreed;
            freed.push_back(ruin.block);
            return true;
        });
    }
    static inline Shared* s_now = nullptr;
};

struct ExploredSeams {
    using Atomics = ExploredAtomics;
    class Pin {
    public:
        Pin() {
            Shared& shared = *Shared::s_now;
            shared.readers.push_back(std::make_unique<Epochs::Reader>());
            m_reader = &shared.epochs.add(*shared.readers.back());
            shared.epochs.pin(*m_reader);
        }
        ~Pin() { Epochs::unpin(*m_reader); }
        Pin(const Pin&) = delete;
        Pin& operator=(const Pin&) = delete;

    private:
        Epochs::Reader* m_reader;
    };
    /// Frees everything as soon as it may.
    struct Limbo {
        void take(Cell cell) { GROVE_ASSERT(runtime::isWord(cell), "small integers only"); }
        void take(Block block) {
            Shared& shared = *Shared::s_now;
            shared.ruins.push_back({shared.epochs.advance(), block});
            shared.sweep();
        }
        void close() { Shared::s_now->sweep(); }
    };
    static constexpr std::size_t kKeysAtOnce = 1;
};

/// Processes 1 and 2 have entries under one key all the time: process N has the value 10 * N.
struct World {
    Shared shared;
    BasicRegistryEntries<ExploredSeams> entries;
    std::string fault;

    void enter(std::uint64_t pid) { entries.add(Pid::fromRaw(pid), key(), Term(pid * 10)); }
    void leave(std::uint64_t pid) {
        entries.removeIf(key(), [pid](Pid each) { return each.raw() == pid; });
    }
    /// Each of `always` is met once, in order, and others at most once, and nobody who was freed.
    void look(const std::vector<std::uint64_t>& always) {
        std::vector<Registry::Entry> found;
        entries.appendTo(found, key());
        std::vector<std::uint64_t> met;
        std::set<std::uint64_t> all;
        for (const Registry::Entry& entry : found) {
            const std::uint64_t pid = entry.pid.raw();
            if (pid == kFreed)
                fault = "a reader looks at what was freed";
            if (!all.insert(pid).second)
                fault = "an entry is met twice";
            if (pid != kFreed && entry.value.toInt() % 10 != 0)
                fault = "a value that was never there";
            if (std::ranges::find(always, pid) != always.end())
                met.push_back(pid);
        }
        if (met != always)
            fault = "an entry that is there is not met, or not in order";
    }
    /// As look(), through all keys: process N has the key N, and nobody is met twice.
    void walk(const std::set<std::uint64_t>& always) {
        std::set<std::uint64_t> met;
        for (const Term& object : entries.objects()) {
            const std::uint64_t pid = object.element(1).element(0).toPid().raw();
            if (object.element(0) != Term(pid))
                fault = "a walk looks at what was freed";
            if (!met.insert(pid).second)
                fault = "a walk meets an entry twice";
        }
        if (!std::ranges::includes(met, always))
            fault = "a walk misses an entry";
    }
    void enterUnderOwnKey(std::uint64_t pid) {
        entries.add(Pid::fromRaw(pid), Term(pid), Term(pid * 10));
    }
    void leaveOwnKey(std::uint64_t pid) {
        entries.removeIf(Term(pid), [](Pid) { return true; });
    }
    static Term key() { return Term(7); }
};

void verify(const Explorer::Outcome& outcome) {
    QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
    QVERIFY(outcome.isComplete);
}

} // namespace

class tst_RegistryEntries : public QObject {
    Q_OBJECT
private slots:
    void othersComeAndGoBeforeBetweenAndBehind() {
        verify(explored<World>(
            [](World& world) {
                for (const std::uint64_t pid : {3, 1, 4, 2, 5})
                    world.enter(pid);
            },
            {[](World& world) { world.look({1, 2}); },
             [](World& world) {
                 world.leave(4);
                 world.leave(5);
                 world.enter(6);
                 world.leave(3);
             }}));
    }
    void neighboursGoTogether() {
        verify(explored<World>(
            [](World& world) {
                for (const std::uint64_t pid : {1, 3, 4, 2, 5, 6})
                    world.enter(pid);
            },
            {[](World& world) { world.look({1, 2}); },
             [](World& world) {
                 world.entries.removeIf(World::key(), [](Pid each) { return each.raw() > 2; });
             }}));
    }
    void theOnlyOneChangesItsValue() {
        verify(explored<World>([](World& world) { world.enter(1); },
                               {[](World& world) { world.look({1}); },
                                [](World& world) { world.look({1}); },
                                [](World& world) {
                                    world.entries.setValue(Pid::fromRaw(1), World::key(), Term(50));
                                }}));
    }
    /// Who walks is not pinned all the time.
    void aWalkMeetsEachKeyOnceWhileOthersComeAndGo() {
        verify(explored<World>(
            [](World& world) {
                for (const std::uint64_t pid : {1, 2, 3, 4})
                    world.enterUnderOwnKey(pid);
            },
            {[](World& world) { world.walk({1, 2}); },
             [](World& world) {
                 world.leaveOwnKey(3);
                 world.enterUnderOwnKey(5);
                 world.enterUnderOwnKey(6); // the table grows
                 world.leaveOwnKey(4);
                 world.enterUnderOwnKey(3);
             }}));
    }
    void allGoAtOnce() {
        verify(explored<World>(
            [](World& world) {
                for (const std::uint64_t pid : {1, 2, 3})
                    world.enter(pid);
            },
            {[](World& world) { world.look({}); },
             [](World& world) {
                 world.entries.clear();
                 world.enter(4);
                 world.leave(4);
             }}));
    }
};

QTEST_APPLESS_MAIN(tst_RegistryEntries)
#include "tst_registry_entries.moc"
