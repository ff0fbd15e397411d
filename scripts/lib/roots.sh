# roots.sh
#   Change roots of other Debian releases, for the PostgreSQL versions that this
#   machine's own release does not ship.  To be sourced by bash after
#   packages.sh and tree.sh, by root.
#
#   vm_root_suite MAJOR          the release that ships it, as a word
#   vm_root_make MAJOR           sets VM_CHANGE_ROOT; on failure VM_ROOT_REASON
#   vm_root_exec MAJOR CMD...    runs CMD in it as root, in a clean environment
#   vm_pgvector_source DIR       pgvector's test folder, of the newest release
#
# A root is made once, by debootstrap, in VECMILVUS_ROOTS (default: vecmilvus/
# under XDG_CACHE_HOME or /var/cache) as postgresql-MAJOR; it is made under
# another name and renamed, so one that has the name is complete.  A root is
# never changed by a run: /tmp and /run are other directories meanwhile, and the
# extension goes to a sandbox.  Everything mounted is in a mount namespace that
# ends with the command.

VM_ROOTS=${VECMILVUS_ROOTS:-${XDG_CACHE_HOME:-/var/cache}/vecmilvus}
VM_CHANGE_ROOT=
VM_ROOT_REASON=

vm_root_suite()
{
    case $1 in
        15) echo bookworm ;;
        17) echo trixie ;;
        18) echo sid ;;
        *) vm_die "no Debian release is known for PostgreSQL $1" ;;
    esac
}

# Where this machine gets Debian from, as apt has it configured.
vm_debian_mirror()
{
    local mirror

    mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's/^Debian \(https\?:.*\)/\1/p' | head -n 1)
    if [ -z "$mirror" ]; then
        mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
            /etc/apt/sources.list.d/*.sources 2>/dev/null |
            grep -v '^ *#' | grep -o -E 'https?://[^ ]+/debian/?( |$)' | head -n 1)
    fi
    printf '%s\n' "${mirror%% *}"
}

# apt's own downloader: it knows apt's proxies and credentials.
vm_download()
{
    /usr/lib/apt/apt-helper download-file "$1" "$2" >/dev/null 2>&1
}

vm_root_make()
{
    local major=$1
    local suite mirror proxy log
    local root=$VM_ROOTS/postgresql-$major
    local packages=make,gcc,flex,bison,libc6-dev,libopenblas-dev,ca-certificates,libipc-run-perl

    packages+=,postgresql-$major,postgresql-server-dev-$major,postgresql-$major-pgvector
    VM_CHANGE_ROOT=
    suite=$(vm_root_suite "$major") || return 1
    # One that was made for other packages is made again.
    if [ "$(cat "$root/vecmilvus-packages" 2>/dev/null)" = "$packages" ]; then
        VM_CHANGE_ROOT=$root
        return 0
    fi
    if ! vm_need_packages debootstrap; then
        VM_ROOT_REASON="debootstrap cannot be installed"
        return 1
    fi
    mirror=$(vm_debian_mirror)
    if [ -z "$mirror" ] || ! vm_download "${mirror%/}/dists/$suite/InRelease" "$VM_TMP/InRelease"; then
        VM_ROOT_REASON="the archive of Debian $suite is out of reach"
        return 1
    fi
    mkdir -p "$VM_ROOTS" || return 1
    rm -rf "$root.partial"
    log=$VM_ROOTS/postgresql-$major.log
    proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
    vm_say "making $root (Debian $suite): some minutes"
    if ! http_proxy="${http_proxy:-$proxy}" debootstrap --variant=minbase --include="$packages" \
        "$suite" "$root.partial" "$mirror" >"$log" 2>&1 </dev/null; then
        VM_ROOT_REASON="debootstrap of Debian $suite failed: $(tail -n 1 "$log")"
        rm -rf "$root.partial"
        return 1
    fi
    # Downloaded packages are most of what the root does not need.
    rm -rf "$root.partial"/var/cache/apt/archives/*.deb
    [ -s "$root.partial/etc/hosts" ] || printf '127.0.0.1 localhost\n' >"$root.partial/etc/hosts"
    printf '%s\n' "$packages" >"$root.partial/vecmilvus-packages"
    rm -rf "$root"
    mv "$root.partial" "$root" || return 1
    VM_CHANGE_ROOT=$root
}

# /tmp of the root is $VM_TMP/root-MAJOR/tmp; VECMILVUS_DATA appears as
# /tmp/data.  The root is bound to a directory of ours first: `/` must be a
# mount point for the sandbox inside.
vm_root_exec()
{
    local major=$1
    local dir=$VM_TMP/root-$1

    shift
    mkdir -p "$dir/mnt" "$dir/tmp/data" && chmod 1777 "$dir/tmp" || return 1
    # shellcheck disable=SC2016 # the inner shell expands
    unshare --mount --propagation private bash -c '
        root=$1 dir=$2 data=$3
        shift 3
        mount --bind "$root" "$dir/mnt" &&
            mount -t proc proc "$dir/mnt/proc" &&
            mount --rbind /dev "$dir/mnt/dev" &&
            mount --bind "$dir/tmp" "$dir/mnt/tmp" &&
            mount -t tmpfs -o mode=755 tmpfs "$dir/mnt/run" || exit 1
        if [ -n "$data" ]; then
            mount --bind "$data" "$dir/mnt/tmp/data" || exit 1
        fi
        chroot "$dir/mnt" install -d -m 2775 -o postgres -g postgres /run/postgresql || exit 1
        exec chroot "$dir/mnt" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            LC_ALL=C.UTF-8 HOME=/tmp VECMILVUS_DATA="${data:+/tmp/data}" "$@"' \
        root "$VM_CHANGE_ROOT" "$dir" "${VECMILVUS_DATA:-}" "$@"
}

# The newest source of pgvector that the archive gives: sid's, or where sid has
# moved on and this mirror has not, the stable release's.  By apt, with lists of
# its own so that the machine's are left alone; the archive's signature is checked
# as always.  The tarball is kept beside the roots.  Only test/ leaves the tarball.
vm_pgvector_source()
{
    local dir=$1
    local suite tarball

    tarball=$(vm_pgvector_tarball)
    for suite in sid trixie; do
        [ -z "$tarball" ] || break
        vm_pgvector_fetch "$suite" && tarball=$(vm_pgvector_tarball)
    done
    if [ -z "$tarball" ]; then
        VM_ROOT_REASON="the source package pgvector is out of reach"
        return 1
    fi
    mkdir -p "$dir" &&
        tar -C "$dir" --strip-components=1 --no-same-owner --wildcards -xf "$tarball" \
            '*/test/sql/*' '*/test/expected/*' '*/test/t/*' || return 1
    chmod -R a+rX "$dir"
    VM_PGVECTOR_VERSION=$(basename "$tarball" | sed 's/^pgvector_\(.*\)\.orig\.tar\..*/\1/')
}

vm_pgvector_tarball()
{
    find "$VM_ROOTS" -maxdepth 1 -name 'pgvector_*.orig.tar.*' 2>/dev/null | sort -V | tail -n 1
}

vm_pgvector_fetch()
{
    local suite=$1
    local apt=$VM_TMP/apt-$1
    local mirror
    local options

    mirror=$(vm_debian_mirror)
    mkdir -p "$apt/lists/partial" "$apt/parts" "$apt/source" "$VM_ROOTS" || return 1
    printf 'deb-src [signed-by=%s] %s %s main\n' \
        /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" "$suite" >"$apt/sources.list"
    options=(-q -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts"
        -o Dir::State::lists="$apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o APT::Sandbox::User=root)
    if apt-get "${options[@]}" update >"$apt/log" 2>&1 &&
        (cd "$apt/source" && apt-get "${options[@]}" source --download-only pgvector) >>"$apt/log" 2>&1; then
        cp "$apt"/source/pgvector_*.orig.tar.* "$VM_ROOTS/"
    else
        vm_say "the source of pgvector in Debian $suite is out of reach: $(tail -n 1 "$apt/log")"
        return 1
    fi
}
