/* Sorts of numbers by their bits, eleven at a time: numpy's own quick sorts are those of vector units that are not here. Numbers that are equal look
 * equal, so that the order among them cannot be seen; of zeros the negative ones come first, and NaN come last, as they are. */
#ifndef RADIX_SORT_H
#define RADIX_SORT_H

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

namespace radix {

constexpr int BITS = 11;
constexpr uint32_t DIGITS = 1 << BITS;
/* Below, a quick sort is quicker. */
constexpr int64_t COUNT_MIN = 2048;
/* The copy that a sort needs; above, the quick sort is asked, which needs none. */
constexpr int64_t COPY_BYTES_MAX = 64 << 20;

template <typename T>
using Key = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

/* A key in the memory of a number. */
template <typename T>
using Stored __attribute__((may_alias)) = Key<T>;

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
    constexpr int PLACES = (sizeof(T) * 8 + BITS - 1) / BITS;
    if (count < COUNT_MIN || count > COPY_BYTES_MAX / int64_t(sizeof(T))) {
        return false;
    }
    Stored<T> *copy = static_cast<Stored<T> *>(malloc(count * sizeof(T)));
    if (copy == nullptr) {
        return false;
    }
    count = without_nan(numbers, count);
    Stored<T> *keys = reinterpret_cast<Stored<T> *>(numbers);
    uint32_t counts[PLACES][DIGITS] = {{0}};
    bool sorted = true;
    Key<T> last = 0;
    for (int64_t at = 0; at < count; at++) {
        Key<T> key = to_key<T>(keys[at]);
        keys[at] = key;
        sorted &= last <= key;
        last = key;
        for (int place = 0; place < PLACES; place++) {
            counts[place][(key >> (place * BITS)) & (DIGITS - 1)]++;
        }
    }
    Stored<T> *from = keys, *to = copy;
    for (int place = 0; place < PLACES && !sorted; place++) {
        uint32_t *starts = counts[place];
        if (starts[(from[0] >> (place * BITS)) & (DIGITS - 1)] == count) {
            continue; /* all have the same digit here */
        }
        uint32_t start = 0;
        for (uint32_t digit = 0; digit < DIGITS; digit++) {
            start += std::exchange(starts[digit], start);
        }
        for (int64_t at = 0; at < count; at++) {
            Key<T> key = from[at];
            to[starts[(key >> (place * BITS)) & (DIGITS - 1)]++] = key;
        }
        std::swap(from, to);
    }
    for (int64_t at = 0; at < count; at++) {
        keys[at] = from_key<T>(from[at]);
    }
    free(copy);
    return true;
}

}  // namespace radix

#endif
