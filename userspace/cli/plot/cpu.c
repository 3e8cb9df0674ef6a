// SPDX-License-Identifier: GPL-2.0-only
/* User and system time over time: areas, one on the other, two for each line. */
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "plot.h"

/* Percent of one processor. */
static double percent(const struct plot *plot, float ns)
{
	return 100.0 * ns / plot->timeline->width;
}

/*
 * A data block: begin and end of a bucket, and from where to where it reaches then. What is 0 for
 * more than a bucket is left out, where an area ends.
 */
static void area(FILE *script, const struct plot *plot, const struct timeline_line *line,
		 bool system, double *height)
{
	const struct timeline *timeline = plot->timeline;
	bool inside = false;
	size_t i;

	/* gnuplot complains about what has no point at all. */
	fprintf(script, "%.12g 0 0\n\n", plot_time(timeline, 0));
	for (i = 0; i < timeline->nr; i++) {
		double part = percent(plot, system ? line->buckets[i].system : line->buckets[i].user);

		if (part > 0)
			fprintf(script, "%.12g %.5g %.5g\n%.12g %.5g %.5g\n",
				plot_time(timeline, i), height[i], height[i] + part,
				plot_time(timeline, i + 1), height[i], height[i] + part);
		else if (inside)
			putc('\n', script);
		inside = part > 0;
		height[i] += part;
	}
}

static double highest(const double *height, size_t nr)
{
	double most = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		if (height[i] > most)
			most = height[i];
	return most;
}

static void draw(FILE *script, const struct timeline_lines *lines)
{
	char *label;
	size_t i;

	fputs("plot ", script);
	for (i = 0; i < lines->nr; i++) {
		label = plot_label(&lines->lines[i], PLOT_CPU);
		fprintf(script, "%s$user%zu using 1:2:3 with filledcurves fillcolor rgb %u title ",
			i ? ", \\\n\t" : "", i, plot_colour(lines, i));
		plot_quote(script, label, PLOT_SVG);
		fprintf(script, ", \\\n\t$system%zu using 1:2:3 with filledcurves fillcolor rgb %u notitle",
			i, plot_tint(lines, i));
		free(label);
	}
	putc('\n', script);
}

void plot_cpu(FILE *script, const struct plot *plot, const struct timeline_lines *lines)
{
	size_t nr = plot->timeline->nr, i;
	double *height = memset(grow(NULL, nr, sizeof(*height)), 0, nr * sizeof(*height));

	for (i = 0; i < lines->nr; i++) {
		fprintf(script, "$user%zu << END\n", i);
		area(script, plot, &lines->lines[i], false, height);
		fprintf(script, "END\n$system%zu << END\n", i);
		area(script, plot, &lines->lines[i], true, height);
		fputs("END\n", script);
	}
	fputs("set style fill solid noborder\nset ytics format '%g'\nset ylabel 'CPU (% of one processor)'\n", script);
	fprintf(script, "set yrange [0:%s]\n", highest(height, nr) > 0 ? "*" : "100");
	fputs("set key invert title 'user time + system time (pale)'\n", script);
	draw(script, lines);
	free(height);
}
