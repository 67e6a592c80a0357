#!/usr/bin/env escript
%% What a real Erlang says, for tst_live_erlang. Both files are made of terms: a length of 32 bits, then the term.
%%   judge IN OUT           for each term: {BytesAgree, phash2, compared with the next one, exactly equal to it}
%%   draw COUNT SEED OUT    so many terms: {Default, MinorVersion0, MinorVersion2, Compressed, phash2, compared, equal}
-mode(compile).

main(["judge", In, Out]) ->
    {ok, Bytes} = file:read_file(In),
    Encoded = [B || <<N:32, B:N/binary>> <= Bytes],
    Terms = [binary_to_term(B) || B <- Encoded],
    Agree = [term_to_binary(T, [{minor_version, 2}, deterministic]) =:= B || {T, B} <- lists:zip(Terms, Encoded)],
    write(Out, [list_to_tuple([A | tuple_to_list(R)]) || {A, R} <- lists:zip(Agree, relations(Terms))]);
main(["draw", Count, Seed, Out]) ->
    rand:seed(exsss, list_to_integer(Seed)),
    Terms = [draw(4) || _ <- lists:seq(1, list_to_integer(Count))],
    Forms = [{term_to_binary(T, [{minor_version, 1}, deterministic]),
              term_to_binary(T, [{minor_version, 0}, deterministic]),
              term_to_binary(T, [{minor_version, 2}, deterministic]),
              term_to_binary(T, [compressed])} || T <- Terms],
    write(Out, [list_to_tuple(tuple_to_list(F) ++ tuple_to_list(R)) || {F, R} <- lists:zip(Forms, relations(Terms))]).

%% Each term's hash, and how it compares with the next one (the last one with the first).
relations(Terms) ->
    Next = tl(Terms) ++ [hd(Terms)],
    [{erlang:phash2(A, 4294967296), compare(A, B), A =:= B} || {A, B} <- lists:zip(Terms, Next)].

compare(A, B) when A < B -> -1;
compare(A, B) when A > B -> 1;
compare(_, _) -> 0.

write(File, Terms) ->
    ok = file:write_file(File, [begin B = term_to_binary(T), [<<(byte_size(B)):32>>, B] end || T <- Terms]).

below(N) -> rand:uniform(N) - 1.
pick(L) -> lists:nth(rand:uniform(length(L)), L).
many(Max, Depth) -> [draw(Depth - 1) || _ <- lists:seq(1, below(Max + 1))].

draw(Depth) when Depth > 0 ->
    case below(16) of
        0 -> list_to_tuple(many(6, Depth));
        1 -> many(6, Depth);
        2 -> [draw(Depth - 1) | draw(Depth - 1)];
        3 -> maps:from_list([{draw(Depth - 1), draw(Depth - 1)} || _ <- lists:seq(1, below(7))]);
        4 -> case below(10) of
                 0 -> maps:from_list([{draw(1), draw(1)} || _ <- lists:seq(1, 30 + below(80))]);
                 _ -> #{}
             end;
        5 -> function(many(3, Depth));
        _ -> draw(0)
    end;
draw(0) ->
    case below(12) of
        0 -> below(5) - 2;
        1 -> (1 bsl below(70)) + below(5) - 2;
        2 -> -(1 bsl below(70)) + below(5) - 2;
        3 -> (below(2) * 2 - 1) * binary:decode_unsigned(rand:bytes(1 + below(40)));
        4 -> number();
        5 -> atom();
        6 -> atom();
        7 -> rand:bytes(below(12));
        8 -> B = rand:bytes(1 + below(6)), N = below(8 * byte_size(B) + 1), <<R:N/bits, _/bits>> = B, R;
        9 -> [32 + below(95) || _ <- lists:seq(1, below(12))];
        10 -> [];
        11 -> identifier()
    end.

%% Whole numbers as floats, too: they compare with integers.
number() ->
    case below(4) of
        0 -> float(below(5) - 2);
        1 -> float(1 bsl below(70)) + below(3);
        2 -> (below(2001) - 1000) / 8;
        3 -> finite(rand:bytes(8))
    end.
finite(<<F:64/float>>) -> F;
finite(_) -> 0.5.

atom() ->
    case below(3) of
        0 -> pick([a, b, ok, true, false, nil, undefined, 'x y', 'Ab', '', [], <<"é"/utf8>>, 'end']);
        1 -> list_to_atom([pick([$a, $b, $A, $0, $_, $@, $\s, 233, 255, 16#20AC, 16#1D11E]) || _ <- lists:seq(1, below(6))]);
        2 -> list_to_atom(lists:duplicate(pick([1, 63, 64, 127, 128, 255]), pick([$x, 233, 16#65E5, 16#1F600])))
    end.

function(Bound) ->
    case below(3) of
        0 -> fun lists:map/2;
        1 -> fun nosuch:'some function'/7;
        2 -> pick([fun() -> Bound end, fun(X) -> {X, Bound} end])
    end.

identifier() ->
    Nodes = [<<119, 3, "a@h">>, <<119, 4, "bb@h">>, <<118, 0, 4, 195, 169, "@h">>],
    Node = pick(Nodes),
    Creation = pick([0, 1, 4294967295]),
    Number = pick([0, 1, 5, 4095, 16#FFFFFFF]),
    case below(8) of
        0 -> self();
        1 -> make_ref();
        2 -> external(<<88, 119, 13, "nonode@nohost", (below(32768)):32, (below(8192)):32, 0:32>>);
        3 -> external(<<89, 119, 13, "nonode@nohost", Number:32, 0:32>>);
        4 -> external(<<88, Node/binary, Number:32, (below(9)):32, Creation:32>>);
        5 -> external(<<89, Node/binary, Number:32, Creation:32>>);
        6 -> external(<<120, Node/binary, (below(1 bsl 40)):64, Creation:32>>);
        7 -> Words = 1 + below(5),
             external(<<90, Words:16, Node/binary, Creation:32, (rand:bytes(4 * Words))/binary>>)
    end.
external(Bytes) -> binary_to_term(<<131, Bytes/binary>>).
