/* Prints the facts and findings of doctor, as text or as JSON. */
#ifndef GM_CLI_DOCTOR_REPORT_H
#define GM_CLI_DOCTOR_REPORT_H

#include "machine/findings.h"

/* For humans, to stdout. */
void cli_print_facts(const gm_facts *facts);
void cli_print_findings(const gm_finding *findings, size_t count);

/* For machines: one JSON object to stdout. GM_LIMIT: no memory. */
gm_status cli_dump_facts(const gm_facts *facts, const gm_finding *findings, size_t count, gm_error *error);

#endif
