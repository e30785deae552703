/* Finding one's way in JSON of known shape, without reading all of it. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct scan {
  const char *at, *end;
};

static inline bool scan_starts(const struct scan *scan, const char *with) {
  size_t size = strlen(with);
  return (size_t)(scan->end - scan->at) >= size && memcmp(scan->at, with, size) == 0;
}

/* Move behind the next `mark`. Mostly it stands right here. */
static inline bool scan_past(struct scan *scan, const char *mark) {
  size_t size = strlen(mark);
  if (!scan_starts(scan, mark)) {
    const char *found = memmem(scan->at, (size_t)(scan->end - scan->at), mark, size);
    if (found == NULL) return false;
    scan->at = found;
  }
  scan->at += size;
  return true;
}

static inline uint32_t scan_number(struct scan *scan) {
  uint32_t number = 0;
  while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') number = number * 10 + (uint32_t)(*scan->at++ - '0');
  return number;
}

#endif
