/* load: see load.h. Its options are below; it prints one JSON object. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "modes.h"

struct options options = {
    .document = "load",
    .documents = 1,
    .clients = 1,
    .writers = 1,
    .in_flight = 1,
    .rate = 20,
    .warmup = 1,
    .seconds = 4,
    .drain = 4,
    .size = 1,
};

static const struct protocol *const protocols[] = {&collab_protocol, &yjs_protocol, &hocuspocus_protocol,
                                                    &sharedb_protocol};
static const char *const modes[] = {"closed", "rate", "trace", "idle"};

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static const struct protocol *find_protocol(const char *name) {
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
    if (strcmp(protocols[i]->name, name) == 0) return protocols[i];
  fail("there is no protocol %s", name);
}

static enum mode find_mode(const char *name) {
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (strcmp(modes[i], name) == 0) return (enum mode)i;
  fail("there is no mode %s", name);
}

static void read_options(int count, char **arguments) {
  static const struct option known[] = {
      {"protocol", 1, NULL, 'p'}, {"mode", 1, NULL, 'm'},    {"port", 1, NULL, 'P'},     {"server", 1, NULL, 'S'},
      {"name", 1, NULL, 'n'},     {"documents", 1, NULL, 'd'}, {"clients", 1, NULL, 'c'}, {"writers", 1, NULL, 'w'},
      {"in-flight", 1, NULL, 'f'}, {"rate", 1, NULL, 'r'},   {"warmup", 1, NULL, 'W'},   {"seconds", 1, NULL, 's'},
      {"drain", 1, NULL, 'D'},    {"size", 1, NULL, 'z'},    {"stall", 1, NULL, 'x'},    {"trace", 1, NULL, 't'},
      {"edits", 1, NULL, 'e'},    {"owed", 0, NULL, 'o'},    {"linger", 0, NULL, 'l'},
      {NULL, 0, NULL, 0},
  };
  for (int flag; (flag = getopt_long(count, arguments, "", known, NULL)) != -1;) {
    switch (flag) {
      case 'p': options.protocol = find_protocol(optarg); break;
      case 'm': options.mode = find_mode(optarg); break;
      case 'P': options.port = (uint16_t)atoi(optarg); break;
      case 'S': options.server = atoi(optarg); break;
      case 'n': options.document = optarg; break;
      case 'd': options.documents = atoi(optarg); break;
      case 'c': options.clients = atoi(optarg); break;
      case 'w': options.writers = atoi(optarg); break;
      case 'f': options.in_flight = (uint32_t)atoi(optarg); break;
      case 'r': options.rate = atof(optarg); break;
      case 'W': options.warmup = atof(optarg); break;
      case 's': options.seconds = atof(optarg); break;
      case 'D': options.drain = atof(optarg); break;
      case 'z': options.size = (uint32_t)atoi(optarg); break;
      case 'x': options.stall = atoi(optarg); break;
      case 't': options.trace = optarg; break;
      case 'e': options.edits = (uint32_t)atoi(optarg); break;
      case 'o': options.owed = true; break;
      case 'l': options.linger = true; break;
      default: exit(2);
    }
  }
  if (options.protocol == NULL || options.port == 0) fail("--protocol and --port must be given");
  if (options.documents < 1 || options.clients < 1 || options.size < 1 || options.size > 8000) fail("out of range");
}

static void print_phase(const struct phase *phase) {
  double took = phase->after.at - phase->before.at;
  double server = phase->after.server - phase->before.server, own = phase->after.own - phase->before.own;
  double other = phase->after.busy - phase->before.busy - server - own;
  double acknowledged = (double)phase->acknowledged;
  printf("{\"seconds\":%.4f,\"edits\":%.0f,\"edits_per_second\":%.2f,\"deliveries_per_second\":%.2f,", took, acknowledged,
         acknowledged / took, (double)phase->delivered / took);
  printf("\"kilobytes_per_second\":%.2f,\"server_cpu\":%.3f,\"load_cpu\":%.3f,", (double)phase->bytes_in / 1000 / took,
         100 * server / took, 100 * own / took);
  printf("\"server_ms_per_edit\":%.6f,", acknowledged > 0 ? 1000 * server / acknowledged : 0);
  printf("\"noise\":%.2f,\"stolen\":%.2f,", 100 * (other > 0 ? other : 0) / took,
         100 * (phase->after.stolen - phase->before.stolen) / took);
  printf("\"rss_before\":%ld,\"rss_peak\":%ld,\"rss_after\":%ld,\"delivery\":", phase->rss_before, phase->rss_peak,
         phase->rss_after);
  histogram_print(&phase->delivery, stdout);
  printf(",\"last\":");
  histogram_print(&phase->last, stdout);
  printf(",\"acknowledgement\":");
  histogram_print(&phase->acknowledgement, stdout);
  printf("}");
}

/* For each writer the numbers of its edits, and of those the ones that were promised: acknowledged, or shown to another. */
static void print_owed(void) {
  printf(",\"owed\":{");
  for (int i = 0; i < client_count; i++) {
    const struct edits *edits = &clients[i].edits;
    const char *comma = "";
    printf("%s\"%d\":{\"sent\":%u,\"acknowledged\":%u,\"owed\":[", i ? "," : "", i, edits->count, edits->answered);
    for (uint32_t number = 0; number < edits->count; number++) {
      if (!edits->acknowledged[number] && edits->deliveries[number] == 0) continue;
      printf("%s%u", comma, number);
      comma = ",";
    }
    printf("]}");
  }
  printf("}");
}

/* Stay until the input ends. */
static void linger(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  char ignored[64];
  for (;;) {
    if (poll(&input, 1, 0) > 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return;
    clients_turn(now_ns() + SECOND / 20);
  }
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  read_options(count, arguments);
  clients_create();
  run_mode();
  printf("{\"clients\":%d,\"opening_seconds\":%.4f,\"sent\":%llu,\"unanswered\":%llu,\"undelivered\":%llu,\"phases\":[",
         client_count, (double)opening_ns / 1e9, (unsigned long long)sent_in_all, (unsigned long long)unanswered_at_end,
         (unsigned long long)undelivered_at_end);
  for (int i = 0; i < phase_count; i++) {
    if (i) printf(",");
    print_phase(&phases[i]);
  }
  printf("]");
  if (options.owed) print_owed();
  printf("}\n");
  fflush(stdout);
  if (options.linger) linger();
}
