#pragma once

#include "todo_support.h"

#include <grove/otp/supervisor.h>
#include <grove/runtime/simulation.h>
#include <grove/storage/sync_loss_vfs.h>
#include <grove/todo/client.h>
#include <grove/todo/import.h>
#include <grove/todo/system.h>

#include <QTest>

#include <functional>

/// The to-do system under simulation, on a disk in memory: no window, no threads, no real time.
namespace grove::todo {

/// Starts the tree again whenever it has ended, as a person at "Start" would.
inline Task<> keepTree(TodoOptions options) {
    setTrapExit(TrapExit::Yes);
    for (;;) {
        const auto started = co_await otp::startLink(todoSupervisor(options));
        if (started)
            static_cast<void>(co_await receive(on<Exit>(started.pid())));
        else
            co_await sleep(std::chrono::milliseconds(100));
    }
}

/// A client that writes down what it hears, served by a process that can be killed and replaced.
class RecordingClient final : public ClientEvents {
public:
    struct Answer {
        OperationId operation;
        ListId list;
        ChangeAnswer answer;
    };

    RecordingClient(Runtime& runtime, std::string name, ClientOptions options = {})
        : m_runtime(runtime), m_client(runtime, *this, named(std::move(options), std::move(name))) {
        serve();
    }
    ~RecordingClient() override { m_runtime.exit(m_process, atoms::kill); }

    /// Another process serves the client from now on.
    void serve() { m_process = m_runtime.spawn(&RecordingClient::run, this); }
    void killProcess() { m_runtime.exit(m_process, atoms::kill); }

    Client& client() { return m_client; }
    Pid process() const { return m_process; }
    const std::vector<Answer>& answers() const { return m_answers; }
    void forgetAnswers() { m_answers = {}; }
    const std::map<ListId, List>& lists() const { return m_lists; }
    const std::vector<ListSummary>& summaries() const { return m_summaries; }
    const std::vector<StorageTrouble>& troubles() const { return m_troubles; }
    int awayCount() const { return m_away; }
    int missingCount() const { return m_missing; }

    OperationId submit(ListId list, Change change) {
        auto checked = checkChange(std::move(change));
        if (!checked)
            qFatal("%s", checked.error().why.c_str());
        const OperationId operation = m_client.newOperation();
        m_client.submit(operation, list, *std::move(checked));
        return operation;
    }
    const ChangeAnswer* answerOf(const OperationId& operation) const {
        for (const Answer& answer : m_answers)
            if (answer.operation == operation)
                return &answer.answer;
        return nullptr;
    }

    void answered(const OperationId& operation, ListId list, const ChangeAnswer& answer) override {
        m_answers.push_back({operation, list, answer});
        if (onAnswer)
            onAnswer(m_answers.back());
    }
    void listLoaded(ListId list, ListData data) override {
        m_lists.insert_or_assign(list, List(std::move(data)));
    }
    void listMissing(ListId) override { ++m_missing; }
    void listChanged(const ListChanged& changed) override {
        List& list = m_lists.at(changed.list);
        if (changed.version != list.version() + 1 || !list.apply(changed.change))
            qFatal("a follower missed a change");
    }
    void listAway(ListId) override { ++m_away; }
    void listsRead(std::vector<ListSummary> lists) override { m_summaries = std::move(lists); }
    void storageTrouble(const StorageTrouble& trouble) override { m_troubles.push_back(trouble); }

    std::function<void(const Answer&)> onAnswer;

private:
    static ClientOptions named(ClientOptions options, std::string name) {
        options.name = std::move(name);
        return options;
    }
    static Task<> run(RecordingClient* self) {
        setLabel("client");
        self->m_client.attach();
        for (;;) {
            Message message = co_await receive(any());
            static_cast<void>(self->m_client.handle(message));
        }
    }

    Runtime& m_runtime;
    Client m_client;
    Pid m_process;
    std::vector<Answer> m_answers;
    std::map<ListId, List> m_lists;
    std::vector<ListSummary> m_summaries;
    std::vector<StorageTrouble> m_troubles;
    int m_away = 0;
    int m_missing = 0;
};

/// One run of the program between two power failures.
class World {
public:
    static constexpr const char* kFile = "grove.db";

    explicit World(storage::SyncLossVfs& disk, std::uint64_t seed,
                   storage::Synchronous synchronous = storage::Synchronous::Full)
        : m_simulation({.seed = seed}) {
        auto prepared = storage::prepareDatabase(kFile, todoSchema(),
                                                 {.synchronous = synchronous, .vfs = disk.name()});
        if (!prepared)
            qFatal("%s", storage::print(prepared.error().error).c_str());
        const TodoOptions options{
            .database = {.file = kFile, .vfs = disk.name(), .synchronous = synchronous}};
        m_keeper = m_simulation.runtime().spawn(keepTree, options);
        m_simulation.runUntil([this] { return runtime().whereis(atom("metrics")).has_value(); },
                              std::chrono::seconds(10));
    }

    Simulation& simulation() { return m_simulation; }
    Runtime& runtime() { return m_simulation.runtime(); }
    Pid keeper() const { return m_keeper; }

    void kill(std::string_view name) {
        if (auto pid = runtime().whereis(atom(name)))
            runtime().exit(*pid, atoms::kill);
    }
    bool runUntil(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60)) {
        return m_simulation.runUntil(done, limit);
    }

private:
    Simulation m_simulation;
    Pid m_keeper;
};

inline storage::Connection openOn(storage::SyncLossVfs& disk) {
    auto connection = storage::Connection::open(World::kFile, {.vfs = disk.name()});
    if (!connection)
        qFatal("%s", storage::print(connection.error()).c_str());
    return *std::move(connection);
}

template <class T> T valueOf(storage::SqlResult<T> result) {
    if (!result)
        qFatal("%s", storage::print(result.error()).c_str());
    return *std::move(result);
}

} // namespace grove::todo
