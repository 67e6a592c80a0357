// Shows: a to-do list in a process, by hand under a registered name, and the same as an agent.
// Elixir: TodoServer, TodoList, and Todo.Server of the chapter about agents.
#include "shown.h"

#include <grove/otp/agent.h>
#include <grove/otp/supervisor.h>

#include <QTest>

using namespace grove;
using namespace grove::test;
using Date = std::chrono::year_month_day;

namespace todo_list {

struct Entry {
    Date date;
    std::string title;
    GROVE_MAP_FIELDS(Entry, date, title)
};

struct TodoList {
    std::vector<Entry> all;
    GROVE_MAP_FIELDS(TodoList, all)

    void addEntry(Entry entry) { all.push_back(std::move(entry)); }
    [[nodiscard]] std::vector<std::string> entries(Date date) const {
        std::vector<std::string> titles;
        for (const Entry& entry : all)
            if (entry.date == date)
                titles.push_back(entry.title);
        return titles;
    }
};

} // namespace todo_list

using todo_list::Entry;
using todo_list::TodoList;

// -- by hand: there is one, and its name is known

namespace todo_server {

struct AddEntry {
    Entry entry;
    GROVE_FIELDS(AddEntry, entry)
};
struct GetEntries {
    Pid caller;
    Date date;
    GROVE_FIELDS(GetEntries, caller, date)
};
struct TodoEntries {
    std::vector<std::string> titles;
    GROVE_FIELDS(TodoEntries, titles)
};

Task<> loop(TodoList list) {
    for (;;) {
        auto message = co_await receive(on<AddEntry>(), on<GetEntries>());
        if (auto* add = std::get_if<AddEntry>(&message))
            list.addEntry(std::move(add->entry));
        else if (auto* get = std::get_if<GetEntries>(&message))
            send(get->caller, TodoEntries{list.entries(get->date)});
    }
}

/// Errors: badarg when there is one.
Result<void> start() {
    return registerName("todo_server"_atom, spawn(loop, TodoList{}));
}
void addEntry(Entry entry) {
    send("todo_server"_atom, AddEntry{std::move(entry)});
}
Task<std::vector<std::string>> entries(Date date) {
    send("todo_server"_atom, GetEntries{self(), date});
    co_return (co_await receive(on<TodoEntries>())).titles;
}

} // namespace todo_server

// -- as an agent: any number, each with a name of its own

namespace todo_agent {

using Server = otp::Agent<TodoList>;

otp::ChildSpec childSpec(const char* name) {
    return otp::worker<Server>(TodoList()).name(name).id(atom(name));
}
void addEntry(const char* server, Entry entry) {
    Server::cast(server, [entry](TodoList& list) { list.addEntry(entry); });
}
Task<std::vector<std::string>> entries(const char* server, Date date) {
    return Server::get(server, [date](const TodoList& list) { return list.entries(date); });
}

} // namespace todo_agent

namespace {

using Titles = std::vector<std::string>;
constexpr Date kToday = std::chrono::January / 2 / 2026;
constexpr Date kTomorrow = std::chrono::January / 3 / 2026;

Task<> isRegistered() {
    check(todo_server::start().has_value());
    todo_server::addEntry({kToday, "Dentist"});
    todo_server::addEntry({kTomorrow, "Shopping"});
    todo_server::addEntry({kToday, "Movies"});
    check(co_await todo_server::entries(kToday) == Titles{"Dentist", "Movies"});
    check(co_await todo_server::entries(kTomorrow) == Titles{"Shopping"});
    check(!todo_server::start());
}

Task<> isAnAgent() {
    check(static_cast<bool>(co_await otp::startLink(otp::supervisor(
        "lists", {.children = {todo_agent::childSpec("bob"), todo_agent::childSpec("alice")}}))));
    todo_agent::addEntry("bob", {kToday, "Dentist"});
    todo_agent::addEntry("alice", {kToday, "Movies"});
    check(co_await todo_agent::entries("bob", kToday) == Titles{"Dentist"});
    check(co_await todo_agent::entries("alice", kToday) == Titles{"Movies"});
    check((co_await todo_agent::entries("alice", kTomorrow)).empty());
}

Task<> isObserved() {
    check(todo_server::start().has_value());
    check((co_await todo_server::entries(kToday)).empty());
    checkShown(shown("todo_server"), "process todo_server");
    check(static_cast<bool>(co_await otp::startLink(todo_agent::childSpec("bob"))));
    todo_agent::addEntry("bob", {kToday, "Dentist"});
    checkShown(shown("bob"), "Agent bob");
    checkShown(co_await shownState("bob"),
               R"(%{all: [%{date: {:date, 2026, 1, 2}, title: "Dentist"}]})");
}

} // namespace

class tst_TodoServer : public QObject {
    Q_OBJECT
private slots:
    void aListByHandHasItsName() { GROVE_EVERYWHERE(isRegistered); }
    void agentsKeepListsApart() { GROVE_EVERYWHERE(isAnAgent); }
    void theObserverShowsBoth() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_TodoServer)
#include "tst_todo_server.moc"
