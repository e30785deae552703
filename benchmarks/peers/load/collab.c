/* collab.v1, as docs/protocol.md has it.
 *
 * A writer types on at its caret. Where that is, it knows without a text: `caret` is its place at the newest version, and
 * moves with what others insert before it; its unanswered edits stand there, one behind the other. The server's
 * event of an own edit must stand at that very place, which checks the server's transformation as we go. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "scan.h"

static void path(char *path, size_t size, const char *document) { snprintf(path, size, "/ws/documents/%s", document); }

static void greet(struct client *client) {
  char hello[256];
  int size = snprintf(hello, sizeof hello,
                      "{\"type\":\"hello\",\"client\":\"load-%06d\",\"key\":\"load-key-of-client-%06d\",\"schema\":1}",
                      client->index, client->index);
  ws_frame(&client->ws, WS_TEXT, hello, (size_t)size);
}

static void event(struct client *client, struct scan *scan) {
  client->version = scan_number(scan);
  if (!scan_past(scan, "\"client\":\"")) fail("an event without a client");
  if (!scan_starts(scan, "load-")) return; /* nobody's */
  scan->at += strlen("load-");
  int author = (int)scan_number(scan);
  if (!scan_past(scan, "\"id\":")) fail("an event without an id");
  uint32_t number = scan_number(scan);
  if (number-- == 0) return; /* no edit: the document was created */
  if (options.mode == MODE_TRACE) {
    client_delivered(client, author, number, 1);
    return;
  }
  if (!scan_past(scan, "\"op\":[")) fail("an event without an operation");
  uint32_t place = scan_starts(scan, "\"") ? 0 : scan_number(scan);
  if (author == client->index) {
    if (place != client->caret) fail("client %d typed at %u, and the event says %u", author, client->caret, place);
    client->caret += options.size;
  } else if (place < client->caret || (place == client->caret && author < client->index)) {
    client->caret += options.size;
  }
  client_delivered(client, author, number, 1);
}

/* The content may be older than the newest version; the events in between come after it. */
static void welcome(struct client *client, struct scan *scan) {
  client->wanted = scan_past(scan, "\"seq\":") ? scan_number(scan) : 0;
  client->version = scan_past(scan, "\"snapshot\":{\"seq\":") ? scan_number(scan) : 0;
}

static void message(struct client *client, const uint8_t *payload, size_t size) {
  struct scan scan = {(const char *)payload, (const char *)payload + size};
  bool whole = client->ready;
  if (scan_starts(&scan, "{\"type\":\"events\"")) {
    while (scan_past(&scan, "{\"seq\":")) event(client, &scan);
    whole = true;
  } else if (scan_starts(&scan, "{\"type\":\"welcome\"")) {
    welcome(client, &scan);
  } else if (scan_starts(&scan, "{\"type\":\"snapshot\"")) {
    whole = memmem(payload, size, "\"last\":true", 11) != NULL;
  } else if (!scan_starts(&scan, "{\"type\":\"presence\"") && !scan_starts(&scan, "{\"type\":\"checksum\"")) {
    fail("client %d was told %.*s", client->index, (int)size, (const char *)payload);
  }
  if (whole && !client->ready && client->version >= client->wanted) client_ready(client);
}

static void edit(struct client *client, uint32_t number) {
  char frame[16 * 1024];
  uint32_t place = client->caret + (number - client->edits.answered) * options.size;
  int size = snprintf(frame, sizeof frame, "{\"type\":\"edit\",\"id\":%u,\"base\":%u,\"op\":[", number + 1, client->version);
  if (place > 0) size += snprintf(frame + size, sizeof frame - (size_t)size, "%u,", place);
  size += snprintf(frame + size, sizeof frame - (size_t)size, "\"%s\"],\"refusals\":0}", edit_text(client, number));
  ws_frame(&client->ws, WS_TEXT, frame, (size_t)size);
}

static void replay(struct client *client, uint32_t number, const uint8_t *op, size_t op_size) {
  char frame[16 * 1024];
  int size = snprintf(frame, sizeof frame, "{\"type\":\"edit\",\"id\":%u,\"base\":%u,\"op\":%.*s,\"refusals\":0}", number + 1,
                      client->version, (int)op_size, (const char *)op);
  ws_frame(&client->ws, WS_TEXT, frame, (size_t)size);
}

const struct protocol collab_protocol = {
    .name = "collab",
    .subprotocol = "collab.v1",
    .echo_acknowledges = true,
    .path = path,
    .greet = greet,
    .message = message,
    .edit = edit,
    .replay = replay,
};
