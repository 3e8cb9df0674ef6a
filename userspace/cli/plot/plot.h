/* SPDX-License-Identifier: GPL-2.0-only */
/* usertime plot: a picture as a script for gnuplot, and gnuplot itself. */
#ifndef USERTIME_PLOT_H
#define USERTIME_PLOT_H

#include <stdio.h>

#include "cli/timeline.h"

/* What there is to see; or'ed. */
enum plot_kind {
	PLOT_CPU = 1,		/* user and system time over time, by process */
	PLOT_FAULTS = 2,	/* page faults since the begin, by process */
	PLOT_UTILIZATION = 4,	/* how busy the processors were, by number of processes */
};

enum plot_format { PLOT_SVG, PLOT_PNG, PLOT_PDF, PLOT_TEXT };

/* As many lines as there are colours that everyone can tell from each other. */
#define PLOT_TOP	7

/* As many numbers of processes as can be told from each other. */
#define PLOT_NUMBERS	50

/* The smallest text plot that is one. */
#define PLOT_COLUMNS_MIN	40
#define PLOT_ROWS_MIN		12

/**
 * struct plot - a picture to be made
 * @timeline: of what; it has at most plot_buckets() buckets, and one process at least
 * @by: what its lines are
 * @top: how many of them, at most PLOT_TOP
 * @kinds: enum plot_kind, one below the other
 * @format: how
 * @title: any bytes
 * @subtitle: the same
 * @columns: size of a text plot of one kind, PLOT_COLUMNS_MIN at least
 * @rows: the same, PLOT_ROWS_MIN at least; the legend comes in addition
 * @colour: text is coloured
 */
struct plot {
	const struct timeline *timeline;
	enum timeline_by by;
	size_t top;
	unsigned int kinds;
	enum plot_format format;
	const char *title;
	const char *subtitle;
	unsigned int columns;
	unsigned int rows;
	bool colour;
};

size_t plot_buckets(enum plot_format format, unsigned int columns);

/* What gnuplot is to be given, so that the picture comes from its standard output. */
void plot_script(FILE *script, const struct plot *plot);

/*
 * Has gnuplot, which $PATH has, draw it into the file. false after a message; errors of the file are
 * left to who closes it.
 */
bool plot_draw(const struct plot *plot, FILE *file);

/*
 * For the kinds' own files.
 */

/* Data and plot command of a kind; the axis of time and all else that kinds share is set. */
void plot_cpu(FILE *script, const struct plot *plot, const struct timeline_lines *lines);
void plot_faults(FILE *script, const struct plot *plot, const struct timeline_lines *lines);
void plot_utilization(FILE *script, const struct plot *plot);

/* The same of what is drawn with letters. */
void plot_text(FILE *script, const struct plot *plot, const struct timeline_lines *lines,
	       enum plot_kind kind);

/* Colours of a line, of its user and its system time: 0xRRGGBB. */
unsigned int plot_colour(const struct timeline_lines *lines, size_t line);
unsigned int plot_tint(const struct timeline_lines *lines, size_t line);

/* What a line is called, and its totals; to be freed. */
char *plot_label(const struct timeline_line *line, enum plot_kind kind);

/* As the axis of time has it: where a bucket begins. */
double plot_time(const struct timeline *timeline, size_t bucket);

/* What numbers of page faults are divided by to be shown, and its name; most is the largest. */
double plot_fault_unit(double most, const char **name);

/* In gnuplot's quotes, whatever the bytes are: what is not to be printed becomes \ooo. */
void plot_quote(FILE *script, const char *string, enum plot_format format);

#endif
