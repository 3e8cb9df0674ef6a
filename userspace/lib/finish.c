// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "finish.h"

int usertime_finish(const char *program, int status)
{
	if (fflush(stdout))
		fprintf(stderr, "%s: cannot write the output: %s\n", program, strerror(errno));
	else if (ferror(stdout))
		fprintf(stderr, "%s: cannot write the output\n", program);
	else
		return status;
	return 1;
}
