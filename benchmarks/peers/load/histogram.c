#include "histogram.h"

/* Below 128 each value has its bucket; above, each power of two has 128, as in HdrHistogram. */
static unsigned bucket_of(uint64_t ns) {
  if (ns < 128) return (unsigned)ns;
  unsigned power = 63u - (unsigned)__builtin_clzll(ns) - 7u;
  return (power + 1) * 128u + (unsigned)((ns >> power) & 127u);
}

static uint64_t value_of(unsigned bucket) {
  if (bucket < 128) return bucket;
  unsigned power = bucket / 128u - 1;
  uint64_t low = (128ull + bucket % 128u) << power;
  return low + (1ull << power) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t ns) {
  histogram->counts[bucket_of(ns)]++;
  histogram->total++;
  if (ns > histogram->greatest) histogram->greatest = ns;
}

static double quantile(const struct histogram *histogram, double share) {
  uint64_t rank = (uint64_t)(share * (double)(histogram->total - 1)), passed = 0;
  unsigned bucket = 0;
  while ((passed += histogram->counts[bucket]) <= rank) bucket++;
  return (double)value_of(bucket) / 1e6;
}

void histogram_print(const struct histogram *histogram, FILE *out) {
  if (histogram->total == 0) {
    fprintf(out, "{\"count\":0,\"p50\":null,\"p95\":null,\"p99\":null,\"max\":null}");
    return;
  }
  fprintf(out, "{\"count\":%llu,\"p50\":%.4f,\"p95\":%.4f,\"p99\":%.4f,\"max\":%.4f}",
          (unsigned long long)histogram->total, quantile(histogram, 0.50), quantile(histogram, 0.95),
          quantile(histogram, 0.99), (double)histogram->greatest / 1e6);
}
