/* One process that plays all clients of a server, types for them, and notes when each edit arrives where.
 *
 * Clients are numbered; those of document d are d * clients_per_document and on. An edit is known by its author's number
 * and its own, from 0. Receivers hold no replica: they read of each edit whose and which it is, and nothing else. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "histogram.h"
#include "ws.h"

/* A client's own edits, by number. */
struct edits {
  uint64_t *sent;         /* when it was sent, ns */
  uint16_t *deliveries;   /* how many others have it */
  bool *acknowledged;
  uint32_t count, capacity;
  uint32_t answered;      /* how many are acknowledged */
};

struct client {
  struct ws ws;
  int index, document;
  bool ready, writes, stalled, wants_write;
  struct edits edits;
  uint64_t phase;         /* when in each period it types, ns */
  uint64_t due;           /* when the newest of its edits was due */
  uint32_t backlog;       /* edits that were due, and wait because too many are unanswered */
  uint32_t version;       /* the newest version seen, where the protocol has versions */
  uint32_t wanted;        /* the version that it must have seen before it may type */
  uint32_t caret;         /* where its next edit goes without its unanswered ones, where the protocol has offsets */
};

struct protocol {
  const char *name, *subprotocol;
  bool echo_acknowledges; /* the author's own edit, coming back, is the acknowledgement */
  void (*path)(char *path, size_t size, const char *document);
  void (*greet)(struct client *client);
  void (*message)(struct client *client, const uint8_t *payload, size_t size);
  /* Append the frame of the client's edit `number`: options.text typed at its caret. */
  void (*edit)(struct client *client, uint32_t number);
  /* Append the frame of a recorded edit. */
  void (*replay)(struct client *client, uint32_t number, const uint8_t *edit, size_t size);
};

extern const struct protocol collab_protocol, yjs_protocol, hocuspocus_protocol, sharedb_protocol;

enum mode { MODE_CLOSED, MODE_RATE, MODE_TRACE, MODE_IDLE };

struct options {
  const struct protocol *protocol;
  enum mode mode;
  uint16_t port;
  int server;             /* process id */
  const char *document;   /* what the names of documents start with */
  int documents, clients, writers; /* the last two per document */
  uint32_t in_flight;     /* edits that a writer may have unanswered */
  double rate;            /* edits per second and writer */
  double warmup, seconds, drain;
  uint32_t size;          /* characters that an edit types */
  int stall;              /* how many clients of each document stop reading when the measurement starts */
  const char *trace;
  uint32_t edits;         /* how many of the trace, or of each writer in closed mode; 0 for all there are or time for */
  bool linger;            /* stay connected after the result is printed, until the input ends */
  bool owed;              /* list what was acknowledged or delivered, when the server is gone */
};

extern struct options options;
extern struct client *clients;
extern int client_count;

/* What protocols tell. */
void client_ready(struct client *client);
void client_acknowledged(struct client *client, uint32_t number);
/* `receiver` was sent edits `number` to `number + count - 1` of `author`. */
void client_delivered(struct client *receiver, int author, uint32_t number, uint32_t count);

/* The name of a client's document. */
const char *document_name(const struct client *client);

/* The text of an edit, options.size characters that say whose and which it is if they have room for it. */
const char *edit_text(const struct client *client, uint32_t number);

/* End the program because of what the server sent or did. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
