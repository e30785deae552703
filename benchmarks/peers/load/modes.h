/* The ways of typing. */
#ifndef MODES_H
#define MODES_H

#include "clients.h"

enum { MOST_PHASES = 2 };

extern struct phase phases[MOST_PHASES];
extern int phase_count;
extern uint64_t opening_ns; /* how long it took until all clients were ready */
extern uint64_t sent_in_all, unanswered_at_end, undelivered_at_end;

/* Run options.mode from start to end. */
void run_mode(void);

#endif
