// SPDX-License-Identifier: GPL-2.0-only
/* usertime plot: pictures of a recording. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "moment.h"
#include "output.h"
#include "plot/plot.h"
#include "text.h"
#include "words.h"

#define PROGRAM "usertime plot"

enum { OPT_BY = 256, OPT_FORMAT, OPT_KIND };

#define ALL_KINDS	(PLOT_CPU | PLOT_FAULTS | PLOT_UTILIZATION)

/* What was found on the command line. */
struct request {
	const char *recording;
	const char *output;
	struct moment begin;
	struct moment end;
	struct timeline_options of;
	pid_t *pids;
	char **names;
	bool format_given;
	struct plot plot;
};

static const struct argp_option options[] = {
	{ "output", 'o', "OUT", 0, "Write to OUT, whose suffix is the format; - (default):"
	  " text to standard output, sized to the terminal", 0 },
	{ "format", OPT_FORMAT, "FORMAT", 0, "svg, png, pdf or txt, whatever the suffix", 0 },
	{ "kind", OPT_KIND, "KIND,...", 0, "cpu, faults, utilization or all. Default: what there is to see,"
	  " in one picture; cpu in text", 0 },
	{ "by", OPT_BY, "KEY", 0, "A line for each pid (default) or command", 0 },
	{ "top", 'n', "N", 0, "So many lines, 1 to 7 (default); others in sum", 0 },
	{ "begin", 'b', "TIME", 0, "From then on: HH:MM[:SS[.FFF]], YYYY-MM-DD and that, or a"
	  " duration since the recording's begin", 0 },
	{ "end", 'e', "TIME", 0, "Until then", 0 },
	{ "pid", 'p', "PID,...", 0, "Only these processes", 0 },
	{ "command", 'C', "NAME", 0, "And those of that name; may be given several times", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

struct word {
	const char *name;
	unsigned int value;
};

static const struct word formats[] = {
	{ "svg", PLOT_SVG }, { "png", PLOT_PNG }, { "pdf", PLOT_PDF }, { "txt", PLOT_TEXT },
	{ NULL, 0 }
};

static const struct word kinds[] = {
	{ "cpu", PLOT_CPU }, { "faults", PLOT_FAULTS }, { "utilization", PLOT_UTILIZATION },
	{ "all", ALL_KINDS }, { NULL, 0 }
};

static const struct word keys[] = { { "pid", BY_PID }, { "command", BY_COMMAND }, { NULL, 0 } };

static const struct word *find_word(const struct word *words, const char *name, size_t length)
{
	for (; words->name; words++)
		if (strlen(words->name) == length && !strncmp(words->name, name, length))
			return words;
	return NULL;
}

static unsigned int parse_kinds(const char *list, const struct argp_state *state)
{
	unsigned int found = 0;
	const struct word *kind;
	size_t length;

	for (;;) {
		length = strcspn(list, ",");
		kind = find_word(kinds, list, length);
		if (!kind)
			argp_error(state, "%.*s: no such kind: cpu, faults, utilization or all",
				   (int)length, list);
		found |= kind ? kind->value : 0;
		if (!list[length])
			return found;
		list += length + 1;
	}
}

static unsigned int parse_word(const struct word *words, const char *name, const char *wrong,
			       const struct argp_state *state)
{
	const struct word *word = find_word(words, name, strlen(name));

	if (!word)
		argp_error(state, "%s: %s", name, wrong);
	return word ? word->value : 0;
}

/* The format that a file's name says. */
static enum plot_format format_of(const char *output, const struct argp_state *state)
{
	const char *suffix = strrchr(output, '.');

	if (!strcmp(output, "-"))
		return PLOT_TEXT;
	return parse_word(formats, suffix ? suffix + 1 : output,
			  "the format is the suffix: .svg, .png, .pdf or .txt; or give --format",
			  state);
}

static void finish(struct request *request, const struct argp_state *state)
{
	struct plot *plot = &request->plot;

	if (!request->format_given)
		plot->format = format_of(request->output, state);
	request->of.pids = request->pids;
	request->of.names = request->names;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;
	struct timeline_options *of = &request->of;
	struct plot *plot = &request->plot;

	switch (key) {
	case 'b':
		word_moment(arg, &request->begin, state);
		break;
	case 'e':
		word_moment(arg, &request->end, state);
		break;
	case 'n':
		plot->top = word_count(arg, state);
		if (plot->top > PLOT_TOP)
			argp_error(state, "%s: at most %d: more colours cannot be told apart",
				   arg, PLOT_TOP);
		break;
	case 'o':
		request->output = arg;
		break;
	case 'p':
		word_pids(arg, &request->pids, &of->nr_pids, state);
		break;
	case 'C':
		request->names = grow(request->names, of->nr_names + 1, sizeof(*request->names));
		request->names[of->nr_names++] = arg;
		break;
	case OPT_BY:
		plot->by = parse_word(keys, arg, "no such key: pid or command", state);
		break;
	case OPT_FORMAT:
		plot->format = parse_word(formats, arg, "no such format: svg, png, pdf or txt", state);
		request->format_given = true;
		break;
	case OPT_KIND:
		plot->kinds = parse_kinds(arg, state);
		break;
	case ARGP_KEY_ARG:
		if (request->recording)
			argp_error(state, "%s: one recording at a time", arg);
		request->recording = arg;
		break;
	case ARGP_KEY_END:
		finish(request, state);
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
	.doc = "Plot what a recording (usertime.urt) has, with gnuplot: user and system time over time, page faults,"
	       " and how busy the processors were by number of processes."
	       "\vExamples:\n"
	       "  usertime plot make.urt                         in the terminal\n"
	       "  usertime plot --by command -o make.svg make.urt\n"
	       "  usertime plot --kind faults -b 14:30 -e 15:00 -o faults.png web.urt\n\n"
	       "Exit status: 0 plotted, 1 failed, 2 usage.",
	.children = usertime_help_children,
};

/* The terminal's size, for one plot, its legend and the prompt. */
static void size_text(struct plot *plot)
{
	unsigned int below = plot->top + 4;
	struct winsize size = { .ws_row = 0 };

	plot->columns = 100;
	plot->rows = 24;
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row) {
		plot->columns = size.ws_col;
		plot->rows = size.ws_row > below ? size.ws_row - below : 0;
	}
	if (plot->columns < PLOT_COLUMNS_MIN)
		plot->columns = PLOT_COLUMNS_MIN;
	if (plot->rows < PLOT_ROWS_MIN)
		plot->rows = PLOT_ROWS_MIN;
}

/* What is worth seeing: one number of processes alone is not. */
static unsigned int default_kinds(const struct plot *plot)
{
	struct timeline_load *loads;
	size_t nr;

	if (plot->format == PLOT_TEXT)
		return PLOT_CPU;
	nr = timeline_loads(plot->timeline, PLOT_NUMBERS, &loads);
	free(loads);
	return nr > 1 ? ALL_KINDS : PLOT_CPU | PLOT_FAULTS;
}

/* Whose, where, how and when. */
static char *subtitle(const struct recorded *recorded, const struct timeline *timeline)
{
	const struct recorded_session *session = recorded->sessions;
	time_t begin = timeline->begin / 1000000000;
	char when[32], every[32] = "";
	struct tm tm;

	localtime_r(&begin, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	if (session->period >= 1000000000)
		snprintf(every, sizeof(every), ", every %g s", session->period / 1e9);
	else if (session->period)
		snprintf(every, sizeof(every), ", every %g ms", session->period / 1e6);
	return text("%s, %d processor%s, %s%s", session->host, session->cpus,
		    session->cpus == 1 ? "" : "s", when, every);
}

/* When all is there: what was there before is lost only to a whole picture. */
static int put(const char *output, const char *picture, size_t size)
{
	FILE *file = output_open(PROGRAM, output);

	if (!file)
		return STATUS_FAILED;
	fwrite(picture, 1, size, file);
	return output_close(PROGRAM, output, file) ? STATUS_DONE : STATUS_FAILED;
}

static int draw(const struct plot *plot, const char *output)
{
	char *picture = NULL;
	int status = STATUS_FAILED;
	size_t size;
	FILE *file = open_memstream(&picture, &size);
	bool drawn;

	if (!file) {
		fprintf(stderr, PROGRAM ": out of memory\n");
		return STATUS_FAILED;
	}
	drawn = plot_draw(plot, file);
	if (fclose(file))
		fprintf(stderr, PROGRAM ": out of memory\n");
	else if (drawn)
		status = put(output, picture, size);
	free(picture);
	return status;
}

static int plot_timeline(const struct request *request, const struct recorded *recorded,
			 const struct timeline *timeline)
{
	struct plot plot = request->plot;
	char *below;
	int status;

	if (!timeline->nr_processes) {
		fprintf(stderr, PROGRAM ": %s: nothing of that was recorded; usertime report says what was\n",
			request->recording);
		return STATUS_FAILED;
	}
	below = subtitle(recorded, timeline);
	plot.timeline = timeline;
	plot.title = recorded->sessions[0].command;
	plot.subtitle = below;
	if (!plot.kinds)
		plot.kinds = default_kinds(&plot);
	status = draw(&plot, request->output);
	free(below);
	return status;
}

static int plot_recorded(struct request *request, struct recorded *recorded)
{
	int64_t began = recorded->sessions[0].began;
	int64_t ended = recorded->sessions[recorded->nr_sessions - 1].ended;
	struct timeline timeline;
	int status;

	request->of.begin = moment_find(&request->begin, began, ended, INT64_MIN);
	request->of.end = moment_find(&request->end, began, ended, INT64_MAX);
	if (request->of.end <= request->of.begin) {
		fprintf(stderr, PROGRAM ": --end is not after --begin\n");
		return STATUS_USAGE;
	}
	request->of.max = plot_buckets(request->plot.format, request->plot.columns);
	if (!timeline_load(&timeline, recorded, &request->of)) {
		fprintf(stderr, PROGRAM ": %s\n", recording_message());
		return STATUS_FAILED;
	}
	status = plot_timeline(request, recorded, &timeline);
	timeline_free(&timeline);
	return status;
}

int usertime_plot(int argc, char **argv, const char *root)
{
	struct request request = {
		.output = "-",
		.plot = { .top = PLOT_TOP },
	};
	struct recorded *recorded;
	int status = STATUS_FAILED;

	(void)root;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	if (!request.recording)
		request.recording = "usertime.urt";
	size_text(&request.plot);
	request.plot.colour = !strcmp(request.output, "-") && isatty(STDOUT_FILENO) &&
			      !getenv("NO_COLOR");
	recorded = recorded_open(request.recording);
	if (!recorded)
		fprintf(stderr, PROGRAM ": %s\n", recording_message());
	else
		status = plot_recorded(&request, recorded);
	if (recorded)
		recorded_close(recorded);
	free(request.pids);
	free(request.names);
	return status;
}
