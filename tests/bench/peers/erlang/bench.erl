%% The workloads of grove_bench, by the same names, for Erlang/OTP.
%% erl +S N:N +P 20000000 -noshell -pa DIR -s bench main ring pingpong …
-module(bench).
-behaviour(gen_server).
-export([main/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(BATCH, 1000).

main(Names) ->
    logger:set_primary_config(level, none),
    [line(Name, run(Name)) || Name <- Names],
    halt(0).

line(Name, {Ops, Ns, More}) ->
    io:format("{\"peer\":\"beam\",\"schedulers\":~b,\"workload\":\"~s\",\"ops\":~b,\"seconds\":~.6f,\"ns_per_op\":~.2f~s}~n",
              [erlang:system_info(schedulers_online), Name, Ops, Ns / 1.0e9, Ns / Ops,
               [io_lib:format(",\"~s\":~.3f", [Key, Value * 1.0]) || {Key, Value} <- More]]).

%% Each workload runs in a process of its own, so that none inherits another's heap.
run(Name) ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {done, workload(Name)} end),
    receive
        {done, Result} -> receive {'DOWN', Ref, process, Pid, _} -> Result end;
        {'DOWN', Ref, process, Pid, Reason} -> io:format(standard_error, "~p: ~p~n", [Name, Reason]), halt(1)
    end.

timed(Fun) ->
    Start = erlang:monotonic_time(nanosecond),
    Fun(),
    erlang:monotonic_time(nanosecond) - Start.

workload(ring) -> ring(1000, 1000000, made);
workload(ring100k) -> ring(100000, 1000000, made);
workload(ring100k_random) -> ring(100000, 500000, shuffled);
workload(pingpong) ->
    Rounds = 500000,
    Peer = spawn_link(fun echo/0),
    {Rounds, timed(fun() -> pingpong(Peer, Rounds) end), []};
workload(gen_call) -> calls(1, 300000);
workload(gen_call8) -> calls(8, 300000);
workload(call_typed) ->
    {ok, Server} = gen_server:start_link(?MODULE, none, []),
    repeated(300000, fun(_) -> gen_server:call(Server, {rename, <<"groceries">>, <<"weekly shop">>}) end, []);
workload(idle_genserver) ->
    Count = 100000,
    erlang:garbage_collect(),
    Before = resident(),
    Start = erlang:monotonic_time(nanosecond),
    Servers = [idle_server(Number) || Number <- lists:seq(1, Count)],
    Ns = erlang:monotonic_time(nanosecond) - Start,
    Bytes = resident() - Before,
    [gen_server:stop(Server) || Server <- Servers],
    {Count, Ns, [{rss_bytes_each, Bytes / Count}]};
workload(flood) -> flood(1, 1000000, cast);
workload(flood8) -> flood(8, 1000000, cast);
workload(send_flood) -> flood(1, 1000000, send);
workload(send_flood8) -> flood(8, 1000000, send);
workload(reftrick) ->
    {ok, Server} = gen_server:start_link(?MODULE, none, []),
    [self() ! Number || Number <- lists:seq(1, 100000)],
    gen_server:call(Server, 0),
    Ops = 100000,
    {Ops, timed(fun() -> [gen_server:call(Server, Call) || Call <- lists:seq(1, Ops)] end), []};
workload(selective) ->
    [self() ! {other, Number} || Number <- lists:seq(1, 10000)],
    Ops = 2000,
    Ns = timed(fun() -> selective(Ops div 2) end),
    {Ops, Ns, [{ns_per_skipped, Ns / Ops / 10000}]};
workload(spawn) ->
    Count = 500000,
    {Count, timed(fun() -> spawn_batches(Count) end), []};
workload(spawn_monitor) ->
    Count = 500000,
    {Count, timed(fun() -> monitor_batches(Count) end), []};
workload(spawn_idle) ->
    Count = 1000000,
    erlang:garbage_collect(),
    Before = resident(),
    Start = erlang:monotonic_time(nanosecond),
    Pids = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Count)],
    Ns = erlang:monotonic_time(nanosecond) - Start,
    Bytes = resident() - Before,
    Others = erlang:system_info(process_count) - Count,
    Kill = timed(fun() ->
        [exit(Pid, kill) || Pid <- Pids],
        await_at_most(Others)
    end),
    {Count, Ns, [{rss_bytes_each, Bytes / Count}, {kill_ns_each, Kill / Count}]};
workload(churn) ->
    Tenth = 50000,
    spawn_batches(Tenth),
    Before = resident(),
    Ns = timed(fun() -> spawn_batches(9 * Tenth) end),
    {9 * Tenth, Ns, [{rss_growth_bytes, resident() - Before}]};
workload(big) ->
    {Actors, Each} = {1000, 500},
    Self = self(),
    Pids = list_to_tuple([spawn(fun() -> big_actor(Self, Each) end) || _ <- lists:seq(1, Actors)]),
    Ns = timed(fun() ->
        [Pid ! {peers, Pids} || Pid <- tuple_to_list(Pids)],
        [receive done -> ok end || _ <- lists:seq(1, Actors)]
    end),
    [exit(Pid, kill) || Pid <- tuple_to_list(Pids)],
    {Actors * Each, Ns, []};
workload(big_all) ->
    Actors = 1000,
    Self = self(),
    Pids = [spawn(fun() -> big_all_actor(Self) end) || _ <- lists:seq(1, Actors)],
    Ns = timed(fun() ->
        [Pid ! {peers, Pids} || Pid <- Pids],
        [receive done -> ok end || _ <- lists:seq(1, Actors)]
    end),
    [exit(Pid, kill) || Pid <- Pids],
    {Actors * Actors, Ns, []};
workload(skynet) ->
    Leaves = 1000000,
    Self = self(),
    Ns = timed(fun() ->
        spawn(fun() -> skynet(Self, 0, Leaves) end),
        receive 499999500000 -> ok end
    end),
    {Leaves, Ns, []};
workload(timers_cancel) ->
    Ops = 500000,
    {Ops, timed(fun() -> timers_cancel(Ops) end), []};
workload(timers_fire) ->
    Ops = 200000,
    Self = self(),
    Cpu = cpu(),
    Start = erlang:monotonic_time(nanosecond),
    [erlang:send_after(rand:uniform(1000), Self, fired) || _ <- lists:seq(1, Ops)],
    Started = erlang:monotonic_time(nanosecond) - Start,
    [receive fired -> ok end || _ <- lists:seq(1, Ops)],
    Wall = erlang:monotonic_time(nanosecond) - Start,
    {Ops, Wall, [{start_ns_each, Started / Ops}, {cpu_ns_each, (cpu() - Cpu) / Ops}]};
workload(idle_cpu) ->
    [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 1000)],
    timer:sleep(2000),
    Before = cpu(),
    timer:sleep(5000),
    Used = cpu() - Before,
    {1, 5000000000, [{cpu_percent, Used / 5.0e7}, {cpu_us, Used / 1000}]};
workload(fair) -> fair(4);
%% A callback that never comes back: here the same as one that only computes.
workload(fair_held) -> fair(erlang:system_info(schedulers_online));
workload(death_10m) ->
    Messages = 10000000,
    {Victim, Ref} = spawn_monitor(fun never_receives/0),
    repeat(Messages, fun(Number) -> Victim ! Number end),
    Probers = probers(),
    Ns = timed(fun() -> exit(Victim, kill), receive {'DOWN', Ref, process, Victim, _} -> ok end end),
    timer:sleep(1000),
    {Messages, Ns, [{longest_wait_us, longest_wait(Probers) / 1000}]};
workload(links_100k) ->
    Links = 100000,
    Self = self(),
    Victim = spawn(fun never_receives/0),
    repeat(Links, fun(_) ->
        spawn(fun() ->
            process_flag(trap_exit, true),
            link(Victim),
            Self ! linked,
            receive {'EXIT', Victim, _} -> Self ! done end
        end)
    end),
    repeat(Links, fun(_) -> receive linked -> ok end end),
    Probers = probers(),
    Ns = timed(fun() -> exit(Victim, kill), repeat(Links, fun(_) -> receive done -> ok end end) end),
    {Links, Ns, [{longest_wait_us, longest_wait(Probers) / 1000}]};
workload(restart) -> restarts(10000, kill);
workload(restart_first1k) -> restarts(1000, kill);
workload(restart_crash) -> restarts(1000, crash);
workload(sup10k_start) -> many_children(start);
workload(sup10k_stop) -> many_children(stop);
workload(whereis) -> whereis_by(1);
workload(whereis_2) -> whereis_by(2);
workload(observer10k) -> observer(10000, 20);
workload(observer100k) -> observer(100000, 3);
workload(observer1m) -> observer(1000000, 1);
workload(top10) ->
    Pids = [spawn(fun never_receives/0) || _ <- lists:seq(1, 1000000)],
    Result = repeated(2, fun(_) -> top_ten() end, []),
    [exit(Pid, kill) || Pid <- Pids],
    Result;
workload(burn4) ->
    Turns = 20000,
    Self = self(),
    Ns = timed(fun() ->
        [spawn(fun() -> burn(Turns, 1), Self ! done end) || _ <- lists:seq(1, 4)],
        [receive done -> ok end || _ <- lists:seq(1, 4)]
    end),
    {4 * Turns, Ns, []};
workload(etf_encode) ->
    Entries = sample_entries(),
    Bytes = byte_size(term_to_binary(Entries, [{minor_version, 2}])),
    repeated(2000, fun(_) -> term_to_binary(Entries, [{minor_version, 2}]) end, [{bytes, Bytes}]);
workload(etf_decode) ->
    Bytes = term_to_binary(sample_entries(), [{minor_version, 2}]),
    repeated(2000, fun(_) -> binary_to_term(Bytes) end, []);
workload(phash2) ->
    Entries = sample_entries(),
    repeated(2000, fun(_) -> erlang:phash2(Entries, 4294967296) end, []);
workload(term_compare) ->
    {A, B} = {sample_entries(), sample_entries()},
    repeated(2000, fun(_) -> A =:= B end, []);
workload(term_compare_versions) ->
    A = sample_entries(),
    B = A#{500 := <<"changed">>},
    repeated(200000, fun(_) -> A =:= B end, []);
%% A second owner gets a copy: a message to another process.
workload(term_copy) ->
    Entries = sample_entries(),
    Self = self(),
    Ops = 2000,
    Owner = spawn_link(fun() -> repeat(Ops, fun(_) -> receive _ -> ok end end), Self ! done end),
    {Ops, timed(fun() -> repeat(Ops, fun(_) -> Owner ! Entries end), receive done -> ok end end), []};
workload(map_insert10) -> map_insert(10);
workload(map_insert1k) -> map_insert(1000);
workload(map_insert1m) -> map_insert(1000000);
workload(map_lookup10) -> map_lookup(10);
workload(map_lookup1k) -> map_lookup(1000);
workload(map_lookup1m) -> map_lookup(1000000);
workload(map_update10) -> map_update(10);
workload(map_update1k) -> map_update(1000);
workload(map_update1m) -> map_update(1000000);
workload(ets_lookup1m) -> ets(set, lookup, 1000000, 1);
workload(ets_lookup1m_2) -> ets(set, lookup, 1000000, 2);
workload(ets_lookup10k) -> ets(set, lookup, 10000, 1);
workload(ets_lookup10k_2) -> ets(set, lookup, 10000, 2);
workload(ets_hot) -> ets(set, lookup, 1, 1);
workload(ets_hot_2) -> ets(set, lookup, 1, 2);
workload(ets_ordered_lookup1m) -> ets(ordered_set, lookup, 1000000, 1);
workload(ets_ordered_lookup1m_2) -> ets(ordered_set, lookup, 1000000, 2);
workload(ets_ordered_lookup10k) -> ets(ordered_set, lookup, 10000, 1);
workload(ets_ordered_lookup10k_2) -> ets(ordered_set, lookup, 10000, 2);
workload(ets_insert1m) -> ets(set, insert, 1000000, 1);
workload(ets_ordered_insert1m) -> ets(ordered_set, insert, 1000000, 1);
workload(ets_counter1m) -> ets(set, count, 1000000, 1);
workload(ets_counter10k) -> ets(set, count, 10000, 1);
workload(ets_counter10k_2) -> ets(set, count, 10000, 2);
workload(ets_counter_hot) -> ets(set, count, 1, 1);
workload(ets_counter_hot_2) -> ets(set, count, 1, 2);
workload(Name) ->
    case string:split(atom_to_list(Name), "_", all) of
        ["curve", "ring", Size] -> curve_ring(list_to_integer(Size));
        ["curve", "send", Size] -> curve_send(list_to_integer(Size));
        ["curve", "spawn", Size] -> curve_spawn(list_to_integer(Size))
    end.

%% -- the same operation among few and many processes

curve_ops(Size) -> max(Size, 500000).

curve_ring(Size) -> ring(Size, curve_ops(Size), made).

curve_send(Size) ->
    Pids = list_to_tuple([spawn_link(fun answers/0) || _ <- lists:seq(1, Size)]),
    Rounds = curve_ops(Size) div ?BATCH,
    Ns = timed(fun() ->
        repeat(Rounds, fun(_) ->
            repeat(?BATCH, fun(_) -> element(rand:uniform(Size), Pids) ! {question, self()} end),
            repeat(?BATCH, fun(_) -> receive answer -> ok end end)
        end)
    end),
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- tuple_to_list(Pids)],
    {Rounds * ?BATCH, Ns, []}.

answers() ->
    receive {question, From} -> From ! answer end,
    answers().

curve_spawn(Size) ->
    Rounds = curve_ops(Size) div Size,
    Before = length(processes()),
    %% The first round, in which memory is touched for the first time, counts apart.
    [First | Others] = [begin
        Start = erlang:monotonic_time(nanosecond),
        Pids = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Size)],
        Taken = erlang:monotonic_time(nanosecond) - Start,
        [Pid ! stop || Pid <- Pids],
        await_at_most(Before),
        Taken
    end || _ <- lists:seq(0, Rounds)],
    {Rounds * Size, lists:sum(Others), [{first_round_ns_each, First / Size}]}.

%% -- supervisors

restarts(Count, End) ->
    Self = self(),
    Flags = #{strategy => one_for_one, intensity => Count, period => 3600},
    Child = #{id => child, start => {gen_server, start_link, [{local, bench_child}, ?MODULE, {tell, Self}, []]}},
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Flags, [Child]}),
    First = receive {started, Pid} -> Pid end,
    Start = erlang:monotonic_time(nanosecond),
    Samples = lists:sort(restart_each(Count, End, First, [])),
    Ns = erlang:monotonic_time(nanosecond) - Start,
    stop_supervisor(Supervisor),
    {Count, Ns, percentiles(Samples)}.

restart_each(0, _, _, Samples) -> Samples;
restart_each(Left, End, Child, Samples) ->
    Start = erlang:monotonic_time(nanosecond),
    case End of
        kill -> exit(Child, kill);
        crash -> gen_server:cast(Child, crash)
    end,
    Next = receive {started, Pid} -> Pid end,
    restart_each(Left - 1, End, Next, [erlang:monotonic_time(nanosecond) - Start | Samples]).

stop_supervisor(Supervisor) ->
    process_flag(trap_exit, true),
    exit(Supervisor, shutdown),
    receive {'EXIT', Supervisor, _} -> ok end.

many_children(Part) ->
    {Children, Rounds} = {10000, 3},
    Specs = [#{id => Id, start => {gen_server, start_link, [?MODULE, none, []]}} || Id <- lists:seq(1, Children)],
    Times = [begin
        Start = erlang:monotonic_time(nanosecond),
        {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, #{}, Specs}),
        Started = erlang:monotonic_time(nanosecond),
        stop_supervisor(Supervisor),
        case Part of
            start -> Started - Start;
            stop -> erlang:monotonic_time(nanosecond) - Started
        end
    end || _ <- lists:seq(1, Rounds)],
    {Children * Rounds, lists:sum(Times), []}.

percentiles(Sorted) ->
    Count = length(Sorted),
    [{p50_us, lists:nth(max(1, Count div 2), Sorted) / 1000},
     {p99_us, lists:nth(max(1, Count * 99 div 100), Sorted) / 1000},
     {max_us, lists:last(Sorted) / 1000}].

%% -- names

whereis_by(Readers) ->
    Count = 1000,
    Names = list_to_tuple([list_to_atom("bench_name_" ++ integer_to_list(Number)) || Number <- lists:seq(1, Count)]),
    Pids = [spawn_link(fun never_receives/0) || _ <- lists:seq(1, Count)],
    lists:foldl(fun(Pid, Number) -> register(element(Number, Names), Pid), Number + 1 end, 1, Pids),
    Ops = 3000000 div Readers,
    Self = self(),
    Looking = [spawn_link(fun() ->
        receive go -> look_up(Ops, Reader * Count div Readers, Count, Names), Self ! done end
    end) || Reader <- lists:seq(0, Readers - 1)],
    Ns = timed(fun() -> [Pid ! go || Pid <- Looking], [receive done -> ok end || _ <- Looking] end),
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- Pids],
    {Ops * Readers, Ns, []}.

look_up(0, _, _, _) -> ok;
look_up(Left, Key, Count, Names) ->
    Next = (Key + 7919) rem Count,
    true = is_pid(whereis(element(Next + 1, Names))),
    look_up(Left - 1, Next, Count, Names).

%% -- the list of all processes, as observer's and etop's backends read it

observer(Count, Refreshes) ->
    Pids = [spawn(fun never_receives/0) || _ <- lists:seq(1, Count)],
    Result = repeated(Refreshes, fun(_) -> keep(process_list()) end, []),
    [exit(Pid, kill) || Pid <- Pids],
    Result.

process_list() ->
    Items = [registered_name, reductions, message_queue_len, memory, current_function, initial_call],
    Rows = lists:foldl(fun(Pid, Found) ->
        case process_info(Pid, Items) of
            undefined -> Found;
            [Name, {reductions, Reductions} | Rest] -> [{Reductions, Pid, Name, Rest} | Found]
        end
    end, [], processes()),
    lists:reverse(lists:sort(Rows)).

top_ten() ->
    lists:foldl(fun(Pid, Top) ->
        case process_info(Pid, reductions) of
            undefined -> Top;
            {reductions, Reductions} -> keep_ten({Reductions, Pid}, Top)
        end
    end, [], processes()).

%% Lowest first.
keep_ten(Row, Top) when length(Top) < 10 -> lists:sort([Row | Top]);
keep_ten(Row, [Lowest | _] = Top) when Row =< Lowest -> Top;
keep_ten(Row, [_ | Top]) -> lists:sort([Row | Top]).

%% -- how long others wait

fair(Hogs) ->
    Ops = 500,
    {ok, Server} = gen_server:start_link(?MODULE, none, []),
    Pids = [spawn(fun() -> hog(1) end) || _ <- lists:seq(1, Hogs)],
    First = timed(fun() -> gen_server:call(Server, first) end),
    Samples = lists:sort([fair_call(Server, Call) || Call <- lists:seq(1, Ops)]),
    [exit(Pid, kill) || Pid <- Pids],
    {Ops, lists:sum(Samples), percentiles(Samples) ++ [{first_us, First / 1000}]}.

%% Ask without a pause until told to stop; one for each scheduler.
probers() ->
    Self = self(),
    Pids = [spawn_link(fun() ->
        {ok, Server} = gen_server:start_link(?MODULE, none, []),
        Self ! started,
        Longest = probe(Server, 0),
        Self ! {longest, Longest}
    end) || _ <- lists:seq(1, erlang:system_info(schedulers_online))],
    [receive started -> ok end || _ <- Pids],
    Pids.

probe(Server, Longest) ->
    receive stop -> Longest
    after 0 ->
        Taken = timed(fun() -> gen_server:call(Server, probe) end),
        erlang:yield(),
        probe(Server, max(Longest, Taken))
    end.

longest_wait(Probers) ->
    [Pid ! stop || Pid <- Probers],
    lists:max([receive {longest, Longest} -> Longest end || _ <- Probers]).

never_receives() -> receive never -> ok end.

await_at_most(Count) ->
    case erlang:system_info(process_count) of
        Now when Now > Count -> erlang:yield(), await_at_most(Count);
        _ -> ok
    end.

idle_server(Number) ->
    {ok, Server} = gen_server:start(?MODULE, none, []),
    gen_server:call(Server, Number),
    Server.

%% -- tables

ets(Type, Act, Size, Users) ->
    Tuned = case {Act, Users} of
        {lookup, _} -> [{read_concurrency, true}];
        {_, 1} -> [];
        _ -> [{write_concurrency, true}]
    end,
    Table = ets:new(table, [Type, public | Tuned]),
    Act =:= insert orelse fill_table(Table, 0, Size),
    Ops = case Act of insert -> Size; _ -> 2000000 end div Users,
    Self = self(),
    Pids = [spawn_link(fun() ->
        receive go -> use_table(Table, Act, Size, User * Size div Users, Ops), Self ! done end
    end) || User <- lists:seq(0, Users - 1)],
    Ns = timed(fun() -> [Pid ! go || Pid <- Pids], [receive done -> ok end || _ <- Pids] end),
    {Ops * Users, Ns, []}.

fill_table(_, Size, Size) -> ok;
fill_table(Table, Row, Size) ->
    ets:insert(Table, {Row, 0}),
    fill_table(Table, Row + 1, Size).

%% The keys in an order that no cache foresees: of 10^n rows (n > 1) each comes once in a round.
use_table(_, _, _, _, 0) -> ok;
use_table(Table, Act, Size, Key, Left) ->
    Next = (Key * 741101 + 7919) rem Size,
    case Act of
        lookup -> ets:lookup(Table, Next);
        insert -> ets:insert(Table, {Next, Left});
        count -> ets:update_counter(Table, Next, 1)
    end,
    use_table(Table, Act, Size, Next, Left - 1).

%% -- values

repeated(Ops, Fun, More) -> {Ops, timed(fun() -> repeat(Ops, Fun) end), More}.

repeat(0, _) -> ok;
repeat(Left, Fun) -> Fun(Left), repeat(Left - 1, Fun).

sample_entries() ->
    maps:from_list([{Id, #{id => Id, title => list_to_binary("Entry number " ++ integer_to_list(Id)),
                           date => {2026, 11, 1 + Id rem 30}, done => Id rem 3 =:= 0}}
                    || Id <- lists:seq(1, 1000)]).

numbered(Size) -> numbered(Size, Size, 0, #{}).
numbered(0, _, _, Map) -> Map;
numbered(Left, Size, Key, Map) ->
    Next = (Key + 7919) rem Size,
    numbered(Left - 1, Size, Next, Map#{Next => Next}).

map_insert(Size) ->
    Rounds = 2000000 div Size,
    {Rounds * Size, timed(fun() -> repeat(Rounds, fun(_) -> numbered(Size) end) end), []}.

map_lookup(Size) ->
    Map = numbered(Size),
    Ops = 5000000,
    {Ops, timed(fun() -> lookups(Ops, Size, 0, Map) end), []}.
lookups(0, _, _, _) -> ok;
lookups(Left, Size, Key, Map) ->
    Next = (Key + 7919) rem Size,
    #{Next := Next} = Map,
    lookups(Left - 1, Size, Next, Map).

map_update(Size) ->
    Map = numbered(Size),
    Ops = 2000000,
    {Ops, timed(fun() -> updates(Ops, Size, 0, Map) end), []}.
updates(0, _, _, _) -> ok;
updates(Left, Size, Key, Map) ->
    Next = (Key + 7919) rem Size,
    keep(Map#{Next := Left + Size}),
    updates(Left - 1, Size, Next, Map).

%% The compiler must not leave out what nobody looks at.
-compile({no_inline, keep/1}).
keep(_) -> ok.

%% -- ring

ring(Members, Hops, Order) ->
    Self = self(),
    Made = [spawn_link(fun() -> receive {next, Next} -> ring_member(Next, Self) end end) || _ <- lists:seq(1, Members)],
    Pids = case Order of
        made -> Made;
        shuffled -> [Pid || {_, Pid} <- lists:sort([{rand:uniform(), Pid} || Pid <- Made])]
    end,
    lists:foldl(fun(Pid, Previous) -> Previous ! {next, Pid}, Pid end, lists:last(Pids), Pids),
    hd(Pids) ! Members,
    receive _ -> ok end,
    Ns = timed(fun() -> hd(Pids) ! Hops, receive _ -> ok end end),
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- Pids],
    {Hops, Ns, []}.

ring_member(Next, Driver) ->
    receive
        0 -> Driver ! done;
        Left -> Next ! Left - 1
    end,
    ring_member(Next, Driver).

echo() ->
    receive {From, Number} -> From ! Number end,
    echo().

pingpong(_, 0) -> ok;
pingpong(Peer, Left) ->
    Peer ! {self(), Left},
    receive Left -> ok end,
    pingpong(Peer, Left - 1).

%% -- calls

calls(Clients, Total) ->
    {ok, Server} = gen_server:start_link(?MODULE, none, []),
    Self = self(),
    Each = Total div Clients,
    Callers = [spawn_link(fun() -> receive start -> ok end, caller(Server, Each), Self ! done end)
               || _ <- lists:seq(1, Clients)],
    Ns = timed(fun() ->
        [Pid ! start || Pid <- Callers],
        [receive done -> ok end || _ <- Callers]
    end),
    {Each * Clients, Ns, []}.

caller(_, 0) -> ok;
caller(Server, Left) ->
    gen_server:call(Server, Left),
    caller(Server, Left - 1).

init({supervisor, Flags, Children}) -> {ok, {Flags, Children}};
init({tell, Driver}) -> Driver ! {started, self()}, {ok, Driver};
init(State) -> {ok, State}.
handle_call({rename, From, To}, _From, State) -> {reply, byte_size(From) + byte_size(To), State};
handle_call(Request, _From, State) -> {reply, Request, State}.
handle_cast(crash, _) -> error(crash);
handle_cast({last, From}, State) -> From ! done, {noreply, State};
handle_cast(_, State) -> {noreply, State}.
handle_info(_, State) -> {noreply, State}.

fair_call(Server, Call) ->
    timer:sleep(1),
    timed(fun() -> gen_server:call(Server, Call) end).

hog(Number) -> hog((Number * 6364136 + 1) rem 16777216).

burn(0, Number) -> Number;
burn(Turns, Number) -> burn(Turns - 1, burn_steps(1000, Number)).
burn_steps(0, Number) -> Number;
burn_steps(Left, Number) -> burn_steps(Left - 1, (Number * 6364136 + 1) rem 16777216).

%% -- floods: ends when every producer's last message has been handled

flood(Producers, Total, As) ->
    Self = self(),
    Each = Total div Producers,
    Consumer = case As of
        cast -> {ok, Server} = gen_server:start_link(?MODULE, none, []), Server;
        send -> spawn_link(fun() -> sink(Producers * Each, Self) end)
    end,
    Pids = [spawn_link(fun() -> receive start -> ok end, produce(As, Consumer, Each, Self) end)
            || _ <- lists:seq(1, Producers)],
    Awaited = case As of cast -> Producers; send -> 1 end,
    Ns = timed(fun() ->
        [Pid ! start || Pid <- Pids],
        [receive done -> ok end || _ <- lists:seq(1, Awaited)]
    end),
    {Producers * Each, Ns, []}.

sink(0, Driver) -> Driver ! done;
sink(Left, Driver) -> receive _ -> sink(Left - 1, Driver) end.

produce(cast, To, 1, Driver) -> gen_server:cast(To, {last, Driver});
produce(_, _, 0, _) -> ok;
produce(cast, To, Left, Driver) -> gen_server:cast(To, Left), produce(cast, To, Left - 1, Driver);
produce(send, To, Left, Driver) -> To ! Left, produce(send, To, Left - 1, Driver).

selective(0) -> ok;
selective(Left) ->
    self() ! left,
    receive left -> ok end,
    self() ! right,
    receive right -> ok end,
    selective(Left - 1).

%% -- processes

spawn_batches(Left) when Left =< 0 -> ok;
spawn_batches(Left) ->
    Self = self(),
    [spawn(fun() -> Self ! done end) || _ <- lists:seq(1, ?BATCH)],
    [receive done -> ok end || _ <- lists:seq(1, ?BATCH)],
    spawn_batches(Left - ?BATCH).

monitor_batches(Left) when Left =< 0 -> ok;
monitor_batches(Left) ->
    [spawn_monitor(fun() -> ok end) || _ <- lists:seq(1, ?BATCH)],
    [receive {'DOWN', _, process, _, _} -> ok end || _ <- lists:seq(1, ?BATCH)],
    monitor_batches(Left - ?BATCH).

big_actor(Driver, Pings) ->
    receive {peers, Peers} -> ok end,
    element(rand:uniform(tuple_size(Peers)), Peers) ! {ping, self()},
    big_loop(Driver, Peers, Pings).

big_loop(Driver, Peers, Left) ->
    receive
        {ping, From} ->
            From ! pong,
            big_loop(Driver, Peers, Left);
        pong when Left > 1 ->
            element(rand:uniform(tuple_size(Peers)), Peers) ! {ping, self()},
            big_loop(Driver, Peers, Left - 1);
        pong ->
            Driver ! done,
            big_loop(Driver, Peers, 0)
    end.

big_all_actor(Driver) ->
    receive {peers, Peers} -> ok end,
    [Peer ! {ping, self()} || Peer <- Peers],
    big_all_loop(Driver, length(Peers)).

big_all_loop(Driver, Left) ->
    receive
        {ping, From} -> From ! pong, big_all_loop(Driver, Left);
        pong when Left > 1 -> big_all_loop(Driver, Left - 1);
        pong -> Driver ! done, big_all_loop(Driver, 0)
    end.

skynet(Parent, Number, 1) -> Parent ! Number;
skynet(Parent, Number, Leaves) ->
    Self = self(),
    Each = Leaves div 10,
    [spawn(fun() -> skynet(Self, Number + Child * Each, Each) end) || Child <- lists:seq(0, 9)],
    Parent ! lists:sum([receive Sum -> Sum end || _ <- lists:seq(1, 10)]).

timers_cancel(0) -> ok;
timers_cancel(Left) ->
    erlang:cancel_timer(erlang:send_after(1 + Left rem 1000, self(), fired)),
    timers_cancel(Left - 1).

%% -- the system

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(binary_to_list(Text), " ", all),
    list_to_integer(Pages) * 4096.

%% Nanoseconds of processor time of the whole program.
cpu() ->
    {ok, Text} = file:read_file("/proc/self/stat"),
    [_, After] = string:split(binary_to_list(Text), ") "),
    Fields = string:split(After, " ", all),
    (list_to_integer(lists:nth(12, Fields)) + list_to_integer(lists:nth(13, Fields))) * 10000000.
