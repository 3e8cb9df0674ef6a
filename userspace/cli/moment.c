// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "moment.h"
#include "words.h"

static const char wrong[] = "no time as 14:30, 14:30:05, 2026-01-31T14:30 or 90s after the begin";

static bool parse_clock(const char *word, struct tm *tm)
{
	const char *end;

	tm->tm_sec = 0;
	end = strptime(word, "%H:%M:%S", tm);
	if (!end) {
		tm->tm_sec = 0;
		end = strptime(word, "%H:%M", tm);
	}
	return end && !*end;
}

static int64_t nanoseconds(struct tm *tm)
{
	/* Whether it is summer there is for mktime() to find out. */
	tm->tm_isdst = -1;
	return mktime(tm) * 1000000000LL;
}

const char *parse_moment(const char *word, int64_t began, int64_t *ns)
{
	time_t begin = began / 1000000000;
	struct tm tm, date = { .tm_mday = 0 };
	uint64_t after;
	const char *time;

	time = strptime(word, "%Y-%m-%d", &date);
	if (time) {
		if (*time && ((*time != 'T' && *time != ' ') || !parse_clock(time + 1, &date)))
			return wrong;
		*ns = nanoseconds(&date);
		return NULL;
	}
	localtime_r(&begin, &tm);
	if (strchr(word, ':')) {
		if (!parse_clock(word, &tm))
			return wrong;
		*ns = nanoseconds(&tm);
		if (*ns / 1000000000 < begin) {
			tm.tm_mday++;
			*ns = nanoseconds(&tm);
		}
		return NULL;
	}
	if (parse_duration(word, &after))
		return wrong;
	*ns = began + after;
	return NULL;
}
