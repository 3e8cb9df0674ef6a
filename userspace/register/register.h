/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USERTIME_REGISTER_H
#define USERTIME_REGISTER_H

/*
 * All of usertime-register but main(): returns its exit status (or exits with it). proc is where
 * the procfs to talk to is mounted, NULL means /proc.
 */
int usertime_register(int argc, char **argv, const char *proc);

#endif
