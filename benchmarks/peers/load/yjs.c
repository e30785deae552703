/* Yjs over y-protocols: as y-websocket and pycrdt-websocket speak it, and in the envelope of Hocuspocus.
 *
 * A message is a list of variable-length integers and byte strings. An edit is an update with one item in it: whose it is
 * (client and clock), what it follows (the author's previous item), and its text. That is all a real client sends
 * for typing on at a caret. Receivers read the items of each update and integrate nothing. */
#include <stdio.h>
#include <string.h>

#include "load.h"

enum { SYNC = 0, AUTH = 2, SYNC_STATUS = 8 };                 /* messages; the last two are Hocuspocus' */
enum { STEP_1 = 0, STEP_2 = 1, UPDATE = 2 };                  /* of SYNC */
enum { GC = 0, DELETED = 1, STRING = 4, SKIP = 10, REFERENCE = 31 };
enum { HAS_ORIGIN = 0x80, HAS_RIGHT_ORIGIN = 0x40, HAS_KEY = 0x20 };

/* Client ids are random numbers of 32 bits; ours take as many bytes as most of those. */
#define FIRST_CLIENT 0x50000000u

struct reader {
  const uint8_t *at, *end;
};

static uint64_t read_number(struct reader *reader) {
  uint64_t number = 0;
  for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
    uint8_t byte = *reader->at++;
    number |= (uint64_t)(byte & 0x7fu) << shift;
    if (byte < 0x80) return number;
  }
  fail("an update ends too early");
}

static unsigned read_byte(struct reader *reader) {
  if (reader->at == reader->end) fail("an update ends too early");
  return *reader->at++;
}

static uint64_t skip_bytes(struct reader *reader) {
  uint64_t size = read_number(reader);
  if (size > (uint64_t)(reader->end - reader->at)) fail("an update ends too early");
  reader->at += size;
  return size;
}

static void skip_id(struct reader *reader) {
  read_number(reader);
  read_number(reader);
}

/* Move behind one item, and return how many characters it has. */
static uint64_t skip_item(struct reader *reader) {
  unsigned info = read_byte(reader), kind = info & REFERENCE;
  if (kind == GC || kind == SKIP) return read_number(reader);
  bool names_parent = !(info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN));
  if (info & HAS_ORIGIN) skip_id(reader);
  if (info & HAS_RIGHT_ORIGIN) skip_id(reader);
  if (names_parent) {
    if (read_number(reader) == 1)
      skip_bytes(reader);
    else
      skip_id(reader);
    if (info & HAS_KEY) skip_bytes(reader);
  }
  if (kind == DELETED) return read_number(reader);
  if (kind != STRING) fail("an item holds content of kind %u", kind);
  return skip_bytes(reader); /* only ASCII is typed here */
}

static void read_update(struct client *client, struct reader reader) {
  for (uint64_t authors = read_number(&reader); authors > 0; authors--) {
    uint64_t items = read_number(&reader), id = read_number(&reader), clock = read_number(&reader);
    for (; items > 0; items--) {
      bool known = reader.at < reader.end && (*reader.at & REFERENCE) == STRING && id >= FIRST_CLIENT && id < FIRST_CLIENT + (uint64_t)client_count;
      uint64_t size = skip_item(&reader);
      if (known) client_delivered(client, (int)(id - FIRST_CLIENT), (uint32_t)clock / options.size, (uint32_t)size / options.size);
      clock += size;
    }
  }
}

/* Writing: a message is built here and sent as one frame. */
static struct buffer out;

static void put(uint64_t number) {
  do {
    uint8_t byte = (uint8_t)(number & 0x7fu);
    number >>= 7;
    if (number) byte |= 0x80u;
    buffer_append(&out, &byte, 1);
  } while (number);
}

static void put_byte(uint8_t byte) { buffer_append(&out, &byte, 1); }

static void put_bytes(const void *bytes, size_t size) {
  put(size);
  buffer_append(&out, bytes, size);
}

static bool enveloped(void) { return options.protocol == &hocuspocus_protocol; }

static void begin(struct client *client, int message) {
  out.start = out.end = 0;
  if (enveloped()) {
    const char *name = document_name(client);
    put_bytes(name, strlen(name));
  }
  put((uint64_t)message);
}

static void send_out(struct client *client) { ws_frame(&client->ws, WS_BINARY, out.bytes, out.end); }

static void send_nothing_new(struct client *client, int step) {
  static const uint8_t empty[] = {0, 0};
  begin(client, SYNC);
  put((uint64_t)step);
  put_bytes(empty, step == STEP_1 ? 1 : 2); /* no state vector entries; no items and no deletions */
  send_out(client);
}

static void greet(struct client *client) {
  if (enveloped()) {
    begin(client, AUTH);
    put(0); /* here is my token */
    put_bytes("", 0);
    send_out(client);
  }
  send_nothing_new(client, STEP_1);
}

static void sync_message(struct client *client, struct reader *reader) {
  uint64_t step = read_number(reader), size = read_number(reader);
  if (size != (uint64_t)(reader->end - reader->at)) fail("a sync message of %llu bytes", (unsigned long long)size);
  if (step == STEP_1) {
    send_nothing_new(client, STEP_2);
  } else if (step == STEP_2) {
    /* Hocuspocus acknowledges our own step 2 as well, which must not be taken for an edit: wait for that. */
    if (!client->ready && !enveloped()) client_ready(client);
  } else if (options.mode != MODE_TRACE) {
    read_update(client, *reader);
  } else if (!enveloped() && client->edits.answered < client->edits.count) {
    client_acknowledged(client, client->edits.answered);
  }
}

static void message(struct client *client, const uint8_t *payload, size_t size) {
  struct reader reader = {payload, payload + size};
  if (enveloped()) skip_bytes(&reader);
  switch (read_number(&reader)) {
    case SYNC: sync_message(client, &reader); break;
    case SYNC_STATUS:
      if (read_number(&reader) != 1) fail("client %d was refused an update", client->index);
      if (!client->ready)
        client_ready(client);
      else
        client_acknowledged(client, client->edits.answered);
      break;
    default: break; /* awareness, and being let in */
  }
}

static void edit(struct client *client, uint32_t number) {
  static struct buffer update;
  static const char parent[] = "t";
  uint64_t id = FIRST_CLIENT + (uint64_t)client->index, clock = (uint64_t)number * options.size;
  out.start = out.end = 0;
  put(1); /* one author */
  put(1); /* one item */
  put(id);
  put(clock);
  if (number > 0) {
    put_byte(STRING | HAS_ORIGIN);
    put(id);
    put(clock - 1);
  } else {
    put_byte(STRING);
    put(1); /* the parent is a root, by name */
    put_bytes(parent, strlen(parent));
  }
  put_bytes(edit_text(client, number), options.size);
  put(0); /* no deletions */
  update.start = update.end = 0;
  buffer_append(&update, out.bytes, out.end);
  begin(client, SYNC);
  put(UPDATE);
  put_bytes(update.bytes, update.end);
  send_out(client);
}

static void replay(struct client *client, uint32_t number, const uint8_t *update, size_t size) {
  (void)number;
  begin(client, SYNC);
  put(UPDATE);
  put_bytes(update, size);
  send_out(client);
}

static void document_path(char *path, size_t size, const char *document) { snprintf(path, size, "/%s", document); }

static void root_path(char *path, size_t size, const char *document) {
  (void)document; /* it is in every message */
  snprintf(path, size, "/");
}

const struct protocol yjs_protocol = {
    .name = "yjs",
    .echo_acknowledges = true,
    .path = document_path,
    .greet = greet,
    .message = message,
    .edit = edit,
    .replay = replay,
};

const struct protocol hocuspocus_protocol = {
    .name = "hocuspocus",
    .path = root_path,
    .greet = greet,
    .message = message,
    .edit = edit,
    .replay = replay,
};
