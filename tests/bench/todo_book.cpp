// The to-do system of "Elixir in Action", as its users see it: peers/elixir/todo.exs is the same in
// Elixir. There, a list is written to its file as a whole, without a sync; here, a change is
// committed.

#include "todo.h"

#include <grove/otp/call.h>
#include <grove/todo/cache.h>

using namespace grove::todo;

namespace grove::bench {

namespace {

constexpr ListId kLists = 10;
constexpr std::size_t kEntries = 100;
constexpr std::size_t kCallersOfList = 8;
constexpr std::size_t kWrites = 100; // of each caller
constexpr std::size_t kReads = 2'000;

Task<Pid> serverOf(ListId list) {
    const auto server = co_await Cache::serverFor(list);
    if (!server)
        fail("a list has no server");
    co_return *server;
}

Task<> writer(ListId list, std::size_t number, Pid driver) {
    co_await receive(any()); // the start
    for (std::size_t entry = 0; entry < kWrites; ++entry) {
        auto change =
            checkChange(AddEntries{.entries = {{.title = "entry", .date = dayOf(entry)}}});
        const Pid server = co_await serverOf(list);
        const ChangeAnswer answer = co_await otp::call(
            server,
            ListServer::Submit{.operation = "book-" + std::to_string(list) + "-" +
                                            std::to_string(number) + "-" + std::to_string(entry),
                               .change = *std::move(change)});
        if (!answer.done)
            fail("an entry is refused");
    }
    send(driver, atoms::ok);
}

Task<> reader(ListId list, std::size_t number, Pid driver) {
    co_await receive(any()); // the start
    for (std::size_t question = 0; question < kReads; ++question) {
        const Pid server = co_await serverOf(list);
        const std::vector<Entry> entries =
            co_await otp::call(server, ListServer::EntriesOn{dayOf(number + question)});
        if (entries.size() != kEntries / 10)
            fail("entries are missing");
    }
    send(driver, atoms::ok);
}

/// Lists that were given up meanwhile would cost nothing.
Task<> allInUse() {
    for (ListId list = 1; list <= kLists; ++list)
        if (!Cache::find(list))
            fail("a list's server is gone");
    co_return;
}

using Caller = Task<> (*)(ListId, std::size_t, Pid);

Task<> drive(Caller caller, Spent* spent) {
    std::vector<Pid> callers;
    for (ListId list = 1; list <= kLists; ++list)
        for (std::size_t number = 0; number < kCallersOfList; ++number)
            callers.push_back(spawn(caller, list, number, self()));
    co_await letRun(std::move(callers), spent);
}

Figures runBook(const std::string& file, Caller caller, std::size_t each) {
    TodoSystem system(file);
    fillLists(system, kLists, kEntries);
    Figures figures{.ops = kLists * kCallersOfList * each};
    system.run(drive, caller, &figures.spent);
    return figures;
}

} // namespace

Figures bookWrite(const std::string& file) {
    return runBook(file, writer, kWrites);
}

Figures bookRead(const std::string& file) {
    return runBook(file, reader, kReads);
}

Figures idleTodo(const std::string& file) {
    TodoSystem system(file);
    fillLists(system, kLists, kEntries);
    const Figures figures = whileIdle(system.runtime().clock());
    system.run(allInUse);
    return figures;
}

} // namespace grove::bench
