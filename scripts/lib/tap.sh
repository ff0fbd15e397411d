# tap.sh
#   Results of a check as TAP lines, one a check.  To be sourced by bash.
#
#   tap_ok NAME                 tap_not_ok NAME [DETAIL...]
#   tap_skip NAME REASON        tap_run NAME CMD...   by CMD's exit status
#   tap_done                    the plan; status 1 when something failed or
#                               nothing was checked
#   tap_show_logs OUTPUT DIR    the logs of PostgreSQL's TAP tests that failed

TAP_COUNT=0
TAP_FAILED=0

tap_ok()
{
    TAP_COUNT=$((TAP_COUNT + 1))
    printf 'ok %d - %s\n' "$TAP_COUNT" "$1"
}

tap_not_ok()
{
    TAP_COUNT=$((TAP_COUNT + 1))
    TAP_FAILED=$((TAP_FAILED + 1))
    printf 'not ok %d - %s\n' "$TAP_COUNT" "$1"
    shift
    if [ $# -gt 0 ]; then
        printf '%s\n' "$@" | sed 's/^/#   /'
    fi
}

tap_skip()
{
    TAP_COUNT=$((TAP_COUNT + 1))
    printf 'ok %d - %s # SKIP %s\n' "$TAP_COUNT" "$1" "$2"
}

# The command's output is shown only when it fails.
tap_run()
{
    local name=$1
    local output
    local status

    shift
    output=$("$@" 2>&1 </dev/null)
    status=$?
    if [ "$status" -eq 0 ]; then
        tap_ok "$name"
    else
        tap_not_ok "$name" "exit status $status of: $*" "$output"
    fi
    return "$status"
}

tap_done()
{
    printf '1..%d\n' "$TAP_COUNT"
    [ "$TAP_COUNT" -gt 0 ] && [ "$TAP_FAILED" -eq 0 ]
}

# OUTPUT is what prove printed, DIR the folder of logs.  The ends of the logs of
# failed tests, without the statements that went well.
tap_show_logs()
{
    local test log

    for test in $(sed -n 's,^test/[^ ]*/\([^ /]*\)\.pl *(Wstat.*,\1,p' "$1"); do
        for log in "$2"/*"$test"*; do
            [ -f "$log" ] || continue
            printf '# %s (its end):\n' "${log##*/}"
            grep -v -e 'LOG:  statement:' -e "^$(printf '\t')" "$log" | tail -n 60 | sed 's/^/# /'
        done
    done
}
