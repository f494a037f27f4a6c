/*
 * C++ code that throws, and C code that jumps, ends the guest with a sentence: nothing is unwound here. numpy throws in two places, both
 * for memory that cannot be had: an FFT and the hash table of unique. scipy's throw for memory and for what should not happen; Qhull jumps
 * where it gives up. What programs meet (patches/scipy) fails as elsewhere: Boost.Math, which throws for any argument beyond a function's
 * domain, keeps its errors instead; SuperLU, distances and trees of points say why and return.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void end(const char *text)
{
    (void)!write(2, text, strlen(text));
    __builtin_trap();
}

void *__cxa_allocate_exception(size_t size) { return malloc(size + 64); }
void __cxa_free_exception(void *thing) { free(thing); }

_Noreturn void __cxa_throw(void *thing, void *type, void (*destroy)(void *))
{
    (void)thing, (void)type, (void)destroy;
    end("Fatal: an extension module threw a C++ exception (most often: it is out of memory)\n");
}

/* What a thread leaves behind at its end: there is one, and the guest ends with it. */
int __cxa_thread_atexit(void (*destroy)(void *), void *thing, void *library) { return (void)destroy, (void)thing, (void)library, 0; }

_Noreturn void __cxa_rethrow(void) { __builtin_trap(); }
void *__cxa_begin_catch(void *thing) { return thing; }
void __cxa_end_catch(void) {}

_Noreturn void longjmp(int *buffer, int value)
{
    (void)buffer, (void)value;
    end("Fatal: a library of an extension module gave up where it cannot return (most often: Qhull, whose points are too flat or too large, or\n"
        "which was asked to joggle them: option QJ)\n");
}

/* Nothing forks. */
int pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void)) { return (void)before, (void)parent, (void)child, 0; }
