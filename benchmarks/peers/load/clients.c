#include "clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"

enum { OPENING_AT_ONCE = 32, OPEN_SECONDS = 60, MOST_EVENTS = 256 };

/* Little, so that what is not read soon becomes the server's matter and not the kernel's. */
enum { STALLED_BUFFER = 32 * 1024 };

struct client *clients;
int client_count;
struct phase *measured;
void (*after_reading)(struct client *client);

static int poller;
static int ready_count, closed_count;
static uint64_t current; /* when the bytes that are looked at were read */

static void watch(struct client *client, int how, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  if (epoll_ctl(poller, how, client->ws.fd, &event) < 0) fail("epoll_ctl failed");
}

void clients_create(void) {
  poller = epoll_create1(0);
  client_count = options.documents * options.clients;
  clients = allocate(NULL, (size_t)client_count * sizeof *clients);
  memset(clients, 0, (size_t)client_count * sizeof *clients);
  for (int i = 0; i < client_count; i++) {
    clients[i].index = i;
    clients[i].document = i / options.clients;
    clients[i].writes = i % options.clients < options.writers;
  }
}

bool will_stall(const struct client *client) {
  return client->index % options.clients >= options.clients - options.stall;
}

void clients_open(int from, int to) {
  uint64_t deadline = now_ns() + OPEN_SECONDS * SECOND;
  int next = from;
  while (ready_count < to) {
    for (; next < to && next - ready_count < OPENING_AT_ONCE; next++) {
      ws_connect(&clients[next].ws, options.port, will_stall(&clients[next]) ? STALLED_BUFFER : 0);
      watch(&clients[next], EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
      clients[next].wants_write = true;
    }
    clients_turn(deadline);
    if (now_ns() >= deadline) fail("only %d of %d clients came in within %d s", ready_count, to, OPEN_SECONDS);
  }
}

void client_flush(struct client *client) {
  bool wants = !ws_flush(&client->ws);
  if (wants == client->wants_write || client->ws.state == WS_CLOSED) return;
  client->wants_write = wants;
  watch(client, EPOLL_CTL_MOD, wants ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void on_message(void *owner, const uint8_t *payload, size_t size) { options.protocol->message(owner, payload, size); }

static void gone(struct client *client) {
  closed_count++;
  if (!options.owed) fail("the server closed client %d with %u", client->index, client->ws.close_code);
}

static void serve(struct client *client, uint32_t events) {
  struct ws *ws = &client->ws;
  if (ws->state == WS_CLOSED) return;
  if (ws->state == WS_CONNECTING && events & EPOLLOUT) {
    char path[256];
    options.protocol->path(path, sizeof path, document_name(client));
    ws_upgrade(ws, options.port, path, options.protocol->subprotocol);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    uint64_t bytes = ws->bytes_in;
    bool alive = ws_receive(ws);
    current = now_ns();
    if (measured) measured->bytes_in += ws->bytes_in - bytes;
    if (alive && ws->state == WS_UPGRADING && ws_upgraded(ws)) options.protocol->greet(client);
    ws_messages(ws, on_message, client);
    if (after_reading && ws->state == WS_OPEN) after_reading(client);
  }
  client_flush(client);
  if (ws->state == WS_CLOSED) gone(client);
}

void clients_turn(uint64_t until) {
  struct epoll_event events[MOST_EVENTS];
  uint64_t now = now_ns(), wait = until > now ? until - now : 0;
  struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
  int count = epoll_pwait2(poller, events, MOST_EVENTS, &timeout, NULL);
  for (int i = 0; i < count; i++) serve(events[i].data.ptr, events[i].events);
}

void client_stall(struct client *client) {
  client->stalled = true;
  epoll_ctl(poller, EPOLL_CTL_DEL, client->ws.fd, NULL);
}

static uint32_t next_edit(struct client *client, uint64_t due) {
  struct edits *edits = &client->edits;
  if (edits->count == edits->capacity) {
    edits->capacity = edits->capacity ? 2 * edits->capacity : 256;
    edits->sent = allocate(edits->sent, edits->capacity * sizeof *edits->sent);
    edits->deliveries = allocate(edits->deliveries, edits->capacity * sizeof *edits->deliveries);
    edits->acknowledged = allocate(edits->acknowledged, edits->capacity * sizeof *edits->acknowledged);
  }
  edits->sent[edits->count] = due;
  edits->deliveries[edits->count] = 0;
  edits->acknowledged[edits->count] = false;
  return edits->count++;
}

void client_type(struct client *client, uint64_t due) { options.protocol->edit(client, next_edit(client, due)); }

void client_replay(struct client *client, const uint8_t *edit, size_t size) {
  options.protocol->replay(client, next_edit(client, now_ns()), edit, size);
}

void client_ready(struct client *client) {
  client->ready = true;
  ready_count++;
}

static bool counts(uint64_t sent) { return measured && sent >= measured->from && sent < measured->until; }

void client_acknowledged(struct client *client, uint32_t number) {
  struct edits *edits = &client->edits;
  if (number >= edits->count) fail("client %d was acknowledged edit %u of %u", client->index, number, edits->count);
  if (edits->acknowledged[number]) return;
  edits->acknowledged[number] = true;
  edits->answered++;
  if (measured && current >= measured->from && current < measured->until) measured->acknowledged++;
  if (counts(edits->sent[number])) histogram_add(&measured->acknowledgement, current - edits->sent[number]);
}

int client_audience(void) { return options.clients - 1 - options.stall; }

void client_delivered(struct client *receiver, int author, uint32_t number, uint32_t count) {
  if (author < 0 || author >= client_count) fail("an edit of client %d arrived", author);
  struct edits *edits = &clients[author].edits;
  if (number + count > edits->count) fail("edit %u of client %d arrived before it was made", number, author);
  for (; count > 0; number++, count--) {
    if (author == receiver->index) {
      if (options.protocol->echo_acknowledges) client_acknowledged(receiver, number);
      continue;
    }
    edits->deliveries[number]++;
    if (measured && current >= measured->from && current < measured->until) measured->delivered++;
    if (!counts(edits->sent[number])) continue;
    histogram_add(&measured->delivery, current - edits->sent[number]);
    if (edits->deliveries[number] == client_audience()) histogram_add(&measured->last, current - edits->sent[number]);
  }
}

uint64_t clients_unanswered(void) {
  uint64_t total = 0;
  for (int i = 0; i < client_count; i++) total += clients[i].edits.count - clients[i].edits.answered;
  return total;
}

uint64_t clients_undelivered(void) {
  uint64_t total = 0, audience = (uint64_t)client_audience();
  for (int i = 0; i < client_count; i++)
    for (uint32_t number = 0; number < clients[i].edits.count; number++)
      if (clients[i].edits.deliveries[number] < audience) total += audience - clients[i].edits.deliveries[number];
  return total;
}

int clients_connected(void) { return ready_count - closed_count; }

const char *document_name(const struct client *client) {
  static char name[128];
  snprintf(name, sizeof name, "%s-%d", options.document, client->document);
  return name;
}

const char *edit_text(const struct client *client, uint32_t number) {
  static char text[8192];
  int size = options.size > 1 ? snprintf(text, sizeof text, "<%d:%u>", client->index, number) : 0;
  if (size > (int)options.size) fail("an edit of %u characters has no room for its name", options.size);
  memset(text + size, options.size > 1 ? '.' : 'a' + client->index % 26, options.size - (uint32_t)size);
  text[options.size] = 0;
  return text;
}
