# For run.sh: when a run may begin.
#
# The processors of a virtual machine may be two cores, and a moment later two threads of one, of which each does half
# while both are busy: what needs one thread is as fast as ever then, and what needs two is not.

processors_best=0
starts=0
starts_shared=0

# processorsNow. Prints: in hundredths, how many times as much they do together as one alone; 0 where that is not known.
processorsNow() {
    now=$("$program" processors | sed -n 's/.*"processors":\([0-9]*\)\.\([0-9][0-9]\).*/\1\2/p')
    echo "${now:-0}"
}

# learnProcessors: what they do at best.
learnProcessors() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        now=$(processorsNow)
        if [ "$now" -gt "$processors_best" ]; then processors_best=$now; fi
    done
    most=$(nproc)00
    if [ "$processors_best" -gt "$most" ]; then processors_best=$most; fi
}

# awaitProcessors: returns when they do three quarters of that, or after 5 s, or when nothing more is to begin.
awaitProcessors() {
    [ "$processors_best" != 0 ] || return 0
    starts=$((starts + 1))
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if isOver || [ "$(processorsNow)" -ge $((processors_best * 3 / 4)) ]; then return 0; fi
        sleep 0.4 || true
    done
    starts_shared=$((starts_shared + 1))
}

describeProcessors() {
    [ "$processors_best" != 0 ] || return 0
    echo "Its processors did up to $((processors_best / 100)).$(printf %02d $((processors_best % 100))) times as much as one;" \
        "$starts_shared of $starts runs began while they did less than three quarters of that."
}
