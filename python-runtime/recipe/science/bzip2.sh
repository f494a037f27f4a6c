#!/usr/bin/env bash
# Compiles bzip2 and Python's module for it: work/science/bzip2/libbz2.a. Packages such as networkx import bz2 wherever they are imported.
source "$(dirname "$0")/lib.sh"

step "bzip2"
rm -rf "$BZIP2_BUILD"
mkdir -p "$BZIP2_BUILD"
cd "$BZIP2_BUILD"
for unit in blocksort bzlib compress crctable decompress huffman randtable; do
    cp "$BZIP2/$unit.c" .
    $CC $GUEST_CFLAGS -g0 -O2 -Wno-everything -I"$BZIP2" -c "$unit.c"
done
cp "$SOURCES/python/Modules/_bz2module.c" .
$CC $GUEST_CFLAGS -g0 -O2 -DPy_BUILD_CORE_BUILTIN -I"$BZIP2" -I"$SOURCES/python/Modules" -I"$SOURCES/python/Include" \
    -I"$SOURCES/python/Include/internal" -I"$CROSS" -c _bz2module.c
llvm-ar rcsD libbz2.a ./*.o
