#!/bin/sh
# cppcheck over the whole tree; template files as f32 and as f64.
set -eu
cd "$(dirname "$0")/.."
run() {
    # shellcheck disable=SC2046 # file names of this tree have no blanks
    cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem '-Djson_object_foreach(o,k,v)=for(;;)' -D__GNUC__=12 -D__x86_64__ -D_GNU_SOURCE -Iinclude -Isrc -I. "$@"
}
# shellcheck disable=SC2046 # file names of this tree have no blanks
run -DGM_VERSION='"x"' $(git ls-files 'src/*.c' 'bench/*.c' 'examples/*.c' | grep -v _tmpl.c)
for bits in 32 64; do
    run -DGM_REAL_BITS=$bits $(git ls-files 'src/*_tmpl.c')
done
