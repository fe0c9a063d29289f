/* The environment of a measurement, as JSON. Unknown facts are null or left out. json_pack with "o" owns the
 * parts that it gets, and returns NULL if one of them is NULL. So only the last result must be checked. */
#include "base/kernel_text.h"
#include "base/memory.h"
#include "bench/output/output_json.h"

#include <gradmill/version.h>
#include <math.h>
#include <string.h>

static json_t *positive_or_null(double value)
{
    return value > 0 ? gm_json_real(value) : json_null();
}

/* The clock of the first processor, from /proc/cpuinfo; 0 if it is not there. */
static json_int_t megahertz(void)
{
    char text[GM_KERNEL_TEXT];
    uint64_t mhz = 0;
    gm_kernel_read("/proc/cpuinfo", text, sizeof text);
    gm_kernel_field_number(text, "cpu MHz", &mhz);
    return (json_int_t)mhz;
}

static json_t *pack_caches(const gm_environment *e)
{
    json_t *array = json_array();
    for (int level = 1; array && level <= 3; level++) {
        if (e->cache[level] == 0)
            continue;
        json_t *cache = json_pack("{s:s, s:i, s:I}", "type", level == 1 ? "Data" : "Unified", "level", level,
                                  "size", (json_int_t)e->cache[level]);
        if (json_array_append_new(array, cache) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_load(double load)
{
    return load >= 0 ? json_pack("[o]", gm_json_real(load)) : json_array();
}

static json_t *pack_cpu(const gm_cpu *cpu)
{
    return json_pack("{s:o, s:s, s:s}", "model", gm_json_printable(cpu->model), "arch", cpu->arch, "features",
                     cpu->features);
}

static json_t *pack_threads(const gm_threads *t)
{
    return json_pack("{s:I, s:I, s:o, s:I}", "online", (json_int_t)t->online, "affinity",
                     (json_int_t)t->affinity, "quota", positive_or_null(t->quota), "usable",
                     (json_int_t)t->usable);
}

static json_t *pack_blas(const gm_blas *blas)
{
    static const char *const threading[] = {"serial", "pthreads", "openmp"};
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:i}", "vendor", blas->vendor, "path",
                     gm_json_printable(blas->path), "config", gm_json_printable(blas->config), "core",
                     gm_json_printable(blas->core), "threading",
                     blas->threading == GM_BLAS_UNKNOWN ? "unknown" : threading[blas->threading], "threads",
                     blas->threads);
}

static json_t *pack_variables(const gm_facts *facts)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < facts->variable_count; i++) {
        const gm_variable *v = &facts->variables[i];
        if (json_object_set_new(object, v->name, gm_json_printable(v->value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *pack_speed(double one, double all)
{
    return json_pack("{s:o, s:o}", "one_thread", positive_or_null(one), "all_threads", positive_or_null(all));
}

static json_t *pack_peaks(const gm_environment *e)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "fma_f32_flops",
                     pack_speed(e->peak_one[GM_F32], e->peak_all[GM_F32]), "gemm_f32_flops",
                     pack_speed(e->gemm_one[GM_F32], e->gemm_all[GM_F32]), "fma_f64_flops",
                     pack_speed(e->peak_one[GM_F64], e->peak_all[GM_F64]), "gemm_f64_flops",
                     pack_speed(e->gemm_one[GM_F64], e->gemm_all[GM_F64]), "memory_bytes",
                     pack_speed(e->bandwidth_one, e->bandwidth_all));
}

/* A JSON array of `count` texts, which are `stride` bytes apart. */
static json_t *pack_texts(const char *texts, size_t stride, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        if (json_array_append_new(array, gm_json_printable(texts + i * stride)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_columns(const gm_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->column_count; i++) {
        const gm_column *c = result->columns[i];
        json_t *column =
            json_pack("{s:s, s:s, s:s, s:o}", "key", c->key, "head", c->head, "unit", c->unit, "decimals",
                      c->decimals == GM_COLUMN_TEXT ? json_null() : json_integer(c->decimals));
        if (json_array_append_new(array, column) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_gradmill(const gm_result *result, const gm_environment *e)
{
    return json_pack("{s:i, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}",
                     "schema_version", 1, "version", gm_version(), "benchmark", result->benchmark, "title",
                     gm_json_printable(result->title), "compiler", e->facts.compiler, "flags", e->flags,
                     "cpu", pack_cpu(&e->facts.cpu), "threads", pack_threads(&e->facts.threads), "blas",
                     pack_blas(&e->facts.blas), "variables", pack_variables(&e->facts), "peaks",
                     pack_peaks(e), "memory_bytes", (json_int_t)e->facts.memory, "throttled_before",
                     (json_int_t)e->throttled, "stolen_share", gm_json_real(e->stolen), "warnings",
                     pack_texts(e->warnings[0], sizeof e->warnings[0], e->warning_count), "notes",
                     pack_texts((const char *)result->notes, sizeof *result->notes, result->note_count),
                     "columns", pack_columns(result));
}

json_t *gm_json_context(const gm_result *result, const gm_environment *e)
{
    const char *governor = e->facts.governor;
    const bool scaling = governor[0] && strcmp(governor, "performance") != 0;
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:b, s:o, s:o, s:s, s:s, s:i, s:o}", "date", e->date,
                     "host_name", gm_json_printable(e->host), "executable", gm_json_printable(e->command),
                     "num_cpus", (json_int_t)e->facts.threads.online, "mhz_per_cpu", megahertz(),
                     "cpu_scaling_enabled", scaling, "caches", pack_caches(e), "load_avg",
                     pack_load(e->facts.load), "library_version", gm_version(), "library_build_type",
                     e->facts.optimised ? "release" : "debug", "json_schema_version", 1, "gradmill",
                     pack_gradmill(result, e));
}
