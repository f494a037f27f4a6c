/*
 * What f2c's C calls: arithmetic of Fortran, texts, and the few functions of LAPACK whose Fortran f2c cannot read
 * (fortran90.c has the longer ones).
 */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include "f2c.h"

/* ---- arithmetic ---------------------------------------------------------------------------------------------------------- */

doublereal d_sign(doublereal *a, doublereal *b) { return copysign(*a, *b); }
doublereal r_sign(real *a, real *b) { return copysignf(*a, *b); }
doublereal d_mod(doublereal *a, doublereal *b) { return fmod(*a, *b); }
doublereal r_mod(real *a, real *b) { return fmodf(*a, *b); }
doublereal d_int(doublereal *x) { return trunc(*x); }
doublereal r_int(real *x) { return truncf(*x); }
doublereal d_nint(doublereal *x) { return round(*x); }
doublereal r_nint(real *x) { return roundf(*x); }
integer i_dnnt(doublereal *x) { return (integer)round(*x); }
integer i_nint(real *x) { return (integer)roundf(*x); }
integer i_sign(integer *a, integer *b) { return (*b >= 0) == (*a >= 0) ? *a : -*a; }
doublereal d_lg10(doublereal *x) { return log10(*x); }
doublereal r_lg10(real *x) { return log10f(*x); }
doublereal d_imag(doublecomplex *z) { return z->i; }
doublereal r_imag(complex *z) { return z->i; }
void d_cnjg(doublecomplex *out, doublecomplex *z) { *out = (doublecomplex){z->r, -z->i}; }
void r_cnjg(complex *out, complex *z) { *out = (complex){z->r, -z->i}; }
doublereal z_abs(doublecomplex *z) { return hypot(z->r, z->i); }
doublereal c_abs(complex *z) { return hypotf(z->r, z->i); }

integer pow_ii(integer *base, integer *exponent)
{
    integer n = *exponent, x = *base, power = 1;
    if (n < 0)
        return x == 1 ? 1 : x == -1 ? (n & 1 ? -1 : 1) : 0;
    for (; n; n >>= 1, x = (integer)((unsigned)x * (unsigned)x))
        if (n & 1)
            power = (integer)((unsigned)power * (unsigned)x);
    return power;
}

doublereal pow_di(doublereal *base, integer *exponent)
{
    doublereal x = *base, power = 1;
    long long n = *exponent;
    if (n < 0)
        n = -n, x = 1 / x;
    for (; n; n >>= 1, x *= x)
        if (n & 1)
            power *= x;
    return power;
}

doublereal pow_ri(real *base, integer *exponent)
{
    doublereal x = *base;
    return pow_di(&x, exponent);
}

doublereal pow_dd(doublereal *base, doublereal *exponent) { return pow(*base, *exponent); }

void z_div(doublecomplex *out, doublecomplex *a, doublecomplex *b)
{
    doublecomplex x = *a, y = *b;
    if (fabs(y.r) >= fabs(y.i)) {
        doublereal ratio = y.i / y.r, scale = y.r + y.i * ratio;
        *out = (doublecomplex){(x.r + x.i * ratio) / scale, (x.i - x.r * ratio) / scale};
    } else {
        doublereal ratio = y.r / y.i, scale = y.r * ratio + y.i;
        *out = (doublecomplex){(x.r * ratio + x.i) / scale, (x.i * ratio - x.r) / scale};
    }
}

void c_div(complex *out, complex *a, complex *b)
{
    doublecomplex x = {a->r, a->i}, y = {b->r, b->i}, quotient;
    z_div(&quotient, &x, &y);
    *out = (complex){(real)quotient.r, (real)quotient.i};
}

void z_sqrt(doublecomplex *out, doublecomplex *z)
{
    doublereal x = z->r, y = z->i, size = hypot(x, y), root;
    if (size == 0) {
        *out = (doublecomplex){0, 0};
    } else if (x > 0) {
        root = sqrt(0.5 * (size + x));
        *out = (doublecomplex){root, y / root / 2};
    } else {
        root = copysign(sqrt(0.5 * (size - x)), y);
        *out = (doublecomplex){y / root / 2, root};
    }
}

void c_sqrt(complex *out, complex *z)
{
    doublecomplex wide = {z->r, z->i}, root;
    z_sqrt(&root, &wide);
    *out = (complex){(real)root.r, (real)root.i};
}

void z_exp(doublecomplex *out, doublecomplex *z)
{
    doublereal size = exp(z->r), angle = z->i;
    *out = (doublecomplex){size * cos(angle), size * sin(angle)};
}

void c_exp(complex *out, complex *z)
{
    doublecomplex wide = {z->r, z->i}, power;
    z_exp(&power, &wide);
    *out = (complex){(real)power.r, (real)power.i};
}

void pow_zi(doublecomplex *out, doublecomplex *base, integer *exponent)
{
    doublecomplex x = *base, power = {1, 0}, one = {1, 0};
    long long n = *exponent;
    if (n < 0)
        n = -n, z_div(&x, &one, base);
    for (; n; n >>= 1) {
        if (n & 1)
            power = (doublecomplex){power.r * x.r - power.i * x.i, power.r * x.i + power.i * x.r};
        x = (doublecomplex){x.r * x.r - x.i * x.i, 2 * x.r * x.i};
    }
    *out = power;
}

void pow_ci(complex *out, complex *base, integer *exponent)
{
    doublecomplex wide = {base->r, base->i}, power;
    pow_zi(&power, &wide, exponent);
    *out = (complex){(real)power.r, (real)power.i};
}

/* ---- texts, which have no end but a length --------------------------------------------------------------------------------- */

void s_copy(char *to, char *from, ftnlen room, ftnlen length)
{
    ftnlen both = min(room, length);
    memmove(to, from, both);
    memset(to + both, ' ', room - both);
}

void s_cat(char *to, char **parts, integer *lengths, integer *count, ftnlen room)
{
    for (integer n = 0; n < *count; n++) {
        ftnlen length = min(lengths[n], room);
        memcpy(to, parts[n], length);
        to += length, room -= length;
    }
    memset(to, ' ', room);
}

integer s_cmp(char *a, char *b, ftnlen a_length, ftnlen b_length)
{
    for (ftnlen n = 0; n < a_length || n < b_length; n++) {
        int x = n < a_length ? (unsigned char)a[n] : ' ', y = n < b_length ? (unsigned char)b[n] : ' ';
        if (x != y)
            return x - y;
    }
    return 0;
}

integer i_len(char *text, ftnlen length) { return (void)text, length; }

/* ---- functions of LAPACK ----------------------------------------------------------------------------------------------------- */

static int upper(int letter) { return letter >= 'a' && letter <= 'z' ? letter - 32 : letter; }


doublereal dlamch_(char *what)
{
    switch (upper(*what)) {
    case 'E': return DBL_EPSILON * 0.5;
    case 'S': return DBL_MIN;
    case 'B': return FLT_RADIX;
    case 'P': return DBL_EPSILON * 0.5 * FLT_RADIX;
    case 'N': return DBL_MANT_DIG;
    case 'R': return 1;
    case 'M': return DBL_MIN_EXP;
    case 'U': return DBL_MIN;
    case 'L': return DBL_MAX_EXP;
    case 'O': return DBL_MAX;
    default: return 0;
    }
}

real slamch_(char *what)
{
    switch (upper(*what)) {
    case 'E': return FLT_EPSILON * 0.5f;
    case 'S': return FLT_MIN;
    case 'B': return FLT_RADIX;
    case 'P': return FLT_EPSILON * 0.5f * FLT_RADIX;
    case 'N': return FLT_MANT_DIG;
    case 'R': return 1;
    case 'M': return FLT_MIN_EXP;
    case 'U': return FLT_MIN;
    case 'L': return FLT_MAX_EXP;
    case 'O': return FLT_MAX;
    default: return 0;
    }
}

doublereal dlamc3_(doublereal *a, doublereal *b) { return *a + *b; }
real slamc3_(real *a, real *b) { return *a + *b; }
doublereal droundup_lwork_(integer *size) { return *size; }

real sroundup_lwork_(integer *size)
{
    real rounded = (real)*size;
    return (doublereal)rounded < *size ? rounded * (1 + FLT_EPSILON) : rounded;
}

/* The place of the largest of `count` numbers, from 1: MAXLOC of Fortran 90. */
integer idmxlc_(integer *count, doublereal *x)
{
    integer best = *count > 0;
    for (integer n = 2; n <= *count; n++)
        if (x[n - 1] > x[best - 1] || x[best - 1] != x[best - 1])
            best = n;
    return best;
}

integer ismxlc_(integer *count, real *x)
{
    integer best = *count > 0;
    for (integer n = 2; n <= *count; n++)
        if (x[n - 1] > x[best - 1] || x[best - 1] != x[best - 1])
            best = n;
    return best;
}

/* What is wrong with the parameters of a routine is said, and the routine returns; `info` tells its caller. */
void xerbla_(char *name, integer *info)
{
    fprintf(stderr, " ** On entry to %.6s parameter number %2d had an illegal value\n", name, *info);
}

/* As above, for callers of C, whose texts have a length and no end. */
void xerbla_array_(char *text, integer *length, integer *info)
{
    char name[7] = "";
    memcpy(name, text, max(0, min(*length, 6)));
    xerbla_(name, info);
}

/* A letter for a number; a function of one letter, which C returns. */
char chla_transtype_(integer *trans) { return *trans == 111 ? 'N' : *trans == 112 ? 'T' : *trans == 113 ? 'C' : 'X'; }
