/*
 * C++ code that throws ends the guest with a sentence: nothing is unwound here. numpy throws in two places, both for memory that
 * cannot be had: an FFT and the hash table of unique.
 */
#include <stdlib.h>
#include <unistd.h>

void *__cxa_allocate_exception(size_t size) { return malloc(size + 64); }
void __cxa_free_exception(void *thing) { free(thing); }

_Noreturn void __cxa_throw(void *thing, void *type, void (*destroy)(void *))
{
    static const char text[] = "Fatal: an extension module threw a C++ exception (most often: it is out of memory)\n";
    (void)thing, (void)type, (void)destroy;
    (void)!write(2, text, sizeof text - 1);
    __builtin_trap();
}

_Noreturn void __cxa_rethrow(void) { __builtin_trap(); }
void *__cxa_begin_catch(void *thing) { return thing; }
void __cxa_end_catch(void) {}
