// SPDX-License-Identifier: GPL-2.0-only
/* usertime report: totals, rates and exits of a recording. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "html.h"
#include "moment.h"
#include "recording.h"
#include "sheet.h"
#include "split.h"
#include "summary.h"
#include "text.h"

#define PROGRAM "usertime report"

enum { OPT_BY = 256, OPT_FORMAT, OPT_HTML };

static const struct argp_option options[] = {
	{ "begin", 'b', "TIME", 0, "Only what was used from then on: an offset from the begin of the"
	  " recording as 10s, or a time of day as HH:MM:SS", 0 },
	{ "end", 'e', "TIME", 0, "Only what was used until then", 0 },
	{ "by", OPT_BY, "KIND", 0, "A row for each pid (default) or command", 0 },
	{ "sort", 's', "KEY", 0, "Sort by total (default), user, system, cpu, p50, p95, max, minor,"
	  " major, pid, processes, from, exited or command", 0 },
	{ "format", OPT_FORMAT, "FORMAT", 0, "How to print: table (default), csv, json, jsonl or md",
	  0 },
	{ "html", OPT_HTML, "OUT", 0, "Write an interactive page to OUT instead, - is standard output", 0 },
	{ "json", 'j', NULL, 0, "The same as --format json", 0 },
	{ "field-separator", 'x', "SEP", 0, "The same as --format csv, with SEP instead of commas", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/*
 * Sorting: numbers in descending order, names and times in ascending one.
 */

typedef int compare_rows(const void *a, const void *b);

#define ROWS(a, b) \
	const struct summary_row *x = (a), *y = (b)
#define DESCENDING(x, y)	(((x) < (y)) - ((x) > (y)))

/* Rows that are the same otherwise are in the order in which they came. */
static int by_pid(const void *a, const void *b)
{
	ROWS(a, b);

	if (x->process->pid != y->process->pid)
		return x->process->pid < y->process->pid ? -1 : 1;
	return (x->process > y->process) - (x->process < y->process);
}

#define COMPARE(name, value)							\
static int by_##name(const void *a, const void *b)				\
{										\
	ROWS(a, b);								\
	int order = DESCENDING(x->value, y->value);				\
										\
	return order ? order : by_pid(a, b);					\
}

COMPARE(user, user)
COMPARE(system, system)
COMPARE(cpu, share.mean)
COMPARE(p50, share.p50)
COMPARE(p95, share.p95)
COMPARE(max, share.max)
COMPARE(minor, minor_faults)
COMPARE(major, major_faults)
COMPARE(processes, processes)

static int by_total(const void *a, const void *b)
{
	ROWS(a, b);
	int order = DESCENDING(x->user + x->system, y->user + y->system);

	return order ? order : by_pid(a, b);
}

static int by_command(const void *a, const void *b)
{
	ROWS(a, b);
	int order = strcmp(x->command, y->command);

	return order ? order : by_pid(a, b);
}

static int by_from(const void *a, const void *b)
{
	ROWS(a, b);
	int order = DESCENDING(y->from, x->from);

	return order ? order : by_pid(a, b);
}

/* What has not exited comes last. */
static int by_exited(const void *a, const void *b)
{
	ROWS(a, b);
	int order = DESCENDING(x->has_exit, y->has_exit);

	if (!order && x->has_exit)
		order = DESCENDING(y->exit.time, x->exit.time);
	return order ? order : by_pid(a, b);
}

static const struct key {
	const char *name;
	compare_rows *compare;
} keys[] = {
	{ "total", by_total }, { "user", by_user }, { "system", by_system }, { "cpu", by_cpu },
	{ "p50", by_p50 }, { "p95", by_p95 }, { "max", by_max }, { "minor", by_minor },
	{ "major", by_major }, { "pid", by_pid }, { "processes", by_processes },
	{ "from", by_from }, { "exited", by_exited }, { "command", by_command },
};

static compare_rows *find_key(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return keys[i].compare;
	return NULL;
}

/*
 * The command line.
 */

struct request {
	const char *path;
	struct moment begin;
	struct moment end;
	enum summary_by by;
	compare_rows *compare;		/* by what to sort */
	enum sheet_format format;
	const char *separator;
	const char *html;		/* a page, and where to */
};

static enum summary_by word_by(const char *word, const struct argp_state *state)
{
	if (!strcmp(word, "command"))
		return SUMMARY_BY_COMMAND;
	if (strcmp(word, "pid") != 0)
		argp_error(state, "%s: no such kind of rows: pid or command", word);
	return SUMMARY_BY_PID;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'b':
		word_moment(arg, &request->begin, state);
		break;
	case 'e':
		word_moment(arg, &request->end, state);
		break;
	case OPT_BY:
		request->by = word_by(arg, state);
		break;
	case 's':
		request->compare = find_key(arg);
		if (!request->compare)
			argp_error(state, "%s: no such key to sort by", arg);
		break;
	case OPT_FORMAT:
		request->format = word_format(arg, state);
		break;
	case OPT_HTML:
		request->html = arg;
		break;
	case 'j':
		request->format = SHEET_JSON;
		break;
	case 'x':
		request->format = SHEET_CSV;
		request->separator = arg;
		break;
	case ARGP_KEY_ARG:
		if (request->path)
			argp_error(state, "%s: one recording at a time", arg);
		request->path = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = "Show what the processes of a recording (usertime.urt) have used: CPU time in seconds,"
	       " the share of a CPU in percent, on average (CPU%), for half of the time (P50%) and for"
	       " 95 % of it (P95%) not more, and at most (MAX%), page faults, and when they exited with"
	       " which total."
	       "\vExamples:\n"
	       "  usertime report --by command build.urt\n"
	       "  usertime report -b 14:30 -e 14:35:30 -s p95 web.urt\n"
	       "  usertime report --html build.html build.urt\n"
	       "  usertime report -j build.urt | jq '.processes[] | select(.exited)'\n\n"
	       "Exit status: 0 done, 1 the recording cannot be read, or is not of that time, 2 usage.",
	.children = usertime_help_children,
};

/*
 * The rows as a sheet.
 */

enum column {
	SESSION, PID, PROCESSES, EXITS, USER, SYSTEM, TOTAL, LOOKS, ERROR, CPU, P50, P95, MAX, MINOR,
	MAJOR, FROM, TO, EXITED, AT_EXIT, EXIT_USER, EXIT_SYSTEM, UNIT, COMMAND, NR_COLUMNS
};

/* All there are, of which a sheet has some. */
static const struct sheet_column all_columns[NR_COLUMNS] = {
	[SESSION] = { "session", "SESSION", SHEET_INTEGER },
	[PID] = { "pid", "PID", SHEET_INTEGER },
	[PROCESSES] = { "processes", "PROCESSES", SHEET_INTEGER },
	[EXITS] = { "exited", "EXITED", SHEET_INTEGER },
	[USER] = { "user_seconds", "USER", SHEET_SECONDS },
	[SYSTEM] = { "system_seconds", "SYSTEM", SHEET_SECONDS },
	[TOTAL] = { "total_seconds", "TOTAL", SHEET_SECONDS },
	[CPU] = { "cpu_percent", "CPU%", SHEET_PERCENT },
	[P50] = { "p50_percent", "P50%", SHEET_PERCENT },
	[P95] = { "p95_percent", "P95%", SHEET_PERCENT },
	[MAX] = { "max_percent", "MAX%", SHEET_PERCENT },
	[LOOKS] = { "split_looks", "LOOKS", SHEET_INTEGER },
	[ERROR] = { "user_error_percent", "+-USER%", SHEET_PERCENT },
	[MINOR] = { "minor_faults", "MINFLT", SHEET_INTEGER },
	[MAJOR] = { "major_faults", "MAJFLT", SHEET_INTEGER },
	[FROM] = { "from", NULL, SHEET_MOMENT },
	[TO] = { "to", NULL, SHEET_MOMENT },
	[EXITED] = { "exited", "EXITED", SHEET_MOMENT },
	[AT_EXIT] = { NULL, "AT-EXIT", SHEET_SECONDS },
	[EXIT_USER] = { "exit_user_seconds", NULL, SHEET_SECONDS },
	[EXIT_SYSTEM] = { "exit_system_seconds", NULL, SHEET_SECONDS },
	[UNIT] = { "unit", "UNIT", SHEET_TEXT },
	[COMMAND] = { "command", "COMMAND", SHEET_TEXT },
};

static struct sheet_value integer(int64_t value)
{
	return (struct sheet_value){ .integer = value };
}

static struct sheet_value percent(const struct summary_row *row, double share)
{
	return (struct sheet_value){ .missing = !row->has_share, .number = share * 100 };
}

static struct sheet_value of_exit(const struct summary_row *row, int64_t value)
{
	return (struct sheet_value){ .missing = !row->has_exit, .integer = value };
}

static struct sheet_value value_of(const struct summary_row *row, enum column column)
{
	switch (column) {
	case SESSION:
		return integer(row->process->session->id);
	case PID:
		return integer(row->process->pid);
	case PROCESSES:
		return integer(row->processes);
	case EXITS:
		return integer(row->exited);
	case USER:
		return integer(row->user);
	case SYSTEM:
		return integer(row->system);
	case TOTAL:
		return integer(row->user + row->system);
	case LOOKS:
		return integer(row->looks);
	case ERROR:
		return (struct sheet_value){
			.missing = !row->looks,
			.number = split_error(row->user, row->system, row->looks),
		};
	case CPU:
		return percent(row, row->share.mean);
	case P50:
		return percent(row, row->share.p50);
	case P95:
		return percent(row, row->share.p95);
	case MAX:
		return percent(row, row->share.max);
	case MINOR:
		return integer(row->minor_faults);
	case MAJOR:
		return integer(row->major_faults);
	case FROM:
		return integer(row->from);
	case TO:
		return integer(row->to);
	case EXITED:
		return of_exit(row, row->exit.time);
	case AT_EXIT:
		return of_exit(row, row->exit.user + row->exit.system);
	case EXIT_USER:
		return of_exit(row, row->exit.user);
	case EXIT_SYSTEM:
		return of_exit(row, row->exit.system);
	case UNIT:
		return (struct sheet_value){ .text = row->process->unit };
	default:
		return (struct sheet_value){ .text = row->command };
	}
}

static const enum column process_columns[] = {
	SESSION, PID, USER, SYSTEM, TOTAL, LOOKS, ERROR, CPU, P50, P95, MAX, MINOR, MAJOR, FROM, TO,
	EXITED, AT_EXIT, EXIT_USER, EXIT_SYSTEM, UNIT, COMMAND, NR_COLUMNS
};
static const enum column command_columns[] = {
	PROCESSES, EXITS, USER, SYSTEM, TOTAL, LOOKS, ERROR, CPU, P50, P95, MAX, MINOR, MAJOR, FROM,
	TO, COMMAND, NR_COLUMNS
};

static bool any_unit(const struct recorded *recorded)
{
	size_t i;

	for (i = 0; i < recorded->nr_processes; i++)
		if (*recorded->processes[i].unit)
			return true;
	return false;
}

static bool any_looks(const struct summary *summary)
{
	size_t i;

	for (i = 0; i < summary->nr; i++)
		if (summary->rows[i].looks)
			return true;
	return false;
}

/*
 * People need not see what is the same in all rows; what precise mode has nobody else gets to see.
 */
static struct sheet_column describe(enum column column, const struct recorded *recorded,
				    const struct summary *summary)
{
	struct sheet_column described = all_columns[column];

	if ((column == LOOKS || column == ERROR) && !any_looks(summary))
		described.name = described.title = NULL;

	if ((column == SESSION && recorded->nr_sessions == 1) ||
	    (column == UNIT && !any_unit(recorded)))
		described.title = NULL;
	return described;
}

/* What the rows of the sheet are of. */
struct range {
	int64_t begin;
	int64_t end;
};

static bool is_one_day(const struct range *range)
{
	char *begin = sheet_moment(range->begin, true), *end = sheet_moment(range->end, true);
	bool same = !strncmp(begin, end, strlen("YYYY-MM-DD"));

	free(begin);
	free(end);
	return same;
}

static void fill_sheet(struct sheet *sheet, const struct summary *summary,
		       const struct recorded *recorded, enum summary_by by)
{
	const enum column *wanted = by == SUMMARY_BY_PID ? process_columns : command_columns;
	struct sheet_column *columns = grow(NULL, NR_COLUMNS, sizeof(*columns));
	struct sheet_value *value;
	size_t i, j, nr = 0;

	while (wanted[nr] != NR_COLUMNS) {
		columns[nr] = describe(wanted[nr], recorded, summary);
		nr++;
	}
	value = grow(NULL, summary->nr * nr + 1, sizeof(*value));
	*sheet = (struct sheet){
		.columns = columns, .nr_columns = nr, .values = value, .nr_rows = summary->nr
	};
	for (i = 0; i < summary->nr; i++)
		for (j = 0; j < nr; j++)
			*value++ = value_of(&summary->rows[i], wanted[j]);
}

static void free_sheet(struct sheet *sheet)
{
	free((void *)sheet->columns);
	free((void *)sheet->values);
}

/*
 * What is printed.
 */

static json_t *moment_json(int64_t time)
{
	char *moment = sheet_moment_utc(time);
	json_t *json = json_string(moment);

	free(moment);
	return json;
}

static void sum_drops(const struct recorded *recorded, struct usertime_drops *sum)
{
	size_t i;

	*sum = (struct usertime_drops){ .samples = 0 };
	for (i = 0; i < recorded->nr_sessions; i++) {
		const struct usertime_drops *drops = &recorded->sessions[i].drops;

		sum->samples += drops->samples;
		sum->events += drops->events;
		sum->children += drops->children;
		sum->exits += drops->exits;
		sum->exits_user += drops->exits_user;
		sum->exits_system += drops->exits_system;
		sum->missed_periods += drops->missed_periods;
	}
}

static json_t *drops_json(const struct usertime_drops *drops)
{
	json_t *json = json_object();

	json_object_set_new(json, "periods", json_integer(drops->missed_periods));
	json_object_set_new(json, "samples", json_integer(drops->samples));
	json_object_set_new(json, "forks_and_names", json_integer(drops->events));
	json_object_set_new(json, "processes", json_integer(drops->children));
	json_object_set_new(json, "exits", json_integer(drops->exits));
	json_object_set_new(json, "exit_user_seconds", json_real(drops->exits_user / 1e9));
	json_object_set_new(json, "exit_system_seconds", json_real(drops->exits_system / 1e9));
	return json;
}

static void print_json(const struct request *request, const struct recorded *recorded,
		       const struct range *range, const struct sheet *sheet)
{
	bool by_pid = request->by == SUMMARY_BY_PID;
	json_t *json = json_object();
	struct usertime_drops drops;

	sum_drops(recorded, &drops);
	json_object_set_new(json, "recording", text_json(request->path));
	json_object_set_new(json, "begin", moment_json(range->begin));
	json_object_set_new(json, "end", moment_json(range->end));
	json_object_set_new(json, "sessions", json_integer(recorded->nr_sessions));
	json_object_set_new(json, "lost", drops_json(&drops));
	json_object_set_new(json, by_pid ? "processes" : "commands", sheet_json(sheet));
	json_dumpf(json, stdout, JSON_INDENT(2) | SHEET_JSON_FLAGS);
	putchar('\n');
	json_decref(json);
}

/* Above a table: of what and when. */
static void print_heading(const struct request *request, const struct range *range)
{
	char *begin = sheet_moment(range->begin, true), *end = sheet_moment(range->end, true);

	text_print(stdout, request->path);
	printf(": %s to %s\n\n", begin, end);
	free(begin);
	free(end);
}

/* What makes totals wrong must be known, whatever they are used for. */
static void warn_of_drops(const struct recorded *recorded)
{
	struct usertime_drops drops;

	sum_drops(recorded, &drops);
	if (drops.exits)
		fprintf(stderr, PROGRAM ": the exits of %" PRIu64 " processes were lost: %.6f s of CPU"
			" time are missing in part\n", drops.exits,
			(drops.exits_user + drops.exits_system) / 1e9);
	if (drops.children)
		fprintf(stderr, PROGRAM ": %" PRIu64 " processes could not be followed: they are"
			" missing\n", drops.children);
}

/* The page says itself what was lost. */
static int write_page(const struct request *request, struct recorded *recorded,
		      const struct range *range)
{
	const struct timeline_options options = { .begin = range->begin, .end = range->end };

	return html_write(PROGRAM, recorded, &options, request->html);
}

static bool report(const struct request *request, struct recorded *recorded,
		   const struct range *range)
{
	struct summary summary;
	struct sheet sheet;

	if (!summary_read(&summary, recorded, request->by, range->begin, range->end)) {
		fprintf(stderr, PROGRAM ": %s\n", recording_message());
		return false;
	}
	if (summary.nr)
		qsort(summary.rows, summary.nr, sizeof(*summary.rows), request->compare);
	fill_sheet(&sheet, &summary, recorded, request->by);
	sheet.dates = !is_one_day(range);
	if (request->format == SHEET_TABLE || request->format == SHEET_MARKDOWN)
		print_heading(request, range);
	if (request->format == SHEET_JSON)
		print_json(request, recorded, range, &sheet);
	else
		sheet_print(&sheet, request->format, request->separator);
	warn_of_drops(recorded);
	free_sheet(&sheet);
	summary_free(&summary);
	return true;
}

/* As far as it was recorded. */
static int find_range(const struct request *request, const struct recorded *recorded,
		      struct range *range)
{
	int64_t began = recorded->sessions[0].began;
	int64_t ended = recorded->sessions[recorded->nr_sessions - 1].ended;

	range->begin = moment_find(&request->begin, began, ended, began);
	range->end = moment_find(&request->end, began, ended, ended);
	if (range->begin > range->end &&
	    request->begin.kind != MOMENT_NONE && request->end.kind != MOMENT_NONE) {
		fprintf(stderr, PROGRAM ": -b is later than -e\n");
		return STATUS_USAGE;
	}
	if (range->begin > ended || range->end < began) {
		char *from = sheet_moment(began, true), *to = sheet_moment(ended, true);

		fprintf(stderr, PROGRAM ": %s: has nothing of that time: it goes from %s to %s\n",
			request->path, from, to);
		free(from);
		free(to);
		return STATUS_FAILED;
	}
	range->begin = range->begin < began ? began : range->begin;
	range->end = range->end > ended ? ended : range->end;
	return STATUS_DONE;
}

int usertime_report(int argc, char **argv, const char *root)
{
	struct request request = { .compare = by_total, .separator = "," };
	struct recorded *recorded;
	struct range range;
	int status;

	(void)root;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	if (!request.path)
		request.path = "usertime.urt";
	recorded = recorded_open(request.path);
	if (!recorded) {
		fprintf(stderr, PROGRAM ": %s\n", recording_message());
		return STATUS_FAILED;
	}
	status = find_range(&request, recorded, &range);
	if (status == STATUS_DONE && request.html)
		status = write_page(&request, recorded, &range);
	else if (status == STATUS_DONE && !report(&request, recorded, &range))
		status = STATUS_FAILED;
	recorded_close(recorded);
	return status;
}
