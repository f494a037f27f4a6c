/* Elementary functions of arrays of doubles, given by address and step in bytes. Included by numpy's sources (see patches/). */
#ifndef HYPERSPACE_ELEMENTARY_H
#define HYPERSPACE_ELEMENTARY_H

#ifdef __cplusplus
extern "C" {
#endif

void hyperspace_exp(const char *in, long long in_step, char *out, long long out_step, long long count);
void hyperspace_log(const char *in, long long in_step, char *out, long long out_step, long long count);
void hyperspace_tanh(const char *in, long long in_step, char *out, long long out_step, long long count);
void hyperspace_sin(const char *in, long long in_step, char *out, long long out_step, long long count);
void hyperspace_cos(const char *in, long long in_step, char *out, long long out_step, long long count);
void hyperspace_pow(
    const char *base, long long base_step, const char *power, long long power_step, char *out, long long out_step, long long count);

#ifdef __cplusplus
}
#endif
#endif
