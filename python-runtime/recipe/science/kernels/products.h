/*
 * Sums of products of one type: REAL, its vector VECTOR of LANES, and NAME(x) for the names. Included once per type by products.c.
 *
 * Matrices are given by address and steps in bytes. Every element of a product of matrices is summed in order of the inner index,
 * so its bits do not depend on how the work is cut. A dot product is summed in the order that `dot` below says.
 */
enum { NAME(WIDTH) = 2 * LANES, NAME(ROWS) = 4 };

static inline VECTOR NAME(load)(const void *from)
{
    VECTOR value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline REAL NAME(get)(const char *from)
{
    REAL value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline VECTOR NAME(spread)(REAL value)
{
#if LANES == 2
    return (VECTOR){value, value};
#else
    return (VECTOR){value, value, value, value};
#endif
}

/* Stores the first `columns` sums of a row. */
static inline void NAME(store)(char *to, intp step, intp columns, const VECTOR *sums)
{
    if (columns == NAME(WIDTH) && step == sizeof(REAL)) {
        memcpy(to, sums, 2 * sizeof *sums);
        return;
    }
    const REAL *value = (const REAL *)sums;
    for (intp column = 0; column < columns; column++)
        memcpy(to + column * step, &value[column], sizeof *value);
}

/* Four rows by WIDTH columns; rows of `b` are contiguous and `b_step` bytes apart. */
static void NAME(four_rows)(
    const char *a, ptrdiff_t a_row, ptrdiff_t a_step, const char *b, ptrdiff_t b_step, char *out, intp out_row, intp out_step,
    ptrdiff_t inner, intp columns)
{
    VECTOR s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    const char *a1 = a + a_row, *a2 = a1 + a_row, *a3 = a2 + a_row;
    for (ptrdiff_t n = 0; n < inner; n++) {
        VECTOR b0 = NAME(load)(b), b1 = NAME(load)(b + sizeof(VECTOR)), f;
        f = NAME(spread)(NAME(get)(a)), s00 += f * b0, s01 += f * b1;
        f = NAME(spread)(NAME(get)(a1)), s10 += f * b0, s11 += f * b1;
        f = NAME(spread)(NAME(get)(a2)), s20 += f * b0, s21 += f * b1;
        f = NAME(spread)(NAME(get)(a3)), s30 += f * b0, s31 += f * b1;
        a += a_step, a1 += a_step, a2 += a_step, a3 += a_step, b += b_step;
    }
    NAME(store)(out, out_step, columns, (VECTOR[]){s00, s01});
    NAME(store)(out + out_row, out_step, columns, (VECTOR[]){s10, s11});
    NAME(store)(out + 2 * out_row, out_step, columns, (VECTOR[]){s20, s21});
    NAME(store)(out + 3 * out_row, out_step, columns, (VECTOR[]){s30, s31});
}

static void NAME(one_row)(
    const char *a, ptrdiff_t a_step, const char *b, ptrdiff_t b_step, char *out, intp out_step, ptrdiff_t inner, intp columns)
{
    VECTOR s0 = {0}, s1 = {0};
    for (ptrdiff_t n = 0; n < inner; n++, a += a_step, b += b_step) {
        VECTOR f = NAME(spread)(NAME(get)(a));
        s0 += f * NAME(load)(b), s1 += f * NAME(load)(b + sizeof(VECTOR));
    }
    NAME(store)(out, out_step, columns, (VECTOR[]){s0, s1});
}

/* Copies `columns` columns of a matrix to contiguous rows of WIDTH, filled up with zeros. */
static void NAME(pack)(REAL *to, const char *from, intp step, intp column_step, intp inner, intp columns)
{
    for (intp n = 0; n < inner; n++, to += NAME(WIDTH), from += step)
        for (intp column = 0; column < NAME(WIDTH); column++)
            to[column] = column < columns ? NAME(get)(from + column * column_step) : 0;
}

/*
 * The dot product. Contiguous operands are summed in 4 × LANES sums of every (4 × LANES)-th product, others in four sums of every
 * fourth; then the sums are added in pairs.
 */
void NAME(dot)(const char *a, intp a_step, const char *b, intp b_step, char *out, intp count)
{
    REAL total = 0;
    intp n = 0;
    if (a_step == sizeof(REAL) && b_step == sizeof(REAL)) {
        VECTOR s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        const char *x = a, *y = b;
        enum { STEP = sizeof(VECTOR) };
        for (; n + 4 * LANES <= count; n += 4 * LANES, x += 4 * STEP, y += 4 * STEP) {
            s0 += NAME(load)(x) * NAME(load)(y);
            s1 += NAME(load)(x + STEP) * NAME(load)(y + STEP);
            s2 += NAME(load)(x + 2 * STEP) * NAME(load)(y + 2 * STEP);
            s3 += NAME(load)(x + 3 * STEP) * NAME(load)(y + 3 * STEP);
        }
        VECTOR sum = (s0 + s1) + (s2 + s3);
        for (int lane = 0; lane < LANES; lane++)
            total += sum[lane];
    }
    else {
        REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (; n + 4 <= count; n += 4) {
            const char *x = a + n * a_step, *y = b + n * b_step;
            s0 += NAME(get)(x) * NAME(get)(y);
            s1 += NAME(get)(x + a_step) * NAME(get)(y + b_step);
            s2 += NAME(get)(x + 2 * a_step) * NAME(get)(y + 2 * b_step);
            s3 += NAME(get)(x + 3 * a_step) * NAME(get)(y + 3 * b_step);
        }
        total = (s0 + s1) + (s2 + s3);
    }
    for (; n < count; n++)
        total += NAME(get)(a + n * a_step) * NAME(get)(b + n * b_step);
    memcpy(out, &total, sizeof total);
}

/* One panel of at most WIDTH columns of the product. */
static void NAME(panel)(
    const char *a, intp a_row, intp a_step, const char *b, intp b_step, char *out, intp out_row, intp out_step, intp rows, intp inner,
    intp columns)
{
    intp m = 0;
    for (; m + NAME(ROWS) <= rows; m += NAME(ROWS))
        NAME(four_rows)(a + m * a_row, a_row, a_step, b, b_step, out + m * out_row, out_row, out_step, inner, columns);
    for (; m < rows; m++)
        NAME(one_row)(a + m * a_row, a_step, b, b_step, out + m * out_row, out_step, inner, columns);
}

/* The product of a (rows × inner) and b (inner × columns). Returns 0, or -1 without memory for a panel of b; then nothing is lost. */
int NAME(product)(
    const char *a, intp a_row, intp a_step, const char *b, intp b_step, intp b_column, char *out, intp out_row, intp out_column,
    intp rows, intp inner, intp columns)
{
    if (columns == 1 && (rows == 1 || a_row != sizeof(REAL))) {
        for (intp m = 0; m < rows; m++)
            NAME(dot)(a + m * a_row, a_step, b, b_step, out + m * out_row, inner);
        return 0;
    }
    if (columns == 1) /* a matrix of contiguous columns by a vector: the vector by the transposed matrix */
        return NAME(product)(b, 0, b_step, a, a_step, a_row, out, 0, out_row, 1, inner, rows);
    REAL *packed = NULL;
    for (intp p = 0; p < columns; p += NAME(WIDTH)) {
        intp width = columns - p < NAME(WIDTH) ? columns - p : NAME(WIDTH);
        const char *panel = b + p * b_column;
        intp step = b_step;
        if (width < NAME(WIDTH) || b_column != sizeof(REAL) || rows > 4 * NAME(ROWS)) {
            if (packed == NULL && inner > 0) {
                packed = inner > (PTRDIFF_MAX >> 7) ? NULL : malloc((size_t)inner * NAME(WIDTH) * sizeof(REAL));
                if (packed == NULL)
                    return -1;
            }
            NAME(pack)(packed, panel, b_step, b_column, inner, width);
            panel = (const char *)packed, step = NAME(WIDTH) * sizeof(REAL);
        }
        NAME(panel)(a, a_row, a_step, panel, step, out + p * out_column, out_row, out_column, rows, inner, width);
    }
    free(packed);
    return 0;
}
