/* The progress bar of a training. It never fills the last column, because a terminal may then begin a new
 * line, and "\r" would not lead back to the beginning of the bar. */
#include "cli/progress.h"
#include "base/append.h"
#include "base/clock.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE      256
#define WIDEST    40 /* characters of the bar itself */
#define NARROWEST 8  /* with less room there is no bar, only the text */

cli_progress cli_progress_begin(bool wanted, bool may_end_early)
{
    return (cli_progress){
        .on = wanted && isatty(STDERR_FILENO), .may_end_early = may_end_early, .began = gm_clock()};
}

static size_t terminal_columns(void)
{
    const size_t columns = cli_terminal_columns(STDERR_FILENO);
    return columns > 0 ? columns : 80;
}

/* The share of the whole training that is done after `steps` steps of this epoch. */
static double share_done(const gm_progress *p, size_t steps)
{
    const double of_epoch = p->steps > 0 ? (double)steps / (double)p->steps : 0;
    return ((double)(p->epoch - 1) + of_epoch) / (double)p->epochs;
}

/* Seconds as "3:20" or "1:02:03", rounded up: a bar that says 0:00 should be done. */
static size_t append_duration(char *text, size_t used, double seconds)
{
    const unsigned long all = seconds < 1e9 ? (unsigned long)seconds + 1 : 1000000000UL;
    if (all >= 3600)
        return gm_append(text, LINE, used, "%lu:%02lu:%02lu", all / 3600, all / 60 % 60, all % 60);
    return gm_append(text, LINE, used, "%lu:%02lu", all / 60, all % 60);
}

/* The text after the bar. The time that is left is told once half a second has shown how fast it goes. */
static size_t format_figures(const cli_progress *progress, const gm_progress *p, double seconds, char *text)
{
    const double done = share_done(p, p->step), share = done - progress->done_at_start;
    size_t used = gm_append(text, LINE, 0, "%.0f %%", 100 * done);
    if (seconds > 0.5 && share > 0) {
        used = gm_append(text, LINE, used, progress->may_end_early ? ", at most " : ", ");
        used = append_duration(text, used, seconds * (1 - done) / share);
        used = gm_append(text, LINE, used, " left");
    }
    return gm_append(text, LINE, used, ", loss %.4g", p->loss);
}

static void draw(const cli_progress *progress, const gm_progress *p, double seconds)
{
    static const char filled[] = "########################################",
                      empty[] = "........................................";
    char head[LINE], figures[LINE];
    const size_t columns = terminal_columns();
    const size_t before = gm_append(head, LINE, 0, "epoch %zu/%zu ", p->epoch, p->epochs);
    const size_t taken = before + format_figures(progress, p, seconds, figures) + strlen("[] ") + 1;
    size_t width = columns > taken ? columns - taken : 0;
    width = width > WIDEST ? WIDEST : width;
    const int room = (int)columns - 1, bar = (int)((double)width * share_done(p, p->step));
    char line[3 * LINE];
    if (width >= NARROWEST)
        gm_append(line, sizeof line, 0, "%s[%.*s%.*s] %s", head, bar, filled, (int)width - bar, empty,
                  figures);
    else
        gm_append(line, sizeof line, 0, "%s%s", head, figures);
    fprintf(stderr, "\r%.*s\033[K", room, line);
    fflush(stderr);
}

void cli_progress_step(cli_progress *progress, const gm_progress *step)
{
    if (!progress->on)
        return;
    if (!progress->started)
        progress->done_at_start = share_done(step, step->step - 1);
    progress->started = true;
    const uint64_t now = gm_clock();
    if (now < progress->due)
        return;
    progress->due = now + 100000000; /* 0.1 s */
    draw(progress, step, gm_clock_seconds(progress->began, now));
}

void cli_progress_erase(cli_progress *progress)
{
    if (!progress->on)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->due = 0;
}
