/* Sorts of numbers by their bits, eleven at a time: numpy's own quick sorts are those of vector units that are not here. Numbers that are equal look
 * equal, so that the order among them cannot be seen; of zeros the negative ones come first, and NaN come last, as they are. The order of the
 * indices of equal numbers can be seen, and is that of numpy's quick sort: indices are sorted here where no two numbers are equal. */
#ifndef RADIX_SORT_H
#define RADIX_SORT_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace radix {

constexpr int BITS = 11;
constexpr uint32_t DIGITS = 1 << BITS;
/* Below, a quick sort is quicker. */
constexpr int64_t COUNT_MIN = 2048;
/* The copies that a sort needs; above, the quick sort is asked, which needs none. */
constexpr int64_t COPY_BYTES_MAX = 64 << 20;
/* The digits that are sorted by, from the most significant on. What then is still in no order is in short groups, unless there is a reason. */
constexpr int PASSES_MAX = 3;
/* Groups up to this size are sorted by insertion. */
constexpr int64_t INSERTED_MAX = 24;
/* The numbers among which two equal ones are looked for before indices are sorted. */
constexpr int64_t LOOKED_AT = 512;

template <typename T>
using Key = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

/* A key in the memory of a number. */
template <typename T>
using Stored __attribute__((may_alias)) = Key<T>;

/* A key, and where its number stands. */
template <typename T>
struct Placed {
    Key<T> key;
    uint32_t place;
};

/* Whether numbers of this type are sorted here. */
template <typename T>
constexpr bool SORTED = (sizeof(T) == 8 || sizeof(T) == 4) && std::is_arithmetic_v<T>;

/* The unsigned integer that is in the order of the number with these bits. */
template <typename T>
inline Key<T> to_key(Key<T> bits)
{
    constexpr Key<T> SIGN = Key<T>(1) << (sizeof(T) * 8 - 1);
    if constexpr (std::is_floating_point_v<T>) {
        return bits & SIGN ? ~bits : bits | SIGN;
    }
    return std::is_signed_v<T> ? bits ^ SIGN : bits;
}

template <typename T>
inline Key<T> from_key(Key<T> key)
{
    constexpr Key<T> SIGN = Key<T>(1) << (sizeof(T) * 8 - 1);
    if constexpr (std::is_floating_point_v<T>) {
        return key & SIGN ? key & ~SIGN : ~key;
    }
    return std::is_signed_v<T> ? key ^ SIGN : key;
}

template <typename Record>
inline auto key_of(const Record &record)
{
    if constexpr (std::is_integral_v<Record>) {
        return record;
    }
    else {
        return record.key;
    }
}

/* How often each digit occurs at each place, and whether the keys are in order as they come. */
template <typename T>
struct Digits {
    static constexpr int PLACES = (sizeof(T) * 8 + BITS - 1) / BITS;
    uint32_t counts[PLACES][DIGITS] = {{0}};
    Key<T> last = 0;
    bool sorted = true;

    static uint32_t at(Key<T> key, int place) { return (key >> (place * BITS)) & (DIGITS - 1); }

    void add(Key<T> key)
    {
        sorted &= last <= key;
        last = key;
        for (int place = 0; place < PLACES; place++) {
            counts[place][at(key, place)]++;
        }
    }
};

/* Sorts what is in no order yet: groups of records whose keys are the same but for the lowest bits. */
template <typename Record, typename K>
void sort_groups(Record *records, int64_t count, int same_from)
{
    auto less = [](const Record &one, const Record &other) { return key_of(one) < key_of(other); };
    for (int64_t start = 0, end; start < count; start = end) {
        K group = key_of(records[start]) >> same_from;
        bool sorted = true;
        for (end = start + 1; end < count && K(key_of(records[end]) >> same_from) == group; end++) {
            sorted &= !less(records[end], records[end - 1]);
        }
        if (sorted) {
            continue;
        }
        if (end - start > INSERTED_MAX) {
            std::sort(records + start, records + end, less);
            continue;
        }
        for (int64_t at = start + 1; at < end; at++) {
            Record record = records[at];
            int64_t to = at;
            for (; to > start && less(record, records[to - 1]); to--) {
                records[to] = records[to - 1];
            }
            records[to] = record;
        }
    }
}

/* Sorts the records, of which the digits are known, with as many others for a copy. Returns the ones that then are in order. */
template <typename T, typename Record>
Record *sort_records(Record *from, Record *to, int64_t count, Digits<T> &digits)
{
    if (digits.sorted) {
        return from;
    }
    int first = Digits<T>::PLACES, passes = 0;
    while (first > 0 && passes < PASSES_MAX) {
        first--;
        /* where all have the same digit, nothing is to do */
        passes += digits.counts[first][Digits<T>::at(key_of(from[0]), first)] != count;
    }
    for (int place = first; place < Digits<T>::PLACES; place++) {
        uint32_t *starts = digits.counts[place];
        if (starts[Digits<T>::at(key_of(from[0]), place)] == count) {
            continue;
        }
        uint32_t start = 0;
        for (uint32_t digit = 0; digit < DIGITS; digit++) {
            start += std::exchange(starts[digit], start);
        }
        for (int64_t at = 0; at < count; at++) {
            Record record = from[at];
            to[starts[Digits<T>::at(key_of(record), place)]++] = record;
        }
        std::swap(from, to);
    }
    if (first > 0) {
        sort_groups<Record, Key<T>>(from, count, first * BITS);
    }
    return from;
}

/* Moves NaN to the end, and returns the number of the others. */
template <typename T>
inline int64_t without_nan(T *numbers, int64_t count)
{
    if constexpr (std::is_floating_point_v<T>) {
        for (int64_t at = 0; at < count;) {
            if (numbers[at] != numbers[at]) {
                std::swap(numbers[at], numbers[--count]);
            }
            else {
                at++;
            }
        }
    }
    return count;
}

/* Sorts numbers, and returns whether it did: not where there are few, or too many for a copy. */
template <typename T>
bool sort(T *numbers, int64_t count)
{
    if (count < COUNT_MIN || count > COPY_BYTES_MAX / int64_t(sizeof(T))) {
        return false;
    }
    Stored<T> *copy = static_cast<Stored<T> *>(malloc(count * sizeof(T)));
    if (copy == nullptr) {
        return false;
    }
    count = without_nan(numbers, count);
    Stored<T> *keys = reinterpret_cast<Stored<T> *>(numbers);
    Digits<T> digits;
    for (int64_t at = 0; at < count; at++) {
        Key<T> key = to_key<T>(keys[at]);
        keys[at] = key;
        digits.add(key);
    }
    Stored<T> *sorted = count ? sort_records<T, Stored<T>>(keys, copy, count, digits) : keys;
    for (int64_t at = 0; at < count; at++) {
        keys[at] = from_key<T>(sorted[at]);
    }
    free(copy);
    return true;
}

/* The key of a number among others whose equals are looked for: that of zero for both zeros. */
template <typename T>
inline Key<T> key_at(const T *numbers, int64_t at)
{
    if constexpr (std::is_floating_point_v<T>) {
        if (numbers[at] == 0) {
            return to_key<T>(0);
        }
    }
    return to_key<T>(reinterpret_cast<const Stored<T> *>(numbers)[at]);
}

/* Whether some of the numbers that indices name are equal, as far as a few of them show. */
template <typename T, typename Index>
bool seems_to_repeat(const T *numbers, const Index *order, int64_t count)
{
    Key<T> keys[LOOKED_AT];
    for (int64_t at = 0; at < LOOKED_AT; at++) {
        keys[at] = key_at(numbers, order[at * (count / LOOKED_AT)]);
    }
    std::sort(keys, keys + LOOKED_AT);
    return std::adjacent_find(keys, keys + LOOKED_AT) != keys + LOOKED_AT;
}

/* Sorts indices by the numbers that they name, and returns whether it did: not where there are few or too many, where some are equal or NaN.
 * Otherwise there is one order alone, whoever finds it. */
template <typename T, typename Index>
bool argsort(const T *numbers, Index *order, int64_t count)
{
    if (count < COUNT_MIN || count > COPY_BYTES_MAX / int64_t(2 * sizeof(Placed<T>)) || seems_to_repeat(numbers, order, count)) {
        return false;
    }
    Placed<T> *records = static_cast<Placed<T> *>(malloc(2 * count * sizeof(Placed<T>)));
    if (records == nullptr) {
        return false;
    }
    Digits<T> digits;
    bool distinct = true;
    for (int64_t at = 0; at < count && distinct; at++) {
        Key<T> key = key_at(numbers, order[at]);
        records[at] = {key, uint32_t(order[at])};
        digits.add(key);
        distinct = numbers[order[at]] == numbers[order[at]];
    }
    if (distinct) {
        Placed<T> *sorted = sort_records<T>(records, records + count, count, digits);
        for (int64_t at = 1; at < count; at++) {
            distinct &= sorted[at].key != sorted[at - 1].key;
        }
        for (int64_t at = 0; at < count && distinct; at++) {
            order[at] = sorted[at].place;
        }
    }
    free(records);
    return distinct;
}

}  // namespace radix

#endif
