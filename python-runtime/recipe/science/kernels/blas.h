/*
 * Routines of the BLAS for one type, on top of products.h: those that LAPACK spends its time in. They stand before the reference BLAS in
 * the link, and have its interface: matrices by columns, everything by address, BLAS(x) for the names. What callers have to make sure of
 * (letters, sizes, leading dimensions) is not checked again.
 */
enum { NAME(TRIANGLE) = 16, NAME(STRIP) = 64, NAME(BLOCK) = 32 };

static inline int NAME(is)(const char *option, char upper) { return (*option & ~0x20) == upper; }

/* A matrix of the BLAS, or its transpose. */
static inline NAME(matrix) NAME(by_columns)(REAL *a, const int *leading, int is_turned)
{
    NAME(matrix) found = {(char *)a, sizeof(REAL), (intp)*leading * sizeof(REAL)};
    return is_turned ? NAME(turned)(found) : found;
}

/* The first element of a vector, which a negative step begins at its end. */
static inline char *NAME(first)(REAL *x, intp count, intp step) { return (char *)(step < 0 ? x + (1 - count) * step : x); }

/* Without memory for a panel, products end the guest: the BLAS cannot say so. */
static void NAME(must_multiply)(NAME(matrix) a, NAME(matrix) b, NAME(matrix) out, intp rows, intp inner, intp columns, REAL alpha, REAL beta)
{
    if (rows > 0 && columns > 0 && NAME(multiply)(a, b, out, rows, inner, columns, alpha, beta) != 0)
        abort();
}

static void NAME(scale)(NAME(matrix) of, intp rows, intp columns, REAL factor)
{
    if (factor == 1)
        return;
    for (intp n = 0; n < columns; n++) {
        for (intp m = 0; m < rows; m++) {
            char *at = of.at + m * of.row + n * of.column;
            REAL value = factor == 0 ? 0 : factor * NAME(get)(at);
            memcpy(at, &value, sizeof value);
        }
    }
}

void BLAS(gemm)(
    char *trans_a, char *trans_b, int *m, int *n, int *k, REAL *alpha, REAL *a, int *lda, REAL *b, int *ldb, REAL *beta, REAL *c, int *ldc)
{
    NAME(matrix) to = NAME(by_columns)(c, ldc, 0);
    if (*m <= 0 || *n <= 0)
        return;
    if (*alpha == 0 || *k <= 0) {
        NAME(scale)(to, *m, *n, *beta);
        return;
    }
    NAME(must_multiply)(
        NAME(by_columns)(a, lda, !NAME(is)(trans_a, 'N')), NAME(by_columns)(b, ldb, !NAME(is)(trans_b, 'N')), to, *m, *k, *n, *alpha, *beta);
}

void BLAS(gemv)(char *trans, int *m, int *n, REAL *alpha, REAL *a, int *lda, REAL *x, int *incx, REAL *beta, REAL *y, int *incy)
{
    int is_turned = !NAME(is)(trans, 'N');
    intp rows = is_turned ? *n : *m, columns = is_turned ? *m : *n;
    if (*m <= 0 || *n <= 0)
        return;
    char *from = NAME(first)(x, columns, *incx), *to = NAME(first)(y, rows, *incy);
    intp x_step = *incx * (intp)sizeof(REAL), y_step = *incy * (intp)sizeof(REAL);
    NAME(scale)((NAME(matrix)){to, y_step, 0}, rows, 1, *beta);
    if (*alpha == 0)
        return;
    NAME(matrix) by = NAME(by_columns)(a, lda, is_turned);
    REAL few[256], *copy = NULL;
    if (!is_turned) {
        NAME(add_columns)(by, from, x_step, to, y_step, rows, columns, *alpha);
        return;
    }
    if (x_step != sizeof(REAL)) {
        copy = columns <= 256 ? few : malloc((size_t)columns * sizeof(REAL));
        if (copy == NULL)
            abort();
        for (intp at = 0; at < columns; at++)
            copy[at] = NAME(get)(from + at * x_step);
        from = (char *)copy;
    }
    NAME(add_rows)(by, from, to, y_step, rows, columns, *alpha);
    if (copy != few)
        free(copy);
}

/* y += factor * x. */
static inline void NAME(add_vector)(char *y, intp y_step, const char *x, intp x_step, intp count, REAL factor)
{
    intp n = 0;
    if (x_step == sizeof(REAL) && y_step == sizeof(REAL)) {
        VECTOR f = NAME(spread)(factor);
        for (; n + LANES <= count; n += LANES) {
            VECTOR sum = NAME(load)(y + n * sizeof(REAL)) + f * NAME(load)(x + n * sizeof(REAL));
            memcpy(y + n * sizeof(REAL), &sum, sizeof sum);
        }
    }
    for (; n < count; n++) {
        REAL sum = NAME(get)(y + n * y_step) + factor * NAME(get)(x + n * x_step);
        memcpy(y + n * y_step, &sum, sizeof sum);
    }
}

void BLAS(axpy)(int *n, REAL *alpha, REAL *x, int *incx, REAL *y, int *incy)
{
    if (*n > 0 && *alpha != 0)
        NAME(add_vector)(
            NAME(first)(y, *n, *incy), *incy * (intp)sizeof(REAL), NAME(first)(x, *n, *incx), *incx * (intp)sizeof(REAL), *n, *alpha);
}

REAL BLAS(dot)(int *n, REAL *x, int *incx, REAL *y, int *incy)
{
    REAL sum = 0;
    if (*n > 0)
        NAME(dot)(
            NAME(first)(x, *n, *incx), *incx * (intp)sizeof(REAL), NAME(first)(y, *n, *incy), *incy * (intp)sizeof(REAL), (char *)&sum, *n);
    return sum;
}

void BLAS(ger)(int *m, int *n, REAL *alpha, REAL *x, int *incx, REAL *y, int *incy, REAL *a, int *lda)
{
    if (*m <= 0 || *n <= 0 || *alpha == 0)
        return;
    char *from = NAME(first)(x, *m, *incx), *by = NAME(first)(y, *n, *incy);
    for (intp column = 0; column < *n; column++) {
        REAL factor = *alpha * NAME(get)(by + column * *incy * (intp)sizeof(REAL));
        if (factor != 0)
            NAME(add_vector)((char *)(a + column * *lda), sizeof(REAL), from, *incx * (intp)sizeof(REAL), *m, factor);
    }
}

/* y += alpha * a * x of a symmetric matrix, whose triangle is that below the diagonal; of the other, rows and columns change places. */
void BLAS(symv)(char *uplo, int *n, REAL *alpha, REAL *a, int *lda, REAL *x, int *incx, REAL *beta, REAL *y, int *incy)
{
    intp size = *n, x_step = *incx * (intp)sizeof(REAL), y_step = *incy * (intp)sizeof(REAL);
    if (size <= 0)
        return;
    char *from = NAME(first)(x, size, *incx), *to = NAME(first)(y, size, *incy);
    NAME(scale)((NAME(matrix)){to, y_step, 0}, size, 1, *beta);
    if (*alpha == 0)
        return;
    REAL few[512], *own = size <= 256 ? few : malloc((size_t)size * 2 * sizeof(REAL)), *sums = own + size;
    if (own == NULL)
        abort();
    for (intp at = 0; at < size; at++)
        own[at] = NAME(get)(from + at * x_step), sums[at] = 0;
    int is_upper = NAME(is)(uplo, 'U');
    for (intp j = 0; j < size; j++) {
        const REAL *column = a + j * *lda;
        intp low = is_upper ? 0 : j + 1, high = is_upper ? j : size, i = low;
        REAL factor = own[j], total = 0;
        VECTOR f = NAME(spread)(factor), s0 = {0}, s1 = {0};
        for (; i + 2 * LANES <= high; i += 2 * LANES) {
            VECTOR c0 = NAME(load)(column + i), c1 = NAME(load)(column + i + LANES), y0, y1;
            y0 = FMA(f, c0, NAME(load)(sums + i)), y1 = FMA(f, c1, NAME(load)(sums + i + LANES));
            memcpy(sums + i, &y0, sizeof y0), memcpy(sums + i + LANES, &y1, sizeof y1);
            s0 = FMA(c0, NAME(load)(own + i), s0), s1 = FMA(c1, NAME(load)(own + i + LANES), s1);
        }
        total = NAME(total)(s0 + s1);
        for (; i < high; i++)
            sums[i] += factor * column[i], total += column[i] * own[i];
        sums[j] += factor * column[j] + total;
    }
    for (intp at = 0; at < size; at++) {
        REAL value = NAME(get)(to + at * y_step) + *alpha * sums[at];
        memcpy(to + at * y_step, &value, sizeof value);
    }
    if (own != few)
        free(own);
}

/*
 * The smallest triangles, by strips of STRIP columns of b in memory of their own: b = b / t (`is_solved`) or b = t * b. Rows of the
 * strip are added to each other, as vectors.
 */
static void NAME(small_triangle)(NAME(matrix) t, int is_lower, int is_unit, NAME(matrix) b, intp size, intp columns, int is_solved)
{
    REAL strip[NAME(TRIANGLE)][NAME(STRIP)];
    for (intp first = 0; first < columns; first += NAME(STRIP)) {
        intp width = columns - first < NAME(STRIP) ? columns - first : NAME(STRIP);
        NAME(matrix) part = NAME(part)(b, 0, first);
        for (intp m = 0; m < size; m++)
            for (intp n = 0; n < width; n++)
                strip[m][n] = NAME(get)(part.at + m * part.row + n * part.column);
        for (intp step = 0; step < size; step++) {
            /* Solving begins at the row that depends on no other, multiplying at the one that no other needs. */
            intp row = is_lower == is_solved ? step : size - 1 - step, others = is_solved ? step : size - 1 - step;
            REAL own = is_unit ? 1 : NAME(get)(t.at + row * (t.row + t.column));
            for (intp n = 0; n < width && !is_solved && !is_unit; n++)
                strip[row][n] *= own;
            for (intp before = 0; before < others; before++) {
                intp other = is_lower ? before : size - 1 - before;
                REAL factor = NAME(get)(t.at + row * t.row + other * t.column);
                NAME(add_vector)((char *)strip[row], sizeof(REAL), (char *)strip[other], sizeof(REAL), width, is_solved ? -factor : factor);
            }
            for (intp n = 0; n < width && is_solved && !is_unit; n++)
                strip[row][n] /= own;
        }
        for (intp m = 0; m < size; m++)
            for (intp n = 0; n < width; n++)
                memcpy(part.at + m * part.row + n * part.column, &strip[m][n], sizeof(REAL));
    }
}

/* b = b / t or b = t * b: by halves, the product between which is one of matrices. */
static void NAME(triangle)(NAME(matrix) t, int is_lower, int is_unit, NAME(matrix) b, intp size, intp columns, int is_solved)
{
    if (size <= NAME(TRIANGLE)) {
        NAME(small_triangle)(t, is_lower, is_unit, b, size, columns, is_solved);
        return;
    }
    intp half = (size / 2 + 7) / 8 * 8, rest = size - half;
    NAME(matrix) last = NAME(part)(t, half, half), low = NAME(part)(b, half, 0);
    NAME(matrix) between = is_lower ? NAME(part)(t, half, 0) : NAME(part)(t, 0, half);
    /* The half that the other one is added to; when it is solved, it comes second. */
    for (int step = 0; step < 2; step++) {
        int is_low = is_lower == (is_solved ? step : !step), is_target = is_solved ? step == 1 : step == 0;
        if (is_target && is_solved)
            NAME(must_multiply)(between, is_low ? b : low, is_low ? low : b, is_low ? rest : half, is_low ? half : rest, columns, -1, 1);
        NAME(triangle)(is_low ? last : t, is_lower, is_unit, is_low ? low : b, is_low ? rest : half, columns, is_solved);
        if (is_target && !is_solved)
            NAME(must_multiply)(between, is_low ? b : low, is_low ? low : b, is_low ? rest : half, is_low ? half : rest, columns, 1, 1);
    }
}

static void NAME(by_triangle)(
    char *side, char *uplo, char *trans, char *diag, int *m, int *n, REAL *alpha, REAL *a, int *lda, REAL *b, int *ldb, int is_solved)
{
    int is_right = NAME(is)(side, 'R'), is_turned = !NAME(is)(trans, 'N');
    NAME(matrix) to = NAME(by_columns)(b, ldb, is_right);
    intp size = is_right ? *n : *m, columns = is_right ? *m : *n;
    if (*m <= 0 || *n <= 0)
        return;
    NAME(scale)(to, size, columns, *alpha);
    if (*alpha != 0)
        NAME(triangle)(
            NAME(by_columns)(a, lda, is_turned != is_right), NAME(is)(uplo, 'L') != (is_turned != is_right), NAME(is)(diag, 'U'), to, size,
            columns, is_solved);
}

void BLAS(trsm)(char *side, char *uplo, char *trans, char *diag, int *m, int *n, REAL *alpha, REAL *a, int *lda, REAL *b, int *ldb)
{
    NAME(by_triangle)(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb, 1);
}

void BLAS(trmm)(char *side, char *uplo, char *trans, char *diag, int *m, int *n, REAL *alpha, REAL *a, int *lda, REAL *b, int *ldb)
{
    NAME(by_triangle)(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb, 0);
}

/* One triangle of c = alpha * (a * b + b * a, or a * a where `b` is `a`) + beta * c, of a and the transpose of b; by blocks of columns. */
static void NAME(symmetric)(NAME(matrix) a, NAME(matrix) b, int is_twice, NAME(matrix) c, int is_lower, intp size, intp inner, REAL alpha, REAL beta)
{
    for (intp at = 0; at < size; at += NAME(BLOCK)) {
        intp width = size - at < NAME(BLOCK) ? size - at : NAME(BLOCK), from = is_lower ? at + width : 0, rows = is_lower ? size - at - width : at;
        REAL block[NAME(BLOCK)][NAME(BLOCK)];
        for (int turn = 0; turn <= is_twice; turn++) {
            NAME(matrix) left = turn ? b : a, right = NAME(turned)(NAME(part)(turn ? a : b, at, 0));
            NAME(matrix) own = {(char *)block, sizeof *block, sizeof **block};
            NAME(must_multiply)(NAME(part)(left, from, 0), right, NAME(part)(c, from, at), rows, inner, width, alpha, turn ? 1 : beta);
            NAME(must_multiply)(NAME(part)(left, at, 0), right, own, width, inner, width, alpha, turn ? 1 : 0);
        }
        for (intp n = 0; n < width; n++) {
            for (intp m = is_lower ? n : 0; m < (is_lower ? width : n + 1); m++) {
                char *to = c.at + (at + m) * c.row + (at + n) * c.column;
                REAL value = block[m][n];
                if (beta != 0)
                    value += beta * NAME(get)(to);
                memcpy(to, &value, sizeof value);
            }
        }
    }
}

static void NAME(symmetric_update)(
    char *uplo, char *trans, int n, int k, REAL alpha, REAL *a, int *lda, REAL *b, int *ldb, int is_twice, REAL beta, REAL *c, int *ldc)
{
    int is_turned = !NAME(is)(trans, 'N'), is_lower = NAME(is)(uplo, 'L');
    NAME(matrix) to = NAME(by_columns)(c, ldc, 0);
    if (n <= 0)
        return;
    if (alpha == 0 || k <= 0) {
        for (intp column = 0; column < n; column++)
            NAME(scale)(NAME(part)(to, is_lower ? column : 0, column), is_lower ? n - column : column + 1, 1, beta);
        return;
    }
    NAME(symmetric)(
        NAME(by_columns)(a, lda, is_turned), NAME(by_columns)(b, ldb, is_turned), is_twice, to, is_lower, n, k, alpha, beta);
}

void BLAS(syrk)(char *uplo, char *trans, int *n, int *k, REAL *alpha, REAL *a, int *lda, REAL *beta, REAL *c, int *ldc)
{
    NAME(symmetric_update)(uplo, trans, *n, *k, *alpha, a, lda, a, lda, 0, *beta, c, ldc);
}

void BLAS(syr2k)(char *uplo, char *trans, int *n, int *k, REAL *alpha, REAL *a, int *lda, REAL *b, int *ldb, REAL *beta, REAL *c, int *ldc)
{
    NAME(symmetric_update)(uplo, trans, *n, *k, *alpha, a, lda, b, ldb, 1, *beta, c, ldc);
}
