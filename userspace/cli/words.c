// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "words.h"

struct unit {
	const char *name;
	uint64_t value;
};

static const struct unit durations[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 },
	{ NULL, 0 }
};

static const struct unit sizes[] = {
	{ "", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 }, { "G", 1ULL << 30 },
	{ NULL, 0 }
};

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcmp(units->name, name))
			return units;
	return NULL;
}

/* The number that a word begins with: decimal, no sign, no exponent, no hexadecimal. */
static bool parse_number(const char *word, long double *number, const char **end)
{
	char digits[32];
	size_t length = strspn(word, "0123456789.");

	if (!length || length >= sizeof(digits) || !isdigit((unsigned char)*word))
		return false;
	memcpy(digits, word, length);
	digits[length] = '\0';
	*number = strtold(digits, (char **)end);
	if (**end)
		return false;
	*end = word + length;
	return true;
}

/* A number of units; NULL if it is one that fits. */
static const char *parse_quantity(const char *word, const struct unit *units, const char *unit_wanted,
				  uint64_t *quantity)
{
	const struct unit *unit;
	long double number;
	const char *end;

	if (!parse_number(word, &number, &end))
		return unit_wanted;
	unit = find_unit(units, end);
	if (!unit)
		return unit_wanted;
	number = roundl(number * unit->value);
	if (number < 1)
		return "must be more than 0";
	if (number > INT64_MAX)
		return "too large";
	*quantity = number;
	return NULL;
}

const char *parse_duration(const char *word, uint64_t *ns)
{
	if (*word && !word[strspn(word, "0123456789.")])
		return "needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s";
	return parse_quantity(word, durations, "not a duration as 50ms or 2s", ns);
}

const char *parse_size(const char *word, uint64_t *bytes)
{
	return parse_quantity(word, sizes, "not a size in bytes as 4096, 64K, 10M or 1G", bytes);
}

/* Steps over the PID and a comma behind it. */
const char *parse_pid(const char **word, pid_t *pid)
{
	unsigned long value;
	char *end;

	/* strtoul alone would take signs and blanks; what does not fit it is above INT_MAX, too. */
	if (!isdigit((unsigned char)**word))
		return "not a PID";
	value = strtoul(*word, &end, 10);
	if ((*end && *end != ',') || (*end == ',' && !end[1]) || value < 1 || value > INT_MAX)
		return "not a PID";
	*pid = value;
	*word = *end ? end + 1 : end;
	return NULL;
}

uint64_t word_duration(const char *word, const struct argp_state *state)
{
	uint64_t ns = 0;
	const char *wrong = parse_duration(word, &ns);

	if (wrong)
		argp_error(state, "%s: %s", word, wrong);
	return ns;
}

uint64_t word_size(const char *word, const struct argp_state *state)
{
	uint64_t bytes = 0;
	const char *wrong = parse_size(word, &bytes);

	if (wrong)
		argp_error(state, "%s: %s", word, wrong);
	return bytes;
}

unsigned int word_count(const char *word, const struct argp_state *state)
{
	unsigned long value = 0;
	char *end = NULL;

	if (isdigit((unsigned char)*word))
		value = strtoul(word, &end, 10);
	if (!end || *end || value < 1 || value > UINT_MAX)
		argp_error(state, "%s: not a number from 1 on", word);
	return value;
}

void word_pids(const char *word, pid_t **pids, size_t *nr, const struct argp_state *state)
{
	const char *rest = word, *wrong;

	do {
		*pids = grow(*pids, *nr + 1, sizeof(**pids));
		wrong = parse_pid(&rest, *pids + *nr);
		if (wrong)
			argp_error(state, "%s: %s", word, wrong);
		++*nr;
	} while (*rest);
}
