/* Finds out from the operands and results of a loop which floating-point exceptions a machine with flags would have raised. */
#include "float_status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef long long intp;

enum { DIVIDE_BY_ZERO = 1, OVERFLOW = 2, INVALID = 8 };
/* numpy's numbers of types */
enum { FLOAT = 11, DOUBLE, LONGDOUBLE, CFLOAT, CDOUBLE, CLONGDOUBLE, HALF = 23 };
enum { BLOCK = 256, OPERANDS_MAX = 32, ITEM_MAX = 32 };

int hyperspace_float_status;
int hyperspace_status_is_taken;

typedef enum { FINITE, INFINITE, NOT_A_NUMBER } Kind;

static int is_float(int type) { return (type >= FLOAT && type <= CLONGDOUBLE) || type == HALF; }

static intp size_of(int type)
{
    static const intp sizes[] = {4, 8, 16, 8, 16, 32};
    return type == HALF ? 2 : sizes[type - FLOAT];
}

static Kind worse(Kind a, Kind b) { return a > b ? a : b; }

static Kind kind_of_float(const char *item)
{
    uint32_t bits;
    memcpy(&bits, item, sizeof bits);
    bits &= 0x7fffffff;
    return bits < 0x7f800000 ? FINITE : bits == 0x7f800000 ? INFINITE : NOT_A_NUMBER;
}

static Kind kind_of_double(const char *item)
{
    uint64_t bits;
    memcpy(&bits, item, sizeof bits);
    bits &= UINT64_MAX >> 1;
    return bits < 0x7ff0000000000000 ? FINITE : bits == 0x7ff0000000000000 ? INFINITE : NOT_A_NUMBER;
}

static Kind kind_of_long_double(const char *item)
{
    uint64_t low, high;
    memcpy(&low, item, sizeof low);
    memcpy(&high, item + sizeof low, sizeof high);
    high &= UINT64_MAX >> 1;
    if (high < 0x7fff000000000000)
        return FINITE;
    return high == 0x7fff000000000000 && low == 0 ? INFINITE : NOT_A_NUMBER;
}

static Kind kind_of(int type, const char *item)
{
    uint16_t half;
    switch (type) {
    case FLOAT: return kind_of_float(item);
    case DOUBLE: return kind_of_double(item);
    case LONGDOUBLE: return kind_of_long_double(item);
    case CFLOAT: return worse(kind_of_float(item), kind_of_float(item + 4));
    case CDOUBLE: return worse(kind_of_double(item), kind_of_double(item + 8));
    case CLONGDOUBLE: return worse(kind_of_long_double(item), kind_of_long_double(item + 16));
    case HALF:
        memcpy(&half, item, sizeof half);
        half &= 0x7fff;
        return half < 0x7c00 ? FINITE : half == 0x7c00 ? INFINITE : NOT_A_NUMBER;
    default: return FINITE; /* no floating-point number */
    }
}

/* Whether a number is zero, whatever its sign. */
static int is_zero(int type, const char *item)
{
    static const char zeros[ITEM_MAX];
    if (!is_float(type))
        return 0;
    intp size = size_of(type), part = type >= CFLOAT && type <= CLONGDOUBLE ? size / 2 : size;
    for (intp at = 0; at < size; at += part) {
        if (memcmp(item + at, zeros, (size_t)part - 1) != 0 || (item[at + part - 1] & 0x7f) != 0)
            return 0;
    }
    return 1;
}

/* Whether all of these numbers are finite; quick for those that lie together. */
static int all_finite(int type, const char *items, intp step, intp count)
{
    intp n = 0;
    if (step == size_of(type) && (type == DOUBLE || type == CDOUBLE)) {
        if (type == CDOUBLE)
            count *= 2, step /= 2, type = DOUBLE;
        for (; n + 64 <= count; n += 64) {
            int64_t most = 0; /* an exponent of ones carries into the sign */
            for (int at = 0; at < 64; at++) {
                int64_t bits;
                memcpy(&bits, items + (n + at) * 8, sizeof bits);
                most |= (bits & INT64_MAX) + 0x0010000000000000;
            }
            if (most < 0)
                return 0;
        }
    }
    else if (step == size_of(type) && (type == FLOAT || type == CFLOAT)) {
        if (type == CFLOAT)
            count *= 2, step /= 2, type = FLOAT;
        for (; n + 64 <= count; n += 64) {
            int32_t most = 0;
            for (int at = 0; at < 64; at++) {
                int32_t bits;
                memcpy(&bits, items + (n + at) * 4, sizeof bits);
                most |= (int32_t)(((uint32_t)bits & INT32_MAX) + 0x00800000u);
            }
            if (most < 0)
                return 0;
        }
    }
    for (; n < count; n++) {
        if (kind_of(type, items + n * step) != FINITE)
            return 0;
    }
    return 1;
}

/* Whether an infinite result of finite operands is exact: a pole of the function. */
static int is_pole(const hyperspace_operands *operands, char *const *args, const intp *steps, intp n)
{
    static const char *const always[] = {"log", "log2", "log10", "log1p", "arctanh", "reciprocal"};
    static const char *const by_second[] = {"divide", "true_divide", "floor_divide", "divmod", "remainder", "fmod"};
    const char *name = operands->name ? operands->name : "";
    for (size_t at = 0; at < sizeof always / sizeof *always; at++) {
        if (strcmp(name, always[at]) == 0)
            return 1;
    }
    int index = strcmp(name, "power") == 0 || strcmp(name, "float_power") == 0 ? 0 : -1;
    for (size_t at = 0; at < sizeof by_second / sizeof *by_second; at++) {
        if (strcmp(name, by_second[at]) == 0)
            index = 1;
    }
    return index >= 0 && index < operands->inputs && is_zero(operands->types[index], args[index] + n * steps[index]);
}

static int is_named(const hyperspace_operands *operands, const char *name)
{
    return operands->name && strcmp(operands->name, name) == 0;
}

/* Whether the function compares its operands, which is invalid for NaN. */
static int compares(const hyperspace_operands *operands)
{
    return is_named(operands, "logaddexp") || is_named(operands, "logaddexp2");
}

/* Notes what the results of a loop show, whose operands are all still there. */
static void note(const hyperspace_operands *operands, char *const *args, intp count, const intp *steps)
{
    for (int out = operands->inputs; out < operands->inputs + operands->outputs; out++) {
        int type = operands->types[out];
        if (!is_float(type) || all_finite(type, args[out], steps[out], count))
            continue;
        for (intp n = 0; n < count; n++) {
            Kind result = kind_of(type, args[out] + n * steps[out]), operand = FINITE;
            if (result == FINITE)
                continue;
            /* a number may well be the next one towards infinity */
            int inputs = result == INFINITE && is_named(operands, "nextafter") ? 1 : operands->inputs;
            for (int in = 0; in < inputs; in++)
                operand = worse(operand, kind_of(operands->types[in], args[in] + n * steps[in]));
            if (operand == INFINITE && is_named(operands, "spacing"))
                continue;
            if (result == NOT_A_NUMBER && (operand != NOT_A_NUMBER || compares(operands)))
                hyperspace_float_status |= INVALID;
            else if (result == INFINITE && operand == FINITE)
                hyperspace_float_status |= is_pole(operands, args, steps, n) ? DIVIDE_BY_ZERO : OVERFLOW;
        }
    }
}

void hyperspace_note_items(const char *name, int type, const void *first, const void *second, const void *result)
{
    char *const args[] = {(char *)first, (char *)second, (char *)result};
    static const intp steps[3];
    const int types[] = {type, type, type};
    note(&(hyperspace_operands){name, 2, 1, types}, args, 1, steps);
}

/* Notes what a reduction to one element shows, that began with `first`. */
static void note_reduction(const hyperspace_operands *operands, char *const *args, intp count, const intp *steps, Kind first)
{
    Kind result = kind_of(operands->types[2], args[2]), operand = first;
    if (result == FINITE)
        return;
    for (intp n = 0; n < count; n++)
        operand = worse(operand, kind_of(operands->types[1], args[1] + n * steps[1]));
    if (result == NOT_A_NUMBER && (operand != NOT_A_NUMBER || compares(operands)))
        hyperspace_float_status |= INVALID;
    else if (result == INFINITE && operand == FINITE)
        hyperspace_float_status |= OVERFLOW;
}

/* Runs a loop whose result overwrites operand `index`, block by block with a copy of that operand. */
static int run_in_blocks(
    hyperspace_loop *loop, void *context, char *const *args, intp count, const intp *steps, void *auxdata,
    const hyperspace_operands *operands, int index)
{
    char copy[BLOCK * ITEM_MAX], *own[OPERANDS_MAX], *seen[OPERANDS_MAX];
    intp seen_steps[OPERANDS_MAX], size = size_of(operands->types[index]);
    int all = operands->inputs + operands->outputs;
    for (intp done = 0; done < count; done += BLOCK) {
        intp part = count - done < BLOCK ? count - done : BLOCK;
        for (int at = 0; at < all; at++)
            own[at] = seen[at] = args[at] + done * steps[at], seen_steps[at] = steps[at];
        for (intp n = 0; n < part; n++)
            memcpy(copy + n * size, own[index] + n * steps[index], (size_t)size);
        seen[index] = copy, seen_steps[index] = size;
        int code = loop(context, own, &part, steps, auxdata);
        if (code != 0)
            return code;
        if (!hyperspace_status_is_taken)
            note(operands, seen, part, seen_steps);
    }
    return 0;
}

int hyperspace_run_loop(
    hyperspace_loop *loop, void *context, char *const *args, const intp *count, const intp *steps, void *auxdata,
    const hyperspace_operands *operands)
{
    int inputs = operands->inputs, all = inputs + operands->outputs, overwritten = -1, floats = 0;
    hyperspace_status_is_taken = 0;
    for (int out = inputs; out < all; out++)
        floats |= is_float(operands->types[out]);
    if (!floats || all > OPERANDS_MAX || *count <= 0)
        return loop(context, args, count, steps, auxdata);
    if (inputs == 2 && all == 3 && args[0] == args[2] && steps[0] == 0 && steps[2] == 0) {
        Kind first = kind_of(operands->types[0], args[0]);
        int code = loop(context, args, count, steps, auxdata);
        if (code == 0 && !hyperspace_status_is_taken)
            note_reduction(operands, args, *count, steps, first);
        return code;
    }
    for (int in = 0; in < inputs; in++) {
        for (int out = inputs; out < all; out++) {
            if (args[in] == args[out] && is_float(operands->types[in]))
                overwritten = in;
        }
    }
    if (overwritten >= 0 && *count > 0)
        return run_in_blocks(loop, context, args, *count, steps, auxdata, operands, overwritten);
    int code = loop(context, args, count, steps, auxdata);
    if (code == 0 && !hyperspace_status_is_taken)
        note(operands, args, *count, steps);
    return code;
}
