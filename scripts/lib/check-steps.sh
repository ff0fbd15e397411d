# check-steps.sh
#   What the steps of scripts/check do.  To be sourced by it, after the other
#   files of this folder; works on these:
#
#   VM_TMP       temporary directory: strict/ and ubsan/ (copies of the tree),
#                data/, logs/, home/ (of postgres)
#   VM_MODE      quick, full or long
#   VM_MAJOR, PG_CONFIG   the server
#
# Each step prints TAP, or runs a tool that does.

# The tools of the steps that were asked for, and no more: a change root for
# another PostgreSQL has no use for a compiler for ARM.
vm_check_packages()
{
    local packages=()

    vm_install_postgres libipc-run-perl || return 1
    if wanted_any format includes tests-run docs errors words meta; then
        packages+=(python3 git)
    fi
    if wanted harness; then
        packages+=(python3 python3-numpy)
    fi
    if [ "$VM_MODE" != quick ] && wanted tap; then
        packages+=(python3 python3-venv)
    fi
    if wanted format; then
        packages+=(clang-format-19 shellcheck)
    fi
    if [ "$VM_MODE" != quick ] || [ -n "$only" ]; then
        if wanted fuzz; then
            packages+=(clang-19 libclang-rt-19-dev)
        fi
        if wanted neon && [ "$(uname -m)" = x86_64 ]; then
            packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
        fi
    fi
    vm_need_packages "${packages[@]}"
}

# A folder that tests read, in $VM_TMP when postgres cannot reach the original
# (a checkout under /root).  Sets the variable, empty when there is none.
vm_check_folder()
{
    local name=$1
    local path=$2
    local copy=$VM_TMP/$3

    if [ -n "$path" ] && [ -d "$path" ]; then
        path=$(cd "$path" && pwd -P)
        if ! vm_as_postgres sh -c 'cd "$1" && ls >/dev/null' sh "$path" 2>/dev/null; then
            cp -r "$path" "$copy" && chmod -R a+rX "$copy" || return 1
            path=$copy
        fi
    else
        path=
    fi
    printf -v "$name" '%s' "$path"
    export "${name?}"
}

vm_check_prepare()
{
    PG_CONFIG=$(vm_pg_config)
    VM_MAJOR=$(vm_pg_major)
    export PG_CONFIG
    chmod 755 "$VM_TMP" && mkdir "$VM_TMP/home" && chown postgres "$VM_TMP/home" || return 1
    export VM_POSTGRES_HOME=$VM_TMP/home
    cd "$VM_TMP" || return 1
    vm_sandbox_init
    vm_check_folder VECMILVUS_DATA "${VECMILVUS_DATA:-$VM_ROOT/../shared/data}" data || return 1
    vm_check_folder VECMILVUS_CRDS "${VECMILVUS_CRDS:-$VM_ROOT/../shared/crds}" crds || return 1
    vm_tree_copy "$VM_TMP/strict" && chown -R postgres "$VM_TMP/strict"
}

# make as postgres in a copy of the tree, saying nothing but warnings and errors:
# vm_make COPY ARGUMENTS...
vm_make()
{
    local copy=$1

    shift
    vm_as_postgres make --silent --no-print-directory -C "$VM_TMP/$copy" -j "$(nproc)" \
        PG_CONFIG="$PG_CONFIG" "$@"
}

# As root: the directories belong to root, in the sandbox too.
vm_make_install()
{
    local copy=$1

    shift
    vm_sandbox_create "$copy" &&
        vm_sandbox_exec "$copy" make --silent --no-print-directory -C "$VM_TMP/$copy" \
            PG_CONFIG="$PG_CONFIG" "$@" install
}

step_build()
{
    tap_run "the extension builds without a warning" vm_make strict STRICT=1 all
    tap_run "make install" vm_make_install strict STRICT=1
    if [ "$VM_SANDBOX" = none ]; then
        vm_say "note: no mount namespaces here; installed into the server's own directories"
    fi
    # The TAP tests of the alias look whether it is installed.
    if ! [ -x "$VM_TMP/strict/scripts/install-vector-alias" ]; then
        tap_not_ok "make install-vector-alias" "scripts/install-vector-alias is missing"
    elif [ "$VM_SANDBOX" = none ] && [ -e "$VM_EXTENSIONDIR/vector.control" ]; then
        tap_skip "make install-vector-alias" "an extension named vector is installed on this server"
    else
        tap_run "make install-vector-alias" vm_sandbox_exec strict \
            make --no-print-directory -C "$VM_TMP/strict" PG_CONFIG="$PG_CONFIG" install-vector-alias
    fi
    tap_done
}

# A command with a throw-away cluster: vm_virtual COPY COMMAND...
vm_virtual()
{
    local copy=$1

    shift
    vm_sandbox_postgres "$copy" VECMILVUS_DATA="$VECMILVUS_DATA" VECMILVUS_CRDS="$VECMILVUS_CRDS" \
        UBSAN_OPTIONS=print_stacktrace=1 pg_virtualenv -v "$VM_MAJOR" "$@"
}

# installcheck with only one of its three parts: vm_installcheck COPY PART...
vm_installcheck()
{
    local copy=$1

    shift
    vm_virtual "$copy" make --no-print-directory -C "$VM_TMP/$copy" PG_CONFIG="$PG_CONFIG" \
        installcheck "$@"
}

# Shows what pg_regress found, and gives back the status it had.
vm_show_diffs()
{
    local status=$1

    if [ "$status" -ne 0 ] && [ -f "$2" ]; then
        printf '# %s:\n' "${2#"$VM_TMP"/}"
        head -n 1000 "$2" | sed 's/^/# /'
    fi
    return "$status"
}

step_regress()
{
    vm_installcheck "$1" ISOLATION= TAP_TESTS=
    vm_show_diffs $? "$VM_TMP/$1/regression.diffs"
}

step_isolation()
{
    vm_installcheck "$1" REGRESS= TAP_TESTS=
    vm_show_diffs $? "$VM_TMP/$1/output_iso/regression.diffs"
}

# The tests start clusters of their own.
step_tap()
{
    local rounds=1
    local output=$VM_TMP/tap-$1.log
    local status

    if [ "$VM_MODE" = long ]; then
        rounds=20
    fi
    vm_sandbox_postgres "$1" VECMILVUS_DATA="$VECMILVUS_DATA" VECMILVUS_CRDS="$VECMILVUS_CRDS" \
        VECMILVUS_TEST_ROUNDS="$rounds" make --no-print-directory -C "$VM_TMP/$1" \
        PG_CONFIG="$PG_CONFIG" installcheck REGRESS= ISOLATION= PROVE_FLAGS="-v -I test/lib" 2>&1 |
        tee "$output"
    status=${PIPESTATUS[0]}
    tap_show_logs "$output" "$VM_TMP/$1/tmp_check/log"
    return "$status"
}

step_sql()
{
    vm_virtual strict "$VM_TMP/strict/scripts/check-sql"
}

# Builds and runs the unit programs of a copy: step_unit COPY
step_unit()
{
    local copy=$1
    local strict=STRICT=1
    local out=build/plain
    local binary status log
    local binaries=()

    if [ "$copy" = ubsan ]; then
        strict=SANITIZE=undefined
        out=build/plain-undefined
    fi
    tap_run "the unit tests build ($strict)" vm_make "$copy" -k "$strict" unit-bins
    for binary in "$VM_TMP/$copy"/test/unit/*.c; do
        [ -f "$binary" ] && binaries+=("$(basename "$binary" .c)")
    done
    for binary in "${binaries[@]}"; do
        printf '# unit %s\n' "$binary"
        log=$VM_TMP/unit-$copy-$binary.log
        vm_as_postgres VECMILVUS_DATA="$VECMILVUS_DATA" UBSAN_OPTIONS=print_stacktrace=1 \
            timeout 300 "$VM_TMP/$copy/$out/unit/$binary" >"$log" 2>&1
        status=$?
        cat "$log"
        # A crash names no failed test: then this line does.
        if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$log"; then
            tap_not_ok "unit program $binary" "exit status $status"
        elif [ "$status" -ne 0 ]; then
            TAP_FAILED=$((TAP_FAILED + 1))
        fi
    done
    tap_done
}

# Undefined behaviour stops the program or the backend, which is a failed test.
step_ubsan()
{
    local status=0

    vm_tree_copy "$VM_TMP/ubsan" && chown -R postgres "$VM_TMP/ubsan" || return 1
    tap_run "the extension builds with SANITIZE=undefined" vm_make ubsan SANITIZE=undefined all &&
        tap_run "make install" vm_make_install ubsan SANITIZE=undefined || return 1
    step_unit ubsan || status=1
    step_regress ubsan || status=1
    if [ "$VM_SANDBOX" = none ]; then
        vm_make_install strict STRICT=1 >/dev/null || status=1
    fi
    return "$status"
}

# One fuzz target, from its committed corpus: vm_fuzz_one NAME SECONDS
vm_fuzz_one()
{
    local name=$1
    local dir=$VM_TMP/fuzz/$1
    local corpus artifact

    mkdir -p "$dir/corpus" "$dir/artifacts"
    for corpus in "$VM_TMP/strict/test/fuzz/corpus/$name" \
        "$VM_TMP/strict/test/fuzz/corpus/${name#fuzz_}"; do
        [ -d "$corpus" ] && cp -r "$corpus/." "$dir/corpus/"
    done
    chown -R postgres "$dir"
    if vm_as_postgres timeout "$(($2 * 2 + 120))" "$VM_TMP/strict/build/fuzz/$name" \
        -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$dir/artifacts/" "$dir/corpus" >"$dir/log" 2>&1; then
        echo passed >"$dir/result"
        return
    fi
    echo failed >"$dir/result"
    for artifact in "$dir"/artifacts/*; do
        [ -f "$artifact" ] || continue
        printf '\nartifact %s in base64:\n' "${artifact##*/}"
        base64 "$artifact"
    done >>"$dir/log"
}

# Two targets at a time on two processors.
step_fuzz()
{
    local seconds=30
    local source name runs
    local names=()

    if [ "$VM_MODE" = long ]; then
        seconds=600
    fi
    for source in "$VM_TMP"/strict/test/fuzz/*.c; do
        [ -f "$source" ] && names+=("$(basename "$source" .c)")
    done
    tap_run "the fuzz targets build" vm_make strict -k FUZZ_CC=clang-19 fuzz-bins || {
        tap_done
        return
    }
    for name in "${names[@]}"; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
            wait -n
        done
        vm_fuzz_one "$name" "$seconds" &
    done
    wait
    for name in "${names[@]}"; do
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$VM_TMP/fuzz/$name/log")
        if [ "$(cat "$VM_TMP/fuzz/$name/result" 2>/dev/null)" = passed ]; then
            tap_ok "$name: ${seconds}s, ${runs:-?} runs"
        else
            tap_not_ok "$name" "$(tail -n 120 "$VM_TMP/fuzz/$name/log")"
        fi
    done
    tap_done
}

# scripts/check-neon says by exit status 77 that it has nothing to run with.
step_neon()
{
    local status

    if ! [ -f "$VM_ROOT/scripts/check-neon" ]; then
        tap_not_ok "scripts/check-neon" "it is not there"
        tap_done
        return
    fi
    vm_as_postgres PG_CONFIG="$PG_CONFIG" VECMILVUS_DATA="$VECMILVUS_DATA" \
        bash "$VM_TMP/strict/scripts/check-neon" >"$VM_TMP/neon.log" 2>&1
    status=$?
    if [ "$status" -eq 77 ]; then
        tap_skip "the NEON kernels" "$(tail -n 1 "$VM_TMP/neon.log")"
    elif grep -q -E '^(not )?ok [0-9]+' "$VM_TMP/neon.log"; then
        cat "$VM_TMP/neon.log"
        return "$status"
    elif [ "$status" -eq 0 ]; then
        cat "$VM_TMP/neon.log"
        tap_ok "the NEON kernels"
    else
        tap_not_ok "the NEON kernels" "$(cat "$VM_TMP/neon.log")"
    fi
    tap_done
}
