/* The report of doctor as a JSON object. Unknown facts are null. json_pack with "o" owns the parts that it
 * gets, and returns NULL if one of them is NULL. So only the last result must be checked. */
#include "base/error.h"
#include "base/utf8.h"
#include "cli/doctor_report.h"
#include "cli/json_out.h"

#include <gradmill/version.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *const threading_keys[] = {"serial", "pthreads", "openmp"};

/* A text from the system. Null if it is empty or not UTF-8. */
static json_t *text_or_null(const char *text)
{
    return text[0] && gm_is_utf8(text) ? json_string(text) : json_null();
}

/* A number for which 0 means unknown, which becomes null. */
static json_t *real_or_null(double value)
{
    return value > 0 ? gm_json_real(value) : json_null();
}

static json_t *words(const char *text)
{
    json_t *array = json_array();
    for (text += strspn(text, " "); array && *text; text += strspn(text, " ")) {
        const size_t length = strcspn(text, " ");
        if (json_array_append_new(array, json_stringn(text, length)) != 0) {
            json_decref(array);
            return NULL;
        }
        text += length;
    }
    return array;
}

static json_t *pack_threads(const gm_threads *t)
{
    return json_pack("{s:I, s:I, s:o, s:I}", "online", (json_int_t)t->online, "affinity",
                     (json_int_t)t->affinity, "quota", real_or_null(t->quota), "usable",
                     (json_int_t)t->usable);
}

static json_t *pack_blas(const gm_facts *facts)
{
    const gm_blas *blas = &facts->blas;
    const char *threading = blas->threading == GM_BLAS_UNKNOWN ? "" : threading_keys[blas->threading];
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "vendor", blas->vendor, "path",
                     text_or_null(blas->path), "config", text_or_null(blas->config), "core",
                     text_or_null(blas->core), "unpinned_core", text_or_null(facts->unpinned_core),
                     "threading", text_or_null(threading), "threads",
                     blas->threads > 0 ? json_integer(blas->threads) : json_null());
}

static json_t *pack_variables(const gm_facts *facts)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < facts->variable_count; i++) {
        const gm_variable *v = &facts->variables[i];
        if (json_object_set_new(object, v->name, text_or_null(v->value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *pack_speed(gm_speed speed)
{
    return json_pack("{s:o, s:o}", "one_thread", real_or_null(speed.one / 1e9), "all_threads",
                     real_or_null(speed.all / 1e9));
}

static json_t *pack_speeds(const gm_facts *facts)
{
    if (!facts->measured)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "fma_f32_gflops", pack_speed(facts->fma[GM_F32]),
                     "sgemm_gflops", pack_speed(facts->gemm[GM_F32]), "fma_f64_gflops",
                     pack_speed(facts->fma[GM_F64]), "dgemm_gflops", pack_speed(facts->gemm[GM_F64]),
                     "memory_gbytes", pack_speed(facts->bandwidth));
}

static json_t *pack_finding(const gm_finding *finding)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "name", finding->name, "severity",
                     finding->severity == GM_WARNING ? "warning" : "note", "text",
                     text_or_null(finding->text), "fix", text_or_null(finding->fix));
}

static json_t *pack_findings(const gm_finding *findings, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        if (json_array_append_new(array, pack_finding(&findings[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_system(const gm_facts *facts)
{
    return json_pack("{s:o, s:o, s:o}", "huge_pages", text_or_null(facts->huge_pages), "governor",
                     text_or_null(facts->governor), "load",
                     facts->load >= 0 ? gm_json_real(facts->load) : json_null());
}

gm_status cli_dump_facts(const gm_facts *facts, const gm_finding *findings, size_t count, gm_error *error)
{
    json_t *cpu = json_pack("{s:o, s:s, s:o}", "model", text_or_null(facts->cpu.model), "arch",
                            facts->cpu.arch, "features", words(facts->cpu.features));
    json_t *root =
        json_pack("{s:s, s:s, s:b, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "version", gm_version(),
                  "compiler", facts->compiler, "optimised", facts->optimised, "cpu", cpu, "threads",
                  pack_threads(&facts->threads), "memory_bytes", (json_int_t)facts->memory, "blas",
                  pack_blas(facts), "system", pack_system(facts), "environment", pack_variables(facts),
                  "measured", pack_speeds(facts), "findings", pack_findings(findings, count));
    return cli_json_print(root, 6, error);
}
