#pragma once
// What Places keeps, under its lock.

#include "numbered_pages.h"
#include "pointer_index.h"

#include <grove/otp/places.h>
#include <grove/otp/restart_period.h>
#include <grove/term/alloc.h>
#include <grove/term/key_order.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace grove::otp {

struct Places::Board {
    static constexpr std::size_t kRemovedMax = 4'096;
    static constexpr std::uint64_t kRemovedWordsMax = 1U << 17;    // of reasons and ids: 1 MiB
    static constexpr std::uint32_t kRemovedReasonWordsMax = 4'096; // of one of them
    static constexpr std::size_t kRestartTimesMax = 256;
    static constexpr std::size_t kLine = 64; // of memory

    struct Node {
        // First what each change needs.
        std::uint64_t version = 0;
        Node* older = nullptr; // by the latest change, or by their removal
        Node* newer = nullptr;
        Node* above = nullptr;  // the parent's; none: a root
        Pid keeper;             // of a supervisor: who writes about it and its children
        Node* before = nullptr; // among its siblings, in the order of their ids
        Node* behind = nullptr;
        Node* firstBelow = nullptr;
        Place place; // without a title where that is the id's
        Node* lastBelow = nullptr;
        bool hasKey = false;        // can be found by its id under its parent
        bool indexesBelow = false;  // those below that have keys are in byKey
        std::uint64_t key = 0;      // keyOf(), where it is in byKey
        std::uint64_t filledAt = 0; // the version at which its process came

        static void* operator new(std::size_t size) { return allocate(size); }
        static void operator delete(void* block, std::size_t size) noexcept {
            release(block, size);
        }
        /// What is remembered of it when it has been removed.
        [[nodiscard]] std::uint64_t words() const noexcept {
            return std::uint64_t{place.lastReason.flatWords()} + place.childId.flatWords();
        }
    };
    /// Nodes in an order of theirs, which nobody else has any part in.
    struct Order {
        Node* oldest = nullptr;
        Node* newest = nullptr;

        void append(Node& node) {
            node.older = newest;
            (newest != nullptr ? newest->newer : oldest) = &node;
            newest = &node;
        }
        void unlink(Node& node) {
            (node.older != nullptr ? node.older->newer : oldest) = node.newer;
            (node.newer != nullptr ? node.newer->older : newest) = node.older;
            node.older = node.newer = nullptr;
        }
        void destroyAll() {
            while (newest != nullptr)
                delete std::exchange(newest, newest->older);
        }
    };

    std::uint64_t version = 1; // 0 asks for everything
    PlaceId lastId = 0;
    NumberedPages<Node> byId;
    // Made when first needed: a supervisor that starts, runs and stops looks for nobody in them.
    PointerIndex<Node> byPid; // at most one each; none before isIndexedByPid
    PointerIndex<Node> byKey; // of those that have one and whose parent is unknown or indexes them
    bool isIndexedByPid = false;
    Order present; // all of those, by their latest change
    Order removals;
    std::size_t removed = 0;
    std::uint64_t removedWords = 0;    // of all of them
    std::uint64_t forgottenBefore = 0; // removals up to this version are not remembered

    Board() = default;
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;
    ~Board() {
        present.destroyAll();
        removals.destroyAll();
    }

    /// What others see of a copy. Takes a while for large ids: without the lock.
    static void giveTitle(Place& copy) {
        if (copy.title.empty())
            copy.title = ChildSpec::titleOf(copy.childId);
    }
    static void giveTitles(std::vector<Place>& copies) {
        for (Place& copy : copies)
            giveTitle(copy);
    }
    [[nodiscard]] Node* find(PlaceId id) const { return byId.find(id); }
    /// A child's id under its parent.
    static std::uint64_t keyOf(PlaceId parent, const Term& childId) {
        const std::uint64_t under = parent * 0x9E37'79B9'7F4A'7C15ULL;
        const std::optional<std::int64_t> number = childId.asInt(); // siblings' often in turn
        return number ? under + static_cast<std::uint64_t>(*number)
                      : under ^ grove::detail::keyHash(childId);
    }
    [[nodiscard]] Node* findChild(PlaceId parent, const Term& childId) {
        if (Node* const above = find(parent)) {
            if (above->firstBelow == nullptr)
                return nullptr;
            indexBelow(*above);
        }
        return byKey.find(keyOf(parent, childId), [&](const Node& node) {
            return node.place.parent == parent && equalsExact(node.place.childId, childId);
        });
    }
    void indexBelow(Node& above) {
        if (std::exchange(above.indexesBelow, true))
            return;
        for (Node* child = above.firstBelow; child != nullptr; child = child->behind)
            if (child->hasKey)
                indexByKey(*child);
    }
    void indexByKey(Node& child) {
        child.key = keyOf(child.place.parent, child.place.childId);
        byKey.add(child.key, child);
    }
    [[nodiscard]] static bool isIndexedByKey(const Node& node) noexcept {
        return node.hasKey && (node.above == nullptr || node.above->indexesBelow);
    }
    /// Where several places were filled with one process, the latest has it. The first look takes
    /// as long as there are places.
    [[nodiscard]] Node* findByPid(Pid pid) {
        if (!std::exchange(isIndexedByPid, true))
            for (Node* node = present.newest; node != nullptr; node = node->older)
                if (node->place.pid) {
                    const Node* const other = byPid.find(node->place.pid.raw());
                    if (other != nullptr && other->filledAt > node->filledAt)
                        continue;
                    empty(node->place.pid);
                    byPid.add(node->place.pid.raw(), *node);
                }
        return byPid.find(pid.raw());
    }
    // Siblings are started, stopped and removed one after the other: while one is, memory brings
    // what the same change of the next one will need.

    static void fetch(const Node* node) noexcept {
        const auto* const bytes = static_cast<const std::byte*>(static_cast<const void*>(node));
        for (std::size_t line = 0; node != nullptr && line < sizeof(Node); line += kLine)
            __builtin_prefetch(bytes + line, 1);
    }
    void fetchForStart(const Node& started) const noexcept { fetch(started.behind); }
    void fetchForStop(const Node& stopped) const noexcept { fetch(stopped.before); }
    void fetchForForget(const Node& forgotten) const noexcept {
        if (const Node* const next = forgotten.behind) {
            if (isIndexedByKey(*next))
                byKey.fetch(next->key);
            if (isIndexedByPid)
                byPid.fetch(next->place.pid.raw());
            fetch(next->behind);
        }
    }
    void touch(Node& node) {
        node.version = ++version;
        if (present.newest == &node)
            return;
        present.unlink(node);
        present.append(node);
    }
    Node& make(PlaceId parent) {
        Node* const above = find(parent);
        Node& node = *new Node;
        node.place.id = ++lastId;
        node.place.parent = parent;
        byId.add(node.place.id, node);
        present.append(node);
        node.above = above;
        if (above != nullptr)
            join(node);
        return node;
    }
    /// The place of a child that its parent knows by its id.
    Node& makeChild(PlaceId parent, PlaceKind kind, const ChildSpec& spec) {
        Node& node = make(parent);
        take(node.place, kind, spec);
        node.hasKey = true;
        if (isIndexedByKey(node))
            indexByKey(node);
        return node;
    }
    Node& addChild(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec) {
        return moved(makeChild(parent, kind, spec), order);
    }
    Node& ensure(PlaceId parent, std::uint32_t order, PlaceKind kind, const ChildSpec& spec) {
        Node* const known = findChild(parent, spec.id());
        if (known == nullptr)
            return addChild(parent, order, kind, spec);
        take(known->place, kind, spec);
        return moved(*known, order);
    }
    Node& moved(Node& child, std::uint32_t order) {
        child.place.order = order;
        touch(child);
        return child;
    }
    /// Nobody has come below `parent` behind this one; `last` 0: nobody at all.
    [[nodiscard]] bool isLastBelow(PlaceId parent, PlaceId last) const {
        const Node* const above = find(parent);
        if (above == nullptr || above->lastBelow == nullptr)
            return above != nullptr && last == 0;
        return above->lastBelow->place.id == last;
    }
    void fill(Node& node, Pid pid) {
        const Pid old = std::exchange(node.place.pid, pid);
        node.filledAt = version + 1;
        if (!isIndexedByPid)
            return;
        if (old)
            byPid.erase(old.raw(), node); // unless another place has been filled with it
        if (pid) {
            empty(pid);
            byPid.add(pid.raw(), node);
        }
    }
    void empty(Pid pid) {
        if (const Node* const filled = byPid.find(pid.raw()))
            byPid.erase(pid.raw(), *filled);
    }
    /// As the last of those below: ids only grow.
    static void join(Node& node) {
        Node& above = *node.above;
        node.before = above.lastBelow;
        (node.before != nullptr ? node.before->behind : above.firstBelow) = &node;
        above.lastBelow = &node;
    }
    static void leave(Node& node) {
        Node& above = *node.above;
        (node.before != nullptr ? node.before->behind : above.firstBelow) = node.behind;
        (node.behind != nullptr ? node.behind->before : above.lastBelow) = node.before;
    }
    static void take(Place& place, PlaceKind kind, const ChildSpec& spec) {
        place.kind = kind;
        place.childId = spec.id();
        if (std::string given = spec.givenTitle(); !given.empty() || !place.title.empty())
            place.title = std::move(given);
        place.behaviour = spec.behaviour();
        place.ownThread = spec.options().ownThread;
        place.isSignificant = spec.isSignificant();
        place.reopenedOnUse = spec.isReopenedOnUse();
        place.restart = spec.restart();
        place.shutdown = spec.shutdown();
    }
    /// As many as its supervisor counts, see RestartWindow.
    static void addRestartTime(Place& place, Instant at, Intensity intensity) {
        std::vector<Instant>& times = place.restartTimes;
        times.push_back(at);
        const std::size_t kept = std::min<std::size_t>(kRestartTimesMax, intensity.restarts);
        std::size_t gone = times.size() > kept ? times.size() - kept : 0;
        while (gone < times.size() && !restartCounts(times[gone], at, intensity.period))
            ++gone;
        times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(gone));
    }
    [[nodiscard]] Node* findFor(PlaceId id, Pid by) {
        Node* node = find(id);
        if (node == nullptr || !by || node->keeper == by)
            return node;
        const Node* const above = node->above;
        return above == nullptr || !above->keeper || above->keeper == by ? node : nullptr;
    }
    void end(Node& node, const Term& reason, PlaceState state, Instant at) {
        if (node.place.state == PlaceState::Alive) {
            node.place.lastReason = reason;
            node.place.lastEnd = at;
        }
        node.place.state = state;
        node.place.lastChange = at;
        touch(node);
    }
    /// Those below end with it, whatever state they were in.
    void endBelow(const Node& node, const Term& reason, Instant at) {
        for (Node* child = node.firstBelow; child != nullptr; child = child->behind) {
            if (child->place.state == PlaceState::Alive ||
                child->place.state == PlaceState::Restarting)
                end(*child, reason, PlaceState::NotStarted, at);
            endBelow(*child, reason, at);
        }
    }
    void remove(Node& node) {
        if (node.above != nullptr)
            leave(node);
        forget(node);
    }
    /// With those below, which go first; whoever is above does not know it any more.
    void forget(Node& node) {
        for (Node* child = node.firstBelow; child != nullptr;) {
            fetchForForget(*child);
            forget(*std::exchange(child, child->behind));
        }
        if (isIndexedByKey(node))
            byKey.erase(node.key, node);
        if (isIndexedByPid)
            byPid.erase(node.place.pid.raw(), node);
        byId.erase(node.place.id);
        present.unlink(node);
        remember(node);
    }
    /// Who asks after one that was forgotten is given everything there is.
    void remember(Node& node) {
        node.version = ++version;
        node.place.restartTimes = {};
        node.place.lastReason = shortened(std::move(node.place.lastReason));
        removals.append(node);
        ++removed;
        removedWords += node.words();
        while (removed > kRemovedMax || removedWords > kRemovedWordsMax) {
            const std::unique_ptr<Node> oldest(removals.oldest);
            removals.unlink(*oldest);
            --removed;
            removedWords -= oldest->words();
            forgottenBefore = oldest->version;
        }
    }
    /// The reason itself, or what it begins with where it is too large to be kept for long.
    static Term shortened(Term reason) {
        while (reason.flatWords() > kRemovedReasonWordsMax && reason.tupleSize() > 0)
            reason = Term(reason.element(0));
        return reason.flatWords() > kRemovedReasonWordsMax ? Term(atom("too_large")) : reason;
    }
};

} // namespace grove::otp
