// SPDX-License-Identifier: GPL-2.0-only
/* Page faults since the begin: a curve for each line. */
#include <stdlib.h>

#include "plot.h"

static double total(const struct timeline_line *line)
{
	return line->used.minor + line->used.major;
}

/* A data block: what there were until a bucket began. Where nothing comes is a straight line. */
static void curve(FILE *script, const struct timeline *timeline, const struct timeline_line *line)
{
	double sum = 0;
	size_t i;

	fprintf(script, "%.12g 0\n", plot_time(timeline, 0));
	for (i = 0; i < timeline->nr; i++) {
		bool last = i == timeline->nr - 1;
		bool same = line->buckets[i].faults <= 0;

		sum += line->buckets[i].faults;
		if (last || !same || line->buckets[i + 1].faults > 0)
			fprintf(script, "%.12g %.12g\n", plot_time(timeline, i + 1), sum);
	}
}

void plot_faults(FILE *script, const struct plot *plot, const struct timeline_lines *lines)
{
	double most = 0, unit;
	const char *unit_name;
	char *label;
	size_t i;

	for (i = 0; i < lines->nr; i++) {
		fprintf(script, "$faults%zu << END\n", i);
		curve(script, plot->timeline, &lines->lines[i]);
		fputs("END\n", script);
		if (total(&lines->lines[i]) > most)
			most = total(&lines->lines[i]);
	}
	unit = plot_fault_unit(most, &unit_name);
	fprintf(script, "set ytics format '%%g'\nset yrange [0:%s]\n", most > 0 ? "*" : "10");
	fprintf(script, "set ylabel 'page faults since the begin%s'\n", unit_name);
	fputs("set key noinvert title 'minor + major page faults'\nplot ", script);
	for (i = 0; i < lines->nr; i++) {
		label = plot_label(&lines->lines[i], PLOT_FAULTS);
		fprintf(script, "%s$faults%zu using 1:($2/%g) with lines linewidth 2 linecolor rgb %u title ",
			i ? ", \\\n\t" : "", i, unit, plot_colour(lines, i));
		plot_quote(script, label, PLOT_SVG);
		free(label);
	}
	putc('\n', script);
}
