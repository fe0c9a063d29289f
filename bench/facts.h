/* The facts that doctor reports and that other verbs warn of. */
#ifndef GM_BENCH_FACTS_H
#define GM_BENCH_FACTS_H

#include "bench/findings.h"

/* Everything but the measurements. */
gm_facts gm_gather_facts(void);

#endif
