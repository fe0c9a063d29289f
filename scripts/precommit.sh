#!/bin/sh
# The first tier of tests, before a commit: formatting and cppcheck of the changed C files, a build with warnings as
# errors, the quick suites. Under a minute once build-test has been built. Usable as it is as a git hook:
#   ln -s ../../scripts/precommit.sh .git/hooks/pre-commit
set -eu
cd "$(git rev-parse --show-toplevel)"

# Names of this tree have no blanks. Files that git does not know yet will probably be added.
changed=$(
    git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h'
    git ls-files --others --exclude-standard -- '*.c' '*.h'
)
# shellcheck disable=SC2086 # a list of names
[ -z "$changed" ] || scripts/format.sh $changed
if printf '%s\n' "$changed" | grep -q '\.h$'; then
    scripts/cppcheck.sh # whatever includes the header may be concerned
else
    sources=$(printf '%s\n' "$changed" | grep -E '^(src|bench|examples)/') || true
    # shellcheck disable=SC2086
    [ -z "$sources" ] || scripts/cppcheck.sh $sources
fi

[ -f build-test/build.ninja ] || meson setup -Dwerror=true build-test >/dev/null
ninja -C build-test all tests/test_threads # which nothing runs here, and which must compile for ThreadSanitizer
meson test -C build-test --no-rebuild --print-errorlogs \
    allocation base bench_output data doctor gate model nn system train
