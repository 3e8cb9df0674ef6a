/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The most that ever were at once, of what comes and goes. Changes are put in order of their time:
 * an EXIT record may stand behind the FORK of a process that came after that exit.
 */
#ifndef USERTIME_PEAK_H
#define USERTIME_PEAK_H

#include <stddef.h>
#include <stdint.h>

/* All 0 to begin with. */
struct peak {
	struct peak_change *pending;	/* by time */
	size_t nr, room;
	int64_t settled;		/* how many there were before these, ... */
	int64_t max;			/* ... and the most until then */
};

/* One has come (1) or gone (-1), then; ns. Not more than a second late: that is not in order. */
void peak_add(struct peak *peak, uint64_t time, int change);

int64_t peak_max(const struct peak *peak);

void peak_free(struct peak *peak);

#endif
