# The workloads registry and registry_2 of grove_bench for Elixir's Registry: 10,000 processes under unique keys, looked
# up by one process and by two at once.
#
#   elixir [--erl "+S N:N"] registry.exs registry|registry_2…
defmodule Bench do
  @keys 10_000
  @step 7_919
  @lookups 1_000_000

  def main(workloads), do: Enum.each(workloads, &run/1)

  defp run(name) do
    {:ok, registry} = Registry.start_link(keys: :unique, name: Bench.Registry)
    driver = self()

    for key <- 0..(@keys - 1) do
      spawn(fn ->
        {:ok, _} = Registry.register(Bench.Registry, key, nil)
        send(driver, :registered)
        receive do: (:never -> :ok)
      end)
    end

    for _ <- 1..@keys, do: receive(do: (:registered -> :ok))

    readers = if name == "registry_2", do: 2, else: 1
    each = div(@lookups, readers)

    pids =
      for reader <- 0..(readers - 1) do
        spawn_link(fn ->
          receive do: (:go -> :ok)
          look_up(each, div(reader * @keys, readers))
          send(driver, :done)
        end)
      end

    start = System.monotonic_time(:nanosecond)
    Enum.each(pids, &send(&1, :go))
    for _ <- pids, do: receive(do: (:done -> :ok))
    line(name, each * readers, System.monotonic_time(:nanosecond) - start)
    Process.unlink(registry)
    Supervisor.stop(registry, :shutdown)
  end

  defp look_up(0, _), do: :ok

  defp look_up(left, key) do
    next = rem(key + @step, @keys)
    [{_, nil}] = Registry.lookup(Bench.Registry, next)
    look_up(left - 1, next)
  end

  defp line(name, ops, ns) do
    :io.format('{"peer":"elixir","schedulers":~b,"workload":"~s","ops":~b,"seconds":~.6f,"ns_per_op":~.2f}~n',
      [System.schedulers_online(), name, ops, ns / 1.0e9, ns / ops])
  end
end

Bench.main(System.argv())
