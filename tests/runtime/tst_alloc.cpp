#include "support/interleave.h"
#include "thread.h"

#include <grove/runtime/clock.h>
#include <grove/term/alloc.h>
#include <grove/term/returned_blocks.h>

#include <QTest>

#include <cstring>
#include <latch>
#include <memory>
#include <set>
#include <vector>

using namespace grove;
using grove::runtime::Thread;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

struct Held {
    void* block;
    std::size_t size;
    unsigned char mark;
};

Held take(std::size_t size, unsigned char mark) {
    void* const block = allocate(size);
    std::memset(block, mark, size);
    return {block, size, mark};
}

/// Whether the block is as take() left it.
bool isIntact(const Held& held) {
    const auto* bytes = static_cast<const unsigned char*>(held.block);
    return std::all_of(bytes, bytes + held.size,
                       [&](unsigned char byte) { return byte == held.mark; });
}

} // namespace

class tst_Alloc : public QObject {
    Q_OBJECT

private slots:
    void blocksAreAlignedAndDisjoint() {
        std::vector<Held> held;
        for (std::size_t size = 1; size <= 2'100; ++size)
            held.push_back(take(size, static_cast<unsigned char>(size)));
        for (const Held& each : held) {
            QCOMPARE(reinterpret_cast<std::uintptr_t>(each.block) % 16, std::uintptr_t{0});
            QVERIFY2(isIntact(each), qPrintable(QString::number(each.size)));
        }
        for (const Held& each : held)
            release(each.block, each.size);
    }

    void releasingNullDoesNothing() {
        release(nullptr, 16);
        release(nullptr, 5'000);
    }

    /// Random sizes and lifetimes; every block keeps its contents until it is released.
    void keepsBlocksApartUnderRandomUse() {
        Random random(7);
        std::vector<Held> held;
        for (int step = 0; step < 300'000; ++step) {
            if (held.empty() || random.below(1'000) < (step < 150'000 ? 600U : 400U)) {
                held.push_back(take(random.below(1'200) + 1, static_cast<unsigned char>(step)));
            } else {
                std::swap(held[random.below(held.size())], held.back());
                QVERIFY(isIntact(held.back()));
                release(held.back().block, held.back().size);
                held.pop_back();
            }
        }
        for (const Held& each : held) {
            QVERIFY(isIntact(each));
            release(each.block, each.size);
        }
    }

    void blocksOutliveTheThreadThatMadeThem() {
        std::vector<Held> held;
        Thread("maker", [&] {
            for (int index = 0; index < 5'000; ++index)
                held.push_back(take(static_cast<std::size_t>(index % 1'000) + 1,
                                    static_cast<unsigned char>(index)));
        }).join();
        for (const Held& each : held) {
            QVERIFY(isIntact(each));
            release(each.block, each.size);
        }
    }

    void threadsThatReleaseEachOthersBlocksDoNotDisturbEachOther() {
        constexpr int kThreads = 3;
        constexpr int kRounds = 200;
        std::array<std::vector<Held>, kThreads> handed;
        for (int round = 0; round < kRounds; ++round) {
            std::vector<Thread> threads;
            std::array<std::vector<Held>, kThreads> made;
            std::atomic<int> damaged{0};
            for (int self = 0; self < kThreads; ++self)
                threads.emplace_back("exchanger", [&, self] {
                    const auto own = static_cast<std::size_t>(self);
                    for (int index = 0; index < 300; ++index)
                        made[own].push_back(take(static_cast<std::size_t>(index * 7 % 600) + 1,
                                                 static_cast<unsigned char>(index + self)));
                    for (const Held& each : handed[(own + 1) % kThreads]) {
                        damaged += isIntact(each) ? 0 : 1;
                        release(each.block, each.size);
                    }
                });
            threads.clear(); // joins
            QCOMPARE(damaged.load(), 0);
            handed = std::move(made);
        }
        for (const auto& blocks : handed)
            for (const Held& each : blocks)
                release(each.block, each.size);
    }

    /// An owner says that it sleeps and looks; two others send something, look, and wake it.
    void inEveryInterleavingASleeperAndWhatReturnsMeet() {
        struct Node {
            Node* next = nullptr;
            int taken = 0;
        };
        struct State {
            ReturnedBlocks<Node, ExploredAtomics> returned;
            ExploredAtomics::Atomic<bool> isAsleep{false};
            std::array<Node, 2> nodes;
            bool sleeps = false;
            int woken = 0;
            void takeAll() {
                for (Node* node = returned.take(); node != nullptr; node = node->next)
                    ++node->taken;
            }
        };
        const auto outcome = Explorer::explore([] {
            auto state = std::make_shared<State>();
            Explorer::Scenario scenario;
            scenario.threads.push_back([state] {
                state->takeAll();
                state->isAsleep.store(true, std::memory_order_seq_cst);
                state->sleeps = !state->returned.hasAny();
            });
            for (Node& node : state->nodes)
                scenario.threads.push_back([state, &node] {
                    state->returned.send(&node, &node);
                    if (state->returned.hasAny() &&
                        state->isAsleep.exchange(false, std::memory_order_seq_cst))
                        ++state->woken;
                });
            scenario.check = [state]() -> std::string {
                const bool hasRest = state->returned.hasAny();
                state->takeAll();
                if (state->nodes[0].taken != 1 || state->nodes[1].taken != 1)
                    return "a block came home never or twice";
                return hasRest && state->sleeps && state->woken == 0
                           ? std::string("sleeps beside what has returned")
                           : std::string();
            };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(outcome.runs > 100);
    }

    void inEveryInterleavingEachReturnedBlockComesHomeOnce() {
        struct Node {
            Node* next = nullptr;
            int taken = 0;
        };
        struct State {
            TakeAllStack<Node, ExploredAtomics> stack;
            std::array<Node, 4> nodes;
            int firsts = 0;
            int emptied = 0;
            void takeAll() {
                Node* node = stack.takeAll();
                emptied += node != nullptr ? 1 : 0;
                for (; node != nullptr; node = node->next)
                    ++node->taken;
            }
        };
        const auto outcome = Explorer::explore([] {
            auto state = std::make_shared<State>();
            Explorer::Scenario scenario;
            scenario.threads.push_back([state] {
                state->nodes[0].next = &state->nodes[1]; // a batch of two
                state->firsts +=
                    state->stack.push(&state->nodes[0], &state->nodes[1]) == StackPushed::First;
            });
            scenario.threads.push_back([state] {
                state->firsts += state->stack.push(&state->nodes[2]) == StackPushed::First;
                state->firsts += state->stack.push(&state->nodes[3]) == StackPushed::First;
            });
            scenario.threads.push_back([state] {
                state->takeAll();
                state->takeAll();
            });
            scenario.check = [state] {
                state->takeAll();
                for (const Node& node : state->nodes)
                    if (node.taken != 1)
                        return std::string("a block came home other than once");
                return state->firsts == state->emptied ? std::string()
                                                       : std::string("not every first was told");
            };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(outcome.runs > 100);
    }
};

QTEST_APPLESS_MAIN(tst_Alloc)
#include "tst_alloc.moc"
