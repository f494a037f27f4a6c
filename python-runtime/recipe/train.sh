#!/usr/bin/env bash
# Profiles the interpreter on train.py: profile.zst, which cross.sh and link.sh optimise by. Not part of build.sh: the profile is
# kept with the recipe, so that the artifacts do not depend on another run of it. Run fetch.sh and native.sh before.
#
# The profile counts in the sources, not in the machine code, so that a build for this machine can be asked; it is made to take
# the same ways as the guest's: no computed gotos, digits of 30 bits, all modules built in.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/toolchain.sh"

TRAIN=$WORK/train
rm -rf "$TRAIN"
mkdir -p "$TRAIN/raw"
cd "$TRAIN"
step "profiled python: configure"
CC=clang-19 AR=llvm-ar RANLIB=llvm-ranlib MODULE_BUILDTYPE=static "$SOURCES/python/configure" --prefix=/usr \
    --without-ensurepip --disable-test-modules --with-pymalloc --without-mimalloc --without-computed-gotos \
    --enable-big-digits=30 --with-pkg-config=no \
    OPT="-g0 -O1 -w" CFLAGS="-fprofile-instr-generate -ffile-prefix-map=$WORK=/build" \
    >configure.log 2>&1 || die "profiled configure failed, see $TRAIN/configure.log"
step "profiled python: make"
LLVM_PROFILE_FILE=/dev/null make -j"$JOBS" python LDFLAGS=-fprofile-instr-generate >make.log 2>&1 || die "profiled make failed, see $TRAIN/make.log"
step "training"
# No address and no hash seed of this run may be in the counts.
PYTHONHASHSEED=0 LLVM_PROFILE_FILE="$TRAIN/raw/%p.profraw" \
    setarch -R ./python -I -S -B -X frozen_modules=off "$RECIPE/train.py" >train.log 2>&1 || die "training failed, see $TRAIN/train.log"
step "profile"
llvm-profdata merge -sparse -o python.profdata raw/*.profraw
zstd -q -f -19 python.profdata -o "$RECIPE/profile.zst"
