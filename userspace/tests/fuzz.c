// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reads text that others wrote, for libFuzzer (clang -fsanitize=fuzzer). Built once for each
 * FUZZ_...; tests/corpus/ has inputs to begin with. The parsers are static: their files are included.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(FUZZ_STATUS) || defined(FUZZ_DETAIL)
#include "../lib/registry.c"
#elif defined(FUZZ_DKMS)
#include "../cli/doctor/dkms.c"
#elif defined(FUZZ_STAT)
#include "../lib/proc.h"
#elif defined(FUZZ_NUMBER)
#include "../register/register.c"
#elif defined(FUZZ_WORDS)
#include "../cli/words.h"
#elif defined(FUZZ_MOMENT)
#include "../cli/moment.h"
#elif defined(FUZZ_PROCESS)
#include "../cli/processes.h"
#elif defined(FUZZ_QUOTE)
#include "../cli/plot/plot.h"
#endif

extern size_t sink;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that a value reaches is looked at, for the sanitizers. */
size_t sink;

#if defined(FUZZ_STATUS) || defined(FUZZ_DETAIL)
static int see_time(pid_t pid, uint64_t user, void *data)
{
	(void)data;
	if (pid < 0)
		abort();
	sink += user;
	return 0;
}

static int see_entry(const struct usertime_registry_entry *entry, void *data)
{
	(void)data;
	if (entry->pid < 0)
		abort();
	sink += strlen(entry->holders) + strlen(entry->command) + entry->threads;
	return 0;
}

static void parse(char *text, size_t size)
{
	struct visitor visitor = { .entry = see_entry, .time = see_time };
	FILE *file = fmemopen(text, size, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return;
#ifdef FUZZ_STATUS
	read_status(file, &line, &room, &visitor);
#else
	read_detail(file, &line, &room, &visitor);
#endif
	free(line);
	fclose(file);
}
#elif defined(FUZZ_DKMS)
static void parse(char *text, size_t size)
{
	struct dkms dkms = { 0 };
	char *line;
	size_t i;

	(void)size;
	while ((line = strsep(&text, "\n")))
		parse_line(&dkms, line);
	for (i = 0; i < dkms.nr; i++)
		sink += strlen(dkms.builds[i].version) + strlen(dkms.builds[i].kernel);
	dkms_free(&dkms);
}
#elif defined(FUZZ_STAT)
static void parse(char *text, size_t size)
{
	struct usertime_process process;

	(void)size;
	if (usertime_parse_stat(text, &process) && (process.pid <= 0 || process.parent < 0))
		abort();
}
#elif defined(FUZZ_WORDS)
static void parse(char *text, size_t size)
{
	const char *rest = text;
	uint64_t quantity;
	pid_t pid;

	(void)size;
	if (!parse_duration(text, &quantity) && (!quantity || quantity > INT64_MAX))
		abort();
	if (!parse_size(text, &quantity) && (!quantity || quantity > INT64_MAX))
		abort();
	while (*rest && !parse_pid(&rest, &pid))
		if (pid < 1)
			abort();
	sink += strlen(rest);
}
#elif defined(FUZZ_QUOTE)
/* One string for gnuplot: single quotes around it, in pairs within it, and nothing not printable. */
static void see_quoted(const char *quoted, size_t size)
{
	size_t i;

	if (size < 2 || quoted[0] != '\'' || quoted[size - 1] != '\'')
		abort();
	for (i = 1; i < size - 1; i++) {
		if ((unsigned char)quoted[i] < ' ' || quoted[i] == 0x7f)
			abort();
		if (quoted[i] == '\'' && quoted[++i] != '\'')
			abort();
	}
	if (i != size - 1)
		abort();
}

static void parse(char *text, size_t size)
{
	static const enum plot_format formats[] = { PLOT_SVG, PLOT_TEXT };
	char *quoted;
	FILE *file;
	size_t i;

	for (i = 0; i < 2; i++) {
		file = open_memstream(&quoted, &size);
		if (!file)
			return;
		plot_quote(file, text, formats[i]);
		fclose(file);
		see_quoted(quoted, size);
		free(quoted);
	}
}
#elif defined(FUZZ_MOMENT)
static void parse(char *text, size_t size)
{
	struct moment moment;

	(void)size;
	if (parse_moment(text, &moment))
		return;
	if (moment.kind == MOMENT_NONE || moment.offset < 0)
		abort();
	sink += moment_find(&moment, 1800000000000000000, 1800086400000000000, 0);
}
#elif defined(FUZZ_PROCESS)
static void parse(char *text, size_t size)
{
	struct process_entry process;

	(void)size;
	if (!process_parse_stat(text, &process))
		return;
	if (process.parent < 0)
		abort();
	sink += strlen(process.name);
}
#else
static void parse(char *text, size_t size)
{
	pid_t pid;

	(void)size;
	if (parse_pid(text, &pid) && pid < 1)
		abort();
}
#endif

/* A copy of just its size, ended as a string is: what reads beyond it is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	parse(text, size);
	free(text);
	return 0;
}
