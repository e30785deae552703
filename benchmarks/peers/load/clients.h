/* All clients, their sockets, and the loop that serves them. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "load.h"
#include "usage.h"

/* What is measured from one moment to another. */
struct phase {
  uint64_t from, until; /* edits sent in between count */
  struct usage before, after;
  long rss_before, rss_peak, rss_after; /* kB */
  uint64_t acknowledged, delivered, bytes_in;
  struct histogram delivery, last, acknowledgement;
};

/* Where results go; NULL while nothing is measured. */
extern struct phase *measured;

/* Called for each client whose socket was read, before what it wants to say is written; may be NULL. */
extern void (*after_reading)(struct client *client);

void clients_create(void);

/* Open clients `from` to `to`, a few at a time, and wait until all are ready. */
void clients_open(int from, int to);

/* Serve the sockets until `until`, or until something was done. */
void clients_turn(uint64_t until);

/* Make the client type its next edit, which was due at `due`. */
void client_type(struct client *client, uint64_t due);
void client_replay(struct client *client, const uint8_t *edit, size_t size);
void client_flush(struct client *client);

/* Whether the client is one of those that stop reading halfway. */
bool will_stall(const struct client *client);

/* Never read from this client's socket again. */
void client_stall(struct client *client);

/* Others in the document that an edit must reach. */
int client_audience(void);

/* How many edits wait for their acknowledgement, and how many deliveries are still owed. */
uint64_t clients_unanswered(void);
uint64_t clients_undelivered(void);

int clients_connected(void);

#endif
