#!/bin/sh
# Runs the two commands of the README on an empty machine: a new minimal Debian 12 root for each run, once from a clone
# and once from a release archive of HEAD. Needs root. Takes about an hour for everything.
#   scripts/bare.sh [quickstart|test] [clone|archive]        default: all four
# The packages come from where apt of this machine takes them, or from the mirror in GM_MIRROR. /dev/pts is not mounted,
# as in a plain chroot. Exit code 1 if a run failed.
set -eu
cd "$(dirname "$0")/.."
commands='quickstart test'
sources='clone archive'
for word in "$@"; do
    case $word in
    quickstart | test) commands=$word ;;
    clone | archive) sources=$word ;;
    *)
        echo "usage: scripts/bare.sh [quickstart|test] [clone|archive]" >&2
        exit 2
        ;;
    esac
done
[ "$(id -u)" -eq 0 ] || {
    echo "bare.sh: making a root needs root" >&2
    exit 1
}
scripts/install.sh debootstrap git

mirror=${GM_MIRROR:-$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' |
    sed -n 's/^bookworm //p' | head -n 1)}
[ -n "$mirror" ] || {
    echo "bare.sh: apt knows no Debian 12 here; name a mirror in GM_MIRROR" >&2
    exit 1
}
proxy=
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || export http_proxy="$proxy"

work=$(mktemp -d)
child=
clean_up() {
    if [ -n "$child" ]; then
        kill -KILL "$child" 2>/dev/null || true
        wait "$child" || true
    fi
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# apart COMMAND...: runs a command in namespaces of its own. When it ends, its mounts and all processes that it has started
# end, too. It runs in the background and the shell waits for it, because a shell handles a trap only while it waits.
apart() {
    unshare --mount --pid --fork --kill-child "$@" </dev/null &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return $status
}

# put SOURCE: copies gradmill into the root, as a clone or as an unpacked release archive.
put() {
    mkdir -p "$work/root/home"
    case $1 in
    clone) git clone -q . "$work/root/home/gradmill" ;;
    archive) git archive --prefix=home/gradmill/ HEAD | tar -x -C "$work/root" ;;
    esac
}

# run COMMAND SOURCE: one run in a new root. All runs use the same downloaded packages.
run() {
    rm -rf --one-file-system "$work/root"
    cp -a "$work/base" "$work/root"
    put "$2"
    # shellcheck disable=SC2016 # the inner shell's own arguments
    apart sh -c 'mount --bind "$1/packages" "$1/root/var/cache/apt/archives"
        mount -t proc proc "$1/root/proc"
        exec chroot "$1/root" env -i PATH="$PATH" HOME=/root LC_ALL=C ${http_proxy:+http_proxy="$http_proxy"} \
            sh "/home/gradmill/scripts/$2.sh"' sh "$work" "$1"
}

echo "making a root of Debian 12"
apart debootstrap --variant=minbase bookworm "$work/base" "$mirror" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
mkdir -p "$work/packages/partial"

summary=
failed=0
for source in $sources; do
    for command in $commands; do
        echo "== $command.sh from $source"
        status=0
        run "$command" "$source" >"$work/log" 2>&1 || status=$?
        [ "$status" -eq 0 ] || failed=1
        cat "$work/log"
        summary="$summary$command.sh from $source: exit $status, $(tail -n 1 "$work/log")
"
    done
done
echo "== summary"
printf '%s' "$summary"
exit $failed
