// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: bench cold|MOST
 *
 * Counts, in a guest under icount, what it costs to learn what processes have used, for crowds of
 * up to MOST; or, on any machine, how long it takes with cold caches. For scripts/bench.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"
#include "usertime.h"

static int most = MOST_PROCESSES;

/* Without it this program needs no libraries that are not everywhere. */
#ifdef PEERS
static void measure_peers(const struct crowd *c)
{
	static const struct method *peers[] = {
		&stat_open, &stat_pread, &taskstats, &bpf_iterator, &bpf_held,
	};
	unsigned int i;

	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		measure(peers[i], c);
	measure_pidstat(c);
	if (c->n == 100 && c->threads == 1)
		measure_record(c);
}
#else
static void measure_peers(const struct crowd *c)
{
	(void)c;
}
#endif

static void measure_all(const struct crowd *c)
{
	note("%d processes of %d thread%s", c->n, c->threads, c->threads > 1 ? "s" : "");
	measure_registry(c);
	if (!access(USERTIME_DEVICE_PATH, F_OK))
		measure_session(c);
	measure_peers(c);
}

static void measure_crowds(void)
{
	static const int sizes[] = { 10, 100, 1000, 10000 };
	static struct crowd c;
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= most; i++) {
		crowd_grow(&c, sizes[i], 1, true);
		measure_all(&c);
	}
	crowd_kill(&c);
	crowd_grow(&c, 100, 32, true);
	measure_all(&c);
	crowd_kill(&c);
	measure_registering();
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: bench cold|MOST\n");
		return 2;
	}
	crowd_init();
	if (!strcmp(argv[1], "cold"))
		return measure_cold();
	crowd_raise_limits();
	/* What the boot has left to do. Where time is instructions, sleeping takes none. */
	sleep(60);
	most = atoi(argv[1]);
	measure_crowds();
	return 0;
}
