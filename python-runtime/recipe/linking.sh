# The steps of a link, shared by the runtimes. Sourced after toolchain.sh; OUT is the folder of the link.

# embed OUT FILE...: bootstrap.h, the text of these files one after the other.
embed() {
    local out=$1
    shift
    {
        echo "static const unsigned char bootstrap_source[] = {"
        cat "$@" | od -An -v -tx1 | sed 's/ \(..\)/0x\1,/g'
        echo "0};"
    } >"$out/bootstrap.h"
}

# compile_unit OUT FILE FLAGS...: an object of a copy of the file, so that no path of it is in the object.
compile_unit() {
    local out=$1 file=$2 name
    shift 2
    name=$(basename "$file")
    [ "$file" -ef "$out/$name" ] || cp "$file" "$out/"
    (cd "$out" && $CC $GUEST_CFLAGS -g0 $GUEST_OPT $GUEST_LTO -fvisibility=hidden -I"$SOURCES/python/Include" -I"$CROSS" -I. "$@" \
        -c "$name" -o "${name%.c}.o")
}

# link_module OUT INITIAL_MEMORY OBJECTS...: python.wasm of these objects and the interpreter.
link_module() {
    local out=$1 memory=$2
    shift 2
    # The stack lies below the data, so that overflowing it traps instead of overwriting.
    (cd "$out" && $CC $GUEST_LTO $GUEST_OPT -mexec-model=reactor -o python.wasm "$@" "$CROSS/libpython3.13.a" \
        "$CROSS"/Modules/_hacl/libHacl_Hash_SHA2.a "$CROSS"/Modules/_decimal/libmpdec/libmpdec.a \
        "$CROSS"/Modules/expat/libexpat.a "$WORK/zlib/libz.a" ${LINK_LIBRARIES:-} -lm \
        -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks \
        -z stack-size=8388608 -Wl,--stack-first -Wl,--initial-memory="$memory" -Wl,--strip-all -Wl,--lto-O3 \
        -Wl,--wrap=__wasi_fd_filestat_get -Wl,--wrap=__wasi_path_filestat_get)
    if grep -aq "$WORK" "$out/python.wasm"; then die "a path of the build machine is in the module"; fi
}
