#include "modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* How often the server's memory is looked at for its peak: often enough, and little work. */
#define RSS_EVERY (SECOND / 4)
#define IDLE_SETTLES (3 * SECOND)
enum { IDLE_FIRST = 100, TRACE_STALLS_SECONDS = 30 };

struct phase phases[MOST_PHASES];
int phase_count;
uint64_t opening_ns, sent_in_all, unanswered_at_end, undelivered_at_end;

static uint64_t seconds(double value) { return (uint64_t)(value * 1e9); }

static void begin_phase(uint64_t until) {
  struct phase *phase = &phases[phase_count++];
  memset(phase, 0, sizeof *phase);
  phase->rss_before = phase->rss_peak = usage_rss(options.server);
  phase->before = usage_now(options.server);
  phase->from = now_ns();
  phase->until = until;
  measured = phase;
}

static void end_phase(void) {
  measured->after = usage_now(options.server);
  measured->rss_after = usage_rss(options.server);
  if (measured->rss_after > measured->rss_peak) measured->rss_peak = measured->rss_after;
}

static void watch_rss(uint64_t now) {
  static uint64_t next;
  if (measured == NULL || now < next) return;
  next = now + RSS_EVERY;
  long rss = usage_rss(options.server);
  if (rss > measured->rss_peak) measured->rss_peak = rss;
}

static void stall_some(void) {
  for (int i = 0; i < client_count; i++)
    if (will_stall(&clients[i])) client_stall(&clients[i]);
}

/* Whether every writer has typed all it was asked to, and knows that it was taken. */
static bool all_typed(void) {
  if (options.mode != MODE_CLOSED || options.edits == 0) return false;
  for (int i = 0; i < client_count; i++)
    if (clients[i].writes && clients[i].edits.answered < options.edits) return false;
  return true;
}

/* Type from now on: warm up, measure, and let what is under way arrive. `type` does what is due and says when more is. */
static void measure(uint64_t (*type)(uint64_t now)) {
  uint64_t start = now_ns(), from = start + seconds(options.warmup), until = from + seconds(options.seconds);
  uint64_t half = options.stall ? from + seconds(options.seconds / 2) : until;
  for (uint64_t now = start; now < until && clients_connected() > 0 && !all_typed(); now = now_ns()) {
    if (phase_count == 0 && now >= from) begin_phase(half);
    if (phase_count == 1 && now >= half) {
      end_phase();
      stall_some();
      begin_phase(until);
    }
    watch_rss(now);
    uint64_t due = type(now), soon = now + RSS_EVERY;
    uint64_t edge = phase_count == 0 ? from : phase_count == 1 ? half : until;
    if (due > soon) due = soon;
    clients_turn(due < edge ? due : edge);
  }
  if (measured) end_phase();
  for (int i = 0; i < client_count; i++) clients[i].writes = false;
  uint64_t deadline = now_ns() + seconds(options.drain);
  while (!options.owed && now_ns() < deadline && clients_connected() > 0 && clients_undelivered() + clients_unanswered() > 0)
    clients_turn(now_ns() + SECOND / 50);
}

static bool may_type(const struct client *client) {
  return client->edits.count - client->edits.answered < options.in_flight;
}

/* Every writer keeps options.in_flight edits unanswered: the next one goes out as soon as one is acknowledged. */
static void keep_typing(struct client *client) {
  if (!client->writes) return;
  while (may_type(client) && (options.edits == 0 || client->edits.count < options.edits))
    client_type(client, now_ns());
}

static uint64_t type_closed(uint64_t now) {
  if (after_reading == NULL) {
    after_reading = keep_typing;
    for (int i = 0; i < client_count; i++) {
      keep_typing(&clients[i]);
      client_flush(&clients[i]);
    }
  }
  return now + SECOND;
}

/* Writers in the order of their phases; all have the same period, so whose turn is next is a matter of counting. */
static struct client **rota;
static int rota_size;
static uint64_t rota_start, rota_turn;

static int by_phase(const void *left, const void *right) {
  uint64_t a = (*(struct client *const *)left)->phase, b = (*(struct client *const *)right)->phase;
  return (a > b) - (a < b);
}

static void draw_rota(void) {
  uint64_t period = seconds(1 / options.rate);
  rota = allocate(NULL, (size_t)client_count * sizeof *rota);
  srand(1);
  for (int i = 0; i < client_count; i++) {
    if (!clients[i].writes) continue;
    clients[i].phase = (uint64_t)((double)rand() / RAND_MAX * (double)period);
    rota[rota_size++] = &clients[i];
  }
  qsort(rota, (size_t)rota_size, sizeof *rota, by_phase);
  rota_start = now_ns();
}

/* Type what waits, as far as the client may. It counts from when it was due. */
static void type_backlog(struct client *client) {
  uint64_t period = seconds(1 / options.rate);
  for (; client->writes && client->backlog > 0 && may_type(client); client->backlog--)
    client_type(client, client->due - (client->backlog - 1) * period);
}

/* Every writer types options.rate times a second. */
static uint64_t type_at_rate(uint64_t now) {
  for (;; rota_turn++) {
    struct client *client = rota[rota_turn % (uint64_t)rota_size];
    uint64_t due = rota_start + rota_turn / (uint64_t)rota_size * seconds(1 / options.rate) + client->phase;
    if (due > now) return due;
    if (client->ws.state != WS_OPEN) continue;
    client->due = due;
    if (client->backlog == 0 && may_type(client))
      client_type(client, now_ns());
    else
      client->backlog++;
    client_flush(client);
  }
}

/* One client types a recorded history as fast as its window allows. The file holds sizes (four bytes, little end
 * first), each followed by so many bytes of edit. */
static void replay_trace(void) {
  FILE *file = fopen(options.trace, "rb");
  if (file == NULL) fail("cannot read %s", options.trace);
  struct buffer trace = {0};
  size_t got;
  while ((got = fread(buffer_reserve(&trace, 1 << 20), 1, 1 << 20, file)) > 0) trace.end += got;
  fclose(file);
  struct client *client = &clients[0];
  begin_phase(UINT64_MAX);
  uint64_t progress = now_ns();
  uint32_t answered = 0;
  for (;;) {
    while (buffer_size(&trace) >= 4 && may_type(client) && (options.edits == 0 || client->edits.count < options.edits)) {
      const uint8_t *at = trace.bytes + trace.start;
      uint32_t size = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
      client_replay(client, at + 4, size);
      buffer_take(&trace, 4 + size);
    }
    client_flush(client);
    if (client->edits.answered == client->edits.count) break;
    uint64_t now = now_ns();
    watch_rss(now);
    if (client->edits.answered != answered) answered = client->edits.answered, progress = now;
    if (now - progress > TRACE_STALLS_SECONDS * SECOND) fail("no acknowledgement for %d s", TRACE_STALLS_SECONDS);
    clients_turn(now + SECOND / 10);
  }
  end_phase();
  buffer_free(&trace);
}

/* All clients are there and do nothing. The first ones don't count, which pays for what is loaded only once. */
static void stay_idle(void) {
  clients_open(0, IDLE_FIRST);
  for (uint64_t until = now_ns() + IDLE_SETTLES; now_ns() < until;) clients_turn(until);
  begin_phase(UINT64_MAX);
  clients_open(IDLE_FIRST, client_count);
  for (uint64_t until = now_ns() + IDLE_SETTLES; now_ns() < until;) clients_turn(until);
  end_phase();
}

void run_mode(void) {
  uint64_t start = now_ns();
  if (options.mode == MODE_IDLE) {
    stay_idle();
    return;
  }
  clients_open(0, client_count);
  opening_ns = now_ns() - start;
  /* What follows on joining (presence, first checksums) is no part of what is measured. */
  for (uint64_t until = now_ns() + SECOND / 2; now_ns() < until;) clients_turn(until);
  switch (options.mode) {
    case MODE_CLOSED: measure(type_closed); break;
    case MODE_RATE:
      draw_rota();
      after_reading = type_backlog;
      measure(type_at_rate);
      break;
    case MODE_TRACE: replay_trace(); break;
    case MODE_IDLE: break;
  }
  for (int i = 0; i < client_count; i++) sent_in_all += clients[i].edits.count;
  unanswered_at_end = clients_unanswered();
  undelivered_at_end = options.mode == MODE_TRACE ? 0 : clients_undelivered();
}
