// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "source.h"
#include "terminal.h"

/* These ask the program to end; the others that may come are crashes. */
static const int endings[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

#define NR(list) (sizeof(list) / sizeof((list)[0]))

static volatile sig_atomic_t caught;
static sigset_t mask;
static bool begun;

/* What restores the terminal where nothing but system calls may be used. */
static struct termios settings;
static char leave[64];

static void catch(int signal)
{
	caught = signal;
}

static void crash(int signal)
{
	tcsetattr(STDOUT_FILENO, TCSANOW, &settings);
	if (write(STDOUT_FILENO, leave, strlen(leave)) < 0)
		_exit(128 + signal);
	raise(signal);		/* with its default action, as soon as this returns */
}

/* ncurses has handlers for some signals of its own, if nobody has others: these come before it. */
static void set_handlers(void)
{
	struct sigaction action = { .sa_handler = catch };
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < NR(endings); i++) {
		sigaction(endings[i], &action, NULL);
		sigaddset(&blocked, endings[i]);
	}
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (i = 0; i < NR(endings); i++)
		sigdelset(&mask, endings[i]);
	sigdelset(&mask, SIGWINCH);
	action = (struct sigaction){ .sa_handler = crash, .sa_flags = SA_RESETHAND };
	for (i = 0; i < NR(crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

/* A terminal may have no such sequence. */
static const char *sequence(const char *name)
{
	const char *string = tigetstr(name);

	return string && (intptr_t)string != -1 ? string : "";
}

static void remember_how_to_leave(void)
{
	snprintf(leave, sizeof(leave), "%s%s", sequence("cnorm"), sequence("rmcup"));
}

/* What is said meanwhile would go with the screen: it is kept, and said at the end. */
static int standard_error = -1;

static void keep_messages(void)
{
	int kept = isatty(STDERR_FILENO) ? memfd_create("messages", MFD_CLOEXEC) : -1;

	if (kept < 0)
		return;
	standard_error = dup(STDERR_FILENO);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void give_messages(void)
{
	char message[4096];
	ssize_t size;

	if (standard_error < 0)
		return;
	size = pread(STDERR_FILENO, message, sizeof(message), 0);
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	standard_error = -1;
	if (size > 0)
		fprintf(stderr, "%.*s", (int)size, message);
}

bool terminal_begin(void)
{
	if (tcgetattr(STDOUT_FILENO, &settings)) {
		fprintf(stderr, TOP_PROGRAM ": standard output is no terminal: use --batch\n");
		return false;
	}
	set_handlers();
	if (!newterm(NULL, stdout, stdin)) {
		fprintf(stderr, TOP_PROGRAM ": unknown terminal '%s': set TERM, or use --batch\n",
			getenv("TERM") ? getenv("TERM") : "");
		return false;
	}
	remember_how_to_leave();
	keep_messages();
	begun = true;
	atexit(terminal_end);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	return true;
}

void terminal_end(void)
{
	if (!begun)
		return;
	begun = false;
	endwin();
	give_messages();
}

int terminal_signal(void)
{
	sigset_t blocked;

	/* ppoll() that finds something ready lets none in. */
	sigprocmask(SIG_SETMASK, &mask, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return caught;
}

const sigset_t *terminal_mask(void)
{
	return &mask;
}

void terminal_die(int number)
{
	signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	raise(number);
}
