#pragma once

#include "world.h"

#include <grove/otp/call.h>
#include <grove/otp/registry.h>
#include <grove/otp/sys.h>
#include <grove/runtime/info.h>

namespace grove::todo {

using namespace std::chrono_literals;

inline NewEntry named(std::string title) {
    return {.title = std::move(title)};
}

inline std::vector<std::string> titlesOf(const List& list) {
    std::vector<std::string> titles;
    for (const Entry& entry : list.entries())
        titles.push_back(entry.title);
    return titles;
}

/// Has the turn at writing until it gets a message: what is to be written waits.
inline Task<> holdTheTurn() {
    co_await otp::call(storage::WriteTurn::kName, storage::WriteTurn::Take{}, kInfinity);
    static_cast<void>(co_await receive(any()));
}
/// The server handles nothing until this process gets a message.
inline Task<> suspendServer(Pid server) {
    co_await otp::sys::suspend(server);
    static_cast<void>(co_await receive(any()));
    co_await otp::sys::resume(server);
}
inline Task<> readState(Pid server, Term* to) {
    *to = co_await otp::sys::getState(server);
}
inline Task<> readView(Pid server, Term* to) {
    *to = co_await otp::sys::getView(server);
}
/// What was sent to a worker and is not written: in its mailbox and in its batch.
inline Task<> readWaiting(Pid worker, std::size_t* to) {
    const Term state = co_await otp::sys::getState(worker);
    const auto pending = state.mapFind(atom("pending"))->listLength();
    const auto info = co_await processInfo(worker);
    if (const auto* known = std::get_if<ProcessInfo>(&info); known && pending)
        *to = known->row.mailboxLength + *pending;
}

/// A program with one client, on a disk of its own: a new one for each test (start, stop).
class SystemFixture {
protected:
    std::unique_ptr<storage::SyncLossVfs> m_disk;
    std::unique_ptr<World> m_world;
    std::unique_ptr<RecordingClient> m_user;

    void start() {
        m_disk = std::make_unique<storage::SyncLossVfs>(1);
        m_world = std::make_unique<World>(*m_disk, 1);
        m_user = std::make_unique<RecordingClient>(m_world->runtime(), "user");
    }
    void stop() {
        m_user.reset();
        m_world.reset();
        m_disk.reset();
    }

    bool allAnswered(Duration limit = 60s) {
        return m_world->runUntil([this] { return m_user->client().pendingCount() == 0; }, limit);
    }
    /// Starts a process that holds something up, and comes to that. Returns: who has to letGo().
    template <class... Args> Pid holdBack(Task<> (*how)(Args...), Args... args) {
        const Pid holder = m_world->runtime().spawn(how, args...);
        m_world->simulation().runFor(100ms);
        return holder;
    }
    void letGo(Pid holder) { m_world->runtime().send(holder, atom("enough")); }
    List onDisk(ListId list) {
        auto connection = openOn(*m_disk);
        auto loaded = valueOf(loadList(connection, list));
        return loaded ? *loaded : List();
    }
    Pid serverOf(ListId list) {
        const auto servers =
            otp::Registry::lookup(m_world->runtime(), atom(Cache::kRegistry), Cache::keyOf(list));
        return servers.empty() ? Pid() : servers.front().pid;
    }
    Pid writer() { return m_world->runtime().whereis(storage::writerName()).value_or(Pid()); }
    Pid readerOf(ListId list) {
        return m_world->runtime().whereis(storage::readerOf(list, 3)).value_or(Pid());
    }
    std::vector<Pid> workers() {
        std::vector<Pid> pids;
        for (int number = 1; number <= 3; ++number)
            pids.push_back(m_world->runtime().whereis(storage::workerName(number)).value_or(Pid()));
        return pids;
    }
    /// A program that starts now, on the disk as it is.
    void startAgain() {
        m_user.reset();
        m_world.reset();
        m_world = std::make_unique<World>(*m_disk, 2);
        m_user = std::make_unique<RecordingClient>(m_world->runtime(), "user again");
    }
};

} // namespace grove::todo
