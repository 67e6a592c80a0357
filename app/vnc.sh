# runOnVirtualDisplay PROGRAM ARGUMENT...: a virtual X display with a window manager, served to VNC viewers on
# 127.0.0.1 only. Read by app/run.sh. POSIX sh.
#
# Qt's own `vnc` platform is not used: it listens on all addresses and asks for no password.
# The X server takes no network connections and asks for a cookie; the VNC server asks for a password that is made
# for this start and handed over in a file which it removes when it has read it, so that no process list shows it.

# randomText LENGTH: letters and digits from the system's random device, without those that look alike.
randomText() {
    LC_ALL=C tr -dc 'a-km-zA-HJ-NP-Z2-9' </dev/urandom | head -c "$1"
}

# awaitLine FILE PATTERN PID: waits until a line of FILE matches, and prints it. Fails when process PID has ended or
# after 10 s.
awaitLine() {
    tries=0
    until grep -m 1 -e "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$3" 2>/dev/null; then
            return 1
        fi
        sleep 0.1
    done
}

stopVirtualDisplay() {
    trap - EXIT
    for pid in ${windowManager:-} ${vncServer:-} ${xServer:-}; do
        kill "$pid" 2>/dev/null || :
    done
    wait
    rm -rf "$folder"
}

runOnVirtualDisplay() {
    folder=$(mktemp -d "${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}/grove-vnc.XXXXXX")
    trap stopVirtualDisplay EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    umask 077

    cookie=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    : >"$folder/server.auth"
    xauth -q -f "$folder/server.auth" add :0 . "$cookie"
    # In sessions of their own: Ctrl+C in the terminal is for the program, which saves before the display goes.
    setsid Xvfb -displayfd 3 -screen 0 1440x900x24 -nolisten tcp -auth "$folder/server.auth" \
        3>"$folder/display" >"$folder/x.log" 2>&1 &
    xServer=$!
    number=$(awaitLine "$folder/display" '^[0-9][0-9]*$' "$xServer") || {
        cat "$folder/x.log" >&2
        echo "The virtual display (Xvfb) did not start; its words stand above." >&2
        exit 1
    }
    : >"$folder/client.auth"
    xauth -q -f "$folder/client.auth" add ":$number" . "$cookie"
    DISPLAY=:$number
    XAUTHORITY=$folder/client.auth
    export DISPLAY XAUTHORITY
    unset WAYLAND_DISPLAY

    setsid openbox --startup "sh -c 'echo ready >\"$folder/manager\"'" >"$folder/openbox.log" 2>&1 &
    windowManager=$!
    awaitLine "$folder/manager" ready "$windowManager" >"$folder/ready" || {
        cat "$folder/openbox.log" >&2
        echo "The window manager (openbox) did not start; its words stand above." >&2
        exit 1
    }

    password=$(randomText 8)
    printf '%s\n' "$password" >"$folder/password"
    setsid x11vnc -display "$DISPLAY" -auth "$XAUTHORITY" -localhost -noipv6 -no6 -autoport 5900 \
        -passwdfile "rm:$folder/password" -forever -shared -noremote -nobell -quiet \
        >"$folder/vnc.port" 2>"$folder/vnc.log" &
    vncServer=$!
    line=$(awaitLine "$folder/vnc.port" '^PORT=' "$vncServer") || {
        cat "$folder/vnc.log" >&2
        echo "The VNC server (x11vnc) did not start; its words stand above." >&2
        exit 1
    }
    port=${line#PORT=}
    cat <<TEXT
Grove's window is served on 127.0.0.1:$port, on this computer only. Password: $password
From another computer: ssh -L $port:127.0.0.1:$port THIS-COMPUTER, then open 127.0.0.1:$port in a VNC viewer.
It ends with the program (Ctrl+Q in the window, or Ctrl+C here).
TEXT

    # In the background and waited for, so that a signal to this script reaches the trap at once.
    "$@" <&0 &
    grove=$!
    trap 'kill "$grove" 2>/dev/null; wait "$grove"; exit 130' INT
    trap 'kill "$grove" 2>/dev/null; wait "$grove"; exit 143' TERM HUP
    status=0
    wait "$grove" || status=$?
    exit "$status"
}
