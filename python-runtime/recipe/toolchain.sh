# The guest's compiler, from the unpacked packages. Sourced after lib.sh.
export PATH=$ROOT/usr/lib/llvm-19/bin:$ROOT/usr/bin:$PATH
export LD_LIBRARY_PATH=$ROOT/usr/lib/llvm-19/lib:$ROOT/usr/lib/x86_64-linux-gnu
# No bulk-memory instructions: a copy must cost fuel by its length, one instruction would cost one unit.
CC="clang-19 --target=wasm32-wasip1 --sysroot=$ROOT/usr"
GUEST_OPT=${GUEST_OPT:--O3}
GUEST_LTO=${GUEST_LTO--flto}
# Optimised by a profile (train.sh); what it does not know is compiled as ever.
GUEST_PROFILE=${GUEST_PROFILE--fprofile-instr-use=$WORK/python.profdata -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled}
# No path of the build machine may reach the module.
GUEST_CFLAGS="-ffile-prefix-map=$WORK=/build -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS"
