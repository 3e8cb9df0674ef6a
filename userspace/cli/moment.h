/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments of a recording as the command line names them: -b and -e. */
#ifndef USERTIME_MOMENT_H
#define USERTIME_MOMENT_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* All 0: none was named. */
struct moment {
	enum { MOMENT_NONE, MOMENT_OFFSET, MOMENT_TIME, MOMENT_DATE } kind;
	int64_t offset;		/* ns from the recording's begin; of the others the fraction */
	struct tm time;
};

/*
 * 10s: that long after the recording's begin. HH:MM, HH:MM:SS and HH:MM:SS.FFF: the first such time
 * of day while it was recorded; before it YYYY-MM-DD and a blank or T name the day. What is wrong
 * ends the program with a usage error.
 */
void word_moment(const char *word, struct moment *moment, const struct argp_state *state);

/* The parser behind it: NULL, or what is wrong, without the word. */
const char *parse_moment(const char *word, struct moment *moment);

/* When that was, in ns since 1970, in a recording of that time; otherwise if none was named. */
int64_t moment_find(const struct moment *moment, int64_t began, int64_t ended, int64_t otherwise);

#endif
