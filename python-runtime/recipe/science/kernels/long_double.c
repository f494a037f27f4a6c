/*
 * Exponentials, logarithms, powers and hyperbolic functions of long double, which has the 113 bits of IEEE binary128 here: those of the C
 * library compute in doubles, with their range. These have its names, and stand before it in the link.
 *
 * Everything comes from two cores that give pairs of numbers, the sum of which is the result:
 *
 *   e^x = 2^k * e^r with k the integer nearest to x / ln 2, |r| < 0.347, and e^r - 1 = r + r^2/2! + ... + r^26/26!, Taylor's series;
 *         what is left out is below 2^-132, and the error below 2^-116.
 *   log x = k * ln 2 + log m with x = 2^k * m, sqrt(1/2) < m < sqrt(2), and log m = 2 * (s + s^3/3 + s^5/5 + ...) of s = (m - 1) / (m + 1),
 *         |s| < 0.172, the series of the inverse hyperbolic tangent; what is left out is below 2^-137 of it, and the error below 2^-129.
 *
 * Sums and products of pairs are those of T. J. Dekker, "A floating-point technique for extending the available precision", Numerische
 * Mathematik 18 (1971). Powers are e^(y * log x) with a pair as exponent. Measured at 70,000 points, results are at most 0.7 ulp beside the
 * exact ones (asinh 1.4, acosh 1.9). Zeros, infinities and NaN are treated as the C standard's Annex F says.
 * Nothing raises flags, which do not exist here: float_status.c looks at results.
 */
#include <stdint.h>

typedef long double Real;
/* high + low, where low is at most half a unit of the last place of high */
typedef struct {
    Real high, low;
} Pair;

typedef union {
    Real value;
    struct {
        uint64_t low, high;
    } bits;
} Image;

enum { BIAS = 16383, EXPONENT_MAX = 0x7fff };

static const Real LN2_HIGH = 0x162e42fefa39ef35793c76730p-97L; /* its products with integers of 16 bits are exact */
static const Real LN2_LOW = 0x1f97b57a079a193394c5b16c5068cp-215L;
static const Pair LN2 = {0x162e42fefa39ef35793c7673007e6p-113L, -0x12a17e1979b31ace93a4ebe5d148fp-229L};
static const Pair PER_LN2 = {0x171547652b82fe1777d0ffda0d23ap-112L, 0x1f4475abbd546eb4ad2c45928b367p-226L};
static const Pair PER_LN10 = {0x1bcb7b1526e50e32a6ab7555f5a68p-114L, -0x11e6e08e5cfedd1b2efee2e0695d8p-228L};
static const Pair LOG10_OF_2 = {0x134413509f79fef311f12b35816f9p-114L, 0x117826ad30c543d1f3498a5e6f26bp-229L};
static const Real ROUNDER = 0x1.8p112L; /* added and subtracted: rounds to an integer */
static const Real SQRT_2 = 0x1.6a09ep0L; /* about that much */
static const Real BEYOND = 12000.0L;     /* e to this power is infinite, and to its negative zero */
static const Real LARGE = 0x1p80L, SMALL = 0x1p-120L; /* whose squares do not count beside 1, nor 1 beside them */

/* Numbers by their bits */

static int exponent_of(Real x)
{
    Image image = {x};
    return (int)(image.bits.high >> 48 & EXPONENT_MAX);
}

static int is_negative(Real x)
{
    Image image = {x};
    return (int)(image.bits.high >> 63);
}

static int is_finite(Real x) { return exponent_of(x) != EXPONENT_MAX; }
static Real magnitude(Real x) { return is_negative(x) ? -x : x; }
static Real with_sign(Real value, Real sign) { return is_negative(value) != is_negative(sign) ? -value : value; }

static Real infinity(void) { return (Real)__builtin_inf(); }
static Real not_a_number(void) { return (Real)__builtin_nan(""); }

/* 2^k of a normal number */
static Real power_of_two(int k)
{
    Image image;
    image.bits.low = 0;
    image.bits.high = (uint64_t)(k + BIAS) << 48;
    return image.value;
}

/* x * 2^k, rounded once */
static Real scaled(Real x, int k)
{
    if (k > 16000)
        return x * power_of_two(k - 1000) * power_of_two(1000);
    if (k < -16000)
        return x * power_of_two(k + 1000) * power_of_two(-1000);
    return x * power_of_two(k);
}

/* The first 56 bits of x; the 57 others are the difference. */
static Real first_half(Real x)
{
    Image image = {x};
    image.bits.low &= ~((UINT64_C(1) << 57) - 1);
    return image.value;
}

/* Pairs */

/* Exact, where a is zero or not smaller than b. */
static Pair quick_sum(Real a, Real b)
{
    Real sum = a + b;
    return (Pair){sum, b - (sum - a)};
}

static Pair sum_of(Real a, Real b)
{
    Real sum = a + b, part = sum - a;
    return (Pair){sum, (a - (sum - part)) + (b - part)};
}

static Pair product_of(Real a, Real b)
{
    Real product = a * b, a1 = first_half(a), a2 = a - a1, b1 = first_half(b), b2 = b - b1;
    return (Pair){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static Pair add(Pair a, Pair b)
{
    Pair sum = sum_of(a.high, b.high);
    return quick_sum(sum.high, sum.low + (a.low + b.low));
}

static Pair multiply(Pair a, Pair b)
{
    Pair product = product_of(a.high, b.high);
    return quick_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static Pair divide(Pair a, Pair b)
{
    Real quotient = a.high / b.high;
    Pair back = product_of(quotient, b.high);
    Real rest = ((a.high - back.high) - back.low) + (a.low - quotient * b.low);
    return quick_sum(quotient, rest / b.high);
}

/* The cores */

/* e^r - 1 with x = k * ln 2 + r, |x| < BEYOND */
static Pair exponential(Pair x, int *k)
{
    static const Real coefficients[] = {
        1 / 2.0L, 1 / 6.0L, 1 / 24.0L, 1 / 120.0L, 1 / 720.0L, 1 / 5040.0L, 1 / 40320.0L, 1 / 362880.0L, 1 / 3628800.0L, 1 / 39916800.0L,
        1 / 479001600.0L, 1 / 6227020800.0L, 1 / 87178291200.0L, 1 / 1307674368000.0L, 1 / 20922789888000.0L, 1 / 355687428096000.0L,
        1 / 6402373705728000.0L, 1 / 121645100408832000.0L, 1 / 2432902008176640000.0L, 1 / 51090942171709440000.0L,
        1 / 1124000727777607680000.0L, 1 / 25852016738884976640000.0L, 1 / 620448401733239439360000.0L, 1 / 15511210043330985984000000.0L,
        1 / 403291461126605635584000000.0L};
    Real count = (x.high * PER_LN2.high + ROUNDER) - ROUNDER;
    *k = (int)count;
    Pair r = sum_of(x.high - count * LN2_HIGH, x.low - count * LN2_LOW);
    Real series = 0;
    for (int n = sizeof coefficients / sizeof *coefficients - 1; n >= 0; n--)
        series = series * r.high + coefficients[n];
    return quick_sum(r.high, r.low + (r.high * r.low + r.high * r.high * series));
}

/* log m with x = 2^k * m; x is positive and finite, and not subnormal where it has a lower part */
static Pair logarithm(Pair x, int *k)
{
    static const Pair third = {0x15555555555555555555555555555p-114L, 0x15555555555555555555555555555p-228L};
    static const Pair fifth = {0x1999999999999999999999999999ap-115L, -0x1999999999999999999999999999ap-229L};
    static const Pair seventh = {0x12492492492492492492492492492p-115L, 0x12492492492492492492492492492p-229L};
    static const Real coefficients[] = {1 / 9.0L, 1 / 11.0L, 1 / 13.0L, 1 / 15.0L, 1 / 17.0L, 1 / 19.0L, 1 / 21.0L, 1 / 23.0L, 1 / 25.0L, 1 / 27.0L,
        1 / 29.0L, 1 / 31.0L, 1 / 33.0L, 1 / 35.0L, 1 / 37.0L, 1 / 39.0L, 1 / 41.0L, 1 / 43.0L, 1 / 45.0L, 1 / 47.0L, 1 / 49.0L, 1 / 51.0L};
    int subnormal = exponent_of(x.high) == 0;
    if (subnormal)
        x.high *= 0x1p200L;
    int exponent = exponent_of(x.high) - BIAS;
    Pair m = {scaled(x.high, -exponent), scaled(x.low, -exponent)};
    if (m.high > SQRT_2)
        m.high /= 2, m.low /= 2, exponent++;
    *k = exponent - (subnormal ? 200 : 0);
    Pair less = quick_sum(m.high - 1, m.low), more = add((Pair){2, 0}, less), s = divide(less, more), z = multiply(s, s);
    Real rest = 0;
    for (int n = sizeof coefficients / sizeof *coefficients - 1; n >= 0; n--)
        rest = rest * z.high + coefficients[n];
    Pair series = add(seventh, product_of(z.high, rest));
    series = add(fifth, multiply(z, series));
    series = add(third, multiply(z, series));
    series = multiply(multiply(z, s), series);
    series = add(s, series);
    return (Pair){2 * series.high, 2 * series.low};
}

/* 2^k * (1 + less) */
static Real scaled_sum(Pair less, int k)
{
    Pair sum = quick_sum(1, less.high);
    return scaled(sum.high + (sum.low + less.low), k);
}

/* e^x * 2^shift */
static Real power_of_e(Pair x, int shift)
{
    int k;
    if (x.high > BEYOND)
        return infinity();
    if (x.high < -BEYOND)
        return 0;
    Pair less = exponential(x, &k);
    return scaled_sum(less, k + shift);
}

static Pair natural_logarithm(Pair x)
{
    int k;
    Pair part = logarithm(x, &k);
    return add((Pair){k * LN2_HIGH, k * LN2_LOW}, part);
}

/* What logarithms give for numbers without one: 0, less than 0, infinity and NaN. */
static int has_logarithm(Real x) { return x > 0 && is_finite(x); }
static Real no_logarithm(Real x) { return x == 0 ? -infinity() : x < 0 ? not_a_number() : x; }

/* e^x - 1 = 2^k * ((1 - 2^-k) + less), -BEYOND < x < BEYOND */
static Pair less_one(Real x)
{
    int k;
    Pair less = exponential((Pair){x, 0}, &k);
    if (k == 0)
        return less;
    Pair sum = add(sum_of(1, -scaled(1, -k)), less);
    return (Pair){scaled(sum.high, k), scaled(sum.low, k)};
}

/* Functions of the C library */

long double expl(long double x)
{
    if (!is_finite(x))
        return x == -infinity() ? 0 : x;
    return power_of_e((Pair){x, 0}, 0);
}

long double exp2l(long double x)
{
    if (!is_finite(x))
        return x == -infinity() ? 0 : x;
    if (magnitude(x) > 17000)
        return x > 0 ? infinity() : 0;
    Real count = (x + ROUNDER) - ROUNDER;
    int k;
    Pair less = exponential(multiply((Pair){x - count, 0}, LN2), &k); /* k is 0, or 1 of either sign at a half */
    return scaled_sum(less, (int)count + k);
}

long double expm1l(long double x)
{
    if (!is_finite(x))
        return x == -infinity() ? -1 : x;
    if (magnitude(x) < SMALL)
        return x;
    if (x > BEYOND)
        return infinity();
    if (x < -100)
        return -1;
    return less_one(x).high;
}

long double logl(long double x)
{
    return has_logarithm(x) ? natural_logarithm((Pair){x, 0}).high : no_logarithm(x);
}

long double log2l(long double x)
{
    if (!has_logarithm(x))
        return no_logarithm(x);
    int k;
    Pair part = logarithm((Pair){x, 0}, &k);
    return add((Pair){k, 0}, multiply(part, PER_LN2)).high;
}

long double log10l(long double x)
{
    if (!has_logarithm(x))
        return no_logarithm(x);
    int k;
    Pair part = logarithm((Pair){x, 0}, &k);
    return add(multiply((Pair){k, 0}, LOG10_OF_2), multiply(part, PER_LN10)).high;
}

long double log1pl(long double x)
{
    if (!(x > -1) || !is_finite(x))
        return x == -1 ? -infinity() : no_logarithm(x);
    return magnitude(x) < SMALL ? x : natural_logarithm(sum_of(1, x)).high;
}

/* 0: y is no integer, 1: an odd one, 2: an even one */
static int kind_of_integer(Real y)
{
    y = magnitude(y);
    if (y >= 0x1p113L)
        return 2;
    Real half = y / 2;
    if (y < 0x1p112L && (y + 0x1p112L) - 0x1p112L != y)
        return 0;
    return (half + 0x1p112L) - 0x1p112L == half ? 2 : 1;
}

long double powl(long double x, long double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y)
        return x + y;
    Real size = magnitude(x);
    if (!is_finite(y))
        return size == 1 ? 1 : (size > 1) == (y > 0) ? infinity() : 0;
    int kind = kind_of_integer(y);
    Real sign = is_negative(x) && kind == 1 ? -1 : 1;
    if (size == 0 || !is_finite(x))
        return sign * ((size == 0) == (y > 0) ? 0 : infinity());
    if (x < 0 && kind == 0)
        return not_a_number();
    if (size == 1)
        return sign;
    Pair log = natural_logarithm((Pair){size, 0});
    Real about = log.high * y;
    if (magnitude(about) > BEYOND)
        return sign * (about > 0 ? infinity() : 0);
    Pair exponent = product_of(log.high, y);
    return sign * power_of_e(quick_sum(exponent.high, exponent.low + log.low * y), 0);
}

long double sinhl(long double x)
{
    Real size = magnitude(x);
    if (!is_finite(x) || size < SMALL)
        return x;
    if (size > 100)
        return with_sign(power_of_e((Pair){size, 0}, -1), x);
    Pair less = less_one(size), sum = add(less, divide(less, add((Pair){1, 0}, less)));
    return with_sign(sum.high / 2, x);
}

long double coshl(long double x)
{
    Real size = magnitude(x);
    if (!is_finite(x))
        return size;
    if (size > 100)
        return power_of_e((Pair){size, 0}, -1);
    Pair power = add((Pair){1, 0}, less_one(size));
    return add(power, divide((Pair){1, 0}, power)).high / 2;
}

long double tanhl(long double x)
{
    Real size = magnitude(x);
    if (x != x || size < SMALL)
        return x;
    if (size > 100)
        return with_sign(1, x);
    Pair less = less_one(2 * size);
    return with_sign(divide(less, add((Pair){2, 0}, less)).high, x);
}

/* log 2x of large x */
static Real logarithm_of_twice(Real x) { return add(natural_logarithm((Pair){x, 0}), LN2).high; }

/* log(x + sqrt(x^2 + 1)) = log(1 + x + x^2 / (1 + sqrt(x^2 + 1))) */
long double asinhl(long double x)
{
    Real size = magnitude(x);
    if (!is_finite(x) || size < SMALL)
        return x;
    if (size > LARGE)
        return with_sign(logarithm_of_twice(size), x);
    Real square = size * size;
    return with_sign(log1pl(size + square / (1 + __builtin_sqrtl(square + 1))), x);
}

/* log(x + sqrt(x^2 - 1)) = log(1 + y + sqrt(y * (x + 1))) with y = x - 1 */
long double acoshl(long double x)
{
    if (!(x >= 1))
        return x != x ? x : not_a_number();
    if (x > LARGE)
        return is_finite(x) ? logarithm_of_twice(x) : x;
    Real less = x - 1;
    return log1pl(less + __builtin_sqrtl(less * (x + 1)));
}

/* log((1 + x) / (1 - x)) / 2 = log(1 + 2 * x / (1 - x)) / 2 */
long double atanhl(long double x)
{
    Real size = magnitude(x);
    if (x != x || size < SMALL)
        return x;
    if (size >= 1)
        return size == 1 ? with_sign(infinity(), x) : not_a_number();
    Pair quotient = divide((Pair){2 * size, 0}, sum_of(1, -size));
    return with_sign(natural_logarithm(add((Pair){1, 0}, quotient)).high / 2, x);
}
