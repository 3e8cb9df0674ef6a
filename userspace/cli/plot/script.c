// SPDX-License-Identifier: GPL-2.0-only
/* The script: terminal, axes, titles. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/text.h"
#include "plot.h"

/* Of one kind, in pixels, and what the title takes. PNG is for screens with small ones, too. */
#define WIDTH		1100
#define HEIGHT		340
#define TITLE		60
#define BELOW		65	/* the axes */
#define PNG_SCALE	1.5
#define PDF_SCALE	(1 / 100.0)	/* inches */

/* How far from the left the axes begin and end: the legend is to the right of them. */
#define LEFT		0.08
#define RIGHT		0.66

/* What of a title the width has room for. */
#define TITLE_MAX	110

/* Longer ones show the time of day. */
#define CLOCK_FROM	600000000000
#define DATE_FROM	(36 * 3600000000000)

size_t plot_buckets(enum plot_format format, unsigned int columns)
{
	/* Steps of two pixels. */
	return format == PLOT_TEXT ? columns : 360;
}

static int64_t length(const struct timeline *timeline)
{
	return timeline->end - timeline->begin;
}

double plot_time(const struct timeline *timeline, size_t bucket)
{
	double seconds = bucket * timeline->width / 1e9;
	time_t begin = timeline->begin / 1000000000;
	struct tm tm;

	if (length(timeline) < CLOCK_FROM)
		return seconds;
	/* gnuplot knows no time zones. */
	localtime_r(&begin, &tm);
	return timeline->begin / 1e9 + tm.tm_gmtoff + seconds;
}

static unsigned int count(unsigned int kinds)
{
	return __builtin_popcount(kinds);
}

static void terminal(FILE *script, const struct plot *plot)
{
	double width = WIDTH, height = TITLE + HEIGHT * count(plot->kinds);

	switch (plot->format) {
	case PLOT_SVG:
		fprintf(script, "set terminal svg size %g,%g font 'sans-serif,13' background '#ffffff'",
			width, height);
		break;
	case PLOT_PNG:
		fprintf(script, "set terminal pngcairo size %g,%g font 'sans,10' fontscale %g"
			" linewidth %g background '#ffffff'",
			width * PNG_SCALE, height * PNG_SCALE, PNG_SCALE, PNG_SCALE);
		break;
	case PLOT_PDF:
		fprintf(script, "set terminal pdfcairo size %g,%g font 'sans,9'",
			width * PDF_SCALE, height * PDF_SCALE);
		break;
	case PLOT_TEXT:
		fprintf(script, "set terminal dumb size %u,%u feed %s",
			plot->columns, plot->rows, plot->colour ? "ansirgb" : "mono");
		break;
	}
	/* Names are names: no markup. */
	fputs(" noenhanced\nset encoding utf8\n", script);
}

/* As much of it as there is room for. */
static void quote_some(FILE *script, const char *string, const struct plot *plot)
{
	size_t max = plot->format == PLOT_TEXT ? plot->columns - 2 : TITLE_MAX;
	char *some;

	if (strlen(string) <= max)
		some = text("%s", string);
	else
		some = text("%.*s...", (int)max - 3, string);
	plot_quote(script, some, plot->format);
	free(some);
}

static void title(FILE *script, const struct plot *plot)
{
	quote_some(script, plot->title, plot);
	fputs(".\"\\n\".", script);
	quote_some(script, plot->subtitle, plot);
}

static void time_axis(FILE *script, const struct timeline *timeline)
{
	fprintf(script, "set xrange [%.9g:%.15g]\n", plot_time(timeline, 0),
		plot_time(timeline, 0) + length(timeline) / 1e9);
	if (length(timeline) < CLOCK_FROM)
		fputs("set xlabel 'time (s)'\n", script);
	else
		fprintf(script, "set xlabel 'time of day'\nset xtics time format '%s'\n",
			length(timeline) < DATE_FROM ? "%H:%M" : "%d %b %H:%M");
}

/* Where the one of that number, from above, has its axes and, beside them, the legend. */
static void place(FILE *script, const struct plot *plot, unsigned int number)
{
	double height = TITLE + HEIGHT * count(plot->kinds);
	double top = 1 - (TITLE + HEIGHT * number) / height;

	fprintf(script, "set lmargin at screen %g\nset rmargin at screen %g\n"
		"set tmargin at screen %g\nset bmargin at screen %g\n"
		"set key at screen %g, screen %g\n",
		LEFT, RIGHT, top, top - (HEIGHT - BELOW) / height, RIGHT + 0.01, top);
}

static void kind(FILE *script, const struct plot *plot, enum plot_kind kind)
{
	struct timeline_lines lines;

	if (kind == PLOT_UTILIZATION) {
		plot_utilization(script, plot);
		return;
	}
	time_axis(script, plot->timeline);
	/* In one picture a colour is one process. */
	timeline_lines(plot->timeline, plot->by, plot->kinds == PLOT_FAULTS ? KEY_FAULTS : KEY_CPU,
		       plot->top, &lines);
	if (plot->format == PLOT_TEXT)
		plot_text(script, plot, &lines, kind);
	else if (kind == PLOT_CPU)
		plot_cpu(script, plot, &lines);
	else
		plot_faults(script, plot, &lines);
	timeline_lines_free(&lines);
}

static void picture(FILE *script, const struct plot *plot)
{
	fprintf(script, "set multiplot title ");
	title(script, plot);
	fputs("\nset border 3\nset tics nomirror out\nset grid linecolor '#dddddd' linetype 1\n"
	      "set key left top Left reverse samplen 1\n", script);
}

void plot_script(FILE *script, const struct plot *plot)
{
	unsigned int each, number = 0;

	terminal(script, plot);
	if (plot->format != PLOT_TEXT) {
		picture(script, plot);
	} else {
		fputs("set border 3\nset tics nomirror out\nunset key\nset title ", script);
		title(script, plot);
		putc('\n', script);
	}
	for (each = PLOT_CPU; each <= PLOT_UTILIZATION; each <<= 1) {
		if (!(plot->kinds & each))
			continue;
		if (plot->format != PLOT_TEXT)
			place(script, plot, number++);
		kind(script, plot, each);
	}
	if (plot->format != PLOT_TEXT)
		fputs("unset multiplot\n", script);
}
