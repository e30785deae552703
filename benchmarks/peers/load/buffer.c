#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate(void *old, size_t size) {
  void *found = realloc(old, size);
  if (found == NULL) {
    fprintf(stderr, "load: no memory for %zu bytes\n", size);
    exit(1);
  }
  return found;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size) {
  if (buffer->capacity - buffer->end >= size) return buffer->bytes + buffer->end;
  size_t held = buffer_size(buffer);
  if (buffer->start > 0) memmove(buffer->bytes, buffer->bytes + buffer->start, held);
  buffer->start = 0;
  buffer->end = held;
  if (buffer->capacity - held < size) {
    size_t wanted = buffer->capacity < 512 ? 512 : buffer->capacity;
    while (wanted - held < size) wanted *= 2;
    buffer->bytes = allocate(buffer->bytes, wanted);
    buffer->capacity = wanted;
  }
  return buffer->bytes + buffer->end;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size) {
  memcpy(buffer_reserve(buffer, size), bytes, size);
  buffer->end += size;
}

void buffer_take(struct buffer *buffer, size_t size) {
  buffer->start += size;
  if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

void buffer_free(struct buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct buffer){0};
}
