/* ShareDB's JSON protocol, with documents of ot-text-unicode.
 *
 * An operation that comes from others is in the stream of the document, and again in the answer to one's own that
 * was made before it; so a receiver takes each version once. Own operations are acknowledged without their content. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "scan.h"

static void path(char *path, size_t size, const char *document) {
  (void)document; /* it is in every message */
  snprintf(path, size, "/");
}

static void say(struct client *client, const char *text, int size) { ws_frame(&client->ws, WS_TEXT, text, (size_t)size); }

static void greet(struct client *client) {
  char text[512];
  say(client, text,
      snprintf(text, sizeof text, "{\"a\":\"hs\",\"id\":\"load-%06d\",\"protocol\":1,\"protocolMinor\":2}", client->index));
  /* The first client of a document creates it. Numbers of operations go on from there, so all leave out the first. The text
   * is not empty because sharedb-postgres cannot store that; what is typed goes before it. */
  if (client->index % options.clients == 0)
    say(client, text,
        snprintf(text, sizeof text,
                 "{\"a\":\"op\",\"c\":\"load\",\"d\":\"%s\",\"v\":0,\"seq\":1,\"x\":{},"
                 "\"create\":{\"type\":\"http://sharejs.org/types/text-unicode\",\"data\":\"\\n\"}}",
                 document_name(client)));
  say(client, text, snprintf(text, sizeof text, "{\"a\":\"s\",\"c\":\"load\",\"d\":\"%s\"}", document_name(client)));
}

/* The number after `mark`, wherever it stands in the message. */
static bool find_number(const struct scan *scan, const char *mark, uint32_t *number) {
  struct scan here = *scan;
  if (!scan_past(&here, mark)) return false;
  *number = scan_number(&here);
  return true;
}

static void created(struct client *client) {
  client->version = 1;
  if (!client->ready) client_ready(client);
}

static void operation(struct client *client, const struct scan *scan) {
  uint32_t author, seq, version, place = 0;
  if (!find_number(scan, "\"v\":", &version) || !find_number(scan, "\"src\":\"load-", &author) ||
      !find_number(scan, "\"seq\":", &seq))
    fail("an operation says %.*s", (int)(scan->end - scan->at), scan->at);
  struct scan content = *scan;
  if (version < client->version) return;
  if (seq == 1) {
    created(client);
    return;
  }
  client->version = version + 1;
  if ((int)author == client->index) {
    client->caret += options.size;
    client_acknowledged(client, options.mode == MODE_TRACE ? client->edits.answered : seq - 2);
    return;
  }
  if (!scan_past(&content, "\"op\":[")) fail("an operation of another without content");
  if (!scan_starts(&content, "\"")) place = scan_number(&content);
  if (place <= client->caret) client->caret += options.size;
  client_delivered(client, (int)author, seq - 2, 1);
}

static void message(struct client *client, const uint8_t *payload, size_t size) {
  struct scan scan = {(const char *)payload, (const char *)payload + size};
  uint32_t version;
  if (memmem(payload, size, "\"error\":", 8)) {
    fail("client %d was told %.*s", client->index, (int)size, (const char *)payload);
  } else if (memmem(payload, size, "\"a\":\"op\"", 8)) {
    operation(client, &scan);
  } else if (memmem(payload, size, "\"a\":\"s\"", 7)) {
    if (find_number(&scan, "\"v\":", &version) && version >= 1 && client->version < version) {
      created(client);
      client->version = version;
    }
  }
}

/* Places are those of the version that the operation names, which holds nothing unanswered: ShareDB's own client never has
 * more than one operation of a document under way. */
static void edit(struct client *client, uint32_t number) {
  char text[16 * 1024], place[16] = "";
  if (client->caret > 0) snprintf(place, sizeof place, "%u,", client->caret);
  say(client, text,
      snprintf(text, sizeof text, "{\"a\":\"op\",\"c\":\"load\",\"d\":\"%s\",\"v\":%u,\"seq\":%u,\"x\":{},\"op\":[%s\"%s\"]}",
               document_name(client), client->version, number + 2, place, edit_text(client, number)));
}

static void replay(struct client *client, uint32_t number, const uint8_t *op, size_t size) {
  char text[16 * 1024];
  say(client, text,
      snprintf(text, sizeof text, "{\"a\":\"op\",\"c\":\"load\",\"d\":\"%s\",\"v\":%u,\"seq\":%u,\"x\":{},\"op\":%.*s}",
               document_name(client), client->version, number + 2, (int)size, (const char *)op));
}

const struct protocol sharedb_protocol = {
    .name = "sharedb",
    .path = path,
    .greet = greet,
    .message = message,
    .edit = edit,
    .replay = replay,
};
