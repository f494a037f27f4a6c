/* Included by fortran90.c once for each precision. */

/* The sums of squares of small, middling and large numbers. */
struct REAL_NAME(sums) { REAL small, middle, big; logical none_big; };

static inline void REAL_NAME(add)(struct REAL_NAME(sums) *sums, REAL x)
{
    REAL size = ABS(x);
    if (size > BIG) {
        sums->big += (size * LOWER) * (size * LOWER);
        sums->none_big = FALSE_;
    } else if (size < SMALL) {
        if (sums->none_big)
            sums->small += (size * RAISE) * (size * RAISE);
    } else {
        sums->middle += size * size;
    }
}

/* A scale and a sum, so that the sum of all squares is scale² times the sum. */
static void REAL_NAME(joined)(struct REAL_NAME(sums) *sums, REAL *scale, REAL *sum)
{
    REAL middle = sums->middle;
    logical has_middle = middle > 0 || middle != middle;
    if (sums->big > 0) {
        *scale = 1 / LOWER;
        *sum = sums->big + (has_middle ? (middle * LOWER) * LOWER : 0);
    } else if (sums->small > 0 && has_middle) {
        REAL a = SQRT(middle), b = SQRT(sums->small) / RAISE, low = b > a ? a : b, high = b > a ? b : a;
        *scale = 1;
        *sum = high * high * (1 + (low / high) * (low / high));
    } else if (sums->small > 0) {
        *scale = 1 / RAISE;
        *sum = sums->small;
    } else {
        *scale = 1;
        *sum = middle;
    }
}

static struct REAL_NAME(sums) REAL_NAME(squares)(integer count, const REAL *x, integer step, integer parts)
{
    struct REAL_NAME(sums) sums = {0, 0, 0, TRUE_};
    if (step < 0)
        x -= (long)(count - 1) * step * parts;
    for (integer n = 0; n < count; n++, x += (long)step * parts)
        for (integer part = 0; part < parts; part++)
            REAL_NAME(add)(&sums, x[part]);
    return sums;
}

REAL REAL_NAME(nrm2_)(integer *count, REAL *x, integer *step)
{
    REAL scale, sum;
    struct REAL_NAME(sums) sums = REAL_NAME(squares)(*count, x, *step, 1);
    REAL_NAME(joined)(&sums, &scale, &sum);
    return scale * SQRT(sum);
}

REAL COMPLEX_NORM(integer *count, COMPLEX *x, integer *step)
{
    REAL scale, sum;
    struct REAL_NAME(sums) sums = REAL_NAME(squares)(*count, &x->r, *step, 2);
    REAL_NAME(joined)(&sums, &scale, &sum);
    return scale * SQRT(sum);
}

static void REAL_NAME(more)(struct REAL_NAME(sums) sums, integer count, REAL *scale, REAL *sum)
{
    if (*scale != *scale || *sum != *sum)
        return;
    if (*sum == 0)
        *scale = 1;
    if (*scale == 0) {
        *scale = 1;
        *sum = 0;
    }
    if (count <= 0)
        return;
    if (*sum > 0) {
        REAL size = *scale * SQRT(*sum);
        if (size > BIG) {
            if (*scale > 1) {
                *scale *= LOWER;
                sums.big += *scale * (*scale * *sum);
            } else {
                sums.big += *scale * (*scale * (LOWER * (LOWER * *sum)));
            }
        } else if (size < SMALL) {
            if (sums.none_big) {
                if (*scale < 1) {
                    *scale *= RAISE;
                    sums.small += *scale * (*scale * *sum);
                } else {
                    sums.small += *scale * (*scale * (RAISE * (RAISE * *sum)));
                }
            }
        } else {
            sums.middle += *scale * (*scale * *sum);
        }
    }
    REAL_NAME(joined)(&sums, scale, sum);
}

void REAL_NAME(lassq_)(integer *count, REAL *x, integer *step, REAL *scale, REAL *sum)
{
    REAL_NAME(more)(REAL_NAME(squares)(*count, x, *step, 1), *count, scale, sum);
}

void COMPLEX_NAME(lassq_)(integer *count, COMPLEX *x, integer *step, REAL *scale, REAL *sum)
{
    REAL_NAME(more)(REAL_NAME(squares)(*count, &x->r, *step, 2), *count, scale, sum);
}

/* ---- plane rotations ----------------------------------------------------------------------------------------------------- */

static inline REAL REAL_NAME(within)(REAL x) { return min(1 / SMALLEST, max(SMALLEST, x)); }

void REAL_NAME(rotg_)(REAL *a, REAL *b, REAL *c, REAL *s)
{
    REAL a_size = ABS(*a), b_size = ABS(*b);
    if (b_size == 0) {
        *c = 1;
        *s = 0;
        *b = 0;
    } else if (a_size == 0) {
        *c = 0;
        *s = 1;
        *a = *b;
        *b = 1;
    } else {
        REAL scale = REAL_NAME(within)(max(a_size, b_size)), sign = SIGN(1, a_size > b_size ? *a : *b);
        REAL x = *a / scale, y = *b / scale, r = sign * (scale * SQRT(x * x + y * y));
        *c = *a / r;
        *s = *b / r;
        *b = a_size > b_size ? *s : *c != 0 ? 1 / *c : 1;
        *a = r;
    }
}

void REAL_NAME(lartg_)(REAL *f, REAL *g, REAL *c, REAL *s, REAL *r)
{
    REAL low = SQRT(SMALLEST), high = SQRT(1 / SMALLEST / 2), f0 = *f, g0 = *g, f_size = ABS(f0), g_size = ABS(g0);
    if (g0 == 0) {
        *c = 1;
        *s = 0;
        *r = f0;
    } else if (f0 == 0) {
        *c = 0;
        *s = SIGN(1, g0);
        *r = g_size;
    } else if (f_size > low && f_size < high && g_size > low && g_size < high) {
        REAL d = SQRT(f0 * f0 + g0 * g0);
        *c = f_size / d;
        *r = SIGN(d, f0);
        *s = g0 / *r;
    } else {
        REAL u = REAL_NAME(within)(max(f_size, g_size)), fs = f0 / u, gs = g0 / u, d = SQRT(fs * fs + gs * gs);
        *c = ABS(fs) / d;
        *r = SIGN(d, f0);
        *s = gs / *r;
        *r *= u;
    }
}

static inline REAL COMPLEX_NAME(square)(COMPLEX z) { return z.r * z.r + z.i * z.i; }
static inline REAL COMPLEX_NAME(larger)(COMPLEX z) { return max(ABS(z.r), ABS(z.i)); }
static inline COMPLEX COMPLEX_NAME(times)(COMPLEX z, REAL x) { return (COMPLEX){z.r * x, z.i * x}; }
static inline COMPLEX COMPLEX_NAME(over)(COMPLEX z, REAL x) { return (COMPLEX){z.r / x, z.i / x}; }

/* The conjugate of `g`, times `f`. */
static inline COMPLEX COMPLEX_NAME(turned)(COMPLEX g, COMPLEX f)
{
    return (COMPLEX){g.r * f.r + g.i * f.i, g.r * f.i - g.i * f.r};
}

/* The rotation of what is scaled already: f2 and g2 are the squares of f and g, h2 is the sum of squares. */
static void COMPLEX_NAME(rotation)(COMPLEX f, COMPLEX g, REAL f2, REAL h2, REAL *c, COMPLEX *s, COMPLEX *r)
{
    REAL low = SQRT(SMALLEST), high = SQRT(1 / SMALLEST / 4) * 2;
    if (f2 >= h2 * SMALLEST) {
        *c = SQRT(f2 / h2);
        *r = COMPLEX_NAME(over)(f, *c);
        if (f2 > low && h2 < high)
            *s = COMPLEX_NAME(turned)(g, COMPLEX_NAME(over)(f, SQRT(f2 * h2)));
        else
            *s = COMPLEX_NAME(turned)(g, COMPLEX_NAME(over)(*r, h2));
    } else {
        REAL d = SQRT(f2 * h2);
        *c = f2 / d;
        *r = *c >= SMALLEST ? COMPLEX_NAME(over)(f, *c) : COMPLEX_NAME(times)(f, h2 / d);
        *s = COMPLEX_NAME(turned)(g, COMPLEX_NAME(over)(f, d));
    }
}

static void COMPLEX_NAME(rotate)(COMPLEX f, COMPLEX g, REAL *c, COMPLEX *s, COMPLEX *r)
{
    REAL low = SQRT(SMALLEST), high = SQRT(1 / SMALLEST / 4), f1 = COMPLEX_NAME(larger)(f), g1 = COMPLEX_NAME(larger)(g);
    if (g.r == 0 && g.i == 0) {
        *c = 1;
        *s = (COMPLEX){0, 0};
        *r = f;
    } else if (f.r == 0 && f.i == 0) {
        *c = 0;
        if (g.r == 0 || g.i == 0) {
            REAL d = g.r == 0 ? ABS(g.i) : ABS(g.r);
            *s = (COMPLEX){g.r / d, -g.i / d};
            *r = (COMPLEX){d, 0};
        } else {
            REAL u = g1 > low && g1 < SQRT(1 / SMALLEST / 2) ? 1 : REAL_NAME(within)(g1);
            COMPLEX gs = COMPLEX_NAME(over)(g, u);
            REAL d = SQRT(COMPLEX_NAME(square)(gs));
            *s = (COMPLEX){gs.r / d, -gs.i / d};
            *r = (COMPLEX){d * u, 0};
        }
    } else if (f1 > low && f1 < high && g1 > low && g1 < high) {
        REAL f2 = COMPLEX_NAME(square)(f);
        COMPLEX_NAME(rotation)(f, g, f2, f2 + COMPLEX_NAME(square)(g), c, s, r);
    } else {
        REAL u = REAL_NAME(within)(max(f1, g1)), w = 1;
        COMPLEX gs = COMPLEX_NAME(over)(g, u), fs = COMPLEX_NAME(over)(f, u);
        if (f1 / u < low) {
            REAL v = REAL_NAME(within)(f1);
            w = v / u;
            fs = COMPLEX_NAME(over)(f, v);
        }
        REAL f2 = COMPLEX_NAME(square)(fs), g2 = COMPLEX_NAME(square)(gs);
        COMPLEX_NAME(rotation)(fs, gs, f2, w == 1 ? f2 + g2 : f2 * (w * w) + g2, c, s, r);
        *c *= w;
        *r = COMPLEX_NAME(times)(*r, u);
    }
}

void COMPLEX_NAME(rotg_)(COMPLEX *a, COMPLEX *b, REAL *c, COMPLEX *s)
{
    COMPLEX r;
    COMPLEX_NAME(rotate)(*a, *b, c, s, &r);
    *a = r;
}

void COMPLEX_NAME(lartg_)(COMPLEX *f, COMPLEX *g, REAL *c, COMPLEX *s, COMPLEX *r)
{
    COMPLEX turned, shift;
    COMPLEX_NAME(rotate)(*f, *g, c, &shift, &turned);
    *s = shift;
    *r = turned;
}
