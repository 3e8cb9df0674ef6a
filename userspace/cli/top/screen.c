// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/clocks.h"
#include "cli/text.h"
#include "format.h"
#include "screen.h"
#include "terminal.h"

#define SECOND 1000000000ULL

struct screen {
	struct top_source *source;
	struct top_table *table;
	enum top_blocks blocks;
	size_t top;			/* row that the list begins with */
	bool paused;
	bool help;
	bool quit;
	bool failed;
	uint64_t next;			/* look, CLOCK_MONOTONIC */
};

static const char *const help_text[] = {
	"P  sort by the share of a processor      N  by PID",
	"T  sort by CPU time; in a recording, T is a step back, and t one forwards",
	"< >  sort by the column to the left, to the right            R  reverse",
	"space  pause, go on                      up, down, page up, page down",
	"q  quit                                  h ?  this help",
	"",
	"%CPU and %USR are shares of one processor since the last update, and HISTORY",
	"is one such share an update: a full block is a whole processor. TIME is user",
	"and system time. FAULTS are page faults, S is the state, X if the process has",
	"exited: its values are final then.",
	NULL
};

/* How far the list reaches. */
static size_t page(void)
{
	return LINES > 3 ? LINES - 3 : 1;
}

/* What is too long is cut off: ncurses would go on in the next line. */
static void draw_line(int y, const char *string, attr_t attributes)
{
	wchar_t wide[1024];
	size_t length = mbstowcs(wide, string, sizeof(wide) / sizeof(wide[0]) - 1);

	if (length == (size_t)-1)
		return;
	wide[length] = L'\0';
	attrset(attributes);
	mvaddnwstr(y, 0, wide, COLS);
	attrset(A_NORMAL);
}

static const char *hint(const struct screen *screen)
{
	if (screen->help)
		return "any key goes back";
	if (!screen->paused)
		return "h help, q quit";
	if (screen->source->back)
		return "t forwards, T back, space plays; h help, q quit";
	return "paused: space goes on; h help, q quit";
}

static void draw_summary(const struct screen *screen)
{
	char *summary = top_format_summary(screen->source, screen->table);
	const char *note = screen->source->note;
	char *line = text("%s%s%s", note, *note ? "; " : "", hint(screen));

	draw_line(0, summary, A_BOLD);
	draw_line(1, line, A_NORMAL);
	free(line);
	free(summary);
}

/* The column that it is sorted by stands out. */
static void draw_titles(const struct screen *screen)
{
	const struct top_column *column;

	move(2, 0);
	for (column = top_columns; column->title; column++) {
		if (!top_has_column(column, screen->blocks))
			continue;
		/* Only as far as the line goes. */
		if (getcurx(stdscr) + (int)strlen(column->title) >= COLS)
			break;
		attrset(column->key == screen->table->key ? A_REVERSE | A_BOLD | A_UNDERLINE : A_REVERSE);
		addstr(column->title);
	}
	attrset(A_REVERSE);
	hline(' ' | A_REVERSE, COLS);
	attrset(A_NORMAL);
}

static void draw_rows(struct screen *screen)
{
	const struct top_table *table = screen->table;
	size_t last = table->nr_rows > page() ? table->nr_rows - page() : 0, i;
	char *line;

	if (screen->top > last)
		screen->top = last;
	for (i = 0; i < page() && screen->top + i < table->nr_rows; i++) {
		const struct top_row *row = table->rows[screen->top + i];

		line = top_format_row(row, screen->blocks);
		draw_line(3 + (int)i, line, row->values.exited ? A_DIM : A_NORMAL);
		free(line);
	}
}

static void draw(struct screen *screen)
{
	int i;

	erase();
	draw_summary(screen);
	if (screen->help) {
		for (i = 0; help_text[i]; i++)
			draw_line(3 + i, help_text[i], A_NORMAL);
	} else {
		draw_titles(screen);
		draw_rows(screen);
	}
	refresh();
}

static void look(struct screen *screen)
{
	screen->failed |= !screen->source->look(screen->source, screen->table);
	screen->next = clock_ns(CLOCK_MONOTONIC) + screen->source->interval;
}

static void step(struct screen *screen, bool back)
{
	if (!screen->source->back)
		return;
	screen->paused = true;
	if (back)
		screen->failed |= !screen->source->back(screen->source, screen->table);
	else
		look(screen);
}

static void scroll_by(struct screen *screen, long rows)
{
	if (rows < 0 && screen->top < (size_t)-rows)
		screen->top = 0;
	else
		screen->top += rows;
}

static void sort(struct screen *screen, enum top_key key)
{
	top_table_sort(screen->table, key, false);
	screen->top = 0;
}

static void take_key(struct screen *screen, int key)
{
	struct top_table *table = screen->table;

	if (screen->help && key != 'q' && key != KEY_RESIZE) {
		screen->help = false;
		return;
	}
	switch (key) {
	case 'q':
		screen->quit = true;
		break;
	case 'h':
	case '?':
		screen->help = true;
		break;
	case ' ':
		screen->paused = !screen->paused;
		break;
	case 'P':
		sort(screen, TOP_CPU);
		break;
	case 'T':
		/* As in atop, which has other keys to sort. */
		if (screen->source->back)
			step(screen, true);
		else
			sort(screen, TOP_TIME);
		break;
	case 't':
		step(screen, false);
		break;
	case 'N':
		sort(screen, TOP_PID);
		break;
	case '<':
		sort(screen, top_next_key(table->key, -1));
		break;
	case '>':
		sort(screen, top_next_key(table->key, 1));
		break;
	case 'R':
		top_table_sort(table, table->key, !table->reverse);
		break;
	case KEY_UP:
		scroll_by(screen, -1);
		break;
	case KEY_DOWN:
		scroll_by(screen, 1);
		break;
	case KEY_PPAGE:
		scroll_by(screen, -(long)page());
		break;
	case KEY_NPAGE:
		scroll_by(screen, (long)page());
		break;
	default:
		break;
	}
}

/* Until a key, something at the source, a signal, or the time of the next look. */
static void wait_for_it(struct screen *screen)
{
	struct top_source *source = screen->source;
	/* A refresh of the registry would be a look. */
	bool waits = source->interval || !screen->paused;
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = waits ? source->fd : -1, .events = source->events },
	};
	uint64_t now = clock_ns(CLOCK_MONOTONIC), left = screen->next > now ? screen->next - now : 0;
	struct timespec timeout = { .tv_sec = left / SECOND, .tv_nsec = left % SECOND };
	bool timed = source->interval && !screen->paused;

	if (ppoll(fds, 2, timed ? &timeout : NULL, terminal_mask()) < 0 && errno != EINTR)
		screen->failed = true;
	/* The terminal is gone. */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		screen->quit = true;
	if (fds[1].revents)
		screen->failed |= !source->take(source, screen->table);
	if (timed && clock_ns(CLOCK_MONOTONIC) >= screen->next)
		look(screen);
}

static enum top_blocks best_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") ? TOP_ASCII : TOP_UTF8;
}

bool top_screen(struct top_source *source, struct top_table *table)
{
	struct screen screen = {
		.source = source, .table = table, .blocks = best_blocks(), .paused = source->back,
	};
	int key;

	if (!terminal_begin())
		return false;
	look(&screen);
	while (!screen.quit && !screen.failed && !terminal_signal()) {
		draw(&screen);
		wait_for_it(&screen);
		while ((key = getch()) != ERR)
			take_key(&screen, key);
	}
	terminal_end();
	if (terminal_signal())
		terminal_die(terminal_signal());
	return !screen.failed;
}
