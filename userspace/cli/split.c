// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "split.h"

/* As if there had been two looks more, one at each: none of a few is no proof that there is none. */
double split_error(uint64_t user, uint64_t system, uint64_t looks)
{
	double share = user + system ? (double)user / (user + system) : 0;

	share = (share * looks + 1) / (looks + 2);
	return 100 * sqrt(share * (1 - share) / (looks + 2));
}
