// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "peak.h"
#include "text.h"

#define LATE	1000000000	/* ns */
#define ROOM	256

struct peak_change {
	uint64_t time;
	int change;
};

/* Counts changes, from the oldest one on. */
static void count(const struct peak_change *changes, size_t nr, int64_t *now, int64_t *max)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		*now += changes[i].change;
		if (*now > *max)
			*max = *now;
	}
}

/* What nothing can come before any more need not be kept. */
static void settle(struct peak *peak)
{
	uint64_t newest = peak->pending[peak->nr - 1].time;
	size_t nr = 0;

	while (nr < peak->nr && newest - peak->pending[nr].time > LATE)
		nr++;
	count(peak->pending, nr, &peak->settled, &peak->max);
	peak->nr -= nr;
	memmove(peak->pending, peak->pending + nr, peak->nr * sizeof(*peak->pending));
}

/* Larger only if much is left, so that settling pays. */
static void make_room(struct peak *peak)
{
	if (peak->nr)
		settle(peak);
	if (peak->room && peak->nr <= peak->room / 2)
		return;
	peak->room = peak->room ? peak->room * 2 : ROOM;
	peak->pending = grow(peak->pending, peak->room, sizeof(*peak->pending));
}

void peak_add(struct peak *peak, uint64_t time, int change)
{
	size_t at;

	if (peak->nr == peak->room)
		make_room(peak);
	/* Of the same moment, who goes has gone first. */
	for (at = peak->nr; at; at--) {
		const struct peak_change *before = &peak->pending[at - 1];

		if (before->time < time || (before->time == time && before->change <= change))
			break;
	}
	memmove(peak->pending + at + 1, peak->pending + at,
		(peak->nr - at) * sizeof(*peak->pending));
	peak->pending[at] = (struct peak_change){ .time = time, .change = change };
	peak->nr++;
}

int64_t peak_max(const struct peak *peak)
{
	int64_t now = peak->settled, max = peak->max;

	count(peak->pending, peak->nr, &now, &max);
	return max;
}

void peak_free(struct peak *peak)
{
	free(peak->pending);
}
