/* The types and functions that f2c's C is written with; the functions are in runtime.c. */
#ifndef F2C_H
#define F2C_H
#include <string.h>

typedef int integer;
typedef int logical;
typedef int ftnlen;
typedef char *address;
typedef float real;
typedef double doublereal;
typedef struct { real r, i; } complex;
typedef struct { doublereal r, i; } doublecomplex;
#define VOID void
typedef logical (*L_fp)();

#define TRUE_ 1
#define FALSE_ 0
#define abs(x) ((x) >= 0 ? (x) : -(x))
#define dabs(x) (doublereal)abs(x)
#define min(a, b) ((a) <= (b) ? (a) : (b))
#define max(a, b) ((a) >= (b) ? (a) : (b))
#define dmin(a, b) (doublereal)min(a, b)
#define dmax(a, b) (doublereal)max(a, b)
#endif
