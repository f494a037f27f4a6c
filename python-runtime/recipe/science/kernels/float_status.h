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
#define HYPERSPACE_TO_REGISTER(bits, real, low, beyond)                                                                        \
    static inline int##bits##_t hyperspace_##real##_to_int##bits(real value)                                                   \
    {                                                                                                                          \
        if (value > low && value < beyond)                                                                                     \
            return (int##bits##_t)value;                                                                                       \
        if (value != INT##bits##_MIN)                                                                                          \
            hyperspace_float_status |= 8;                                                                                      \
        return INT##bits##_MIN;                                                                                                \
    }
HYPERSPACE_TO_REGISTER(32, float, -0x1p31f, 0x1p31f)
HYPERSPACE_TO_REGISTER(32, double, -2147483649.0, 0x1p31)
HYPERSPACE_TO_REGISTER(64, float, -0x1p63f, 0x1p63f)
HYPERSPACE_TO_REGISTER(64, double, -0x1p63, 0x1p63)

static inline uint64_t hyperspace_double_to_uint64(double value)
{
    return value >= 0x1p63 ? (uint64_t)hyperspace_double_to_int64(value - 0x1p63) ^ (UINT64_C(1) << 63)
                           : (uint64_t)hyperspace_double_to_int64(value);
}

/* A double as a float; a finite number that becomes infinite is an overflow. */
static inline float hyperspace_double_to_float(double value)
{
    float narrow = (float)value;
    if (narrow - narrow != 0 && value - value == 0)
        hyperspace_float_status |= 2;
    return narrow;
}

#ifdef __cplusplus
}
#endif
#endif
