/*
 * Sums of products for numpy, which without a BLAS would add one product at a time through memory (products.h), and the routines of
 * the BLAS that LAPACK spends its time in, for numpy's and scipy's linear algebra (blas.h).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef long long intp; /* an npy_intp */

#define REAL double
#define VECTOR __attribute__((vector_size(16))) double
#define LANES 2
#define FMA(a, b, c) __builtin_wasm_relaxed_madd_f64x2(a, b, c)
#define NAME(x) hyperspace_double_##x
#define BLAS(x) d##x##_
#include "products.h"
#include "blas.h"
#undef REAL
#undef VECTOR
#undef LANES
#undef FMA
#undef NAME
#undef BLAS

#define REAL float
#define VECTOR __attribute__((vector_size(16))) float
#define LANES 4
#define FMA(a, b, c) __builtin_wasm_relaxed_madd_f32x4(a, b, c)
#define NAME(x) hyperspace_float_##x
#define BLAS(x) s##x##_
#include "products.h"
#include "blas.h"
