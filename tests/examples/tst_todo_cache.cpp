// Shows: a whole system of servers: to-do lists that are started when they are first used and end
// when nobody uses them, a pool of workers that keep them on the disk, a registry by which all are
// found, and the tree that holds them. Elixir: Todo.System, Todo.ProcessRegistry, Todo.Database,
// Todo.DatabaseWorker, Todo.Cache, Todo.Server, Todo.List.
#include "shown.h"

#include <grove/otp/dynamic_supervisor.h>
#include <grove/otp/gen_server.h>
#include <grove/otp/registry.h>
#include <grove/runtime/blocking.h>
#include <grove/term/etf.h>
#include <grove/term/phash2.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>
#include <map>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using Date = std::chrono::year_month_day;

namespace {

otp::Via viaRegistry(const char* kind, Term key) {
    return otp::via("process_registry", tuple(atom(kind), std::move(key)));
}

// -- Todo.List

struct Entry {
    std::int64_t id = 0;
    Date date;
    std::string title;
    GROVE_MAP_FIELDS(Entry, id, date, title)
};

struct TodoList {
    std::int64_t nextId = 1;
    std::map<std::int64_t, Entry> entries;
    GROVE_MAP_FIELDS(TodoList, nextId, entries)

    void addEntry(Entry entry) {
        entry.id = nextId++;
        entries[entry.id] = std::move(entry);
    }
    [[nodiscard]] std::vector<Entry> entriesOn(Date date) const {
        std::vector<Entry> found;
        for (const auto& [id, entry] : entries)
            if (entry.date == date)
                found.push_back(entry);
        return found;
    }
};

// -- Todo.DatabaseWorker

class DatabaseWorker final : public otp::GenServer<DatabaseWorker> {
public:
    struct Store {
        std::string key;
        Term data;
        GROVE_FIELDS(Store, key, data)
    };
    struct Get {
        using Reply = Term; // nil when there is none
        std::string key;
        GROVE_FIELDS(Get, key)
    };
    using Calls = Messages<Get>;
    using Casts = Messages<Store>;
    struct State {
        std::string folder;
        GROVE_MAP_FIELDS(State, folder)
    };

    static Task<otp::StartResult> startLink(otp::StartOptions options, std::string folder,
                                            std::uint32_t id) {
        options.name = viaTuple(id);
        options.label = "database worker " + std::to_string(id);
        return GenServer::startLink(std::move(options), std::move(folder));
    }
    static otp::Via viaTuple(std::uint32_t id) { return viaRegistry("DatabaseWorker", id); }

    static State init(std::string folder) { return {std::move(folder)}; }
    Task<> handleCast(Store request) {
        co_await blocking([&] {
            std::ofstream(fileName(request.key), std::ios::binary)
                << termToBinary(request.data).value();
        });
    }
    Task<Term> handleCall(Get request) {
        const std::string bytes = co_await blocking([&] {
            std::ifstream file(fileName(request.key), std::ios::binary);
            return std::string(std::istreambuf_iterator<char>(file), {});
        });
        co_return bytes.empty() ? Term(atoms::nil) : binaryToTerm(bytes).value().term;
    }

private:
    [[nodiscard]] std::string fileName(const std::string& key) {
        return state().folder + '/' + key;
    }
};

// -- Todo.Database

namespace database {

constexpr std::uint32_t kPoolSize = 3;

otp::ChildSpec childSpec(const std::string& folder) {
    std::filesystem::create_directories(folder);
    otp::SupervisorOptions options;
    for (std::uint32_t id = 1; id <= kPoolSize; ++id)
        options.children.push_back(otp::worker<DatabaseWorker>(folder, id).id(id));
    return otp::supervisor("database", std::move(options));
}
/// The same worker for the same key, always: the writes of a key keep their order.
otp::Via chooseWorker(const std::string& key) {
    return DatabaseWorker::viaTuple(phash2(Term(key), kPoolSize) + 1);
}
void store(const std::string& key, Term data) {
    otp::cast(chooseWorker(key), DatabaseWorker::Store{key, std::move(data)});
}
Task<Term> get(std::string key) {
    co_return co_await otp::call(chooseWorker(key), DatabaseWorker::Get{key});
}

} // namespace database

// -- Todo.Server

class TodoServer final : public otp::GenServer<TodoServer> {
public:
    static constexpr otp::Restart kRestart = otp::Restart::Temporary;
    static constexpr auto kExpiryIdleTimeout = 10s;

    struct AddEntry {
        Entry entry;
        GROVE_FIELDS(AddEntry, entry)
    };
    struct Entries {
        using Reply = std::vector<Entry>;
        Date date;
        GROVE_FIELDS(Entries, date)
    };
    using Calls = Messages<Entries>;
    using Casts = Messages<AddEntry>;
    struct State {
        std::string name;
        TodoList list;
        GROVE_MAP_FIELDS(State, name, list)
    };

    static Task<otp::StartResult> startLink(otp::StartOptions options, std::string name) {
        options.name = viaTuple(name);
        options.label = name;
        return GenServer::startLink(std::move(options), std::move(name));
    }
    static otp::Via viaTuple(const std::string& name) { return viaRegistry("TodoServer", name); }
    static void addEntry(Pid server, Date date, std::string title) {
        otp::cast(server, AddEntry{Entry{.date = date, .title = std::move(title)}});
    }
    static Task<std::vector<Entry>> entries(Pid server, Date date) {
        co_return co_await otp::call(server, Entries{date});
    }

    static Init init(std::string name) {
        return Init::ok(State{.name = std::move(name), .list = {}}).thenContinue();
    }
    Task<Next> handleContinue() {
        const Term saved = co_await database::get(state().name);
        if (!saved.isAtom(atoms::nil))
            state().list = fromTerm<TodoList>(saved).value();
        co_return Next().timeout(kExpiryIdleTimeout);
    }
    Next handleCast(AddEntry request) {
        state().list.addEntry(std::move(request.entry));
        database::store(state().name, toTerm(state().list));
        return Next().timeout(kExpiryIdleTimeout);
    }
    Reply<std::vector<Entry>> handleCall(Entries request) {
        return Reply<std::vector<Entry>>(state().list.entriesOn(request.date))
            .timeout(kExpiryIdleTimeout);
    }
    static Next handleTimeout() { return Next::stop(reason::normal); }
};

// -- Todo.Cache

Task<Pid> serverProcess(std::string name) {
    if (const auto existing = otp::whereis(TodoServer::viaTuple(name)))
        co_return *existing;
    const otp::StartResult started =
        co_await otp::DynamicSupervisor::startChild("cache", otp::worker<TodoServer>(name));
    co_return started.pidOrAlreadyStarted().value();
}

// -- Todo.System

otp::ChildSpec todoSystem(const std::string& folder) {
    return otp::supervisor(
        "todo_system", {.children = {otp::registry("process_registry"), database::childSpec(folder),
                                     otp::dynamicSupervisor("cache")}});
}

// -- what it does

constexpr Date kToday = std::chrono::January / 2 / 2026;
constexpr Date kTomorrow = std::chrono::January / 3 / 2026;

std::string freshFolder() {
    static const QTemporaryDir top;
    static int count = 0;
    return top.filePath(QString::number(++count)).toStdString();
}
Task<> startSystem(std::string folder = freshFolder()) {
    check(static_cast<bool>(co_await otp::startLink(todoSystem(folder))));
}
Task<std::string> titles(std::string list, Date date) {
    std::string all;
    for (const Entry& entry : co_await TodoServer::entries(co_await serverProcess(list), date))
        all += std::to_string(entry.id) + ' ' + entry.title + '\n';
    co_return all;
}

Task<> keepsListsApart() {
    co_await startSystem();
    const Pid bob = co_await serverProcess("bob");
    const Pid alice = co_await serverProcess("alice");
    check(bob != alice);
    check(co_await serverProcess("bob") == bob);
    TodoServer::addEntry(bob, kToday, "Dentist");
    TodoServer::addEntry(bob, kTomorrow, "Shopping");
    TodoServer::addEntry(bob, kToday, "Movies");
    TodoServer::addEntry(alice, kToday, "Dentist");
    check(co_await titles("bob", kToday) == "1 Dentist\n3 Movies\n");
    check(co_await titles("bob", kTomorrow) == "2 Shopping\n");
    check(co_await titles("alice", kToday) == "1 Dentist\n");
}

Task<> comesBack() {
    co_await startSystem();
    const Pid bob = co_await serverProcess("bob");
    TodoServer::addEntry(bob, kToday, "Dentist");
    co_await sleep(9s);
    check(co_await titles("bob", kToday) == "1 Dentist\n");
    const Ref watch = monitor(bob);
    co_await sleep(9s);
    check(co_await isAlive(bob)); // used 9 s ago
    const Down down = co_await receive(on<Down>(watch));
    checkEqual(down.reason, atoms::normal);
    check((co_await otp::DynamicSupervisor::countChildren("cache")).specs == 0);
    check(co_await titles("bob", kToday) == "1 Dentist\n"); // from the disk
    check(co_await serverProcess("bob") != bob);
}

Task<> confinesFailures() {
    co_await startSystem();
    const Pid bob = co_await serverProcess("bob");
    TodoServer::addEntry(bob, kToday, "Dentist");
    check(co_await titles("bob", kToday) == "1 Dentist\n");
    check(!(co_await database::get("bob")).isAtom(atoms::nil)); // what is cast dies with its worker
    const Pid cache = whereis("cache"_atom).value();
    for (std::uint32_t id = 1; id <= database::kPoolSize; ++id) {
        const Pid worker = otp::whereis(DatabaseWorker::viaTuple(id)).value();
        co_await killAndAwaitDown(worker);
        check((co_await otp::Supervisor::countChildren("database")).active == database::kPoolSize);
        check(otp::whereis(DatabaseWorker::viaTuple(id)) != worker);
    }
    check(co_await serverProcess("bob") == bob);
    check(whereis("cache"_atom) == cache);
    co_await killAndAwaitDown(bob); // and is started again when somebody uses it
    check(co_await titles("bob", kToday) == "1 Dentist\n");
}

Task<> isObserved() {
    co_await startSystem();
    TodoServer::addEntry(co_await serverProcess("bob"), kToday, "Dentist");
    checkShown(shown("todo_system"), "Supervisor todo_system");
    checkShown(shown("process_registry"), "Registry process_registry");
    checkShown(shown("database"), "Supervisor database");
    checkShown(shown(DatabaseWorker::viaTuple(2)), "GenServer database worker 2");
    checkShown(shown("cache"), "DynamicSupervisor cache");
    checkShown(shown(TodoServer::viaTuple("bob")), "GenServer bob");
    checkShown(
        co_await shownState(TodoServer::viaTuple("bob")),
        R"(%{list: %{entries: %{1 => %{date: {:date, 2026, 1, 2}, id: 1, title: "Dentist"}}, )"
        R"(next_id: 2}, name: "bob"})");
}

} // namespace

class tst_TodoCache : public QObject {
    Q_OBJECT
private slots:
    void eachListIsAServerOfItsOwn() { GROVE_EVERYWHERE(keepsListsApart); }
    void anIdleListEndsAndComesBackFromTheDisk() { GROVE_HOURS(comesBack); }
    void aCrashStaysWhereItHappens() { GROVE_EVERYWHERE(confinesFailures); }
    void theObserverShowsTheTree() { GROVE_EVERYWHERE(isObserved); }
};

QTEST_GUILESS_MAIN(tst_TodoCache)
#include "tst_todo_cache.moc"
