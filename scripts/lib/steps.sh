# steps.sh
#   Runs the steps of a check, counts every test in them, and sums up.  To be
#   sourced by bash.
#
#   vm_steps_begin DIR            logs go to DIR
#   vm_step NAME CMD...           run a step, go on whatever it does
#   vm_step_skipped NAME REASON   a step that does not run this time
#   vm_steps_end                  the table and the closing line; the status
#
# A step prints TAP (its own or prove's) or what pg_regress prints before
# version 16; both are counted line by line.  A step that ends with a closing
# line of its own (it ran steps itself) is counted by that.  A step that exits
# with an error without naming a failed test, or that runs no test at all,
# counts as one failure: silence is not success.

VM_STEP_NAMES=()
VM_STEP_RESULTS=()
VM_TOTAL_PASSED=0
VM_TOTAL_FAILED=0
VM_TOTAL_SKIPPED=0

vm_steps_begin()
{
    VM_STEP_DIR=$1
    mkdir -p "$VM_STEP_DIR"
}

# Prints "passed failed skipped" for a step's log.
vm_count_results()
{
    local closing='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'

    if [[ $(tail -n 1 "$1") =~ $closing ]]; then
        echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[4]:-0}"
        return
    fi
    awk '
        /^ok [0-9]+/     { if (/# (SKIP|skip|TODO)/) skipped++; else passed++; next }
        /^not ok [0-9]+/ { if (/# TODO/) skipped++; else failed++; next }
        /^1\.\.0 +# *(SKIP|skip)/ { skipped++; next }
        # pg_regress 15: "test name   ... ok   12 ms", in a group without "test"
        /^(test| +[^ ]+) .*\.\.\. ok( |$)/   { passed++; next }
        /^(test| +[^ ]+) .*\.\.\. FAILED/    { failed++; next }
        END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

vm_step_add()
{
    VM_STEP_NAMES+=("$1")
    VM_STEP_RESULTS+=("$(printf '%6d %6d %7d %6s' "$2" "$3" "$4" "$5")")
    VM_TOTAL_PASSED=$((VM_TOTAL_PASSED + $2))
    VM_TOTAL_FAILED=$((VM_TOTAL_FAILED + $3))
    VM_TOTAL_SKIPPED=$((VM_TOTAL_SKIPPED + $4))
}

vm_step()
{
    local name=$1
    local log=$VM_STEP_DIR/$1.log
    local start=$SECONDS
    local status passed failed skipped

    shift
    printf '\n==== %s\n' "$name"
    "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    read -r passed failed skipped < <(vm_count_results "$log")
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
        printf '# %s: exit status %d\n' "$name" "$status"
    elif [ $((passed + failed + skipped)) -eq 0 ]; then
        failed=1
        printf '# %s: ran no test\n' "$name"
    fi
    vm_step_add "$name" "$passed" "$failed" "$skipped" "$((SECONDS - start))s"
    [ "$failed" -eq 0 ]
}

vm_step_skipped()
{
    printf '\n==== %s\nok 1 - %s # SKIP %s\n' "$1" "$1" "$2" | tee "$VM_STEP_DIR/$1.log"
    vm_step_add "$1" 0 0 1 -
}

# Lists what was skipped in a step, a line a reason, or what failed, a line each:
# vm_list_results skipped|failed STEP
vm_list_results()
{
    awk -v which="$1" -v step="$2" '
        /^(not )?ok [0-9]+.*# (SKIP|skip|TODO)/ || /^1\.\.0 +# *(SKIP|skip)/ {
            sub(/.*# *(SKIP|skip|TODO) */, "")
            if (!reasons[$0]++) order[++n] = $0
            next
        }
        which == "failed" && /^not ok [0-9]+/ {
            sub(/^not ok [0-9]+ *[-+]? */, "")
            sub(/ +[0-9]+ ms$/, "")
            print "failed (" step "): " $0
        }
        which == "failed" && /^(test| +[^ ]+) .*\.\.\. FAILED/ {
            sub(/^test +/, "")
            print "failed (" step "): " $1
        }
        END {
            if (which == "skipped")
                for (i = 1; i <= n; i++)
                    print "skipped (" step "): " order[i] \
                        (reasons[order[i]] > 1 ? " (" reasons[order[i]] " times)" : "")
        }' "$VM_STEP_DIR/$2.log"
}

vm_steps_end()
{
    local i

    printf '\n==== summary\n%-24s %6s %6s %7s %6s\n' step passed failed skipped time
    for i in "${!VM_STEP_NAMES[@]}"; do
        printf '%-24s %s\n' "${VM_STEP_NAMES[$i]}" "${VM_STEP_RESULTS[$i]}"
    done
    for i in "${VM_STEP_NAMES[@]}"; do
        vm_list_results skipped "$i"
    done
    for i in "${VM_STEP_NAMES[@]}"; do
        vm_list_results failed "$i"
    done
    printf '%d passed, %d failed' "$VM_TOTAL_PASSED" "$VM_TOTAL_FAILED"
    if [ "$VM_TOTAL_SKIPPED" -gt 0 ]; then
        printf ', %d skipped' "$VM_TOTAL_SKIPPED"
    fi
    printf '\n'
    [ "$VM_TOTAL_FAILED" -eq 0 ] && [ "$VM_TOTAL_PASSED" -gt 0 ]
}
