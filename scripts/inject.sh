#!/bin/sh
# Fault injection at every place: each call for memory, a file, a thread or a process fails once, and after a while all
# of them, in every verb. tests/command/test_injection.py, which every test run includes, takes a part of them.
set -eu
cd "$(dirname "$0")/.."
[ -f build-test/build.ninja ] || meson setup -Dwerror=true build-test >/dev/null
ninja -C build-test >/dev/null
exec python3 tests/command/run.py --gradmill build-test/src/cli/gradmill --source . --build build-test \
    --shim build-test/tests/libinject.so --thorough test_injection
