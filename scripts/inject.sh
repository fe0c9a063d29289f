#!/bin/sh
# Injects a fault at every place: in every verb, each call for memory, a file, a thread or a process fails once, alone and
# together with all later calls of its kind. tests/command/test_injection.py, which every test run includes, does a part.
#   scripts/inject.sh [--sanitize]      the release build, or that with AddressSanitizer, LeakSanitizer and
#                                       UndefinedBehaviorSanitizer
set -eu
cd "$(dirname "$0")/.."
build=build-test
sanitized=
case ${1-} in
'') [ -f $build/build.ninja ] || meson setup -Dwerror=true $build >/dev/null ;;
--sanitize)
    build=build-sanitize
    sanitized=--sanitized
    [ -f $build/build.ninja ] || meson setup -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
        $build >/dev/null
    ;;
*)
    echo "inject.sh: unknown option $1; expected --sanitize or nothing" >&2
    exit 2
    ;;
esac
ninja -C $build src/cli/gradmill tests/libinject.so >/dev/null
exec python3 tests/command/run.py --gradmill $build/src/cli/gradmill --source . --build $build \
    --shim $build/tests/libinject.so $sanitized --thorough test_injection
