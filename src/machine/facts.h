/* Gathers the facts that doctor reports and that other verbs warn about. */
#ifndef GM_MACHINE_FACTS_H
#define GM_MACHINE_FACTS_H

#include "machine/findings.h"

/* Everything but the measurements. Without the BLAS that library is not loaded for it, and unknown. */
gm_facts gm_gather_facts(bool with_blas);

#endif
