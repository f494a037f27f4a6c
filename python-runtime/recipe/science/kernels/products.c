/* Sums of products for numpy, which without a BLAS would add one product at a time through memory. See products.h. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef long long intp; /* an npy_intp */

#define REAL double
#define VECTOR __attribute__((vector_size(16))) double
#define LANES 2
#define NAME(x) hyperspace_double_##x
#include "products.h"
#undef REAL
#undef VECTOR
#undef LANES
#undef NAME

#define REAL float
#define VECTOR __attribute__((vector_size(16))) float
#define LANES 4
#define NAME(x) hyperspace_float_##x
#include "products.h"
