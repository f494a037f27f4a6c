/*
 * The floating-point status in software: WebAssembly has no flags that operations raise, so numpy's loops are looked at afterwards.
 * Included by numpy's sources (see patches/) and by float_status.c.
 */
#ifndef HYPERSPACE_FLOAT_STATUS_H
#define HYPERSPACE_FLOAT_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What has happened since it was cleared: NPY_FPE_DIVIDEBYZERO 1, NPY_FPE_OVERFLOW 2, NPY_FPE_UNDERFLOW 4, NPY_FPE_INVALID 8. */
extern int hyperspace_float_status;

/* Set by loops of extension modules that take the status themselves, as those of scipy.special do: nothing is left of it for numpy. */
extern int hyperspace_status_is_taken;

/* A strided loop of numpy. */
typedef int hyperspace_loop(void *context, char *const *args, const long long *count, const long long *steps, void *auxdata);

/* The operands of a loop: numbers of inputs and outputs, and the type numbers of both. */
typedef struct {
    const char *name; /* of the function, or NULL */
    int inputs, outputs;
    const int *types;
} hyperspace_operands;

/* Runs a loop, and notes in the status what its results show to have happened. Returns what the loop returns. */
int hyperspace_run_loop(
    hyperspace_loop *loop, void *context, char *const *args, const long long *count, const long long *steps, void *auxdata,
    const hyperspace_operands *operands);

/* Notes what the result of a function of two numbers of one type shows. */
void hyperspace_note_items(const char *name, int type, const void *first, const void *second, const void *result);

/*
 * Conversions to integers as machines of x86-64 do them: what does not fit becomes the least number of the register that converts,
 * and the status says so; what is smaller than a register is cut off from it.
 */
#define HYPERSPACE_TO_REGISTER(bits, name, real, low, beyond)                                                                  \
    static inline int##bits##_t hyperspace_##name##_to_int##bits(real value)                                                   \
    {                                                                                                                          \
        if (value > low && value < beyond)                                                                                     \
            return (int##bits##_t)value;                                                                                       \
        if (value != INT##bits##_MIN)                                                                                          \
            hyperspace_float_status |= 8;                                                                                      \
        return INT##bits##_MIN;                                                                                                \
    }
HYPERSPACE_TO_REGISTER(32, float, float, -0x1p31f, 0x1p31f)
HYPERSPACE_TO_REGISTER(32, double, double, -2147483649.0, 0x1p31)
HYPERSPACE_TO_REGISTER(64, float, float, -0x1p63f, 0x1p63f)
HYPERSPACE_TO_REGISTER(64, double, double, -0x1p63, 0x1p63)
HYPERSPACE_TO_REGISTER(16, long_double, long double, -32769.0L, 0x1p15L)
HYPERSPACE_TO_REGISTER(32, long_double, long double, -2147483649.0L, 0x1p31L)
HYPERSPACE_TO_REGISTER(64, long_double, long double, -0x1p63L, 0x1p63L)

#define HYPERSPACE_TO_UNSIGNED(name, real)                                                                                     \
    static inline uint64_t hyperspace_##name##_to_uint64(real value)                                                           \
    {                                                                                                                          \
        return value >= 0x1p63 ? (uint64_t)hyperspace_##name##_to_int64(value - 0x1p63) ^ (UINT64_C(1) << 63)                  \
                               : (uint64_t)hyperspace_##name##_to_int64(value);                                                \
    }
HYPERSPACE_TO_UNSIGNED(double, double)
HYPERSPACE_TO_UNSIGNED(long_double, long double)

/* A number as a narrower one; a finite number that becomes infinite is an overflow. */
#define HYPERSPACE_TO_NARROW(name, real, narrow)                                                                               \
    static inline narrow hyperspace_##name##_to_##narrow(real value)                                                           \
    {                                                                                                                          \
        narrow result = (narrow)value;                                                                                         \
        if (result - result != 0 && value - value == 0)                                                                        \
            hyperspace_float_status |= 2;                                                                                      \
        return result;                                                                                                         \
    }
HYPERSPACE_TO_NARROW(double, double, float)
HYPERSPACE_TO_NARROW(long_double, long double, float)
HYPERSPACE_TO_NARROW(long_double, long double, double)

#ifdef __cplusplus
}
#endif
#endif
