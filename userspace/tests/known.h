/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording of which all is known: who has used how much when. For pictures. */
#ifndef USERTIME_TESTS_KNOWN_H
#define USERTIME_TESTS_KNOWN_H

#include "recordings.h"

#define KNOWN		"known.urt"
#define EVIL		"</script>"		/* ends what it stands in, if it is not escaped */
#define BYTES		"it's\\\033[1m\xff"	/* quote, backslash, escape, no UTF-8 */

/*
 * Ten seconds: worker (100), 40 % user and 10 % system time, 100 minor and 1 major fault a second,
 * goes on; EVIL (200) from second 2 to 4, 50 % and 25 %, 500 faults; BYTES (201) in second 6, 90 %
 * and 10 %, 50 faults; idle (300) does nothing, and had used much before.
 */
static inline void known_make(void)
{
	struct recording *recording = recording_begin(KNOWN);

	put(recording, RECORD(EXEC, 100, OLD, 0, .name = "worker"));
	put(recording, RECORD(EXEC, 300, OLD, 0, .name = "idle"));
	put(recording, RECORD(SAMPLE, 100, OLD, 0, USED(5 * SECOND, SECOND, 100, 1)));
	put(recording, RECORD(SAMPLE, 300, OLD, 0, USED(70 * SECOND, SECOND, 7, 7)));
	put(recording, RECORD(FORK, 200, FORKED(2 * SECOND), 2 * SECOND, .parent_pid = 100,
			      .parent_start = OLD));
	put(recording, RECORD(EXEC, 200, FORKED(2 * SECOND), 2 * SECOND, .name = EVIL));
	put(recording, RECORD(EXIT, 200, FORKED(2 * SECOND), 4 * SECOND, USED(SECOND, SECOND / 2, 500, 0)));
	put(recording, RECORD(FORK, 201, FORKED(6 * SECOND), 6 * SECOND, .parent_pid = 100,
			      .parent_start = OLD));
	put(recording, RECORD(EXEC, 201, FORKED(6 * SECOND), 6 * SECOND, .name = BYTES));
	put(recording, RECORD(EXIT, 201, FORKED(6 * SECOND), 7 * SECOND,
			      USED(9 * SECOND / 10, SECOND / 10, 50, 0)));
	put(recording, RECORD(SAMPLE, 100, OLD, 10 * SECOND, USED(9 * SECOND, 2 * SECOND, 1100, 11)));
	put(recording, RECORD(SAMPLE, 300, OLD, 10 * SECOND, USED(70 * SECOND, SECOND, 7, 7)));
	recording_finish(recording, 10 * SECOND);
}

#endif
