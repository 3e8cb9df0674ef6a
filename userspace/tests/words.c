// SPDX-License-Identifier: GPL-2.0-only
/* Durations, sizes, numbers and PIDs of the command line. */
#define _GNU_SOURCE
#include "cli/command.h"
#include "cli/words.h"
#include "run.h"

#define NEEDS_UNIT "needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s"
#define NO_DURATION "not a duration as 50ms or 2s"
#define NO_SIZE "not a size in bytes as 4096, 64K, 10M or 1G"

typedef const char *quantity_parser(const char *word, uint64_t *quantity);

struct quantity {
	const char *word;
	uint64_t value;			/* 0: it is wrong, ... */
	const char *wrong;		/* ... and how */
};

static void check(quantity_parser *parse, const struct quantity *quantity)
{
	uint64_t value = 4711;
	const char *wrong = parse(quantity->word, &value);

	if (quantity->wrong)
		is_text(wrong, quantity->wrong, quantity->word);
	else
		ok(!wrong && value == quantity->value, "%s", quantity->word);
	if (quantity->wrong)
		ok(value == 4711, "'%s' sets nothing", quantity->word);
}

static void test_durations(void)
{
	static const struct quantity durations[] = {
		{ "1ns", 1, NULL }, { "2us", 2000, NULL }, { "50ms", 50000000, NULL },
		{ "2s", 2000000000, NULL }, { "1.5s", 1500000000, NULL }, { "0.5ms", 500000, NULL },
		{ "3m", 180000000000, NULL }, { "1h", 3600000000000, NULL },
		{ "1d", 86400000000000, NULL }, { "007s", 7000000000, NULL },
		{ "0.000000001s", 1, NULL }, { "9223372036854775807ns", INT64_MAX, NULL },
		{ "9223372036854775808ns", 0, "too large" }, { "106752d", 0, "too large" },
		{ "99999999999999999999999999d", 0, "too large" },
		{ "0s", 0, "must be more than 0" }, { "0.4ns", 0, "must be more than 0" },
		{ "50", 0, NEEDS_UNIT }, { "0", 0, NEEDS_UNIT }, { "1.5", 0, NEEDS_UNIT },
		{ "", 0, NO_DURATION }, { "s", 0, NO_DURATION }, { "-1s", 0, NO_DURATION },
		{ "+1s", 0, NO_DURATION }, { " 1s", 0, NO_DURATION }, { "1 s", 0, NO_DURATION },
		{ "1s ", 0, NO_DURATION }, { "1S", 0, NO_DURATION }, { "1sec", 0, NO_DURATION },
		{ "1e3s", 0, NO_DURATION }, { "0x10s", 0, NO_DURATION }, { "1.2.3s", 0, NO_DURATION },
		{ ".5s", 0, NO_DURATION }, { "nans", 0, NO_DURATION }, { "infs", 0, NO_DURATION },
		{ "1K", 0, NO_DURATION },
		{ "0000000000000000000000000000000001s", 0, NO_DURATION },
	};
	size_t i;

	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		check(parse_duration, &durations[i]);
}

static void test_sizes(void)
{
	static const struct quantity sizes[] = {
		{ "1", 1, NULL }, { "4096", 4096, NULL }, { "64K", 65536, NULL },
		{ "10M", 10485760, NULL }, { "1G", 1073741824, NULL }, { "1.5K", 1536, NULL },
		{ "0", 0, "must be more than 0" }, { "0K", 0, "must be more than 0" },
		{ "8589934592G", 0, "too large" }, { "", 0, NO_SIZE }, { "K", 0, NO_SIZE },
		{ "1k", 0, NO_SIZE }, { "1KB", 0, NO_SIZE }, { "-1", 0, NO_SIZE }, { "1s", 0, NO_SIZE },
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check(parse_size, &sizes[i]);
}

static void test_pids(void)
{
	static const char *const bad[] = {
		"", "0", "-5", "+5", "5x", " 5", "5 ", "0x5", "2147483648",
		"99999999999999999999999", "5,", ",5", "5 ,6",
	};
	const char *rest = "12,2147483647,007";
	pid_t pid = 0;
	size_t i;

	ok(!parse_pid(&rest, &pid) && pid == 12, "the first");
	is_text(rest, "2147483647,007", "the others stay");
	ok(!parse_pid(&rest, &pid) && pid == INT_MAX, "the largest");
	ok(!parse_pid(&rest, &pid) && pid == 7 && !*rest, "the last; leading zeros are decimal");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rest = bad[i];
		pid = 4711;
		ok(parse_pid(&rest, &pid) && pid == 4711 && rest == bad[i], "'%s' is none", bad[i]);
	}
	rest = "5,,6";
	ok(!parse_pid(&rest, &pid) && parse_pid(&rest, &pid), "nothing between commas is none");
}

/* What the words of a command line come to. */
static struct {
	uint64_t duration, size;
	unsigned int count;
	pid_t *pids;
	size_t nr_pids;
} words;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'd':
		words.duration = word_duration(arg, state);
		break;
	case 's':
		words.size = word_size(arg, state);
		break;
	case 'r':
		words.count = word_count(arg, state);
		break;
	case 'p':
		word_pids(arg, &words.pids, &words.nr_pids, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int program(int argc, char **argv, const char *root)
{
	static const struct argp_option options[] = {
		{ NULL, 'd', "DURATION", 0, NULL, 0 }, { NULL, 's', "SIZE", 0, NULL, 0 },
		{ NULL, 'r', "N", 0, NULL, 0 }, { NULL, 'p', "PIDS", 0, NULL, 0 },
		{ NULL, 0, NULL, 0, NULL, 0 }
	};
	static const struct argp argp = { .options = options, .parser = parse_option };
	size_t i;

	(void)root;
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, NULL);
	printf("%ju %ju %u", (uintmax_t)words.duration, (uintmax_t)words.size, words.count);
	for (i = 0; i < words.nr_pids; i++)
		printf(" %d", (int)words.pids[i]);
	putchar('\n');
	free(words.pids);
	return STATUS_DONE;
}

#define run(...) run_program(program, "words", (const char *const[]){ __VA_ARGS__, NULL })

/* A usage error that begins so. */
static void refused(const char *message)
{
	ok(status == STATUS_USAGE && !*out && !strncmp(err, message, strlen(message)) &&
	   err[strlen(message)] == '\n', "%s", message);
}

static void test_words(void)
{
	run("-d", "2s", "-s", "64K", "-r", "4294967295", "-p", "1,2", "-p", "3");
	ok(!status, "words of all kinds");
	is_text(out, "2000000000 65536 4294967295 1 2 3\n", "and what they mean");
	run("-d", "50");
	refused("words: 50: " NEEDS_UNIT);
	run("-s", "1k");
	refused("words: 1k: " NO_SIZE);
	run("-p", "1,x");
	refused("words: 1,x: not a PID");
	run("-r", "0");
	refused("words: 0: not a number from 1 on");
	run("-r", "4294967296");
	refused("words: 4294967296: not a number from 1 on");
	run("-r", "99999999999999999999");
	refused("words: 99999999999999999999: not a number from 1 on");
	run("-r", "-1");
	refused("words: -1: not a number from 1 on");
	run("-r", "3x");
	refused("words: 3x: not a number from 1 on");
}

int main(void)
{
	tree_make();
	test_durations();
	test_sizes();
	test_pids();
	test_words();
	return tap_done();
}
