/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes descend from one, as far as procfs shows it. */
#ifndef USERTIME_TREE_H
#define USERTIME_TREE_H

#include "proc.h"

struct usertime_member {
	struct usertime_process process;
	bool handled;		/* for the user of the tree: false when it is found */
};

/* A process and all that were found to descend from it, sorted by PID. */
struct usertime_tree {
	struct usertime_member *members;
	size_t nr;
};

/* Starts with one process; false: no memory. */
bool usertime_tree_init(struct usertime_tree *tree, const struct usertime_process *root);

/*
 * Adds those of the list that have a member as parent, directly or over others of the list. A
 * member stays when it has exited, or its parent has. Sorts the list; false: no memory.
 */
bool usertime_tree_grow(struct usertime_tree *tree, struct usertime_process *list, size_t nr);

void usertime_tree_free(struct usertime_tree *tree);

#endif
