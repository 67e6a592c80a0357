#include "earlier_envelopes.h"
#include "inbox.h"
#include "support/interleave.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::Explorer;

namespace {

struct Node {
    Node* next = nullptr;
    int sender = 0;
    int number = 0;
    bool counts = true;
    [[nodiscard]] bool isMessage() const { return counts; }
};

using ExploredInbox = BasicInbox<Node, ExploredAtomics>;

/// A process without code: whoever owns it handles what has come, as a scheduler would.
struct Process {
    ExploredInbox inbox;
    std::vector<std::unique_ptr<Node>> nodes;
    std::vector<Node*> handled;
    int owners = 0; // at this moment
    int owned = 0;  // ever
    int refused = 0;
    std::string fault;

    Process() {
        inbox.open();
        if (!inbox.goIdle())
            fault = "a new inbox is not empty";
    }

    Node* make(int sender, int number) {
        nodes.push_back(std::make_unique<Node>());
        nodes.back()->sender = sender;
        nodes.back()->number = number;
        return nodes.back().get();
    }
    void handleAll(Node* newest) {
        std::vector<Node*> batch;
        for (; newest != nullptr; newest = newest->next)
            batch.push_back(newest);
        handled.insert(handled.end(), batch.rbegin(), batch.rend());
    }
    /// What has come; the inbox's own count must say how many.
    Node* takeAll() {
        const auto taken = inbox.takeAll();
        std::uint32_t count = 0;
        for (const Node* node = taken.newest; node != nullptr; node = node->next)
            count += node->isMessage() ? 1 : 0;
        if (count != taken.counted)
            fault = "the inbox counts other messages than those in it";
        return taken.newest;
    }
    void enter() {
        if (++owners != 1)
            fault = "two threads own the process";
        ++owned;
    }
    void leave() { --owners; }

    /// As a scheduler runs it: a lone message is handled where it lies, more are fetched; then
    /// idle.
    void service() {
        enter();
        while (true) {
            Node* const newest = inbox.peek();
            if (newest != nullptr && newest->next == nullptr && !isHandled(newest)) {
                handled.push_back(newest);
                leave();
                if (inbox.goIdleFrom(newest))
                    return;
                enter();
                // Something came on top of it: fetch all, of which the lone one is handled already.
                Node* rest = takeAll();
                std::vector<Node*> batch;
                for (; rest != newest; rest = rest->next)
                    batch.push_back(rest);
                handled.insert(handled.end(), batch.rbegin(), batch.rend());
            } else {
                handleAll(takeAll());
            }
            leave();
            if (inbox.goIdle())
                return;
            enter();
        }
    }
    [[nodiscard]] bool isHandled(const Node* node) const {
        return std::ranges::find(handled, node) != handled.end();
    }

    void send(int sender, int number) {
        switch (inbox.push(make(sender, number)).pushed) {
        case Pushed::Wake:
            service();
            break;
        case Pushed::Queued:
            break;
        case Pushed::Closed:
            ++refused;
            break;
        }
    }

    /// What is wrong when everybody has finished.
    [[nodiscard]] std::string check() const {
        if (!fault.empty())
            return fault;
        if (handled.size() + static_cast<std::size_t>(refused) != nodes.size())
            return "a message was lost or handled twice";
        for (std::size_t first = 0; first < handled.size(); ++first)
            for (std::size_t second = first + 1; second < handled.size(); ++second)
                if (handled[first]->sender == handled[second]->sender &&
                    handled[first]->number >= handled[second]->number)
                    return "the messages of one sender changed their order";
        return {};
    }
};

} // namespace

class tst_Inbox : public QObject {
    Q_OBJECT

private slots:
    void inEveryInterleavingEachMessageIsHandledOnceInOrder_data() {
        QTest::addColumn<QList<int>>("messagesOfSenders");
        QTest::newRow("two senders of two") << QList<int>{2, 2};
        QTest::newRow("three senders") << QList<int>{1, 1, 1};
        QTest::newRow("three and one") << QList<int>{3, 1};
    }
    void inEveryInterleavingEachMessageIsHandledOnceInOrder() {
        QFETCH(QList<int>, messagesOfSenders);
        const auto outcome = Explorer::explore([&] {
            auto process = std::make_shared<Process>();
            Explorer::Scenario scenario;
            for (int sender = 0; sender < messagesOfSenders.size(); ++sender)
                scenario.threads.push_back([process, sender, count = messagesOfSenders[sender]] {
                    for (int number = 0; number < count; ++number)
                        process->send(sender, number);
                });
            scenario.check = [process] { return process->check(); };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(outcome.runs > 50);
    }

    void inEveryInterleavingADyingProcessAnswersForEachMessage() {
        const auto outcome = Explorer::explore([] {
            struct Dying : Process {
                void die() { // as its owner
                    enter();
                    handleAll(inbox.close());
                    leave();
                }
            };
            auto process = std::make_shared<Dying>();
            Explorer::Scenario scenario;
            // The first message kills: whoever is woken by it closes the inbox.
            for (int sender = 0; sender < 3; ++sender)
                scenario.threads.push_back([process, sender] {
                    const auto outcome = process->inbox.push(process->make(sender, 0));
                    if (outcome.pushed == Pushed::Wake)
                        process->die();
                    else if (outcome.pushed == Pushed::Closed)
                        ++process->refused;
                });
            scenario.check = [process] {
                if (process->owned != 1)
                    return std::string("the process was owned other than once");
                return process->check();
            };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
    }

    void countsMessagesButNotSignals() {
        BasicInbox<Node, grove::StdAtomics> inbox;
        inbox.open();
        std::array<Node, 3> nodes;
        nodes[1].counts = false;
        for (Node& node : nodes)
            QVERIFY(inbox.push(&node).pushed == Pushed::Queued);
        QCOMPARE(inbox.count(), 2U);
        QVERIFY(inbox.takeAll().newest == &nodes[2]);
        QCOMPARE(inbox.count(), 0U);
    }

    void whoGoesBehindACrowdIsToldWhatItGoesBehind() {
        using Inbox = BasicInbox<Node, grove::StdAtomics>;
        Inbox inbox;
        inbox.open();
        std::vector<Node> nodes(Inbox::kCrowd + 2);
        std::vector<std::pair<const Node*, std::uint32_t>> said;
        const auto note = [&](const Node* newest, std::uint32_t count) {
            said.emplace_back(newest, count);
        };
        for (Node& node : nodes)
            QVERIFY(inbox.push(&node, note).pushed == Pushed::Queued);
        QCOMPARE(said.size(), std::size_t{2});
        QVERIFY(said[0] ==
                std::pair(static_cast<const Node*>(&nodes[Inbox::kCrowd - 1]), Inbox::kCrowd));
        QVERIFY(said[1] ==
                std::pair(static_cast<const Node*>(&nodes[Inbox::kCrowd]), Inbox::kCrowd + 1));
    }

    void anEnvelopeSaysWhereTheOneSixteenBeforeItLies() {
        const auto earlier = std::make_unique<EarlierEnvelopes>();
        constexpr std::uint32_t kCount = 40;
        constexpr std::uint32_t kProcess = 7;
        std::vector<Envelope*> envelopes;
        for (std::uint32_t count = 0; count < kCount; ++count) {
            envelopes.push_back(Envelope::make(Signal::Message, grove::Message(), 1, 0));
            earlier->note(*envelopes.back(), kProcess, count);
            // Another process's do not come between.
            Envelope* const other = Envelope::make(Signal::Message, grove::Message(), 1, 0);
            earlier->note(*other, kProcess + 1, count);
            Envelope::drop(other);
        }
        for (std::uint32_t count = 0; count < kCount; ++count) {
            const std::uint64_t line =
                count < 16 ? 0 : std::bit_cast<std::uint64_t>(envelopes[count - 16]) >> 6;
            QCOMPARE(envelopes[count]->earlier, static_cast<std::uint32_t>(line));
        }
        for (Envelope* envelope : envelopes)
            Envelope::drop(envelope);
    }

    void envelopesOfOnePageAreNotFar() {
        alignas(4'096) static std::array<std::byte, 2 * 4'096> memory;
        const auto at = [](std::size_t offset) {
            return std::bit_cast<const Envelope*>(memory.data() + offset);
        };
        QVERIFY(!EarlierEnvelopes::areFar(at(0), at(4'032)));
        QVERIFY(EarlierEnvelopes::areFar(at(0), at(4'096)));
        QVERIFY(EarlierEnvelopes::areFar(at(4'096), at(64)));
    }

    void tellsWhenTheCountWraps() {
        BasicInbox<Node, grove::StdAtomics> inbox;
        inbox.open();
        std::vector<Node> nodes(65'537);
        int wraps = 0;
        for (Node& node : nodes)
            wraps += inbox.push(&node).wrapped ? 1 : 0;
        QCOMPARE(wraps, 1);
        QCOMPARE(inbox.count(), 1U);
    }

    void aClosedInboxTakesNothing() {
        BasicInbox<Node, grove::StdAtomics> inbox;
        Node node;
        QVERIFY(inbox.isClosed());
        QVERIFY(inbox.push(&node).pushed == Pushed::Closed);
        inbox.open();
        QVERIFY(inbox.push(&node).pushed == Pushed::Queued);
        QVERIFY(inbox.close() == &node);
        QVERIFY(inbox.isClosed());
    }
};

QTEST_APPLESS_MAIN(tst_Inbox)
#include "tst_inbox.moc"
