# packages.sh
#   What every script here needs of the machine: who is root, which packages
#   are missing, which PostgreSQL is there.  To be sourced by bash.
#
#   vm_say TEXT...            a line on stderr
#   vm_die TEXT...            the same, and exit 1
#   vm_sudo CMD...            run as root: directly, or by sudo
#   vm_as_postgres [NAME=VALUE...] CMD...   run as postgres, in a clean environment
#   vm_need_packages PKG...   install what is missing of these
#   vm_install_postgres [PKG...]  server, headers, test tools; no cluster
#   vm_pg_config              print the path of the server's pg_config
#   vm_pg_major               print its major version
#
# Nothing here changes a cluster that exists, upgrades a package that is
# installed, or prints to stdout unless it says so.  VM_PG_MAJOR chooses among
# several installed PostgreSQL versions; PG_CONFIG names one outright.

# Messages and orders of results are compared by scripts: never the user's
# language.  C.UTF-8 is part of Debian's libc-bin, so it is always there.
export LC_ALL=C.UTF-8
unset LANGUAGE

# The administrator's directories are missing from the PATH of `su` and of
# users; pg_config and runuser must be found all the same.
case ":$PATH:" in
    *:/usr/sbin:*) ;;
    *) export PATH="$PATH:/usr/sbin:/sbin" ;;
esac

VM_OLDEST_MAJOR=15
VM_NEWEST_MAJOR=18

vm_say()
{
    printf '%s\n' "$*" >&2
}

vm_die()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

vm_sudo()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        vm_die "this needs root: run it as root or install sudo (command was: $*)"
    fi
}

# Fills VM_AS_POSTGRES with the words that run a command as postgres, for a
# caller who is root or postgres already.  The environment is rebuilt from
# nothing, because the caller's may name directories that postgres cannot
# enter.  VM_POSTGRES_HOME is one it can write to: its home and the place of its
# temporary files.
vm_postgres_words()
{
    local home=${VM_POSTGRES_HOME:-/tmp}

    VM_AS_POSTGRES=(env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
        LC_ALL=C.UTF-8 HOME="$home" TMPDIR="$home" USER=postgres LOGNAME=postgres)
    if [ "$(id -un)" != postgres ]; then
        VM_AS_POSTGRES=(runuser -u postgres -- "${VM_AS_POSTGRES[@]}")
    fi
}

vm_as_postgres()
{
    vm_postgres_words
    if [ "$(id -un)" = postgres ]; then
        "${VM_AS_POSTGRES[@]}" "$@"
    else
        vm_sudo "${VM_AS_POSTGRES[@]}" "$@"
    fi
}

# Fails quietly when the package is not installed.
vm_package_installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]
}

# Once per process.  A third party's repository that is down must not stop us,
# so a failure is only reported: the installation that follows decides.
vm_apt_update()
{
    local try

    if [ -n "${VM_APT_UPDATED:-}" ]; then
        return 0
    fi
    VM_APT_UPDATED=yes
    for try in 1 2 3; do
        if vm_sudo apt-get -q -q update >&2; then
            return 0
        fi
        # Another apt may hold the lock on the lists.
        sleep "$((try * 3))"
    done
    vm_say "apt-get update did not succeed; going on with the lists that are there"
}

vm_need_packages()
{
    local package log status
    local missing=()

    for package in "$@"; do
        if ! vm_package_installed "$package"; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    vm_apt_update
    vm_say "installing: ${missing[*]}"
    # Tools inside apt's hooks read stdin: give them none.
    log=$(mktemp) || return 1
    vm_sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -q -y \
        --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
        install "${missing[@]}" </dev/null >"$log" 2>&1
    status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

# True for a major version whose server and build files are both installed.
vm_pg_complete()
{
    [ -x "/usr/lib/postgresql/$1/bin/postgres" ] &&
        [ -x "/usr/lib/postgresql/$1/bin/pg_config" ] &&
        [ -f "/usr/lib/postgresql/$1/lib/pgxs/src/makefiles/pgxs.mk" ]
}

# Prints the major version that the distribution ships, from apt's lists.
vm_distribution_major()
{
    local major

    major=$(apt-cache depends postgresql 2>/dev/null |
        sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    if [ -z "$major" ]; then
        vm_apt_update
        major=$(apt-cache depends postgresql |
            sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    fi
    if [ -z "$major" ]; then
        vm_die "apt knows no package named postgresql"
    fi
    printf '%s\n' "$major"
}

# VM_PG_MAJOR, else the newest that is installed completely, else what the
# distribution ships.
vm_pg_major()
{
    local major

    if [ -n "${PG_CONFIG:-}" ]; then
        "$PG_CONFIG" --version | sed -n 's/^PostgreSQL \([0-9][0-9]*\).*/\1/p'
        return
    fi
    if [ -n "${VM_PG_MAJOR:-}" ]; then
        printf '%s\n' "$VM_PG_MAJOR"
        return
    fi
    for ((major = VM_NEWEST_MAJOR; major >= VM_OLDEST_MAJOR; major--)); do
        if vm_pg_complete "$major"; then
            printf '%s\n' "$major"
            return
        fi
    done
    major=$(vm_distribution_major) || exit 1
    if [ "$major" -lt "$VM_OLDEST_MAJOR" ] || [ "$major" -gt "$VM_NEWEST_MAJOR" ]; then
        vm_die "PostgreSQL $major is what apt offers; vecmilvus needs $VM_OLDEST_MAJOR to $VM_NEWEST_MAJOR"
    fi
    printf '%s\n' "$major"
}

vm_pg_config()
{
    if [ -n "${PG_CONFIG:-}" ]; then
        printf '%s\n' "$PG_CONFIG"
    else
        printf '/usr/lib/postgresql/%s/bin/pg_config\n' "$(vm_pg_major)"
    fi
}

# Installing a server package makes a cluster called `main` and starts it,
# unless a drop-in says otherwise; the drop-in exists only meanwhile.  Clusters
# that exist already are not concerned.
vm_install_postgres()
{
    local major

    # A server that the caller named is the caller's to complete.
    if [ -n "${PG_CONFIG:-}" ]; then
        vm_need_packages make gcc flex bison libc6-dev libopenblas-dev "$@"
        return
    fi
    major=$(vm_pg_major) || exit 1
    vm_need_packages postgresql-common || return 1
    (
        dropin=
        if ! vm_package_installed "postgresql-$major"; then
            dropin=/etc/postgresql-common/createcluster.d/zz-vecmilvus-no-cluster.conf
            trap 'vm_sudo rm -f "$dropin"' EXIT
            vm_sudo mkdir -p "${dropin%/*}" || exit 1
            echo 'create_main_cluster = false' | vm_sudo tee "$dropin" >/dev/null || exit 1
        fi
        vm_need_packages make gcc flex bison libc6-dev libopenblas-dev "postgresql-$major" \
            "postgresql-server-dev-$major" "$@"
    )
}
