#!/usr/bin/env bash
# Cross-compiles zlib and CPython's static library for wasm32-wasip1.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/toolchain.sh"

rm -rf "$CROSS" "$WORK/zlib"
mkdir -p "$CROSS" "$WORK/zlib"

zstd -dqf "$RECIPE/profile.zst" -o "$WORK/python.profdata"

step "zlib"
cd "$WORK/zlib"
cp "$SOURCES"/zlib/{zlib.h,zconf.h} .
for unit in adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil; do
    $CC $GUEST_CFLAGS -O2 -DHAVE_UNISTD_H -c "$SOURCES/zlib/$unit.c" -o "$unit.o"
done
llvm-ar rcsD libz.a ./*.o

step "guest python: configure"
cd "$CROSS"
# What CPython's own site file leaves to the probe and the probe gets wrong: the C library has stubs only.
cat >config.site.extra <<SITE
ac_cv_func_dlopen=no
ac_cv_lib_dl_dlopen=no
SITE
CONFIG_SITE="$SOURCES/python/Tools/wasm/config.site-wasm32-wasi $CROSS/config.site.extra" \
    "$SOURCES/python/configure" --prefix=/usr --host=wasm32-wasip1 --build="$(dpkg-architecture -qDEB_BUILD_GNU_TYPE)" \
    --with-build-python="$NATIVE/python" --with-pymalloc --without-mimalloc --without-ensurepip \
    --disable-test-modules --disable-ipv6 --with-pkg-config=no --enable-big-digits=30 \
    CC="$CC" CPP="$CC -E" AR=llvm-ar RANLIB=llvm-ranlib \
    OPT="-g0 $GUEST_OPT $GUEST_LTO $GUEST_PROFILE -Wall" CFLAGS="$GUEST_CFLAGS" \
    ZLIB_CFLAGS="-I$WORK/zlib" ZLIB_LIBS="-L$WORK/zlib -lz" >configure.log 2>&1 ||
    die "guest configure failed, see $CROSS/configure.log"
step "guest python: make"
# getpath.c is compiled with the path of the sources; it is told a neutral one.
sed -i "s|-DVPATH='\"\$(VPATH)\"'|-DVPATH='\"/build/src/python\"'|" Makefile
make -j"$JOBS" libpython3.13.a Modules/_hacl/libHacl_Hash_SHA2.a Modules/_decimal/libmpdec/libmpdec.a \
    Modules/expat/libexpat.a pybuilddir.txt >make.log 2>&1 ||
    die "guest make failed, see $CROSS/make.log"
