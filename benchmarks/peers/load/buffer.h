/* Bytes that are appended at the end and taken from the start. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
  uint8_t *bytes;
  size_t start, end, capacity;
};

/* Room for `size` more bytes at the returned place; `end` is moved by who fills it. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_take(struct buffer *buffer, size_t size);
void buffer_free(struct buffer *buffer);

static inline size_t buffer_size(const struct buffer *buffer) {
  return buffer->end - buffer->start;
}

/* Memory that is there, or the end of the program. */
void *allocate(void *old, size_t size);

#endif
