# tree.sh
#   The repository's files, and copies of them.  To be sourced by bash.
#
#   VM_ROOT                 the checkout
#   vm_tree_files           its files, relative, each ended by NUL
#   vm_tree_copy DIR        copies them to DIR, readable by everybody
#   vm_file_mode            git's opinion or find's: "git" or "find"
#
# With git: what is tracked, and what is new and not ignored, so that a check
# before a commit sees the same as one after it.  Without git or outside a work
# tree (a released archive): everything but what a build makes.

VM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

# safe.directory: the checkout may belong to another user than the one (root)
# who checks it.
vm_git()
{
    git -c safe.directory='*' -C "$VM_ROOT" "$@"
}

vm_file_mode()
{
    local top

    if command -v git >/dev/null && top=$(vm_git rev-parse --show-toplevel 2>/dev/null) &&
        [ "$top" = "$VM_ROOT" ]; then
        echo git
    else
        echo find
    fi
}

vm_tree_files()
{
    local file

    if [ "$(vm_file_mode)" = git ]; then
        # A file that is tracked but deleted is not in the tree any more.
        vm_git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                if [ -e "$VM_ROOT/$file" ] || [ -L "$VM_ROOT/$file" ]; then
                    printf '%s\0' "$file"
                fi
            done
    else
        (cd "$VM_ROOT" && find . \( -path ./build -o -path ./.git -o -path ./tmp_check \
            -o -path ./results -o -path ./output_iso -o -path ./log -o -path ./test/results \
            -o -path ./test/output_iso -o -path ./test/tmp_check -o -path ./bench/out \
            -o -name __pycache__ \) -prune -o \
            \( -type f -o -type l \) ! -name '*.o' ! -name '*.so' ! -name '*.bc' \
            ! -name 'regression.*' \
            \( ! -path './sql/vecmilvus--[0-9]*.sql' -o -path './sql/vecmilvus--*--*.sql' \) \
            -printf '%P\0')
    fi
}

vm_tree_copy()
{
    mkdir -p "$1" &&
        vm_tree_files | tar -C "$VM_ROOT" --null -T - -cf - |
        tar -C "$1" --no-same-owner -xf - &&
        chmod -R a+rX "$1"
}
