/* There are no long jumps here: who would jump ends the guest with a sentence (exceptions.c). The patches of scipy leave few that do. */
#ifndef HYPERSPACE_SETJMP_H
#define HYPERSPACE_SETJMP_H
typedef int jmp_buf[1];
#define setjmp(buffer) ((void)(buffer), 0)
#ifdef __cplusplus
extern "C"
#endif
_Noreturn void longjmp(jmp_buf buffer, int value);
#endif
