/*
 * exp, log, tanh, sin, cos and pow of arrays of doubles, two at a time, for numpy: the same bits on every machine, within 1 ulp
 * (tanh 2.4) of the exact value. Every product that is summed is a fused one: one rounding, and one canonical NaN.
 *
 * The common range is computed here. What lies outside (subnormal numbers and results, infinities, NaN, large angles) is left to the C
 * library, number by number, so that a result depends on its own operands alone, wherever in an array they are.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

#include "elementary_tables.h"

typedef long long intp; /* an npy_intp */
typedef double vf __attribute__((vector_size(16)));
typedef int64_t vi __attribute__((vector_size(16)));

#define FMA(a, b, c) __builtin_wasm_relaxed_madd_f64x2(a, b, c)
#define FNMA(a, b, c) __builtin_wasm_relaxed_nmadd_f64x2(a, b, c) /* c - a * b */
#define ALL(x) ((vf){x, x})
#define ALL_BITS(x) ((vi){x, x})
#define ROUND 0x1.8p52 /* added to a small number, it leaves the nearest integer in the low bits */

static inline int any(vi mask) { return wasm_v128_any_true((v128_t)mask); }
static inline vf choose(vi mask, vf yes, vf no) { return (vf)wasm_v128_bitselect((v128_t)yes, (v128_t)no, (v128_t)mask); }
static inline vf magnitude(vf x) { return (vf)((vi)x & ALL_BITS(INT64_MAX)); }

/* Two doubles that lie together, of each number: the first ones, and the second ones. */
static inline vf columns(const double *a, const double *b, vf *second)
{
    v128_t x = wasm_v128_load(a), y = wasm_v128_load(b);
    *second = (vf)wasm_i64x2_shuffle(x, y, 1, 3);
    return (vf)wasm_i64x2_shuffle(x, y, 0, 2);
}

/* A whole number of 32 bits, in the low half of each, as a double. Conversions of integers, unlike sums, have no NaN to make canonical. */
static inline vf whole(vi n)
{
    return (vf)wasm_f64x2_convert_low_i32x4(wasm_i32x4_shuffle((v128_t)n, (v128_t)n, 0, 2, 0, 2));
}

/*
 * e^(x + rest) is scale + scale * the result: scale is a power of 2 in steps of ln 2 / TABLE_SIZE, from the table, and what is left of x
 * is so small that four terms are enough. `rest` is small beside x.
 */
static inline vf scaled_exp(vf x, vf rest, vf *scale)
{
    vi steps = (vi)FMA(x, ALL(0x1.71547652b82fep+7), ALL(ROUND));
    vi place = steps & ALL_BITS(TABLE_SIZE - 1);
    vf n = whole(steps), low, first = columns(powers[place[0]], powers[place[1]], &low);
    vf t = FNMA(n, ALL(LN2_PART_REST), FNMA(n, ALL(LN2_PART), x)) + rest;
    *scale = (vf)((vi)first + (steps >> TABLE_BITS << 52));
    vf square = t * t, e = FMA(t, ALL(0x1.5555555555523p-3), ALL(0.5));
    e = FMA(FMA(t, ALL(0x1.11111440cf238p-7), ALL(0x1.55555ae8e1f80p-5)), square, e);
    return FMA(e, square, t + low);
}

static inline vf exp_of(vf x, vi *beyond)
{
    vf scale, rest = scaled_exp(x, ALL(-0.0), &scale);
    *beyond = ~(magnitude(x) < ALL(708.0));
    return FMA(scale, rest, scale);
}

/*
 * The parts of a logarithm: of a power of 2 and of the reciprocal in the table, as known + rest, and of 1 + r. For positive normal
 * numbers of these bits.
 */
static inline vf known_log(vi bits, vf *r, vf *rest)
{
    vi offset = bits - ALL_BITS(FIRST_Z), steps = offset >> 52, place = offset >> (52 - TABLE_BITS) & ALL_BITS(TABLE_SIZE - 1);
    const double *a = logarithms[place[0]], *b = logarithms[place[1]];
    vf n = whole(steps), short_log, log_rest, reciprocal = columns(a, b, &short_log);
    log_rest = (vf){a[2], b[2]};
    *r = FMA((vf)(bits - (steps << 52)), reciprocal, ALL(-1.0));
    *rest = FMA(n, ALL(LN2_REST), log_rest);
    return FMA(n, ALL(LN2_SHORT), short_log);
}

/* (log(1 + r) - r + r^2 / 2) / r^3 for the r of the table. */
static inline vf log_rest_of(vf r, vf square)
{
    vf first = FMA(r, ALL(-0x1.0000000000000p-2), ALL(0x1.5555555555556p-2));
    vf second = FMA(r, ALL(-0x1.55555554acaa5p-3), ALL(0x1.99999998de30fp-3));
    vf third = FMA(r, ALL(-0x1.000173b7eb4cbp-3), ALL(0x1.2493e629c8199p-3));
    return FMA(FMA(third, square, second), square, first);
}

static inline vi no_logarithm(vi bits) { return (bits < ALL_BITS(0x0010000000000000LL)) | (bits >= ALL_BITS(0x7ff0000000000000LL)); }

static inline vf log_of(vf x, vi *beyond)
{
    vf r, rest, known = known_log((vi)x, &r, &rest), square = r * r;
    *beyond = no_logarithm((vi)x);
    return known + (r + FMA(FMA(r, log_rest_of(r, square), ALL(-0.5)), square, rest));
}

static inline vf tanh_of(vf x, vi *beyond)
{
    /* From 22 on it is 1. e^(2|x|) - 1 is summed so that small ones keep their digits. */
    vf y = magnitude(x), twice = choose(y > ALL(22.0), ALL(44.0), y + y), scale, rest = scaled_exp(twice, ALL(-0.0), &scale);
    vf grown = FMA(scale, rest, scale - ALL(1.0));
    *beyond = x != x;
    return (vf)((vi)(grown / (grown + ALL(2.0))) | ((vi)x & ALL_BITS(INT64_MIN)));
}

/* sin (quadrants 0) or cos (1). */
static inline vf sine_of(vf x, long long quadrants, vi *beyond)
{
    vf shifted = FMA(x, ALL(0x1.45f306dc9c883p-1), ALL(ROUND)), n = shifted - ALL(ROUND);
    vi quadrant = (vi)shifted + ALL_BITS(quadrants);
    /* r + low is x without multiples of a quarter turn, whose second part may be nearly all that the first leaves. */
    vf first = FNMA(n, ALL(0x1.921fb54442d18p+0), x), second = n * ALL(0x1.1a62633145c07p-54), r = first - second;
    vf low = FNMA(n, ALL(-0x1.f1976b7ed8fbcp-110), ((first - r) - second) - FMA(n, ALL(0x1.1a62633145c07p-54), -second));
    vf z = r * r;
    vf s = FMA(z, ALL(0x1.5e0af186af739p-33), ALL(-0x1.ae600a926c89ap-26));
    s = FMA(s, z, ALL(0x1.71de37961e4c6p-19));
    s = FMA(s, z, ALL(-0x1.a01a019e8357dp-13));
    s = FMA(s, z, ALL(0x1.1111111110bb1p-7));
    s = FMA(s, z, ALL(-0x1.5555555555555p-3));
    vf sine = r + FMA(s, z * r, FNMA(z * ALL(0.5), low, low));
    vf c = FMA(z, ALL(-0x1.907d7aebd5e3dp-37), ALL(0x1.1eeb68b109173p-29));
    c = FMA(c, z, ALL(-0x1.27e4fa17a41b4p-22));
    c = FMA(c, z, ALL(0x1.a01a019f4e867p-16));
    c = FMA(c, z, ALL(-0x1.6c16c16c16966p-10));
    c = FMA(c, z, ALL(0x1.5555555555555p-5));
    vf half = z * ALL(0.5), most = ALL(1.0) - half;
    vf cosine = most + FMA(c, z * z, FNMA(r, low, (ALL(1.0) - most) - half));
    vf value = choose((quadrant & ALL_BITS(1)) == ALL_BITS(1), cosine, sine);
    /* The sine of the least numbers is themselves, with the sign of zero. */
    value = choose(magnitude(x) < ALL(0x1p-27), quadrants ? ALL(1.0) : x, value);
    *beyond = ~(magnitude(x) < ALL(0x1p23));
    return (vf)((vi)value ^ ((quadrant << 62) & ALL_BITS(INT64_MIN)));
}

static inline vf pow_of(vf base, vf y, vi *beyond)
{
    vi negative = base < ALL(0.0), bits = (vi)magnitude(base), sign = ALL_BITS(0);
    *beyond = no_logarithm(bits);
    if (any(negative)) {
        vf shifted = y + ALL(ROUND);
        *beyond |= negative & ~((shifted - ALL(ROUND) == y) & (magnitude(y) < ALL(0x1p50)));
        sign = negative & ((vi)shifted << 63);
    }
    /* The logarithm, as whole + rest. */
    vf r, rest, known = known_log(bits, &r, &rest), sum = known + r, half = r * ALL(-0.5), square = r * half, high = sum + square;
    vf cube = r * (r * r), p = log_rest_of(r, r * r);
    rest = rest + ((known - sum) + r) + (FMA(half, r, -square) + ((sum - high) + square));
    rest = FMA(p, cube, rest);
    vf log_high = high + rest, log_low = (high - log_high) + rest;
    /* Times y, and the power of e. */
    vf x = y * log_high, scale, e = scaled_exp(x, FMA(y, log_low, FMA(y, log_high, -x)), &scale);
    *beyond |= ~(magnitude(x) < ALL(700.0));
    return (vf)((vi)FMA(scale, e, scale) ^ sign);
}

static inline vf pair(const char *from, intp step, int count)
{
    double first, second;
    if (step == sizeof(double) && count > 1)
        return (vf)wasm_v128_load(from);
    memcpy(&first, from, sizeof first);
    memcpy(&second, from + (count > 1 ? step : 0), sizeof second);
    return (vf){first, second};
}

static inline void put(char *to, intp step, int count, vf value)
{
    double first = value[0], second = value[1];
    if (step == sizeof(double) && count > 1) {
        wasm_v128_store(to, (v128_t)value);
        return;
    }
    memcpy(to, &first, sizeof first);
    if (count > 1)
        memcpy(to + step, &second, sizeof second);
}

#define FUNCTION(name, VALUE, library)                                                                                             \
    void hyperspace_##name(const char *in, intp in_step, char *out, intp out_step, intp count)                                     \
    {                                                                                                                              \
        for (; count > 0; count -= 2, in += 2 * in_step, out += 2 * out_step) {                                                    \
            int both = count > 1 ? 2 : 1;                                                                                          \
            vi beyond;                                                                                                             \
            vf x = pair(in, in_step, both), value = VALUE;                                                                         \
            if (any(beyond)) {                                                                                                     \
                for (int lane = 0; lane < 2; lane++)                                                                               \
                    if (beyond[lane])                                                                                              \
                        value[lane] = library(x[lane]);                                                                            \
            }                                                                                                                      \
            put(out, out_step, both, value);                                                                                       \
        }                                                                                                                          \
    }
FUNCTION(exp, exp_of(x, &beyond), exp)
FUNCTION(log, log_of(x, &beyond), log)
FUNCTION(tanh, tanh_of(x, &beyond), tanh)
FUNCTION(sin, sine_of(x, 0, &beyond), sin)
FUNCTION(cos, sine_of(x, 1, &beyond), cos)

/* Whether a result may be one of the numbers that are read later, as in accumulate and reduce. */
static int feeds(const char *out, intp out_step, const char *in, intp in_step, intp count)
{
    if (in == out && in_step == out_step && in_step != 0)
        return 0; /* each result takes the place of its own number */
    intp in_last = (count - 1) * in_step, out_last = (count - 1) * out_step;
    const char *in_low = in_last < 0 ? in + in_last : in, *in_high = in_last < 0 ? in : in + in_last;
    const char *out_low = out_last < 0 ? out + out_last : out, *out_high = out_last < 0 ? out : out + out_last;
    return in_low < out_high + sizeof(double) && out_low < in_high + sizeof(double);
}

void hyperspace_pow(const char *base, intp base_step, const char *power, intp power_step, char *out, intp out_step, intp count)
{
    int most = feeds(out, out_step, base, base_step, count) || feeds(out, out_step, power, power_step, count) ? 1 : 2;
    for (; count > 0; count -= most, base += most * base_step, power += most * power_step, out += most * out_step) {
        int both = count > 1 ? most : 1;
        vi beyond;
        vf x = pair(base, base_step, both), y = pair(power, power_step, both), value = pow_of(x, y, &beyond);
        if (any(beyond)) {
            for (int lane = 0; lane < 2; lane++)
                if (beyond[lane])
                    value[lane] = pow(x[lane], y[lane]);
        }
        put(out, out_step, both, value);
    }
}
