// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <ctype.h>
#include <string.h>

#include "moment.h"
#include "words.h"

#define SECOND	INT64_C(1000000000)

/* .FFF, in ns; NULL if it is none. */
static const char *parse_fraction(const char *word, int64_t *ns)
{
	int64_t digit = SECOND / 10;

	if (!isdigit((unsigned char)*++word))
		return NULL;
	for (; isdigit((unsigned char)*word); word++, digit /= 10)
		*ns += (*word - '0') * digit;
	return word;
}

/* HH:MM[:SS[.FFF]] */
static const char *parse_time(const char *word, struct moment *moment)
{
	const char *end = strptime(word, "%H:%M", &moment->time);

	if (end && *end == ':')
		end = strptime(end, ":%S", &moment->time);
	if (end && *end == '.')
		end = parse_fraction(end, &moment->offset);
	return end && !*end ? NULL : "not a time as 10s, 14:30 or 2026-12-31 14:30:05";
}

const char *parse_moment(const char *word, struct moment *moment)
{
	const char *end;
	uint64_t offset;

	*moment = (struct moment){ .kind = MOMENT_OFFSET };
	if (!strcmp(word, "0s"))
		return NULL;
	if (!strchr(word, ':')) {
		const char *wrong = parse_duration(word, &offset);

		moment->offset = offset;
		return wrong;
	}
	moment->kind = MOMENT_TIME;
	end = strptime(word, "%Y-%m-%d", &moment->time);
	if (!end || (*end != ' ' && *end != 'T'))
		return parse_time(word, moment);
	moment->kind = MOMENT_DATE;
	return parse_time(end + 1, moment);
}

void word_moment(const char *word, struct moment *moment, const struct argp_state *state)
{
	const char *wrong = parse_moment(word, moment);

	if (wrong)
		argp_error(state, "%s: %s", word, wrong);
}

/* By the clock here, whatever summer time is. */
static int64_t at(const struct moment *moment, struct tm day)
{
	int64_t time;

	day.tm_hour = moment->time.tm_hour;
	day.tm_min = moment->time.tm_min;
	day.tm_sec = moment->time.tm_sec;
	day.tm_isdst = -1;
	/* Years that int64_t has no room for are after anything recorded. */
	if (__builtin_mul_overflow(mktime(&day), SECOND, &time) ||
	    __builtin_add_overflow(time, moment->offset, &time))
		return INT64_MAX;
	return time;
}

static int64_t first_such_time(const struct moment *moment, int64_t began, int64_t ended)
{
	time_t seconds = began / SECOND;
	int64_t first, time;
	struct tm day;

	localtime_r(&seconds, &day);
	first = time = at(moment, day);
	if (time < began) {
		day.tm_mday++;
		time = at(moment, day);
	}
	return time <= ended ? time : first;
}

int64_t moment_find(const struct moment *moment, int64_t began, int64_t ended, int64_t otherwise)
{
	int64_t time;

	switch (moment->kind) {
	case MOMENT_OFFSET:
		return __builtin_add_overflow(began, moment->offset, &time) ? INT64_MAX : time;
	case MOMENT_TIME:
		return first_such_time(moment, began, ended);
	case MOMENT_DATE:
		return at(moment, moment->time);
	default:
		return otherwise;
	}
}
