#include "support/explored.h"

#include <grove/runtime/worker_cache.h>

#include <QTest>

#include <array>
#include <memory>

using grove::BasicWorkerCache;
using grove::test::explored;
using grove::test::ExploredAtomics;

namespace {

using RightCache = BasicWorkerCache<ExploredAtomics>;

/// Asks for the version behind the look, not before.
struct LateCache : RightCache {
    template <class Find>
    static auto findAnew(LateCache* cache, std::uint64_t wanted, const Version& now, Find&& find) {
        auto found = find();
        return RightCache::findAnew(cache, wanted, now, [&] { return found; });
    }
};

/// Something that is replaced again and again, and threads that remember what it was.
template <class Cache> struct WorldOf {
    static constexpr std::uint64_t kKey = 7;

    typename Cache::Version version{0};
    ExploredAtomics::Atomic<int> current{1};   // 0: there is none
    ExploredAtomics::Atomic<int> announced{0}; // how many changes others may know of
    std::array<Cache, 2> caches;
    int remembered = 0; // looks that a thread's memory has answered
    std::string fault;

    /// It becomes 2, is away, is there again.
    void change() {
        int changes = 0;
        for (const int next : {2, 0, 3}) {
            current.store(next);
            version.fetch_add(1, std::memory_order_release);
            announced.store(++changes);
        }
    }
    int look(Cache& cache) {
        if (cache.has(kKey)) {
            ++remembered;
            return *static_cast<const int*>(cache.object.get());
        }
        const auto found = Cache::findAnew(&cache, kKey, version, [&] {
            const int value = current.load();
            return value == 0 ? nullptr : std::make_shared<const int>(value);
        });
        return found ? *found : 0;
    }
    /// Whoever knows of a change finds what it made, or what came behind it.
    void lookThrice(Cache& cache) {
        static constexpr std::array kInOrder{1, 2, 0, 3};
        for (int turn = 0; turn < 3; ++turn) {
            const auto known = static_cast<std::size_t>(announced.load());
            const int value = look(cache);
            for (std::size_t older = 0; older < known; ++older)
                if (kInOrder[older] == value)
                    fault = "found what had been replaced";
        }
    }
};

using World = WorldOf<RightCache>;
using LateWorld = WorldOf<LateCache>;

} // namespace

class tst_WorkerCache : public QObject {
    Q_OBJECT

private slots:
    void whoKnowsOfAChangeFindsWhatItMade() {
        bool wasRemembered = false;
        const auto outcome =
            explored<World>([](World&) {},
                            {[](World& world) { world.lookThrice(world.caches[0]); },
                             [&](World& world) {
                                 world.lookThrice(world.caches[1]);
                                 wasRemembered = wasRemembered || world.remembered > 0;
                             },
                             [](World& world) { world.change(); }},
                            3);
        QVERIFY2(outcome.failure.empty(), outcome.failure.c_str());
        QVERIFY(outcome.isComplete);
        QVERIFY(wasRemembered);
    }
    void theExplorerFindsWhoAsksForTheVersionTooLate() {
        const auto outcome =
            explored<LateWorld>([](LateWorld&) {},
                                {[](LateWorld& world) { world.lookThrice(world.caches[0]); },
                                 [](LateWorld& world) { world.change(); }},
                                3);
        QVERIFY(outcome.failure.contains("found what had been replaced"));
    }
    void whatIsRememberedHasOneKey() {
        World world;
        QCOMPARE(world.look(world.caches[0]), 1);
        QVERIFY(world.caches[0].has(World::kKey));
        QVERIFY(!world.caches[0].has(World::kKey + 4));
    }
    void whatIsNotThereIsNotRemembered() {
        World world;
        world.current.store(0);
        QCOMPARE(world.look(world.caches[0]), 0);
        QVERIFY(!world.caches[0].has(World::kKey));
    }
};

QTEST_APPLESS_MAIN(tst_WorkerCache)
#include "tst_worker_cache.moc"
