#!/usr/bin/env bash
# Builds CPython for the build machine: it freezes modules and compiles the library's byte code for the guest's python.
source "$(dirname "$0")/lib.sh"
rm -rf "$NATIVE"
mkdir -p "$NATIVE"
cd "$NATIVE"
step "native python: configure"
"$SOURCES/python/configure" --prefix=/usr --without-ensurepip --disable-test-modules --with-pydebug=no \
    CFLAGS="-O1 -g0" >configure.log 2>&1 || die "native configure failed, see $NATIVE/configure.log"
step "native python: make"
make -j"$JOBS" >make.log 2>&1 || die "native make failed, see $NATIVE/make.log"
./python -c 'import sys, zlib; assert sys.version_info[:2] == (3, 13)' || die "native python does not run"
