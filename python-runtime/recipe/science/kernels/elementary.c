/*
 * exp, log, tanh, sin, cos and pow of arrays of doubles, two at a time, for numpy: the same bits on every machine, within 1 ulp
 * (tanh 2.1) of the exact value. Every product that is summed is a fused one: one rounding, and one canonical NaN.
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

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2. */
static inline vf exp_rest(vf r)
{
    vf q = FMA(r, ALL(0x1.af38a9b0ec855p-26), ALL(0x1.289185613a3d6p-22));
    q = FMA(q, r, ALL(0x1.71de0dae63bb3p-19));
    q = FMA(q, r, ALL(0x1.a019b90d2ae7ap-16));
    q = FMA(q, r, ALL(0x1.a01a01a7c41d5p-13));
    q = FMA(q, r, ALL(0x1.6c16c1788bd90p-10));
    q = FMA(q, r, ALL(0x1.11111111109b3p-7));
    q = FMA(q, r, ALL(0x1.5555555553d63p-5));
    q = FMA(q, r, ALL(0x1.5555555555556p-3));
    return FMA(q, r, ALL(0.5));
}

/* What is left of x without multiples of ln 2, and how many, in the bits of an exponent. */
static inline vf without_ln2(vf x, vi *exponent)
{
    vf shifted = FMA(x, ALL(0x1.71547652b82fep+0), ALL(ROUND)), n = shifted - ALL(ROUND);
    *exponent = (vi)shifted << 52;
    return FNMA(n, ALL(0x1.abc9e3b39803fp-56), FNMA(n, ALL(0x1.62e42fefa39efp-1), x));
}

static inline vf exp_of(vf x, vi *beyond)
{
    vi exponent;
    vf r = without_ln2(x, &exponent);
    *beyond = ~(magnitude(x) < ALL(708.0));
    return (vf)((vi)(FMA(exp_rest(r), r * r, r) + ALL(1.0)) + exponent);
}

static inline vf log_of(vf x, vi *beyond)
{
    const vi half = ALL_BITS(0x3fe6a09e667f3bcdLL); /* the square root of 1/2 */
    vi bits = (vi)x, steps = (bits - half) >> 52;
    *beyond = (bits < ALL_BITS(0x0010000000000000LL)) | (bits >= ALL_BITS(0x7ff0000000000000LL));
    vf n = (vf)((steps + ALL_BITS(2048)) | ALL_BITS(0x4330000000000000LL)) - ALL(0x1p52 + 2048);
    vf f = (vf)(bits - (steps << 52)) - ALL(1.0), s = f / (f + ALL(2.0)), z = s * s, square = f * f * ALL(0.5);
    vf p = FMA(z, ALL(0x1.2b6688a387e03p-3), ALL(0x1.39fd392179a95p-3));
    p = FMA(p, z, ALL(0x1.7462bd8f7796ep-3));
    p = FMA(p, z, ALL(0x1.c71c62c639fdep-3));
    p = FMA(p, z, ALL(0x1.2492492e09d4dp-2));
    p = FMA(p, z, ALL(0x1.9999999995204p-2));
    p = FMA(p, z, ALL(0x1.5555555555558p-1));
    vf rest = FMA(s, FMA(p, z, square), n * ALL(0x1.a39ef35793c76p-33));
    return FMA(n, ALL(0x1.62e42feep-1), f - (square - rest));
}

static inline vf tanh_of(vf x, vi *beyond)
{
    /* From 22 on it is 1. e^(2|x|) - 1 is summed so that small ones keep their digits. */
    vf y = magnitude(x), twice = choose(y > ALL(22.0), ALL(44.0), y + y);
    vi exponent;
    vf r = without_ln2(twice, &exponent), scale = (vf)(ALL_BITS(0x3ff0000000000000LL) + exponent);
    vf grown = FMA(FMA(exp_rest(r), r * r, r), scale, scale - ALL(1.0));
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

static inline vf row(const double (*table)[4], vi place, vf *second)
{
    const double *a = table[place[0]], *b = table[place[1]];
    vf whole = (vf)wasm_v128_load(a + 1), other = (vf)wasm_v128_load(b + 1);
    *second = (vf){whole[1], other[1]};
    return (vf){whole[0], other[0]};
}

static inline vf pow_of(vf base, vf y, vi *beyond)
{
    vi negative = base < ALL(0.0), bits = (vi)magnitude(base), sign = ALL_BITS(0);
    *beyond = (bits < ALL_BITS(0x0010000000000000LL)) | (bits >= ALL_BITS(0x7ff0000000000000LL));
    if (any(negative)) {
        vf shifted = y + ALL(ROUND);
        *beyond |= negative & ~((shifted - ALL(ROUND) == y) & (magnitude(y) < ALL(0x1p50)));
        sign = negative & ((vi)shifted << 63);
    }
    /* The logarithm, as high + rest: of 2^n, of the reciprocal in the table, and of 1 + r. */
    vi offset = bits - ALL_BITS(FIRST_Z), steps = offset >> 52;
    vi place = (offset >> (52 - TABLE_BITS)) & ALL_BITS(TABLE_SIZE - 1);
    vf n = (vf)((steps + ALL_BITS(2048)) | ALL_BITS(0x4330000000000000LL)) - ALL(0x1p52 + 2048);
    vf short_log, log_rest, reciprocal = {logarithms[place[0]][0], logarithms[place[1]][0]};
    short_log = row(logarithms, place, &log_rest);
    vf r = FMA((vf)(bits - (steps << 52)), reciprocal, ALL(-1.0));
    vf known = FMA(n, ALL(LN2_SHORT), short_log), sum = known + r;
    vf half = r * ALL(-0.5), square = r * half, high = sum + square;
    vf p = FMA(r, ALL(-0x1.000173b7eb4cbp-3), ALL(0x1.2493e629c8199p-3));
    p = FMA(p, r, ALL(-0x1.55555554acaa5p-3));
    p = FMA(p, r, ALL(0x1.99999998de30fp-3));
    p = FMA(p, r, ALL(-0x1.0000000000000p-2));
    p = FMA(p, r, ALL(0x1.5555555555556p-2));
    vf rest = FMA(n, ALL(LN2_REST), log_rest) + ((known - sum) + r);
    rest = rest + FMA(half, r, -square) + ((sum - high) + square);
    rest = FMA(p, r * (r * r), rest);
    vf whole = high + rest;
    rest = (high - whole) + rest;
    /* Times y, and the power of e. */
    vf x = y * whole, x_rest = FMA(y, rest, FMA(y, whole, -x));
    *beyond |= ~(magnitude(x) < ALL(700.0));
    vf shifted = FMA(x, ALL(0x1.71547652b82fep+7), ALL(ROUND)), m = shifted - ALL(ROUND);
    vf t = FNMA(m, ALL(LN2_PART_REST), FNMA(m, ALL(LN2_PART), x)) + x_rest;
    vi parts = (vi)shifted, index = parts & ALL_BITS(TABLE_SIZE - 1);
    vf first = (vf)wasm_v128_load(powers[index[0]]), second = (vf)wasm_v128_load(powers[index[1]]);
    vf scale = (vf)((vi)(vf){first[0], second[0]} + ((parts >> TABLE_BITS) << 52));
    vf e = FMA(t, ALL(0x1.11111440cf238p-7), ALL(0x1.55555ae8e1f80p-5));
    e = FMA(e, t, ALL(0x1.5555555555523p-3));
    e = FMA(e, t, ALL(0.5));
    e = FMA(e, t * t, t) + (vf){first[1], second[1]};
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

void hyperspace_pow(const char *base, intp base_step, const char *power, intp power_step, char *out, intp out_step, intp count)
{
    for (; count > 0; count -= 2, base += 2 * base_step, power += 2 * power_step, out += 2 * out_step) {
        int both = count > 1 ? 2 : 1;
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
