/* Gathers the facts that doctor reports and that other verbs warn about. */
#ifndef GM_MACHINE_FACTS_H
#define GM_MACHINE_FACTS_H

#include "machine/findings.h"

/* Gathers all facts except the measured speeds. If `with_blas` is false, the BLAS library is not loaded, and
 * its facts are unknown. */
gm_facts gm_gather_facts(bool with_blas);

#endif
