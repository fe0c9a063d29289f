/* Goes on with a run from its checkpoint. */
#include "cli/resume.h"
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"
#include "cli/arguments.h"

#include <string.h>

/* The checkpoint whose options were read; NULL: none. */
static gm_checkpoint *loaded;

gm_status cli_resume_text(const char *path, char **text, gm_error *error)
{
    gm_checkpoint_info info = gm_checkpoint_info_init();
    gm_status status = gm_checkpoint_load(&loaded, path, error);
    if (status == GM_OK)
        status = gm_checkpoint_get_info(loaded, &info, error);
    if (status == GM_OK && !(*text = gm_strdup(info.text)))
        status = gm_fail_memory(error, "the options of a checkpoint", strlen(info.text) + 1);
    return status;
}

const gm_checkpoint *cli_resume_checkpoint(void)
{
    return loaded;
}

void cli_resume_clear(void)
{
    gm_checkpoint_destroy(loaded);
    loaded = NULL;
}

/* Options of how a run begins. */
static const char *const begun[] = {"init", "init-value"};

/* The options that were typed and that change what is computed. */
static void note_typed(void)
{
    char list[256] = "";
    size_t used = 0, found = 0;
    cli_option_list known;
    cli_list_options(&cli_train_argp, &known);
    for (size_t i = 0; i < known.count; i++) {
        const char *name = known.options[i]->name;
        if (GM_FIND_WORD(begun, name) < GM_ROWS(begun))
            continue;
        if (cli_typed(name) && !cli_is_harmless(name))
            used = gm_append(list, sizeof list, used, "%s--%s", found++ ? ", " : "", name);
    }
    if (found > 0)
        cli_note("%s %s given anew; the run ends otherwise than it would have ended without that", list,
                 found > 1 ? "are" : "is");
}

/* A note of each option that only matters when a run begins. Its weights now come from the checkpoint. */
static void note_begun(void)
{
    for (size_t i = 0; i < GM_ROWS(begun); i++) {
        if (cli_typed(begun[i]))
            cli_note("--%s has no effect with --resume: the run has begun already", begun[i]);
    }
}

static void note_epochs(const gm_checkpoint_info *info, const gm_train_options *train)
{
    if (info->epoch >= train->epochs && info->step > 0)
        return; /* the run cannot end within an epoch, and says so */
    if (info->epoch >= train->epochs)
        cli_note("all %zu epochs are done already; --epochs with a larger number goes on", info->epoch);
    else if (train->epochs != info->epochs && train->schedule != GM_SCHEDULE_CONSTANT)
        cli_note("%zu epochs in place of %zu: from here on the rate is that of schedule %s over %zu epochs",
                 train->epochs, info->epochs, gm_schedule_name(train->schedule), train->epochs);
    else if (train->epochs != info->epochs)
        cli_note("%zu epochs in place of %zu", train->epochs, info->epochs);
}

/* What may change the last bits of the result. */
static void note_engine(const gm_checkpoint_info *info, const gm_engine *engine)
{
    const char *kernels = gm_engine_kernels(engine), *backend = gm_engine_backend(engine);
    if (strcmp(backend, info->backend) != 0)
        cli_note("backend %s in place of %s: the result has other bits", backend, info->backend);
    else if (strcmp(kernels ? kernels : "", info->kernels) != 0)
        cli_note("kernels for %s in place of %s: the result may have other bits", kernels ? kernels : "?",
                 info->kernels);
    if (gm_engine_threads(engine) == info->threads)
        return;
    cli_note("%zu thread%s in place of %zu%s", gm_engine_threads(engine),
             gm_plural(gm_engine_threads(engine)), info->threads,
             strcmp(backend, "packed") == 0 ? ", which changes no bit of the result"
                                            : ": the result may have other bits");
}

gm_status cli_resume_note(const gm_checkpoint *checkpoint, const gm_engine *engine,
                          const cli_train_options *options, gm_error *error)
{
    gm_checkpoint_info info = gm_checkpoint_info_init();
    const gm_status status = gm_checkpoint_get_info(checkpoint, &info, error);
    if (status != GM_OK)
        return status;
    if (strcmp(info.version, gm_version()) != 0)
        cli_note("the checkpoint is of gradmill %s, this is %s: the result may have other bits", info.version,
                 gm_version());
    note_engine(&info, engine);
    note_epochs(&info, &options->train);
    note_typed();
    note_begun();
    return GM_OK;
}
