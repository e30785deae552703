/* Latencies, counted in buckets each within 0.8 % of its neighbours. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

enum { HISTOGRAM_BUCKETS = 64 * 128 };

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total, greatest;
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/* As a JSON object: count, and p50, p95, p99 and max in milliseconds (null if nothing was counted). */
void histogram_print(const struct histogram *histogram, FILE *out);

#endif
