// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text: gnuplot draws axes, between which letters are set as labels, a capital for user and a small
 * one for system time. Each line of the picture has its letter, and O are the others.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "plot.h"

/* Letters around the axes. */
#define MARGIN_LEFT	10
#define MARGIN_RIGHT	3
#define MARGIN_TOP	3
#define MARGIN_BOTTOM	3

/* Between the axes, from 1 on: 0 are the axes themselves. */
struct page {
	const struct timeline *timeline;
	const struct timeline_lines *lines;
	size_t columns;
	size_t rows;
	double top;		/* value of the uppermost row */
	double unit;		/* as which values are shown */
	const char *unit_name;
	char *cells;
};

static char *cell(const struct page *page, size_t column, size_t row)
{
	return &page->cells[row * (page->columns + 1) + column];
}

static char letter(size_t line, const struct timeline_lines *lines)
{
	return lines->lines[line].name ? 'A' + line : 'O';
}

static size_t line_of(char letter, const struct timeline_lines *lines)
{
	return toupper(letter) == 'O' ? lines->nr - 1 : (size_t)toupper(letter) - 'A';
}

/* The bucket in the middle of a column. */
static size_t bucket_of(const struct page *page, size_t column)
{
	double middle = (column - 0.5) / page->columns;

	return middle * (page->timeline->end - page->timeline->begin) / page->timeline->width;
}

static size_t row_of(const struct page *page, double value)
{
	return lround(value / page->top * page->rows);
}

/* A round number that has room for it; empty: where there is nothing to show. */
static double round_top(double value, double empty)
{
	double step;

	if (value <= 0)
		return empty;
	step = pow(10, floor(log10(value)));
	if (value / step < 2)
		step /= 5;
	else if (value / step < 5)
		step /= 2;
	return ceil(value / step) * step;
}

static double percent(const struct timeline *timeline, double ns)
{
	return 100 * ns / timeline->width;
}

static double busiest(const struct page *page)
{
	double most = 0, sum;
	size_t i, j;

	for (i = 0; i < page->timeline->nr; i++) {
		sum = 0;
		for (j = 0; j < page->lines->nr; j++)
			sum += (double)page->lines->lines[j].buckets[i].user +
			       page->lines->lines[j].buckets[i].system;
		if (sum > most)
			most = sum;
	}
	return percent(page->timeline, most);
}

/* Sets the letter in what is added to the pile of a column. */
static void pile(struct page *page, size_t column, double *height, double part, char letter)
{
	size_t row, to = row_of(page, *height + part);

	for (row = row_of(page, *height) + 1; row <= to; row++)
		*cell(page, column, row) = letter;
	*height += part;
}

static void set_cpu(struct page *page)
{
	size_t column, i;

	page->top = round_top(busiest(page), 100);
	for (column = 1; column <= page->columns; column++) {
		size_t at = bucket_of(page, column);
		double height = 0;

		for (i = 0; i < page->lines->nr; i++) {
			const struct bucket *bucket = &page->lines->lines[i].buckets[at];
			char capital = letter(i, page->lines);

			pile(page, column, &height, percent(page->timeline, bucket->user), capital);
			pile(page, column, &height, percent(page->timeline, bucket->system),
			     tolower(capital));
		}
	}
}

static double total(const struct timeline_line *line)
{
	return line->used.minor + line->used.major;
}

/* Where curves meet, the first one is seen. */
static void set_faults(struct page *page)
{
	double most = 0, sum;
	size_t column, i, next;

	for (i = 0; i < page->lines->nr; i++)
		if (total(&page->lines->lines[i]) > most)
			most = total(&page->lines->lines[i]);
	page->top = round_top(most, 10);
	page->unit = plot_fault_unit(page->top, &page->unit_name);
	for (i = 0; i < page->lines->nr; i++) {
		sum = next = 0;
		for (column = 1; column <= page->columns; column++) {
			char *here;

			for (; next <= bucket_of(page, column); next++)
				sum += page->lines->lines[i].buckets[next].faults;
			here = cell(page, column, row_of(page, sum));
			if (sum > 0 && *here == ' ')
				*here = letter(i, page->lines);
		}
	}
}

/* A row's letters, those that follow each other as one label: where it is, the text, its colour. */
static void put_row(FILE *script, const struct page *page, size_t row)
{
	double step = (page->timeline->end - page->timeline->begin) / 1e9 / page->columns;
	size_t column = 1, end;

	while (column <= page->columns) {
		char first = *cell(page, column, row);

		for (end = column; end <= page->columns && *cell(page, end, row) == first; end++)
			;
		if (first != ' ')
			fprintf(script, "%.15g %.9g %.*s %u\n",
				plot_time(page->timeline, 0) + column * step,
				page->top / page->unit * row / page->rows, (int)(end - column),
				cell(page, column, row),
				plot_colour(page->lines, line_of(first, page->lines)));
		column = end;
	}
}

/* What is behind the letters. */
static void legend(FILE *script, const struct page *page, enum plot_kind kind, bool colour)
{
	size_t i;

	fprintf(script, "set print '-'\nprint '%s'\n",
		kind == PLOT_CPU ? "capitals: user time + small letters: system time" :
				   "minor + major page faults");
	for (i = 0; i < page->lines->nr; i++) {
		unsigned int rgb = plot_colour(page->lines, i);
		char *label = plot_label(&page->lines->lines[i], kind);
		char *line = text("%c  %s", letter(i, page->lines), label);

		fputs("print ", script);
		if (colour)
			fprintf(script, "\"\\033[38;2;%u;%u;%um\".", rgb >> 16, rgb >> 8 & 0xff,
				rgb & 0xff);
		plot_quote(script, line, PLOT_TEXT);
		fprintf(script, "%s\n", colour ? ".\"\\033[0m\"" : "");
		free(line);
		free(label);
	}
	fputs("print ''\n", script);
}

void plot_text(FILE *script, const struct plot *plot, const struct timeline_lines *lines,
	       enum plot_kind kind)
{
	struct page page = {
		.timeline = plot->timeline, .lines = lines,
		.columns = plot->columns - MARGIN_LEFT - MARGIN_RIGHT - 1,
		.rows = plot->rows - MARGIN_TOP - MARGIN_BOTTOM - 1,
		.unit = 1, .unit_name = "",
	};
	size_t size = (page.columns + 1) * (page.rows + 1), row;

	page.cells = memset(grow(NULL, size, 1), ' ', size);
	if (kind == PLOT_CPU)
		set_cpu(&page);
	else
		set_faults(&page);
	fputs("$letters << END\n", script);
	for (row = 0; row <= page.rows; row++)
		put_row(script, &page, row);
	/* Outside, as gnuplot wants something to plot. */
	fprintf(script, "-1 -1 x 0\nEND\nset lmargin %d\nset rmargin %d\nset tmargin %d\nset bmargin %d\n",
		MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM);
	fprintf(script, "set yrange [0:%.9g]\nset ylabel '%s%s'\n", page.top / page.unit,
		kind == PLOT_CPU ? "CPU (%)" : "faults", page.unit_name);
	fprintf(script, "plot $letters using 1:2:3%s\n",
		plot->colour ? ":4 with labels left textcolor rgb variable" : " with labels left");
	legend(script, &page, kind, plot->colour);
	free(page.cells);
}
