/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the command line that mean the same to every command. */
#ifndef USERTIME_WORDS_H
#define USERTIME_WORDS_H

#include <argp.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What a word means; one that is wrong ends the program with a usage error that says how it is to
 * be. Durations: a decimal number and ns, us, ms, s, m, h or d, in ns; more than 0. Sizes: a number
 * of bytes and K, M, G or nothing, by powers of 1024; more than 0.
 */
uint64_t word_duration(const char *word, const struct argp_state *state);
uint64_t word_size(const char *word, const struct argp_state *state);
unsigned int word_count(const char *word, const struct argp_state *state);

/* PID[,PID...]: appended to *pids, which has *nr. */
void word_pids(const char *word, pid_t **pids, size_t *nr, const struct argp_state *state);

/* The parsers behind them: NULL, or what is wrong, without the word. */
const char *parse_duration(const char *word, uint64_t *ns);
const char *parse_size(const char *word, uint64_t *bytes);
const char *parse_pid(const char **word, pid_t *pid);

#endif
