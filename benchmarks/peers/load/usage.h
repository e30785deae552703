/* What /proc says of the server, of this process, and of everything else on the machine. */
#ifndef USAGE_H
#define USAGE_H

#include <stdint.h>

struct usage {
  double at;     /* seconds */
  double server; /* CPU seconds of the server, all its threads, and those of its children */
  double own;    /* CPU seconds of this process */
  double busy;   /* CPU seconds of everybody, on all cores */
  double stolen; /* seconds that the hypervisor gave to other machines */
};

struct usage usage_now(int server_pid);

/* kB of memory of the server and its children. */
long usage_rss(int server_pid);

#endif
