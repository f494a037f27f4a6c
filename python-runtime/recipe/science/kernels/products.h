/*
 * Sums of products of one type: REAL, its vector VECTOR of LANES, FMA for `a * b + c` with one rounding, and NAME(x) for the names.
 * Included once per type by products.c.
 *
 * Matrices are given by address and steps in bytes. Every element of a product of matrices is summed in order of the inner index,
 * so its bits do not depend on how the work is cut. A dot product is summed in the order that `dot` below says. Sums are fused: a
 * product is not rounded before it is added, on any machine, and there is one canonical NaN to make instead of two.
 */
enum { NAME(WIDTH) = 2 * LANES, NAME(ROWS) = 4, NAME(VECTOR_BYTES) = sizeof(VECTOR) };

/* A matrix: its first element, and steps in bytes to the next row and the next column. */
typedef struct {
    char *at;
    intp row, column;
} NAME(matrix);

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

static inline REAL NAME(total)(VECTOR sum)
{
    REAL total = 0;
    for (int lane = 0; lane < LANES; lane++)
        total += sum[lane];
    return total;
}

static inline NAME(matrix) NAME(part)(NAME(matrix) of, intp row, intp column)
{
    return (NAME(matrix)){of.at + row * of.row + column * of.column, of.row, of.column};
}

static inline NAME(matrix) NAME(turned)(NAME(matrix) of) { return (NAME(matrix)){of.at, of.column, of.row}; }

/*
 * out = alpha * sums + beta * out for the first `columns` sums of a row; out is not read for a beta of zero. The product is there for an
 * alpha of one, too: a machine without fused operations computes them by a library, and NaN of that have any bits.
 */
static inline void NAME(store)(char *to, intp step, intp columns, REAL alpha, REAL beta, VECTOR s0, VECTOR s1)
{
    if (columns == NAME(WIDTH) && step == sizeof(REAL)) {
        s0 *= NAME(spread)(alpha), s1 *= NAME(spread)(alpha);
        if (beta == 1)
            s0 += NAME(load)(to), s1 += NAME(load)(to + sizeof s0);
        else if (beta != 0)
            s0 += NAME(spread)(beta) * NAME(load)(to), s1 += NAME(spread)(beta) * NAME(load)(to + sizeof s0);
        memcpy(to, &s0, sizeof s0);
        memcpy(to + sizeof s0, &s1, sizeof s1);
        return;
    }
    VECTOR sums[] = {s0, s1};
    const REAL *all = (const REAL *)sums;
    for (intp column = 0; column < columns; column++, to += step) {
        REAL value = alpha * all[column];
        if (beta != 0)
            value += beta == 1 ? NAME(get)(to) : beta * NAME(get)(to);
        memcpy(to, &value, sizeof value);
    }
}

/* Four rows by WIDTH columns; rows of `b` are contiguous and `b_step` bytes apart. */
static void NAME(four_rows)(
    const char *a, ptrdiff_t a_row, ptrdiff_t a_step, const char *b, ptrdiff_t b_step, NAME(matrix) out, ptrdiff_t inner, intp columns,
    REAL alpha, REAL beta)
{
    VECTOR s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    const char *a1 = a + a_row, *a2 = a1 + a_row, *a3 = a2 + a_row;
    for (ptrdiff_t n = 0; n < inner; n++) {
        VECTOR b0 = NAME(load)(b), b1 = NAME(load)(b + sizeof(VECTOR)), f;
        f = NAME(spread)(NAME(get)(a)), s00 = FMA(f, b0, s00), s01 = FMA(f, b1, s01);
        f = NAME(spread)(NAME(get)(a1)), s10 = FMA(f, b0, s10), s11 = FMA(f, b1, s11);
        f = NAME(spread)(NAME(get)(a2)), s20 = FMA(f, b0, s20), s21 = FMA(f, b1, s21);
        f = NAME(spread)(NAME(get)(a3)), s30 = FMA(f, b0, s30), s31 = FMA(f, b1, s31);
        a += a_step, a1 += a_step, a2 += a_step, a3 += a_step, b += b_step;
    }
    NAME(store)(out.at, out.column, columns, alpha, beta, s00, s01);
    NAME(store)(out.at + out.row, out.column, columns, alpha, beta, s10, s11);
    NAME(store)(out.at + 2 * out.row, out.column, columns, alpha, beta, s20, s21);
    NAME(store)(out.at + 3 * out.row, out.column, columns, alpha, beta, s30, s31);
}

static void NAME(one_row)(
    const char *a, ptrdiff_t a_step, const char *b, ptrdiff_t b_step, NAME(matrix) out, ptrdiff_t inner, intp columns, REAL alpha, REAL beta)
{
    VECTOR s0 = {0}, s1 = {0};
    for (ptrdiff_t n = 0; n < inner; n++, a += a_step, b += b_step) {
        VECTOR f = NAME(spread)(NAME(get)(a));
        s0 = FMA(f, NAME(load)(b), s0), s1 = FMA(f, NAME(load)(b + sizeof(VECTOR)), s1);
    }
    NAME(store)(out.at, out.column, columns, alpha, beta, s0, s1);
}

/* Copies `columns` columns of a matrix to contiguous rows of WIDTH, filled up with zeros. */
static void NAME(pack)(REAL *to, NAME(matrix) from, intp inner, intp columns)
{
    for (intp n = 0; n < inner; n++, to += NAME(WIDTH), from.at += from.row)
        for (intp column = 0; column < NAME(WIDTH); column++)
            to[column] = column < columns ? NAME(get)(from.at + column * from.column) : 0;
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
        enum { STEP = NAME(VECTOR_BYTES) };
        for (; n + 4 * LANES <= count; n += 4 * LANES, x += 4 * STEP, y += 4 * STEP) {
            s0 = FMA(NAME(load)(x), NAME(load)(y), s0);
            s1 = FMA(NAME(load)(x + STEP), NAME(load)(y + STEP), s1);
            s2 = FMA(NAME(load)(x + 2 * STEP), NAME(load)(y + 2 * STEP), s2);
            s3 = FMA(NAME(load)(x + 3 * STEP), NAME(load)(y + 3 * STEP), s3);
        }
        total = NAME(total)((s0 + s1) + (s2 + s3));
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

/*
 * out = alpha * a * b + beta * out, of a (rows × inner) and b (inner × columns). Returns 0, or -1 without memory for copies of parts;
 * then nothing is lost. The second operand is copied by panels of WIDTH columns, the first where its rows do not lie together.
 */
static int NAME(multiply)(NAME(matrix) a, NAME(matrix) b, NAME(matrix) out, intp rows, intp inner, intp columns, REAL alpha, REAL beta)
{
    if (out.column != sizeof(REAL) && out.row == sizeof(REAL) && rows > 1)
        return NAME(multiply)(NAME(turned)(b), NAME(turned)(a), NAME(turned)(out), columns, inner, rows, alpha, beta);
    int copies_rows = a.column != sizeof(REAL) && columns > 2 * NAME(WIDTH) && rows >= NAME(ROWS);
    intp own = (copies_rows ? rows : 0) + NAME(WIDTH);
    if (inner > 0 && own > (PTRDIFF_MAX >> 4) / inner)
        return -1;
    REAL *packed = malloc((size_t)(own * inner + 1) * sizeof(REAL));
    if (packed == NULL)
        return -1;
    if (copies_rows) {
        REAL *copy = packed + NAME(WIDTH) * inner;
        for (intp n = 0; n < inner; n++)
            for (intp m = 0; m < rows; m++)
                copy[m * inner + n] = NAME(get)(a.at + m * a.row + n * a.column);
        a = (NAME(matrix)){(char *)copy, inner * sizeof(REAL), sizeof(REAL)};
    }
    for (intp p = 0; p < columns; p += NAME(WIDTH)) {
        intp width = columns - p < NAME(WIDTH) ? columns - p : NAME(WIDTH), m = 0;
        NAME(matrix) panel = NAME(part)(b, 0, p), to = NAME(part)(out, 0, p);
        if (width < NAME(WIDTH) || b.column != sizeof(REAL) || rows > 4 * NAME(ROWS)) {
            NAME(pack)(packed, panel, inner, width);
            panel.at = (char *)packed, panel.row = NAME(WIDTH) * sizeof(REAL);
        }
        for (; m + NAME(ROWS) <= rows; m += NAME(ROWS))
            NAME(four_rows)(a.at + m * a.row, a.row, a.column, panel.at, panel.row, NAME(part)(to, m, 0), inner, width, alpha, beta);
        for (; m < rows; m++)
            NAME(one_row)(a.at + m * a.row, a.column, panel.at, panel.row, NAME(part)(to, m, 0), inner, width, alpha, beta);
    }
    free(packed);
    return 0;
}

/* y += a * x, of contiguous columns; `scale` times x. Every element is summed in order of the columns. */
static void NAME(add_columns)(NAME(matrix) a, const char *x, intp x_step, char *y, intp y_step, intp rows, intp columns, REAL scale)
{
    for (intp m = 0; m < rows; m += 4 * LANES) {
        const char *at = a.at + m * sizeof(REAL), *factor = x;
        intp height = rows - m < 4 * LANES ? rows - m : 4 * LANES;
        REAL sums[4 * LANES];
        if (height == 4 * LANES) {
            VECTOR s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            enum { STEP = NAME(VECTOR_BYTES) };
            for (ptrdiff_t n = 0; n < columns; n++, at += a.column, factor += x_step) {
                VECTOR f = NAME(spread)(NAME(get)(factor));
                s0 = FMA(f, NAME(load)(at), s0), s1 = FMA(f, NAME(load)(at + STEP), s1);
                s2 = FMA(f, NAME(load)(at + 2 * STEP), s2), s3 = FMA(f, NAME(load)(at + 3 * STEP), s3);
            }
            memcpy(sums, (VECTOR[]){s0, s1, s2, s3}, sizeof sums);
        }
        else {
            VECTOR s[4] = {{0}};
            for (ptrdiff_t n = 0; n < columns; n++, at += a.column, factor += x_step) {
                VECTOR f = NAME(spread)(NAME(get)(factor)), part[4] = {{0}};
                memcpy(part, at, (size_t)height * sizeof(REAL));
                for (int k = 0; k < 4; k++)
                    s[k] = FMA(f, part[k], s[k]);
            }
            memcpy(sums, s, sizeof sums);
        }
        for (intp k = 0; k < height; k++) {
            char *to = y + (m + k) * y_step;
            REAL value = NAME(get)(to) + scale * sums[k];
            memcpy(to, &value, sizeof value);
        }
    }
}

/* y += a * x, of contiguous rows, four at a time; `scale` times x. The order of a sum is that of four rows, wherever its row is. */
static void NAME(add_rows)(NAME(matrix) a, const char *x, char *y, intp y_step, intp rows, intp columns, REAL scale)
{
    for (intp m = 0; m < rows; m += 4) {
        VECTOR s[4] = {{0}};
        intp height = rows - m < 4 ? rows - m : 4, n = 0;
        const char *at[4];
        for (int k = 0; k < 4; k++)
            at[k] = a.at + (m + (k < height ? k : 0)) * a.row;
        VECTOR s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (; n + LANES <= columns; n += LANES) {
            VECTOR f = NAME(load)(x + n * sizeof(REAL));
            s0 = FMA(f, NAME(load)(at[0] + n * sizeof(REAL)), s0), s1 = FMA(f, NAME(load)(at[1] + n * sizeof(REAL)), s1);
            s2 = FMA(f, NAME(load)(at[2] + n * sizeof(REAL)), s2), s3 = FMA(f, NAME(load)(at[3] + n * sizeof(REAL)), s3);
        }
        s[0] = s0, s[1] = s1, s[2] = s2, s[3] = s3;
        for (intp k = 0; k < height; k++) {
            REAL total = NAME(total)(s[k]);
            for (intp last = n; last < columns; last++)
                total += NAME(get)(at[k] + last * sizeof(REAL)) * NAME(get)(x + last * sizeof(REAL));
            char *to = y + (m + k) * y_step;
            total = NAME(get)(to) + scale * total;
            memcpy(to, &total, sizeof total);
        }
    }
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
    NAME(matrix) first = {(char *)a, a_row, a_step}, second = {(char *)b, b_step, b_column}, to = {out, out_row, out_column};
    if (columns == 1) { /* a matrix of contiguous columns by a vector */
        REAL zero = 0;
        for (intp m = 0; m < rows; m++)
            memcpy(out + m * out_row, &zero, sizeof zero);
        NAME(add_columns)(first, b, b_step, out, out_row, rows, inner, 1);
        return 0;
    }
    return NAME(multiply)(first, second, to, rows, inner, columns, 1, 0);
}
