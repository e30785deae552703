#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"

enum { MOST_PROCESSES = 512 };

/* CPU seconds of one process, and its parent. False if it is gone. */
static int read_stat(int pid, double *seconds, int *parent) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  size_t size = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  line[size] = 0;
  char *fields = strrchr(line, ')'); /* the name before it may hold spaces */
  unsigned long user, system;
  if (fields == NULL || sscanf(fields + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", parent, &user, &system) != 3)
    return 0;
  *seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
  return 1;
}

static int holds(const int *pids, int count, int wanted) {
  for (int i = 0; i < count; i++)
    if (pids[i] == wanted) return 1;
  return 0;
}

/* `root` and what descends from it. /proc lists processes by number, and children have higher ones. */
static int family(int root, int *pids) {
  int count = 0, parent;
  double seconds;
  if (root <= 0) return 0;
  pids[count++] = root;
  DIR *proc = opendir("/proc");
  if (proc == NULL) return count;
  for (struct dirent *entry; (entry = readdir(proc)) != NULL && count < MOST_PROCESSES;) {
    int pid = atoi(entry->d_name);
    if (pid > 0 && read_stat(pid, &seconds, &parent) && holds(pids, count, parent)) pids[count++] = pid;
  }
  closedir(proc);
  return count;
}

static double server_seconds(int root) {
  int pids[MOST_PROCESSES], count = family(root, pids), parent;
  double total = 0, seconds;
  for (int i = 0; i < count; i++)
    if (read_stat(pids[i], &seconds, &parent)) total += seconds;
  return total;
}

static double timeval_seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

struct usage usage_now(int server_pid) {
  struct usage usage = {.at = (double)now_ns() / 1e9, .server = server_seconds(server_pid)};
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  usage.own = timeval_seconds(own.ru_utime) + timeval_seconds(own.ru_stime);
  unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
  FILE *file = fopen("/proc/stat", "r");
  if (file != NULL) {
    if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait, &irq, &softirq,
               &steal) == 8) {
      double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
      usage.busy = (double)(user + nice + system + irq + softirq) * tick;
      usage.stolen = (double)steal * tick;
    }
    fclose(file);
  }
  return usage;
}

long usage_rss(int server_pid) {
  int pids[MOST_PROCESSES], count = family(server_pid, pids);
  long total = 0, kilobytes;
  char path[64], line[256];
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "/proc/%d/status", pids[i]);
    FILE *file = fopen(path, "r");
    if (file == NULL) continue;
    while (fgets(line, sizeof line, file))
      if (sscanf(line, "VmRSS: %ld", &kilobytes) == 1) total += kilobytes;
    fclose(file);
  }
  return total;
}
