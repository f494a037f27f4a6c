/* The routines of BLAS and LAPACK that are written in Fortran 90, in C: norms, sums of squares and plane rotations. */
#include <float.h>
#include <math.h>
#include "f2c.h"

#define REAL doublereal
#define COMPLEX doublecomplex
#define SQRT sqrt
#define ABS fabs
#define SIGN copysign
#define SMALLEST DBL_MIN
#define LARGEST DBL_MAX
/* Limits between which squares neither lose bits nor overflow, and the factors that bring other numbers there. */
#define SMALL 0x1p-511
#define BIG 0x1p486
#define RAISE 0x1p537
#define LOWER 0x1p-538
#define REAL_NAME(name) d##name
#define COMPLEX_NAME(name) z##name
#define COMPLEX_NORM dznrm2_
#include "fortran90.h"

#undef REAL
#undef COMPLEX
#undef SQRT
#undef ABS
#undef SIGN
#undef SMALLEST
#undef LARGEST
#undef SMALL
#undef BIG
#undef RAISE
#undef LOWER
#undef REAL_NAME
#undef COMPLEX_NAME
#undef COMPLEX_NORM

#define REAL real
#define COMPLEX complex
#define SQRT sqrtf
#define ABS fabsf
#define SIGN copysignf
#define SMALLEST FLT_MIN
#define LARGEST FLT_MAX
#define SMALL 0x1p-63f
#define BIG 0x1p52f
#define RAISE 0x1p75f
#define LOWER 0x1p-76f
#define REAL_NAME(name) s##name
#define COMPLEX_NAME(name) c##name
#define COMPLEX_NORM scnrm2_
#include "fortran90.h"
