# The to-do system of "Elixir in Action": a list is a process that is found through a cache, kept by a pool of three
# database workers, each list in a file of its own. The workloads are those of grove_bench_todo, by the same names.
#
#   elixir todo.exs FOLDER book_write book_read
#
# An added entry is answered when its list is written to the file. Nothing is synced to the disk.

defmodule Todo.List do
  defstruct next_id: 1, entries: %{}

  def add_entry(list, entry) do
    entry = Map.put(entry, :id, list.next_id)
    %Todo.List{list | entries: Map.put(list.entries, list.next_id, entry), next_id: list.next_id + 1}
  end

  def entries(list, date) do
    list.entries |> Map.values() |> Enum.filter(fn entry -> entry.date == date end)
  end
end

defmodule Todo.ProcessRegistry do
  def via(key), do: {:via, Registry, {__MODULE__, key}}
  def child_spec(_), do: Supervisor.child_spec(Registry, id: __MODULE__, start: {Registry, :start_link, [[keys: :unique, name: __MODULE__]]})
end

defmodule Todo.DatabaseWorker do
  use GenServer

  def start_link({folder, id}), do: GenServer.start_link(__MODULE__, folder, name: Todo.ProcessRegistry.via({__MODULE__, id}))
  def store(id, key, data), do: GenServer.call(Todo.ProcessRegistry.via({__MODULE__, id}), {:store, key, data})
  def get(id, key), do: GenServer.call(Todo.ProcessRegistry.via({__MODULE__, id}), {:get, key})

  def init(folder), do: {:ok, folder}

  def handle_call({:store, key, data}, _, folder) do
    File.write!(Path.join(folder, key), :erlang.term_to_binary(data))
    {:reply, :ok, folder}
  end

  def handle_call({:get, key}, _, folder) do
    case File.read(Path.join(folder, key)) do
      {:ok, contents} -> {:reply, :erlang.binary_to_term(contents), folder}
      _ -> {:reply, nil, folder}
    end
  end
end

defmodule Todo.Database do
  @workers 3

  def child_spec(folder) do
    File.mkdir_p!(folder)
    workers = for id <- 1..@workers, do: Supervisor.child_spec({Todo.DatabaseWorker, {folder, id}}, id: id)
    %{id: __MODULE__, type: :supervisor, start: {Supervisor, :start_link, [workers, [strategy: :one_for_one]]}}
  end

  def store(key, data), do: Todo.DatabaseWorker.store(worker(key), key, data)
  def get(key), do: Todo.DatabaseWorker.get(worker(key), key)
  defp worker(key), do: :erlang.phash2(key, @workers) + 1
end

defmodule Todo.Server do
  use GenServer, restart: :temporary

  def start_link(name), do: GenServer.start_link(__MODULE__, name, name: Todo.ProcessRegistry.via({__MODULE__, name}))
  def add_entry(server, entry), do: GenServer.call(server, {:add_entry, entry})
  def entries(server, date), do: GenServer.call(server, {:entries, date})

  def init(name), do: {:ok, {name, Todo.Database.get(name) || %Todo.List{}}}

  def handle_call({:add_entry, entry}, _, {name, list}) do
    list = Todo.List.add_entry(list, entry)
    Todo.Database.store(name, list)
    {:reply, :ok, {name, list}}
  end

  def handle_call({:entries, date}, _, {name, list}), do: {:reply, Todo.List.entries(list, date), {name, list}}
end

defmodule Todo.Cache do
  def child_spec(_), do: %{id: __MODULE__, type: :supervisor, start: {DynamicSupervisor, :start_link, [[name: __MODULE__, strategy: :one_for_one]]}}

  def server_process(name) do
    case Registry.lookup(Todo.ProcessRegistry, {Todo.Server, name}) do
      [{pid, _}] -> pid
      [] -> start(name)
    end
  end

  defp start(name) do
    case DynamicSupervisor.start_child(__MODULE__, {Todo.Server, name}) do
      {:ok, pid} -> pid
      {:error, {:already_started, pid}} -> pid
    end
  end
end

defmodule Bench do
  @lists 10
  @entries 100
  @callers_of_list 8
  @writes 100
  @reads 2_000

  def main([folder | workloads]) do
    for name <- workloads do
      {:ok, system} =
        Supervisor.start_link([Todo.ProcessRegistry, {Todo.Database, Path.join(folder, name)}, Todo.Cache], strategy: :one_for_one)

      for list <- 1..@lists, number <- 1..@entries, do: add(list, number)
      line(name, run(name))
      Supervisor.stop(system)
    end
  end

  defp run("book_write"), do: callers(@writes, fn list, _, entry -> :ok = add(list, entry) end)

  defp run("book_read") do
    callers(@reads, fn list, number, question ->
      10 = length(Todo.Server.entries(Todo.Cache.server_process("list #{list}"), day(number + question)))
    end)
  end

  defp add(list, number) do
    Todo.Server.add_entry(Todo.Cache.server_process("list #{list}"), %{title: "entry #{number}", date: day(number), done: false})
  end

  defp day(number), do: Date.new!(2026, 1, 1 + rem(number, 10))

  defp callers(each, deed) do
    tasks =
      for list <- 1..@lists, number <- 1..@callers_of_list do
        Task.async(fn ->
          receive do: (:start -> for(turn <- 1..each, do: deed.(list, number, turn)))
          :ok
        end)
      end

    start = System.monotonic_time(:nanosecond)
    Enum.each(tasks, &send(&1.pid, :start))
    Task.await_many(tasks, :infinity)
    {@lists * @callers_of_list * each, System.monotonic_time(:nanosecond) - start}
  end

  defp line(name, {ops, ns}) do
    :io.format('{"peer":"elixir","schedulers":~b,"workload":"~s","ops":~b,"seconds":~.6f,"ns_per_op":~.1f,"ops_per_s":~.1f}~n',
      [System.schedulers_online(), name, ops, ns / 1.0e9, ns / ops, ops * 1.0e9 / ns])
  end
end

Bench.main(System.argv())
