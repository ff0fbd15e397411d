# sandbox.sh
#   A place to install the extension to that only our own servers see.  To be
#   sourced by bash after packages.sh, by root.
#
#   vm_sandbox_init                 decides how; sets VM_SANDBOX
#   vm_sandbox_create NAME          a fresh place
#   vm_sandbox_exec NAME CMD...     run as root with NAME in place
#   vm_sandbox_postgres NAME [VAR=VALUE...] CMD...   the same as postgres
#
# PostgreSQL before 18 finds extensions in its own directories only.  So a
# sandbox is a copy of these two (library and script directory), and a command
# runs in a mount namespace of its own where the copies are bound over the
# originals: `make install` and every server started by the command use the
# copies, and nobody else notices.  Where the kernel or the container refuses
# mounts (VM_SANDBOX=none), everything goes to the server's real directories;
# pgvector's files are left out of a copy, but never removed from there.

vm_sandbox_init()
{
    VM_PKGLIBDIR=$("$PG_CONFIG" --pkglibdir)
    VM_EXTENSIONDIR=$("$PG_CONFIG" --sharedir)/extension
    if unshare --mount --propagation private mount --bind "$VM_PKGLIBDIR" "$VM_PKGLIBDIR" \
        2>/dev/null; then
        VM_SANDBOX=private
    else
        VM_SANDBOX=none
    fi
}

vm_sandbox_create()
{
    local dir=$VM_TMP/sandbox-$1

    if [ "$VM_SANDBOX" = none ]; then
        return 0
    fi
    mkdir -p "$dir" &&
        cp -a "$VM_PKGLIBDIR" "$dir/lib" &&
        cp -a "$VM_EXTENSIONDIR" "$dir/extension" &&
        rm -rf "$dir"/lib/vecmilvus*.so "$dir"/extension/vecmilvus* \
            "$dir"/lib/vector.so "$dir"/lib/bitcode/vector* \
            "$dir"/extension/vector.control "$dir"/extension/vector--*
}

vm_sandbox_exec()
{
    local dir=$VM_TMP/sandbox-$1

    shift
    if [ "$VM_SANDBOX" = none ]; then
        "$@"
        return
    fi
    # shellcheck disable=SC2016 # the inner shell expands
    unshare --mount --propagation private bash -c '
        mount --bind "$1/lib" "$2" && mount --bind "$1/extension" "$3" || exit 1
        shift 3
        exec "$@"' sandbox "$dir" "$VM_PKGLIBDIR" "$VM_EXTENSIONDIR" "$@"
}

vm_sandbox_postgres()
{
    local name=$1

    shift
    vm_postgres_words
    vm_sandbox_exec "$name" "${VM_AS_POSTGRES[@]}" "$@"
}
